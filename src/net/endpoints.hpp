// The addresses of one host, resolved in the background. A resolution cannot be cancelled and all of a
// process queue on one hidden thread, so no request ever waits for one but the first.
#pragma once

#include "async/task.hpp"

#include <wxgate/error.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace wxgate::net {

/// Belongs to one single-threaded io_context.
class endpoints {
public:
    using list = std::vector<asio::ip::tcp::endpoint>;

    endpoints(asio::any_io_executor executor, std::string host, std::uint16_t port);
    ~endpoints();
    endpoints(endpoints const&) = delete;
    endpoints& operator=(endpoints const&) = delete;

    /// The addresses last known, renewed in the background when they are a minute old; waits until `until`
    /// only when none is known. Errors: resolve_failed, timed_out.
    awaitable<result<list>> get(std::chrono::steady_clock::time_point until);

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace wxgate::net
