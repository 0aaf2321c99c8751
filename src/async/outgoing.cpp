#include "async/outgoing.hpp"

#include "async/socket_option.hpp"

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

namespace wxgate {

namespace {

// From how many bytes that are not on their way on a socket cannot be written to.
using not_sent_mark = socket_option<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;

} // namespace

std::size_t bytes_not_sent(asio::ip::tcp::socket& s) noexcept {
    int n = 0;
    return ::ioctl(s.native_handle(), SIOCOUTQNSD, &n) == 0 && n > 0 ? static_cast<std::size_t>(n) : 0;
}

awaitable<boost::system::error_code> wait_until_sent(asio::ip::tcp::socket& s) {
    boost::system::error_code ec;
    s.set_option(not_sent_mark{1}, ec);
    if (ec)
        co_return ec;
    auto [failed] = co_await s.async_wait(asio::ip::tcp::socket::wait_write, use_tuple);
    if (!failed)
        s.set_option(not_sent_mark{0}, ec); // the system's own
    co_return failed;
}

void drop(asio::ip::tcp::socket& s) noexcept {
    boost::system::error_code ignored;
    if (bytes_not_sent(s) != 0)
        s.set_option(asio::socket_base::linger(true, 0), ignored);
    s.close(ignored);
}

} // namespace wxgate
