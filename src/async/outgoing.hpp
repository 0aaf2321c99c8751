// What the kernel holds of what was written to a socket: it takes a good deal that a peer which does not read
// never takes from it.
#pragma once

#include "async/task.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>

namespace wxgate {

/// Bytes that were written and are not on their way: the peer's window is full, or the network slow. 0 for a
/// socket that is closed.
std::size_t bytes_not_sent(asio::ip::tcp::socket& s) noexcept;

/// Completes when there are none any more, or with an error when the connection ends before.
awaitable<boost::system::error_code> wait_until_sent(asio::ip::tcp::socket& s);

/// Closes it. What is not on its way is dropped, and the peer reset: the kernel would hold it for minutes,
/// for one that may never take it.
void drop(asio::ip::tcp::socket& s) noexcept;

} // namespace wxgate
