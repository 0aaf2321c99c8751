// WeChat's HTTPS side without a socket.
#pragma once

#include "sandbox/wechat_handler.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace wxgate::sandbox::test {

struct https_side : fixture {
    https_side() : handler(context.get_executor(), w) {}

    static awaitable<void> run(wechat_handler& h, net::http_request const& r, net::http_reply& into) {
        into = co_await h.handle(r);
    }

    net::http_reply
    ask(std::string_view method, std::string_view path, std::string_view body, std::string_view query = {}) {
        net::http_request r;
        r.method = method;
        r.path = path;
        r.query = query;
        r.body = body;
        r.peer_common_name = certificate;
        r.received = std::chrono::steady_clock::now();
        r.deadline = r.received + std::chrono::seconds(5);
        net::http_reply reply;
        asio::co_spawn(context, run(handler, r, reply), report("test"));
        context.restart();
        context.run();
        return reply;
    }

    /// Once, on `on`.
    void fault(std::string const& what, int ms = 20, std::string const& on = "unifiedorder") {
        auto const body = R"({"rules":[{"on":")" + on + R"(","do":")" + what + R"(","ms":)" +
                          std::to_string(ms) + R"(,"times":1}]})";
        BOOST_TEST(control("PUT", "/control/faults", "", body).first == 200U);
    }

    asio::io_context context;
    wechat_handler handler;
    std::string certificate; // whom the caller's names; empty: none
};

} // namespace wxgate::sandbox::test
