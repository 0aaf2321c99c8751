// A sandbox that really sends notifications, and a shop on loopback that hears them.
#pragma once

#include "net/http_server.hpp"
#include "sandbox/notifier.hpp"
#include "support.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace wxgate::sandbox::test {

struct received {
    fields message; // the outer one
    fields inner;   // of req_info; empty when it does not decrypt with the shop's key
    std::string out_trade_no;
    std::string sign;
    std::string path;
    std::vector<std::pair<std::string, std::string>> headers;
    bool verifies = false;
};

// A shop that hears notifications.
struct shop final : net::http_handler {
    awaitable<net::http_reply> handle(net::http_request const& request) override;
    net::http_reply refuse(unsigned status, std::string_view, std::string_view) override;

    std::vector<received> all;
    std::string answer = "<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>";
};

struct running : fixture {
    explicit running(bool tls = false);
    ~running();
    running(running const&) = delete;
    running& operator=(running const&) = delete;

    void pay(std::string_view number);

    /// Once, on `on`.
    void fault(std::string const& what, int ms = 100, std::string const& on = "notify");

    // Runs until `done`, at most five seconds.
    template <class Done>
    bool until(Done done) {
        auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
        context.restart();
        while (!done() && std::chrono::steady_clock::now() < end)
            context.run_one_for(std::chrono::milliseconds(20));
        return done();
    }

    void run_for(std::chrono::milliseconds duration) {
        context.restart();
        context.run_for(duration);
    }

    // The newest was sent (or lost) and waits for its next time.
    bool tried_and_waiting() const;
    bool all_acknowledged() const;

    scratch files;
    asio::io_context context;
    shop listener;
    std::shared_ptr<notifier> sender;
    std::unique_ptr<net::http_server> server;
    std::string url;
};

} // namespace wxgate::sandbox::test
