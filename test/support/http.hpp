// A small blocking HTTP client that sends exactly the bytes it is told, over POSIX sockets: it must be able
// to say what no well-behaved client says, and it shares no code with the server under test.
#pragma once

#include "support/wait.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wxgate::test {

namespace json = boost::json;

using header_list = std::vector<std::pair<std::string, std::string>>;

struct reply {
    unsigned status = 0; // 0: none came
    header_list headers;
    std::string body;
    bool whole = false; // the answer came to its end

    /// The first header of this name in any case, or "".
    std::string header(std::string_view name) const;

    std::size_t count(std::string_view name) const;

    /// The body as JSON; null when it is not.
    json::value parsed() const;

    /// For a test's message.
    std::string describe() const;
};

/// One TCP connection to a port of 127.0.0.1.
class connection {
public:
    /// Throws std::runtime_error when nobody listens. `receive_buffer`: how many bytes the kernel takes for
    /// one that does not read; 0: as many as it likes.
    explicit connection(std::uint16_t port, int receive_buffer = 0);
    ~connection();
    connection(connection&& other) noexcept;
    connection& operator=(connection&&) = delete;

    /// False when the peer has cut the connection.
    bool send(std::string_view bytes);

    /// Each piece in a segment of its own, as far as TCP allows.
    bool send_pieces(std::vector<std::string> const& pieces);

    /// The next answer, or what came of it within `bound`. 100 Continue is skipped unless `interim` is set.
    /// `head`: the answer to a HEAD request has no body.
    reply read(milliseconds bound, bool interim = false, bool head = false);

    /// True when the peer closes (or resets) within `bound`; what it still sends is added to `rest()`.
    bool closed_within(milliseconds bound);

    /// Bytes received and not yet part of an answer.
    std::string const& rest() const noexcept { return buffer_; }

    /// Says that nothing more will be sent.
    void shutdown_write();

    /// Cuts the connection with a RST.
    void reset();

    int native() const noexcept { return socket_; }

private:
    bool fill(steady::time_point until); // more into buffer_; false at the end, an error or the deadline

    int socket_ = -1;
    bool ended_ = false;
    std::string buffer_;
};

struct request {
    std::string method = "GET";
    std::string target = "/";
    header_list headers; // beside Host and Content-Length
    std::string body;

    std::string to_string() const;
};

/// Sends one request on a new connection and reads the answer; status 0 when none comes.
reply exchange(std::uint16_t port, request const& r, milliseconds bound = 15s);

/// Sends these bytes on a new connection and reads the answer.
reply exchange_raw(std::uint16_t port, std::string_view bytes, milliseconds bound = 15s);

/// A client of one listener with one bearer key (or none). With `keep_alive`, one connection is used again
/// and again; such a client is for one thread at a time.
class api {
public:
    explicit api(std::uint16_t port, std::string bearer = {}, bool keep_alive = false);

    reply get(std::string const& target, header_list headers = {}) const;
    reply post(std::string const& target, json::value const& body, header_list headers = {}) const;
    /// POST of any text as application/json; without a body, of nothing.
    reply post_text(std::string const& target, std::string body = {}, header_list headers = {}) const;
    reply put(std::string const& target, json::value const& body) const;
    reply del(std::string const& target) const;
    reply send(request r) const;

    std::uint16_t port() const noexcept { return port_; }

    std::string const& bearer() const noexcept { return bearer_; }

private:
    std::uint16_t port_;
    std::string bearer_;
    bool keep_alive_;
    mutable std::shared_ptr<connection> kept_;
};

/// The beginning of the first reply of this process that held a secret (they all hold CANARY); "" while there
/// was none.
std::string secret_in_a_reply();

/// The member as text: "" when absent or not text.
std::string text_of(json::value const& object, std::string_view name);

/// The member as a number: -1 when absent or no integer.
std::int64_t number_of(json::value const& object, std::string_view name);

/// The member; null when absent.
json::value member(json::value const& object, std::string_view name);

/// `object` with these members set (a null removes one).
json::object with(json::object object, json::object const& changes);

/// Splits a response that is in memory; for readers of other transports.
reply parse_reply(std::string_view text);

} // namespace wxgate::test
