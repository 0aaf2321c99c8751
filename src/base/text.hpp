// Small text functions that every layer needs. ASCII means ASCII: no locale anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wxgate {

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

constexpr bool is_alnum(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr char ascii_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Equal but for ASCII case. (beast::iequals reads past the end in Boost 1.81.)
constexpr bool ascii_iequals(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) // headers mostly differ in this
        return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (ascii_lower(a[i]) != ascii_lower(b[i]))
            return false;
    return true;
}

/// True when `text` is valid UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
bool is_utf8(std::string_view text) noexcept;

/// True when a byte below 0x20 or 0x7f stands in `text`.
bool has_control(std::string_view text) noexcept;

std::string to_hex(std::string_view bytes, bool upper = false);

/// The bytes; nothing when `hex` is not an even number of hex digits.
std::optional<std::string> from_hex(std::string_view hex);

std::string to_base64(std::string_view bytes);

/// The bytes of canonical base64 (padding demanded, no white space); nothing for anything else.
std::optional<std::string> from_base64(std::string_view text);

/// Digits only, no sign, no leading zero but "0" itself, at most `max`.
std::optional<std::uint64_t> parse_uint(std::string_view text, std::uint64_t max) noexcept;

/// Appends `text` as the inside of a JSON string: quotes, backslash and control characters escaped, invalid
/// UTF-8 replaced, so that the line stays one valid line whatever a peer sent.
void append_json_escaped(std::string& out, std::string_view text);

/// What a person may see of somebody's openid: "oUpF…eS6o". A short one is hidden whole.
std::string masked(std::string_view openid);

/// Percent-decoding of a query component ('+' is a space); nothing when malformed.
std::optional<std::string> percent_decode(std::string_view text);

/// Percent-encodes all but unreserved characters.
std::string percent_encode(std::string_view text);

/// Splits "a=1&b=2"; nothing when a name or value does not decode. The value of the first `name`, if any.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

} // namespace wxgate
