// What a listener does with sockets before HTTP is spoken: binding them, and telling who connected.
#pragma once

#include "net/peers.hpp"
#include "net/url.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <string>

namespace wxgate::net {

/// Opens `acceptor` at `where` and begins to listen. `share` and `first`: see http_server::listen().
/// `socket_buffer`: what the kernel holds for each connection, each way. Gives the bound address. Throws
/// boost::system::system_error.
address open_acceptor(
    boost::asio::ip::tcp::acceptor& acceptor,
    address const& where,
    bool share,
    bool first,
    std::size_t socket_buffer
);

/// Who connected.
struct client_peer {
    ip_address ip;
    std::string text;
    bool is_proxy = false; // whose X-Forwarded-For is taken
};

/// `rules` may be null.
client_peer who_is(boost::asio::ip::address const& a, peer_rules const* rules);

} // namespace wxgate::net
