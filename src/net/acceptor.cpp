#include "net/acceptor.hpp"

#include "async/socket_option.hpp"

namespace wxgate::net {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

using reuse_port = socket_option<SOL_SOCKET, SO_REUSEPORT>;

} // namespace

address open_acceptor(
    tcp::acceptor& acceptor, address const& where, bool share, bool first, std::size_t socket_buffer
) {
    tcp::endpoint const wanted(asio::ip::make_address(where.host), where.port);
    if (share && first && where.port != 0)
        // SO_REUSEPORT alone would let two gateways share a port by mistake.
        tcp::acceptor(acceptor.get_executor(), wanted);
    acceptor.open(wanted.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    if (share)
        acceptor.set_option(reuse_port{1});
    // A peer that is slow to read, or sends far ahead, costs no more of the kernel's memory; connections
    // inherit this.
    auto const buffer = static_cast<int>(socket_buffer);
    acceptor.set_option(asio::socket_base::send_buffer_size(buffer));
    acceptor.set_option(asio::socket_base::receive_buffer_size(buffer));
    acceptor.bind(wanted);
    acceptor.listen(4096);
    auto const bound = acceptor.local_endpoint();
    return {bound.address().to_string(), bound.port()};
}

client_peer who_is(asio::ip::address const& a, peer_rules const* rules) {
    auto const v6 = a.is_v4() ? asio::ip::make_address_v6(asio::ip::v4_mapped, a.to_v4()) : a.to_v6();
    client_peer who;
    who.ip.bytes = v6.to_bytes();
    who.text = who.ip.to_string();
    who.is_proxy = rules != nullptr && rules->proxies.contains(who.ip);
    return who;
}

} // namespace wxgate::net
