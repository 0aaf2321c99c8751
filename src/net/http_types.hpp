// HTTP as the layers above see it: values, with no Beast type in sight.
#pragma once

#include "async/task.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wxgate::net {

struct header_view {
    std::string_view name;
    std::string_view value;
};

/// A request that passed the gate. The views live as long as the handler runs.
struct http_request {
    std::string_view method; // "GET"
    unsigned version = 11;   // 10 or 11
    std::string_view target; // as received
    std::string_view path;   // target up to '?'
    std::string_view query;  // after '?'
    std::string_view body;
    std::vector<header_view> headers;
    std::string peer; // the caller's IP address: the client's, or whom a trusted proxy names
    /// The common name of the client's verified certificate; empty when it gave none. (TLS listeners that
    /// ask.)
    std::string peer_common_name;
    std::chrono::steady_clock::time_point received; // when it was there
    std::chrono::steady_clock::time_point deadline; // the answer must be ready by then

    /// The first header of this name, or "".
    std::string_view header(std::string_view name) const noexcept;

    std::size_t count(std::string_view name) const noexcept;
};

struct http_reply {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>>
        headers;             // beside Content-Type, Content-Length and Connection
    bool close = false;      // close the connection after this answer
    bool disconnect = false; // say nothing: cut the connection (fault injection)
};

/// What answers a listener's requests.
class http_handler {
public:
    http_handler() = default;
    http_handler(http_handler const&) = delete;
    http_handler& operator=(http_handler const&) = delete;
    virtual ~http_handler() = default;

    /// Answers one request. An exception is logged, counted and answered as failed().
    virtual awaitable<http_reply> handle(http_request const& request) = 0;

    /// The body of a refusal that happened before handle(): `status` is 4xx or 5xx, `target` may be empty or
    /// partial.
    virtual http_reply refuse(unsigned status, std::string_view reason, std::string_view target) = 0;

    /// Whether there is too much to do to take this request, too: the refusal, or nothing. Asked when the
    /// header has passed the gate, and again when a body had to be waited for; of `request`, `body` and
    /// `deadline` are not there yet. Must cost next to nothing: it is called most when there is least time.
    virtual std::optional<http_reply> shed(http_request const& request);
};

} // namespace wxgate::net
