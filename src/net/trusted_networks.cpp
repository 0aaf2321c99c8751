#include "net/trusted_networks.hpp"

#include "base/text.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace wxgate::net {

namespace {

constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::string_view white_space = " \t\r\n";

// The bit at `at`, from the left.
bool bit_of(ip_address const& a, unsigned at) noexcept {
    unsigned const byte = a.bytes[at / 8];
    return (byte >> (7U - at % 8) & 1U) != 0;
}

bool same_prefix(ip_address const& a, ip_address const& b, unsigned bits) noexcept {
    auto const whole = bits / 8;
    if (!std::equal(a.bytes.begin(), a.bytes.begin() + whole, b.bytes.begin()))
        return false;
    unsigned const rest = bits % 8;
    if (rest == 0)
        return true;
    unsigned const differs = unsigned{a.bytes[whole]} ^ b.bytes[whole];
    return differs >> (8U - rest) == 0;
}

std::string_view trimmed(std::string_view text) noexcept {
    auto const first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// An element of X-Forwarded-For; some proxies tell the port too.
std::optional<ip_address> parse_element(std::string_view text) noexcept {
    text = trimmed(text);
    bool const bracketed = text.starts_with('[');
    bool const one_colon = std::count(text.begin(), text.end(), ':') == 1;
    if (!bracketed && !one_colon)
        return parse_ip(text);
    auto const end = text.find(bracketed ? ']' : ':');
    if (end == std::string_view::npos)
        return std::nullopt;
    auto const host = text.substr(bracketed ? 1 : 0, bracketed ? end - 1 : end);
    auto port = text.substr(bracketed ? end + 1 : end);
    if (!port.empty() && (port.front() != ':' || !parse_uint(port.substr(1), 65535)))
        return std::nullopt;
    auto const address = parse_ip(host);
    // Brackets are IPv6's.
    return address && bracketed == (host.find(':') != std::string_view::npos) ? address : std::nullopt;
}

// Elements of the headers, from the last one to the first.
class backwards {
public:
    explicit backwards(std::span<std::string_view const> headers) noexcept : headers_(headers) {}

    std::optional<std::string_view> next() noexcept {
        if (headers_.empty())
            return std::nullopt;
        auto const line = headers_.back().substr(0, end_);
        auto const comma = line.rfind(',');
        if (comma == std::string_view::npos) {
            headers_ = headers_.first(headers_.size() - 1);
            end_ = std::string_view::npos;
            return line;
        }
        end_ = comma;
        return line.substr(comma + 1);
    }

private:
    std::span<std::string_view const> headers_;
    std::size_t end_ = std::string_view::npos; // of what is left of the last of them
};

} // namespace

bool ip_address::is_v4() const noexcept {
    return std::equal(mapped.begin(), mapped.end(), bytes.begin());
}

std::string ip_address::to_string() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (is_v4())
        inet_ntop(AF_INET, bytes.data() + mapped.size(), text.data(), text.size());
    else
        inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
    return text.data();
}

std::optional<ip_address> parse_ip(std::string_view text) noexcept {
    std::array<char, INET6_ADDRSTRLEN> terminated{};
    if (text.empty() || text.size() >= terminated.size() || text.find('\0') != std::string_view::npos)
        return std::nullopt;
    std::copy(text.begin(), text.end(), terminated.begin());
    ip_address a;
    if (text.find(':') != std::string_view::npos)
        return inet_pton(AF_INET6, terminated.data(), a.bytes.data()) == 1 ? std::optional(a) : std::nullopt;
    std::copy(mapped.begin(), mapped.end(), a.bytes.begin());
    bool const read = inet_pton(AF_INET, terminated.data(), a.bytes.data() + mapped.size()) == 1;
    return read ? std::optional(a) : std::nullopt;
}

std::optional<trusted_networks::network> trusted_networks::parse(std::string_view word) noexcept {
    auto const slash = word.find('/');
    auto const address = parse_ip(word.substr(0, slash));
    if (!address)
        return std::nullopt;
    bool const dotted = word.substr(0, slash).find(':') == std::string_view::npos;
    unsigned bits = 128;
    if (slash != std::string_view::npos) {
        auto const prefix = parse_uint(word.substr(slash + 1), dotted ? 32 : 128);
        if (!prefix)
            return std::nullopt;
        bits = static_cast<unsigned>(*prefix) + (dotted ? 96 : 0);
    }
    for (unsigned at = bits; at < 128; ++at)
        if (bit_of(*address, at))
            return std::nullopt;
    return network{*address, bits};
}

std::string_view trusted_networks::read(std::string_view text) {
    networks_.clear();
    for (;;) {
        text.remove_prefix(std::min(text.find_first_not_of(white_space), text.size()));
        if (text.empty())
            return {};
        auto const word = text.substr(0, text.find_first_of(white_space));
        auto const parsed = parse(word);
        if (!parsed) {
            networks_.clear();
            return word;
        }
        networks_.push_back(*parsed);
        text.remove_prefix(word.size());
    }
}

bool trusted_networks::contains(ip_address const& a) const noexcept {
    bool const v4 = a.is_v4();
    return std::any_of(networks_.begin(), networks_.end(), [&](network const& n) {
        return same_prefix(a, n.first, n.bits) && (!v4 || n.bits >= 96);
    });
}

ip_address caller_of(
    ip_address const& peer, std::span<std::string_view const> forwarded, trusted_networks const& proxies
) noexcept {
    auto known = peer;
    backwards elements(forwarded);
    while (proxies.contains(known)) {
        auto const element = elements.next();
        auto const address = element ? parse_element(*element) : std::nullopt;
        if (!address)
            break;
        known = *address;
    }
    return known;
}

} // namespace wxgate::net
