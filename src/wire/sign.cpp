#include "base/assert.hpp"
#include "wire/digest.hpp"

#include <wxgate/sign.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

namespace wxgate {

// What is signed of a message, but for the key. It is written straight from the fields when they come sorted,
// as WeChat writes notifications and as this program writes requests; the first that does not stand where it
// should ends that pass, and they are sorted.
//
// Names and values are short, and a call of memcpy for each would cost more than its bytes: they go by blocks
// of 16 bytes, which may read on into the padding of `fields` and write on into this one's own.
class canonical_text {
public:
    /// In this thread's scratch space: valid until its next call, or until `message` changes.
    static canonical_text const& of(fields const& message) {
        thread_local canonical_text scratch;
        scratch.write(message);
        return scratch;
    }

    std::string_view text() const noexcept {
        return before_key_.substr(0, before_key_.size() - key_name.size());
    }

    /// The text and "&key=".
    std::string_view before_key() const noexcept { return before_key_; }

    /// The signature in the message, which is no part of the text; empty when there is none.
    std::string_view carried() const noexcept { return carried_; }

private:
    static constexpr std::string_view key_name = "&key=";
    static constexpr std::size_t block = 16;
    static_assert(block <= fields::padding);

    struct signed_field {
        std::uint64_t head;
        fields::entry const* entry;
    };

    void write(fields const& message) {
        carried_ = {};
        std::size_t const separators = 2 * message.entries_.size();
        std::size_t const longest = message.text_.size() + separators + key_name.size();
        if (buffer_.size() < longest + block)
            buffer_.resize(longest + block);
        char* const begin = buffer_.data();
        char* out = begin;
        if (!write_sorted(message, out))
            out = sort_and_write(message, begin);
        std::size_t const skipped = out == begin ? 0 : 1; // the '&' before the first field
        std::memcpy(out, key_name.data(), key_name.size());
        out += key_name.size();
        before_key_ = std::string_view(begin, static_cast<std::size_t>(out - begin)).substr(skipped);
    }

    // False when the fields are not in order. Moves `out` to the end of what it wrote.
    bool write_sorted(fields const& message, char*& out) noexcept {
        char const* const text = message.text_.data();
        signed_field last = {0, nullptr};
        for (fields::entry const& e : message.entries_) {
            signed_field const f = {head(text, e), &e};
            if (!is_signed(text, f))
                continue;
            if (last.entry != nullptr && f.head <= last.head && !stands_before(text, last, f))
                return false;
            out = put_field(out, text, e);
            last = f;
        }
        return true;
    }

    char* sort_and_write(fields const& message, char* out) {
        char const* const text = message.text_.data();
        list_.clear();
        for (fields::entry const& e : message.entries_) {
            signed_field const f = {head(text, e), &e};
            if (is_signed(text, f))
                list_.push_back(f);
        }
        std::sort(list_.begin(), list_.end(), [text](signed_field const& a, signed_field const& b) {
            return stands_before(text, a, b);
        });
        for (signed_field const& f : list_)
            out = put_field(out, text, *f.entry);
        return out;
    }

    // The first eight bytes of a name, filled up with zeros, as a number that orders as they do.
    static std::uint64_t head(char const* text, fields::entry const& e) noexcept {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, text + e.name, sizeof bytes);
        if constexpr (std::endian::native == std::endian::little)
            bytes = __builtin_bswap64(bytes);
        std::size_t const unused = e.name_size < sizeof bytes ? 8 * (sizeof bytes - e.name_size) : 0;
        return bytes >> unused << unused;
    }

    // By unsigned bytes. Most pairs of names differ in their heads.
    static bool stands_before(char const* text, signed_field const& a, signed_field const& b) noexcept {
        if (a.head != b.head)
            return a.head < b.head;
        return std::string_view(text + a.entry->name, a.entry->name_size) <
               std::string_view(text + b.entry->name, b.entry->name_size);
    }

    // The message's own signature is not, and is kept aside.
    bool is_signed(char const* text, signed_field const& f) noexcept {
        constexpr std::uint64_t sign = 0x7369676E'00000000; // the head of no other name
        if (f.head == sign)
            carried_ = {text + f.entry->value, f.entry->value_size};
        return f.head != sign && f.entry->value_size != 0;
    }

    static char* put_field(char* out, char const* text, fields::entry const& e) noexcept {
        *out++ = '&';
        out = put(out, text + e.name, e.name_size);
        *out++ = '=';
        return put(out, text + e.value, e.value_size);
    }

    static char* put(char* out, char const* text, std::size_t size) noexcept {
        if (size > 2 * block) {
            std::memcpy(out, text, size);
            return out + size;
        }
        std::memcpy(out, text, block);
        if (size > block)
            std::memcpy(out + size - block, text + size - block, block);
        return out + size;
    }

    std::string buffer_;
    std::vector<signed_field> list_;
    std::string_view before_key_;
    std::string_view carried_;
};

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
    out += canonical_text::of(message).text();
}

std::string sign(fields const& message, sign_type type, std::string_view key) {
    std::string out;
    append_sign(message, type, key, out);
    return out;
}

void append_sign(fields const& message, sign_type type, std::string_view key, std::string& out) {
    WXGATE_ASSERT(!key.empty());
    out += signature(canonical_text::of(message).before_key(), type, key).text();
}

bool verify(fields const& message, sign_type type, std::string_view key) noexcept {
    canonical_text const& canonical = canonical_text::of(message);
    std::string_view const carried = canonical.carried();
    if (key.empty() || carried.size() != signature_size(type))
        return false;
    return wire::constant_time_equal(carried, signature(canonical.before_key(), type, key).text());
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

app_payment make_app_payment(
    std::string_view appid,
    std::string_view mch_id,
    std::string_view prepay_id,
    sign_type type,
    std::string_view key,
    long long unix_seconds
) {
    app_payment p;
    p.appid = appid;
    p.partnerid = mch_id;
    p.prepayid = prepay_id;
    p.package = "Sign=WXPay";
    p.noncestr = make_nonce();
    p.timestamp = std::to_string(unix_seconds);
    fields message;
    message.set("appid", p.appid);
    message.set("noncestr", p.noncestr);
    message.set("package", p.package);
    message.set("partnerid", p.partnerid);
    message.set("prepayid", p.prepayid);
    message.set("timestamp", p.timestamp);
    p.sign = sign(message, type, key);
    return p;
}

} // namespace wxgate
