// Networks as the configuration names them, and whose request it is that a proxy of such a network hands on.
// No I/O here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wxgate::net {

/// An IP address. One of IPv4 is kept as the IPv6 address that it is mapped to (::ffff:a.b.c.d), so that the
/// two ways of writing it are one address.
struct ip_address {
    std::array<std::uint8_t, 16> bytes{};

    bool is_v4() const noexcept;

    /// 192.0.2.1 or 2001:db8::1.
    std::string to_string() const;

    bool operator==(ip_address const&) const = default;
};

/// 192.0.2.1, 2001:db8::1, ::ffff:192.0.2.1. No brackets, no zone, no number that is not decimal.
std::optional<ip_address> parse_ip(std::string_view text) noexcept;

class trusted_networks {
public:
    /// Takes networks (10.0.0.0/8, fd00::/8) and addresses, with white space between them. The first word
    /// that is neither, and then nothing is trusted; "" when all are. A network with bits set beyond its
    /// prefix is refused: it is not what was meant.
    std::string_view read(std::string_view text);

    /// Networks of IPv6 hold no address of IPv4, ::/0 included.
    bool contains(ip_address const& a) const noexcept;

    bool empty() const noexcept { return networks_.empty(); }

private:
    struct network {
        ip_address first;
        unsigned bits; // of the 128
    };

    static std::optional<network> parse(std::string_view word) noexcept;

    std::vector<network> networks_;
};

/// Whose request it is. `peer` is who connected; `forwarded` holds the values of its X-Forwarded-For headers,
/// in order. Each proxy writes who connected to it at the right end, so the word of a trusted one is taken
/// from right to left: the caller is the first that is not trusted, or, where the list ends or holds
/// something else than an address (192.0.2.1, 192.0.2.1:443, 2001:db8::1, [2001:db8::1]:443), the last one
/// that was vouched for.
ip_address caller_of(
    ip_address const& peer, std::span<std::string_view const> forwarded, trusted_networks const& proxies
) noexcept;

} // namespace wxgate::net
