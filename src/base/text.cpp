#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace wxgate {

namespace {

int hex_value(char c) noexcept {
    if (is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// The length of the valid UTF-8 sequence at `at`, or 0.
std::size_t sequence_length(std::string_view text, std::size_t at) noexcept {
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    auto const continues = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    std::size_t const left = text.size() - at;
    unsigned const b = byte(0);
    if (b < 0x80)
        return 1;
    if (b >= 0xC2 && b <= 0xDF)
        return left >= 2 && continues(1) ? 2 : 0;
    if (b >= 0xE0 && b <= 0xEF) {
        if (left < 3 || !continues(1) || !continues(2))
            return 0;
        if ((b == 0xE0 && byte(1) < 0xA0) || (b == 0xED && byte(1) > 0x9F))
            return 0; // overlong, surrogate
        return 3;
    }
    if (b >= 0xF0 && b <= 0xF4) {
        if (left < 4 || !continues(1) || !continues(2) || !continues(3))
            return 0;
        if ((b == 0xF0 && byte(1) < 0x90) || (b == 0xF4 && byte(1) > 0x8F))
            return 0;
        return 4;
    }
    return 0;
}

} // namespace

bool is_utf8(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size();) {
        std::size_t const n = sequence_length(text, i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

bool has_control(std::string_view text) noexcept {
    for (char const c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            return true;
    return false;
}

std::string to_hex(std::string_view bytes, bool upper) {
    char const* const digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (char const c : bytes) {
        auto const b = static_cast<unsigned char>(c);
        out += digits[b >> 4U];
        out += digits[b & 15U];
    }
    return out;
}

std::optional<std::string> from_hex(std::string_view hex) {
    if (hex.size() % 2 != 0)
        return std::nullopt;
    std::string out;
    out.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        int const high = hex_value(hex[i]);
        int const low = hex_value(hex[i + 1]);
        if (high < 0 || low < 0)
            return std::nullopt;
        out += static_cast<char>(high * 16 + low);
    }
    return out;
}

namespace {

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<unsigned char, 256> make_base64_table() {
    std::array<unsigned char, 256> table{};
    for (auto& entry : table)
        entry = 0xFF; // no digit
    for (std::size_t i = 0; i < base64_alphabet.size(); ++i)
        table[static_cast<unsigned char>(base64_alphabet[i])] = static_cast<unsigned char>(i);
    return table;
}

constexpr auto base64_table = make_base64_table();

} // namespace

std::string to_base64(std::string_view bytes) {
    std::string out((bytes.size() + 2) / 3 * 4, '=');
    auto to = out.begin();
    for (std::size_t i = 0; i < bytes.size(); i += 3, to += 4) {
        std::size_t const n = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8U | (k < n ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k <= n; ++k)
            to[static_cast<std::ptrdiff_t>(k)] = base64_alphabet[group >> (18U - 6U * k) & 63U];
    }
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0)
        return std::nullopt;
    std::string out;
    out.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        bool const last = i + 4 == text.size();
        std::size_t const padding = !last || text[i + 3] != '=' ? 0U : text[i + 2] == '=' ? 2U : 1U;
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 4 - padding; ++k) {
            auto const v = static_cast<std::uint32_t>(base64_table[static_cast<unsigned char>(text[i + k])]);
            if (v > 63)
                return std::nullopt;
            group |= v << (18U - 6U * k);
        }
        if ((padding == 1 && (group & 0xFFU) != 0) || (padding == 2 && (group & 0xFFFFU) != 0))
            return std::nullopt; // not canonical: bits that stand for nothing are set
        for (std::size_t k = 0; k < 3 - padding; ++k)
            out += static_cast<char>(group >> (16U - 8U * k) & 0xFFU);
    }
    return out;
}

std::optional<std::uint64_t> parse_uint(std::string_view text, std::uint64_t max) noexcept {
    if (text.empty() || !is_digit(text.front()) || (text.size() > 1 && text.front() == '0'))
        return std::nullopt;
    std::uint64_t value = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || end != text.data() + text.size() || value > max)
        return std::nullopt;
    return value;
}

namespace {

// Stands for itself inside a JSON string.
constexpr std::array<bool, 256> make_plain_table() {
    std::array<bool, 256> table{};
    for (std::size_t c = 0x20; c < 0x7f; ++c)
        table[c] = c != '"' && c != '\\';
    return table;
}

constexpr auto plain_table = make_plain_table();

std::size_t plain_length(char const* at, char const* end) noexcept {
    auto const* const begin = at;
    while (at != end && plain_table[static_cast<unsigned char>(*at)])
        ++at;
    return static_cast<std::size_t>(at - begin);
}

} // namespace

void append_json_escaped(std::string& out, std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        std::size_t const plain = plain_length(text.data() + i, text.data() + text.size());
        if (plain != 0) { // nearly everything, nearly always
            out.append(text, i, plain);
            i += plain;
            continue;
        }
        char const c = text[i];
        std::size_t const n = sequence_length(text, i);
        if (n == 0) {
            out += "\xEF\xBF\xBD";
            ++i;
            continue;
        }
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            out += "\\u00";
            out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4U];
            out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15U];
        } else {
            out.append(text.substr(i, n));
        }
        i += n;
    }
}

std::string masked(std::string_view openid) {
    constexpr std::size_t shown = 4; // at each end
    if (openid.size() < 4 * shown)
        return "…";
    std::string text(openid.substr(0, shown));
    text += "…";
    text += openid.substr(openid.size() - shown);
    return text;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out += ' ';
        } else if (text[i] == '%') {
            if (i + 2 >= text.size())
                return std::nullopt;
            auto const byte = from_hex(text.substr(i + 1, 2));
            if (!byte)
                return std::nullopt;
            out += *byte;
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::string percent_encode(std::string_view text) {
    std::string out;
    for (char const c : text) {
        if (is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~')
            out += c;
        else
            out += '%' + to_hex(std::string_view(&c, 1), true);
    }
    return out;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        auto const end = std::min(query.find('&'), query.size());
        auto const pair = query.substr(0, end);
        auto const equals = std::min(pair.find('='), pair.size());
        auto const key = percent_decode(pair.substr(0, equals));
        if (key == name)
            return percent_decode(equals < pair.size() ? pair.substr(equals + 1) : std::string_view{});
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return std::nullopt;
}

} // namespace wxgate
