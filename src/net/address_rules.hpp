// Which addresses a host of somebody else's choosing may have: those that the whole internet reaches, and no
// others. Keeps a webhook's URL from leading this program to machines on the inside.
#pragma once

#include <string_view>

namespace boost::asio::ip {
class address;
}

namespace wxgate::net {

/// True for globally reachable unicast. An IPv4 address inside an IPv6 one (mapped, NAT64, 6to4) is judged
/// by itself.
bool is_public(boost::asio::ip::address const& address);

/// The same of an address as text, without brackets or zone; false for what is none.
bool is_public(std::string_view address);

enum class host_rule {
    ok,
    not_a_host, // no name that the DNS may hold, or a number that some resolvers take for an address
    not_public, // an address, or localhost, that only the inside reaches
};

/// Judges the host of a URL (without brackets) by its text. What a name resolves to is seen when it is
/// connected to: http_client_options::public_addresses_only.
host_rule judge_host(std::string_view host);

} // namespace wxgate::net
