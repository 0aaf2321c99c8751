#include "net/address_rules.hpp"

#include "base/text.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

namespace wxgate::net {

namespace ip = boost::asio::ip;

namespace {

// The tables follow IANA's special-purpose registries, iana-ipv4-special-registry and
// iana-ipv6-special-registry (RFC 6890), as of 2025, and its ipv6-address-space: only 2000::/3 is global
// unicast. Exceptions inside a block (192.0.0.9, 2001:20::/28, …) serve nobody's webhook and are refused with
// it.

struct v4_block {
    std::uint32_t first;
    unsigned bits;
};

constexpr std::uint32_t quad(std::uint32_t a, std::uint32_t b = 0, std::uint32_t c = 0) {
    return a << 24 | b << 16 | c << 8;
}

constexpr v4_block not_public_v4[] = {
    {quad(0), 8},            // "this network"
    {quad(10), 8},           // private
    {quad(100, 64), 10},     // shared, behind a carrier's NAT
    {quad(127), 8},          // loopback
    {quad(169, 254), 16},    // link local: a cloud's metadata
    {quad(172, 16), 12},     // private
    {quad(192, 0, 0), 24},   // protocol assignments
    {quad(192, 0, 2), 24},   // documentation
    {quad(192, 88, 99), 24}, // 6to4 relays, deprecated
    {quad(192, 168), 16},    // private
    {quad(198, 18), 15},     // benchmarks
    {quad(198, 51, 100), 24},
    {quad(203, 0, 113), 24}, // both documentation
    {quad(224), 4},          // multicast
    {quad(240), 4},          // reserved; 255.255.255.255
};

bool is_public_v4(std::uint32_t a) {
    auto const holds = [a](v4_block const& b) { return ((a ^ b.first) >> (32U - b.bits)) == 0; };
    return std::none_of(std::begin(not_public_v4), std::end(not_public_v4), holds);
}

struct v6_block {
    std::uint64_t first; // the upper half of the address
    unsigned bits;
};

constexpr v6_block global_unicast{0x2000'0000'0000'0000U, 3};

constexpr v6_block not_public_v6[] = {
    {0x2001'0000'0000'0000U, 23}, // protocol assignments: Teredo, benchmarks, ORCHID
    {0x2001'0db8'0000'0000U, 32},
    {0x3fff'0000'0000'0000U, 20}, // both documentation
};

bool is_public_v6(std::uint64_t upper, std::uint64_t lower) {
    auto const holds = [upper](v6_block const& b) { return ((upper ^ b.first) >> (64U - b.bits)) == 0; };
    auto const last = static_cast<std::uint32_t>(lower & 0xffff'ffffU);
    bool const mapped = upper == 0 && lower >> 32 == 0xffffU;               // ::ffff:0:0/96
    bool const nat64 = upper == 0x0064'ff9b'0000'0000U && lower >> 32 == 0; // 64:ff9b::/96
    if (mapped || nat64)
        return is_public_v4(last);
    if (upper >> 48 == 0x2002U) // 6to4
        return is_public_v4(static_cast<std::uint32_t>(upper >> 16 & 0xffff'ffffU));
    return holds(global_unicast) && std::none_of(std::begin(not_public_v6), std::end(not_public_v6), holds);
}

std::optional<ip::address> literal(std::string_view text) {
    // Neither a zone nor a NUL, at which Asio's parser would stop.
    if (text.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos)
        return std::nullopt;
    boost::system::error_code ec;
    auto const address = ip::make_address(std::string(text), ec);
    return ec ? std::nullopt : std::optional(address);
}

bool is_name(std::string_view host) {
    for (;;) {
        auto const label = host.substr(0, host.find('.'));
        if (label.empty() || label.size() > 63)
            return false;
        for (char const c : label)
            if (!is_alnum(c) && c != '-' && c != '_')
                return false;
        if (label.size() == host.size())
            return true;
        host.remove_prefix(label.size() + 1);
    }
}

// Whether inet_aton(), and so many a resolver, might read an address: 2130706433, 0x7f000001, 0177.0.0.1,
// 127.1. No name of the DNS ends in a number (WHATWG URL, "ends in a number").
bool reads_as_number(std::string_view host) {
    if (host.find_first_not_of("0123456789.xX") == std::string_view::npos)
        return true;
    auto last = host.substr(host.rfind('.') + 1);
    bool const hex = last.starts_with("0x") || last.starts_with("0X");
    last.remove_prefix(hex ? 2 : 0);
    return last.find_first_not_of(hex ? "0123456789abcdefABCDEF" : "0123456789") == std::string_view::npos;
}

// RFC 6761: these are the machine itself, whatever the DNS says.
bool is_localhost(std::string_view host) {
    static constexpr std::string_view suffix = ".localhost";
    return ascii_iequals(host, suffix.substr(1)) ||
           (host.size() > suffix.size() && ascii_iequals(host.substr(host.size() - suffix.size()), suffix));
}

} // namespace

bool is_public(ip::address const& address) {
    if (address.is_v4())
        return is_public_v4(address.to_v4().to_uint());
    auto const v6 = address.to_v6();
    if (v6.scope_id() != 0) // what needs a zone is not global
        return false;
    auto const bytes = v6.to_bytes();
    std::uint64_t upper = 0;
    std::uint64_t lower = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        upper = upper << 8 | std::uint64_t{bytes[i]};
        lower = lower << 8 | std::uint64_t{bytes[i + 8]};
    }
    return is_public_v6(upper, lower);
}

bool is_public(std::string_view address) {
    auto const a = literal(address);
    return a && is_public(*a);
}

host_rule judge_host(std::string_view host) {
    if (host.empty() || host.size() > 253)
        return host_rule::not_a_host;
    if (auto const address = literal(host))
        return is_public(*address) ? host_rule::ok : host_rule::not_public;
    if (!is_name(host) || reads_as_number(host))
        return host_rule::not_a_host;
    return is_localhost(host) ? host_rule::not_public : host_rule::ok;
}

} // namespace wxgate::net
