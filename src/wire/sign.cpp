#include "base/assert.hpp"
#include "wire/digest.hpp"

#include <wxgate/sign.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

namespace wxgate {

namespace {

constexpr std::size_t longest_signature = 64;

constexpr std::size_t signature_size(sign_type t) noexcept {
    return t == sign_type::md5 ? 32 : 64;
}

// A signature in upper-case hex, on the stack.
class signature {
public:
    signature(std::string_view before_key, sign_type type, std::string_view key) noexcept
        : size_(signature_size(type)) {
        wire::parts const text = {before_key, key};
        if (type == sign_type::md5)
            wire::write_hex(wire::md5(text), text_.data(), true);
        else
            wire::write_hex(wire::hmac_sha256(key, text), text_.data(), true);
    }

    std::string_view text() const noexcept { return {text_.data(), size_}; }

private:
    std::array<char, longest_signature> text_{};
    std::size_t size_;
};

bool is_signed(field const& f) noexcept {
    return !f.value.empty() && f.name != "sign";
}

// The first four bytes of a name as a number that orders as they do.
std::uint32_t head(std::string_view name) noexcept {
    auto const byte = [name](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(name[i])}; };
    if (name.size() >= 4)
        return byte(0) << 24U | byte(1) << 16U | byte(2) << 8U | byte(3);
    std::uint32_t h = 0;
    for (std::size_t i = 0; i < 4; ++i)
        h = h << 8U | (i < name.size() ? byte(i) : 0U);
    return h;
}

// By unsigned bytes. Most pairs of names differ in their first four.
bool name_before(field const& a, field const& b) noexcept {
    std::uint32_t const x = head(a.name);
    std::uint32_t const y = head(b.name);
    return x != y ? x < y : a.name < b.name;
}

// The fields that are signed, in order, in this thread's scratch space.
std::vector<field> const& signed_fields(fields const& message) {
    thread_local std::vector<field> list;
    list.clear();
    bool sorted = true; // as WeChat writes notifications, and as this program writes requests
    for (std::size_t i = 0; i < message.size(); ++i) {
        field const f = message[i];
        if (!is_signed(f))
            continue;
        sorted = sorted && (list.empty() || name_before(list.back(), f));
        list.push_back(f);
    }
    if (!sorted)
        std::sort(list.begin(), list.end(), name_before);
    return list;
}

// Copies `n` bytes, between one and two of Size, as two blocks that overlap.
template <std::size_t Size>
void copy_ends(char* out, char const* in, std::size_t n) noexcept {
    std::memcpy(out, in, Size);
    std::memcpy(out + n - Size, in + n - Size, Size);
}

// Names and values are short, so a call of memcpy for each costs more than the bytes.
char* put(char* out, std::string_view text) noexcept {
    std::size_t const n = text.size();
    if (n > 32)
        std::memcpy(out, text.data(), n);
    else if (n >= 16)
        copy_ends<16>(out, text.data(), n);
    else if (n >= 8)
        copy_ends<8>(out, text.data(), n);
    else if (n >= 4)
        copy_ends<4>(out, text.data(), n);
    else
        for (std::size_t i = 0; i < n; ++i)
            out[i] = text[i];
    return out + n;
}

// All that is signed but the key, in this thread's scratch space, valid until its next call.
std::string const& signed_text(fields const& message) {
    thread_local std::string scratch;
    scratch.clear();
    append_canonical(message, scratch);
    scratch += "&key=";
    return scratch;
}

bool is_upper_hex(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
    });
}

} // namespace

std::string_view to_string(sign_type t) noexcept {
    return t == sign_type::md5 ? "MD5" : "HMAC-SHA256";
}

std::optional<sign_type> parse_sign_type(std::string_view text) noexcept {
    if (text == "MD5")
        return sign_type::md5;
    if (text == "HMAC-SHA256")
        return sign_type::hmac_sha256;
    return std::nullopt;
}

std::optional<sign_type> sign_type_of(std::string_view text) noexcept {
    if (text.size() == signature_size(sign_type::md5))
        return sign_type::md5;
    if (text.size() == signature_size(sign_type::hmac_sha256))
        return sign_type::hmac_sha256;
    return std::nullopt;
}

void append_canonical(fields const& message, std::string& out) {
    std::vector<field> const& list = signed_fields(message);
    if (list.empty())
        return;
    std::size_t size = 2 * list.size() - 1; // '=' and '&'
    for (field const& f : list)
        size += f.name.size() + f.value.size();
    std::size_t const start = out.size();
    out.resize(start + size);
    char* at = out.data() + start;
    for (field const& f : list) {
        if (&f != &list.front())
            *at++ = '&';
        at = put(at, f.name);
        *at++ = '=';
        at = put(at, f.value);
    }
}

std::string sign(fields const& message, sign_type type, std::string_view key) {
    std::string out;
    append_sign(message, type, key, out);
    return out;
}

void append_sign(fields const& message, sign_type type, std::string_view key, std::string& out) {
    WXGATE_ASSERT(!key.empty());
    out += signature(signed_text(message), type, key).text();
}

bool verify(fields const& message, sign_type type, std::string_view key) noexcept {
    std::string_view const carried = message.get("sign");
    if (key.empty() || carried.size() != signature_size(type) || !is_upper_hex(carried))
        return false;
    return wire::constant_time_equal(carried, signature(signed_text(message), type, key).text());
}

request_payment make_request_payment(
    std::string_view appid,
    std::string_view prepay_id,
    sign_type type,
    std::string_view key,
    long long unix_seconds
) {
    request_payment r;
    r.appId = appid;
    r.timeStamp = std::to_string(unix_seconds);
    r.nonceStr = make_nonce();
    r.package = "prepay_id=";
    r.package += prepay_id;
    r.signType = to_string(type);
    fields message;
    message.set("appId", r.appId);
    message.set("nonceStr", r.nonceStr);
    message.set("package", r.package);
    message.set("signType", r.signType);
    message.set("timeStamp", r.timeStamp);
    r.paySign = sign(message, type, key);
    return r;
}

} // namespace wxgate
