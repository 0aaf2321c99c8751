#include "base/trace.hpp"

#include <algorithm>
#include <cstdint>
#include <random>

namespace wxgate {

namespace {

// version-traceid-parentid-flags
constexpr std::size_t id_at = 3;
constexpr std::size_t parent_at = 36;
constexpr std::size_t flags_at = 53;
constexpr std::size_t size_of_version_0 = 55;

bool is_hex(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    });
}

bool is_zero(std::string_view text) noexcept {
    return text.find_first_not_of('0') == std::string_view::npos;
}

// Not OpenSSL's: an id need not be unguessable, and this is drawn for every request.
std::uint64_t random_64() {
    thread_local std::mt19937_64 random = [] {
        std::random_device device;
        std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
        return std::mt19937_64(seed);
    }();
    return random();
}

void write_hex(std::uint64_t n, char* out) noexcept {
    constexpr char digits[] = "0123456789abcdef";
    for (std::size_t i = 16; i-- > 0; n >>= 4U)
        out[i] = digits[n & 15U];
}

} // namespace

trace make_trace() {
    trace t;
    write_hex(random_64(), t.id.data());
    write_hex(random_64() | 1U, t.id.data() + 16); // never all zero
    return t;
}

std::optional<trace> parse_traceparent(std::string_view header) noexcept {
    if (header.size() < size_of_version_0)
        return std::nullopt;
    auto const version = header.substr(0, 2);
    auto const id = header.substr(id_at, 32);
    auto const parent = header.substr(parent_at, 16);
    auto const flags = header.substr(flags_at, 2);
    bool const dashes = header[2] == '-' && header[id_at + 32] == '-' && header[parent_at + 16] == '-';
    if (!dashes || !is_hex(version) || !is_hex(id) || !is_hex(parent) || !is_hex(flags))
        return std::nullopt;
    if (version == "ff" || is_zero(id) || is_zero(parent))
        return std::nullopt;
    // A version to come may have more, behind a dash.
    bool const more = header.size() > size_of_version_0;
    if (more && (version == "00" || header[size_of_version_0] != '-'))
        return std::nullopt;
    trace t;
    std::copy(id.begin(), id.end(), t.id.begin());
    t.sampled = std::string_view("13579bdf").find(flags[1]) != std::string_view::npos; // the lowest bit
    t.given = true;
    return t;
}

std::string to_traceparent(trace const& t) {
    std::string header = "00-";
    header += t.id_text();
    header += "-0000000000000000-";
    write_hex(random_64() | 1U, header.data() + parent_at);
    header += t.sampled ? "01" : "00";
    return header;
}

std::string to_text(trace const& t) {
    if (t.empty())
        return {};
    return std::string(t.id_text()) + (t.sampled ? "-01" : "-00");
}

trace trace_from_text(std::string_view text) noexcept {
    trace t;
    if (text.size() != 35 || text[32] != '-' || !is_hex(text.substr(0, 32)))
        return t;
    std::copy_n(text.begin(), 32, t.id.begin());
    t.sampled = text.ends_with("01");
    return t;
}

} // namespace wxgate
