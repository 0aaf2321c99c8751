// HTTP/1.1 exchanges with one host under one TLS identity, over a pool of kept connections.
#pragma once

#include "net/http_types.hpp"
#include "net/tls.hpp"
#include "net/url.hpp"

#include <wxgate/error.hpp>
#include <wxgate/limits.hpp>

#include <chrono>
#include <memory>

namespace wxgate::net {

struct exchange_request {
    std::string method = "POST";
    std::string target; // path and query
    std::string content_type;
    std::string body;
    std::vector<std::pair<std::string, std::string>>
        headers; // beside Host, Content-Type, Content-Length, Connection
    /// The call changes nothing at the other side, so it may be sent once more when a kept connection turns
    /// out dead.
    bool repeatable = false;
};

struct exchange_reply {
    unsigned status = 0;
    std::string content_type;
    std::string body;
};

struct exchange_failure {
    error_code code; // errc: resolve_failed, connect_failed, tls_failed, timed_out, connection_lost,
                     // pool_exhausted, …
    std::string detail;
    bool sent = false; // false: no byte of the request was written
};

[[noreturn]] void throw_exception_from_error(exchange_failure const& f, boost::source_location const& where);

using exchange_result = boost::system::result<exchange_reply, exchange_failure>;

/// One pool. Belongs to one single-threaded io_context. May be destroyed while calls are under way: they end
/// on their own and their connections are dropped.
class http_client {
public:
    /// `origin.path` is not used. `tls` is null for plain http.
    http_client(asio::any_io_executor executor, url origin, tls_context_ptr tls, client_limits limits);
    ~http_client();
    http_client(http_client const&) = delete;
    http_client& operator=(http_client const&) = delete;

    /// One request and its answer, by `until` and within `limits.timeout`. Every HTTP status is an answer.
    awaitable<exchange_result>
    exchange(exchange_request request, std::chrono::steady_clock::time_point until);

    /// Makes sure that a connection is open (an idle one, or a new one that is then kept).
    awaitable<error_code> warm(std::chrono::steady_clock::time_point until);

    /// Drops the idle connections and takes no more calls (errc::shutting_down); those under way end on their
    /// own.
    void close();

    struct counts {
        std::size_t open = 0;
        std::size_t idle = 0;
        std::uint64_t opened = 0;  // since the start
        std::uint64_t resumed = 0; // of those, with a resumed TLS session
    };

    counts connections() const noexcept;

private:
    class impl;
    std::shared_ptr<impl> impl_;
};

} // namespace wxgate::net
