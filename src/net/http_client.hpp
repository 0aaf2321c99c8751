// HTTP/1.1 exchanges with one host under one TLS identity, over a pool of kept connections.
#pragma once

#include "base/time.hpp"
#include "net/http_types.hpp"
#include "net/tls.hpp"
#include "net/url.hpp"

#include <wxgate/error.hpp>
#include <wxgate/limits.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
    std::string retry_after;     // the header's value, or ""
    std::optional<unix_ms> date; // the header's: the other side's clock
};

struct exchange_failure {
    error_code code; // errc: resolve_failed, connect_failed, tls_failed, timed_out, connection_lost,
                     // pool_exhausted, address_not_allowed, …; or what a download_sink said
    std::string detail;
    bool sent = false; // false: no byte of the request was written
};

[[noreturn]] void throw_exception_from_error(exchange_failure const& f, boost::source_location const& where);

using exchange_result = boost::system::result<exchange_reply, exchange_failure>;

/// Where a download's body goes.
class download_sink {
public:
    download_sink() = default;
    download_sink(download_sink const&) = delete;
    download_sink& operator=(download_sink const&) = delete;
    virtual ~download_sink() = default;

    /// The next bytes of the body, 1 to 16 KiB of them, which live until this completes; nothing more is read
    /// before. An error ends the download and is its result.
    virtual awaitable<error_code> take(std::string_view piece) = 0;
};

struct http_client_options {
    client_limits limits;
    /// Connect only when every address of the host is public (net/address_rules.hpp). Looked at whenever a
    /// connection is opened, and those very addresses are connected to.
    bool public_addresses_only = false;
    /// Whose certificate the connections show, for the metrics; "": nobody's.
    std::string identity = {};
};

/// One pool. Belongs to one single-threaded io_context. May be destroyed while calls are under way: they end
/// on their own and their connections are dropped. A redirect is an answer and is not followed.
class http_client {
public:
    /// `origin.path` is not used. `tls` is null for plain http.
    http_client(asio::any_io_executor executor, url origin, tls_context_ptr tls, http_client_options options);
    ~http_client();
    http_client(http_client const&) = delete;
    http_client& operator=(http_client const&) = delete;

    /// One request and its answer, by `until` and within `limits.timeout`. Every HTTP status is an answer.
    awaitable<exchange_result>
    exchange(exchange_request request, std::chrono::steady_clock::time_point until);

    /// One request, and the body of its answer handed to `sink` piece by piece as it comes, in bounded
    /// memory. The reply's own body is empty. Every HTTP status is an answer, and its body goes to the sink
    /// too. `until` bounds the whole, `limits.timeout` each wait for the other side (the header, the next
    /// bytes), `limits.max_response` nothing. `sink` outlives the call and bounds itself. After a failure the
    /// sink has a part of the body, or none of it.
    awaitable<exchange_result>
    download(exchange_request request, download_sink& sink, std::chrono::steady_clock::time_point until);

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
