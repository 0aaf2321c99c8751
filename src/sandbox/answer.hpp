// WeChat's own XML, byte for byte (protocol A9): `<xml>`, then each element and a line feed, `</xml>`;
// strings in CDATA, numbers bare, the elements in the order in which WeChat writes them.
#pragma once

#include <wxgate/sign.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace wxgate::sandbox {

/// Gives so many random characters of [0-9A-Za-z]. Tests put a fixed one in its place.
using random_text = std::function<std::string(std::size_t)>;

/// So many digits, made of random characters.
std::string random_digits(random_text const& random, std::size_t n);

/// What signature a message carries: its own, or what a fault makes of it.
enum class signing {
    right,
    wrong, // of the right shape, but not what the key makes
    probe, // as WeChat's signature probes look: WECHATPAY/SIGNTEST/…
};

class answer {
public:
    /// A string: in CDATA.
    void text(std::string_view name, std::string_view value);

    /// A number: bare.
    void number(std::string_view name, std::string_view digits);

    /// Here stands `sign`, which is made over everything else when the message is written.
    void sign_here() { text("sign", {}); }

    /// The message, signed where sign_here() said; nothing is signed where it did not.
    std::string to_xml(sign_type type, std::string_view key, signing how = signing::right);

private:
    fields elements_;
    std::string bare_; // ' ' or '#' for each element: CDATA or bare
};

/// An answer that carries no signature: return_code FAIL and why.
std::string refusal_xml(std::string_view return_msg);

/// The same as downloadbill gives it (protocol A12): on one line, nothing in CDATA. `code` is its
/// error_code, left out when empty.
std::string bill_refusal_xml(std::string_view return_msg, std::string_view code);

} // namespace wxgate::sandbox
