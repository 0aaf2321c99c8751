// A lean HTTP/1.1 client for the load: many kept connections to one host, plain HTTP, on one io_context of
// one thread.
#pragma once

#include "load/http_message.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace wxgate::bench {

namespace asio = boost::asio;
using load_clock = std::chrono::steady_clock;

struct host_port {
    std::string host; // an IP address
    std::uint16_t port = 0;

    std::string text() const { return host + ":" + std::to_string(port); }
};

/// Reads "http://127.0.0.1:8080" (a path behind it is not taken) or "127.0.0.1:8080". Nothing for anything
/// else: the load is plain HTTP to an address.
std::optional<host_port> parse_plain_url(std::string_view text);

/// How a call ended.
struct http_answer {
    enum class how { answered, timed_out, failed };

    how ended = how::failed;
    unsigned status = 0;      // of an answer
    std::string_view head;    // of an answer, e.g. for Retry-After; lives during the call
    std::string_view body;    // of an answer; lives during the call
    std::string_view mistake; // of a failure: what was wrong; lives during the call
    load_clock::time_point at = load_clock::now(); // when it ended

    bool ok() const noexcept { return ended == how::answered && status >= 200 && status < 300; }
};

struct driver_options {
    std::size_t connections = 64;              // opened as they are needed
    std::chrono::milliseconds timeout{10'000}; // of a call, waiting for a connection included
};

/// Not synchronised: everything on the thread that runs the context. Handlers never run inside send(), and
/// never again once it is destroyed. A call on a kept connection that the server closed meanwhile, before a
/// byte of an answer came, is sent once more on another one and counted: the bench's calls may all be
/// repeated.
class http_driver {
public:
    using handler = std::function<void(http_answer const&)>;

    http_driver(asio::io_context& context, host_port to, driver_options options);
    ~http_driver();
    http_driver(http_driver const&) = delete;
    http_driver& operator=(http_driver const&) = delete;

    /// Sends a whole request (request_head::with) on a free connection, or queues it until there is one.
    /// `done` is called once.
    void send(std::string request, handler done);

    /// Opens connections until so many are open, a few at a time; then tells how many are. They are idle.
    void open(std::size_t how_many, std::function<void(std::size_t open)> done);

    /// Cuts all connections. Calls under way fail.
    void close();

    struct counts {
        std::uint64_t sent = 0;     // requests, repetitions included
        std::uint64_t opened = 0;   // connections
        std::uint64_t repeated = 0; // calls that were sent once more
        std::uint64_t dropped = 0;  // idle connections that the other side closed
    };

    counts const& counted() const noexcept;
    std::size_t connections() const noexcept; // open now
    std::size_t waiting() const noexcept;     // calls that wait for a connection

private:
    class impl;
    std::shared_ptr<impl> impl_;
};

struct fetched {
    unsigned status = 0;
    std::string head;
    std::string body;
};

/// One call, blocking, on a connection of its own: for what is not the load (ledger, metrics, controls).
/// Throws std::runtime_error with the host and what was wrong; any status is an answer.
fetched fetch(
    host_port const& from,
    std::string_view method,
    std::string_view target,
    header_list const& headers = {},
    std::string_view body = {},
    std::chrono::milliseconds timeout = std::chrono::seconds(60)
);

} // namespace wxgate::bench
