// A shop's end of webhooks, as CONTRACT.md 5 lets one write it: it believes what is signed by one of its
// secrets and not older than five minutes, takes each event in once, and keeps the latest version of each
// order. What it answers the test decides; it can be as badly behaved as a server on the internet.
#pragma once

#include "support/certificates.hpp"
#include "support/webhook_delivery.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace wxgate::test {

enum class conduct {
    answer,       // all of it
    hang,         // none, and the connection stays open
    reset,        // RST
    close,        // the end, without an answer
    cut,          // the end, in the middle of the answer
    garbage,      // what is no HTTP
    trickle,      // a byte every 200 ms
    huge,         // a body of 10 MiB
    endless,      // a body without an end
    endless_head, // header fields without an end
    interim,      // 100 Continue without an end
    trailer       // chunked, with a trailer field of 100 KB
};

struct webhook_answer {
    unsigned status = 204; // 2xx: the event is taken in, however the answer goes out
    header_list headers;
    std::string body;
    milliseconds delay{0}; // before it
    conduct how = conduct::answer;
};

using webhook_script = std::function<webhook_answer(delivery const&)>;

class webhook_receiver {
public:
    /// Listens on 127.0.0.1; speaks TLS with an identity. Port 0: one that the kernel chose. Throws when the
    /// port is taken.
    explicit webhook_receiver(
        std::vector<std::string> secrets = {make_secret()},
        std::optional<certificate_files> const& identity = {},
        std::uint16_t port = 0
    );
    ~webhook_receiver();
    webhook_receiver(webhook_receiver const&) = delete;
    webhook_receiver& operator=(webhook_receiver const&) = delete;

    std::uint16_t port() const;

    /// With the path of its own, /hook.
    std::string url() const;

    std::vector<std::string> secrets() const;

    /// Believes these from now on.
    void trust(std::vector<std::string> secrets);

    /// 204 at once, whatever was told before.
    void behave_well();

    /// From the next request on. The script is called on the connection's thread, one at a time.
    void behave(webhook_script how);

    /// What is about one order is answered so, whatever the script says.
    void behave_about(std::string const& out_trade_no, webhook_answer how);

    /// Nobody listens, and what was open is cut; the port stays its own.
    void go_away();
    void come_back();

    /// Cuts what is open.
    void cut_connections();

    /// Everything that came, oldest first; with `id`, only that.
    std::vector<delivery> deliveries(std::string const& id = {}) const;

    /// The first that came of this type about this order (or refund).
    std::optional<delivery> first(std::string const& number, std::string const& type) const;

    /// The events about an order that were taken in, each once, in the order in which they came.
    std::vector<delivery> about(std::string const& out_trade_no) const;

    /// How many were taken in.
    std::size_t taken() const;
    bool has_taken(std::string const& id) const;

    /// Of what was taken in about an order, that with the highest version.
    std::optional<delivery> latest(std::string const& out_trade_no) const;

    /// What is wrong with the first delivery that was not as documented; "" when all were.
    std::string trouble() const;

    /// Connections that were ever accepted.
    std::size_t connections() const;

    /// The most that were open at once, by what the kernel knows.
    std::size_t most_connections() const;

    /// Requests that were read and not answered yet.
    std::size_t under_way() const;

    /// The most bytes that any answer had when its reader was gone.
    std::size_t longest_answer() const;

private:
    static std::string make_secret();

    class impl;
    std::unique_ptr<impl> impl_;
};

/// No answer is longer: an endless one ends here, if its reader has not gone before.
inline constexpr std::size_t longest_possible_answer = std::size_t{64} << 20U;

} // namespace wxgate::test
