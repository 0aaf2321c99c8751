// A write that is tried before anybody waits for it. Nearly always the kernel takes the whole message, and
// the coroutine goes on without an operation of Asio's and a turn of its loop.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <string_view>

namespace wxgate::net {

/// How many bytes went. `socket` must be set non-blocking; what went wrong is met again by who writes the
/// rest.
inline std::size_t write_now(boost::asio::ip::tcp::socket& socket, std::string_view text) {
    boost::system::error_code ignored;
    return socket.write_some(boost::asio::buffer(text), ignored);
}

/// Over TLS none: a record that went in part could not be taken back.
template <class Stream>
std::size_t write_now(Stream&, std::string_view) {
    return 0;
}

} // namespace wxgate::net
