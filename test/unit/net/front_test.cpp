// What a listener refuses before it listens: requests that are shed, connections over a bound; and whose
// request it takes one for.
#include "net/http_server.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <functional>
#include <optional>
#include <vector>

using namespace wxgate;
using namespace wxgate::net;
using namespace std::chrono_literals;
using tcp = asio::ip::tcp;

namespace {

constexpr std::size_t much = 30'000;

// Answers with the caller's address and the body, "/much" with more than a peer takes that does not read;
// sheds when `too_much` says so of the n-th question.
struct door final : http_handler {
    awaitable<http_reply> handle(http_request const& request) override {
        ++handled;
        http_reply reply;
        reply.body = request.peer + ' ' + std::string(request.body) + ';';
        if (request.path == "/much")
            reply.body.insert(0, much, '.');
        co_return reply;
    }

    http_reply refuse(unsigned status, std::string_view reason, std::string_view) override {
        http_reply reply;
        reply.status = status;
        reply.body = reason;
        return reply;
    }

    std::optional<http_reply> shed(http_request const& request) override {
        BOOST_TEST((request.received != std::chrono::steady_clock::time_point()));
        BOOST_TEST(!request.target.empty());
        if (!too_much(++asked))
            return std::nullopt;
        http_reply reply;
        reply.status = 503;
        reply.body = "busy;";
        reply.headers.emplace_back("Retry-After", "1");
        return reply;
    }

    std::function<bool(int)> too_much = [](int) { return false; };
    int asked = 0;
    int handled = 0;
};

struct listener {
    explicit listener(server_limits limits = {}, std::shared_ptr<peer_rules> peers = nullptr)
        : server(context, limits, handler, nullptr, std::move(peers)),
          where(server.listen({"127.0.0.1", 0}, true, true)) {}

    template <class T>
    T run(awaitable<T> work) {
        std::optional<T> got;
        std::exception_ptr failed;
        asio::co_spawn(context, std::move(work), [&](std::exception_ptr e, T value) {
            failed = e;
            got = std::move(value);
        });
        context.restart();
        while (!got && context.run_one_for(20s) != 0) {
        }
        if (failed)
            std::rethrow_exception(failed);
        BOOST_TEST_REQUIRE(got.has_value());
        return std::move(*got);
    }

    tcp::socket connect() {
        tcp::socket s(context);
        s.connect({asio::ip::make_address("127.0.0.1"), where.port});
        return s;
    }

    // One that takes next to nothing unless it reads, and asks for so much, so many times.
    tcp::socket deaf(int times = 1) {
        tcp::socket s(context);
        s.open(tcp::v4());
        s.set_option(asio::socket_base::receive_buffer_size(4096));
        s.connect({asio::ip::make_address("127.0.0.1"), where.port});
        for (int i = 0; i < times; ++i)
            asio::write(s, asio::buffer(std::string_view("GET /much HTTP/1.1\r\nHost: a\r\n\r\n")));
        return s;
    }

    void serve_for(std::chrono::milliseconds length) {
        context.restart();
        context.run_for(length);
    }

    // What comes after `bytes` were sent, until it ends with `end`, or to the connection's end.
    std::string say(tcp::socket& s, std::string bytes, std::string end = {}) {
        return run(exchange(s, std::move(bytes), std::move(end)));
    }

    std::string say(std::string bytes, std::string end = {}) {
        auto s = connect();
        return say(s, std::move(bytes), std::move(end));
    }

    // Until the server has noticed who is gone.
    void wait_for(std::size_t connections) {
        context.restart();
        while (server.connections() != connections && context.run_one_for(5s) != 0) {
        }
        BOOST_TEST(server.connections() == connections);
    }

    static awaitable<std::string> exchange(tcp::socket& s, std::string bytes, std::string end) {
        auto [failed, sent] = co_await asio::async_write(s, asio::buffer(bytes), use_tuple);
        std::string all;
        std::array<char, 4096> piece{};
        while (!failed && (end.empty() || !all.ends_with(end))) {
            auto [ec, n] = co_await s.async_read_some(asio::buffer(piece), use_tuple);
            if (ec)
                break;
            all.append(piece.data(), n);
        }
        co_return all;
    }

    asio::io_context context{1};
    door handler;
    http_server server;
    address where;
};

// What comes behind all that has come.
boost::system::error_code state_of(tcp::socket& s) {
    std::array<char, 4096> some{};
    boost::system::error_code ec;
    s.non_blocking(true);
    while (s.read_some(asio::buffer(some), ec) > 0) {
    }
    return ec;
}

std::string post(std::string const& body, std::string const& more = {}) {
    return "POST /v1 HTTP/1.1\r\nHost: a\r\n" + more + "Content-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

std::shared_ptr<peer_rules>
rules(std::string_view proxies, std::string_view uncounted = {}, std::size_t max = 1000) {
    trusted_networks p;
    trusted_networks u;
    p.read(proxies);
    u.read(uncounted);
    return std::make_shared<peer_rules>(std::move(p), std::move(u), max);
}

} // namespace

BOOST_AUTO_TEST_SUITE(front)

// The body is there: it is skipped, and the connection serves on.
BOOST_AUTO_TEST_CASE(a_shed_request_costs_no_connection) {
    listener l;
    l.handler.too_much = [](int n) { return n == 1 || n == 3; };
    auto s = l.connect();
    auto const first = l.say(s, post("one"), "busy;");
    BOOST_TEST(first.starts_with("HTTP/1.1 503 "), first);
    BOOST_TEST(first.find("Retry-After: 1\r\n") != std::string::npos);
    BOOST_TEST(first.find("Connection: close") == std::string::npos);
    BOOST_TEST(l.handler.handled == 0);
    BOOST_TEST(l.say(s, post("two"), "two;").starts_with("HTTP/1.1 200 "));
    auto const both = l.say(s, post("three") + post("four"), "four;"); // pipelined
    BOOST_TEST(both.starts_with("HTTP/1.1 503 "), both);
    BOOST_TEST(both.find("HTTP/1.1 200 ") != std::string::npos, both);
    BOOST_TEST(l.handler.asked == 4);
    BOOST_TEST(l.handler.handled == 2);
}

// Nobody waits for the body of what is refused.
BOOST_AUTO_TEST_CASE(a_shed_request_is_answered_after_its_header) {
    listener l;
    l.handler.too_much = [](int) { return true; };
    for (std::string const more : {"", "Expect: 100-continue\r\n"}) {
        auto const r = l.say("POST /v1 HTTP/1.1\r\nHost: a\r\n" + more + "Content-Length: 60000\r\n\r\n");
        BOOST_TEST(r.starts_with("HTTP/1.1 503 "), r);
        BOOST_TEST(r.find("Connection: close\r\n") != std::string::npos, r);
        BOOST_TEST(r.ends_with("busy;"), r);
    }
    auto const head = l.say("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    BOOST_TEST(head.starts_with("HTTP/1.1 503 "), head);
    BOOST_TEST(head.ends_with("\r\n\r\n"), head);
    BOOST_TEST(l.handler.handled == 0);
}

// While a body was on its way, others came.
BOOST_AUTO_TEST_CASE(a_body_that_was_waited_for_is_judged_again) {
    listener l;
    l.handler.too_much = [](int n) { return n == 2; };
    auto s = l.connect();
    auto const r = l.say(
        s, "POST /v1 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", "\r\n\r\n"
    );
    BOOST_TEST(r.starts_with("HTTP/1.1 100 "), r);
    auto const refused = l.say(s, "abc", "busy;");
    BOOST_TEST(refused.starts_with("HTTP/1.1 503 "), refused);
    BOOST_TEST(refused.find("Connection: close") == std::string::npos, "its body was read");
    BOOST_TEST(l.say(s, post("next"), "next;").starts_with("HTTP/1.1 200 "));
    BOOST_TEST(l.handler.handled == 1);
}

// What is no good HTTP is told so, not that there is too much to do.
BOOST_AUTO_TEST_CASE(the_gate_comes_first) {
    listener l;
    l.handler.too_much = [](int) { return true; };
    BOOST_TEST(l.say("POST /v1 HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("HTTP/1.1 411 "));
    BOOST_TEST(l.say("GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 400 "));
    BOOST_TEST(l.handler.asked == 0);
}

BOOST_AUTO_TEST_CASE(connections_over_the_bound_are_told_and_closed) {
    server_limits limits;
    limits.max_connections = 2;
    listener l(limits);
    std::vector<tcp::socket> open;
    for (int i = 0; i < 2; ++i) {
        open.push_back(l.connect());
        BOOST_TEST(l.say(open.back(), post("x"), "x;").starts_with("HTTP/1.1 200 "));
    }
    auto const r = l.say(""); // says nothing: a request on its way might destroy the answer
    BOOST_TEST(r.starts_with("HTTP/1.1 503 "), r);
    BOOST_TEST(r.find("Connection: close\r\n") != std::string::npos, r);
    BOOST_TEST(l.server.connections() == 2U);
    open.pop_back();
    l.wait_for(1);
    auto again = l.connect();
    BOOST_TEST(l.say(again, post("y"), "y;").starts_with("HTTP/1.1 200 "));
}

BOOST_AUTO_TEST_CASE(an_address_has_so_many_connections) {
    for (auto const& [shared, counted] :
         {std::pair(rules("", "", 2), true),
          std::pair(rules("", "10.0.0.0/8", 2), true),
          std::pair(rules("", "127.0.0.0/8", 2), false),
          std::pair(rules("127.0.0.1", "", 2), false)}) {
        listener l({}, shared);
        std::vector<tcp::socket> open;
        for (int i = 0; i < 2; ++i) {
            open.push_back(l.connect());
            BOOST_TEST(l.say(open.back(), post("x"), "x;").starts_with("HTTP/1.1 200 "));
        }
        BOOST_TEST(shared->connections.size() == (counted ? 1U : 0U));
        auto third = l.connect();
        auto const r = counted ? l.say(third, "") : l.say(third, post("z"), "z;");
        BOOST_TEST(r.starts_with(counted ? "HTTP/1.1 503 " : "HTTP/1.1 200 "), r);
        open.clear();
        l.wait_for(counted ? 0 : 1);
        auto again = l.connect();
        BOOST_TEST(l.say(again, post("y"), "y;").starts_with("HTTP/1.1 200 "));
    }
}

// The kernel would take five of these replies for it.
BOOST_AUTO_TEST_CASE(who_does_not_read_gets_no_more_work_done) {
    listener l;
    auto s = l.deaf(5);
    l.serve_for(200ms);
    BOOST_TEST(l.handler.handled == 1);
    auto const all = l.say(s, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); // it reads now
    BOOST_TEST(l.handler.handled == 6);
    BOOST_TEST(all.size() > 5 * much);
    BOOST_TEST(all.ends_with("127.0.0.1 ;"));
}

// … and nothing is kept for it when its time is over: it is reset.
BOOST_AUTO_TEST_CASE(who_does_not_read_is_reset) {
    server_limits limits;
    limits.write_timeout = 100ms;
    listener l(limits);
    auto s = l.deaf();
    l.serve_for(50ms);
    BOOST_TEST(l.server.connections() == 1U);
    l.wait_for(0);
    auto const state = state_of(s);
    BOOST_TEST((state == asio::error::connection_reset), state.message());
}

// Replies that nobody takes are bounded in all, and who reads is not the one to pay for it.
BOOST_AUTO_TEST_CASE(who_does_not_read_makes_room) {
    server_limits limits;
    limits.max_unsent = 3 * much + much / 2;
    listener l(limits);
    std::vector<tcp::socket> crowd;
    for (int i = 0; i < 5; ++i) {
        crowd.push_back(l.deaf());
        l.serve_for(50ms);
    }
    BOOST_TEST(l.handler.handled == 5);
    l.wait_for(3);
    for (std::size_t i = 0; i < crowd.size(); ++i) {
        auto const wanted = i < 2 ? asio::error::connection_reset : asio::error::would_block;
        auto const state = state_of(crowd[i]);
        BOOST_TEST((state == wanted), i << ": " << state.message());
    }
    auto s = l.connect();
    auto const r = l.say(s, "GET /much HTTP/1.1\r\nHost: a\r\n\r\n", ";");
    BOOST_TEST(r.size() > much);
    BOOST_TEST(l.say(s, post("x"), "x;").starts_with("HTTP/1.1 200 "));
}

BOOST_AUTO_TEST_CASE(places_of_addresses) {
    auto const ip = [](char const* text) { return *parse_ip(text); };
    address_counter c(2);
    auto a = c.enter(ip("192.0.2.1"));
    auto b = c.enter(ip("::ffff:192.0.2.1")); // the same
    BOOST_TEST(a.has_value());
    BOOST_TEST(b.has_value());
    BOOST_TEST(!c.enter(ip("192.0.2.1")).has_value());
    BOOST_TEST(c.enter(ip("192.0.2.2")).has_value());
    {
        auto const moved = std::move(*a);
        BOOST_TEST(!c.enter(ip("192.0.2.1")).has_value());
    }
    BOOST_TEST(c.enter(ip("192.0.2.1")).has_value());
    b.reset();
    a.reset();
    BOOST_TEST(c.size() == 0U);
    auto const one = c.enter(ip("2001:db8:1:2::1"));
    auto const two = c.enter(ip("2001:db8:1:2:ffff::2")); // of the same network
    BOOST_TEST(!c.enter(ip("2001:db8:1:2::3")).has_value());
    BOOST_TEST(c.enter(ip("2001:db8:1:3::1")).has_value());
}

BOOST_AUTO_TEST_CASE(a_proxys_word_is_taken) {
    auto const told = "X-Forwarded-For: 192.0.2.66\r\nx-forwarded-for: 198.51.100.1, 10.0.0.2\r\n";

    struct row {
        std::string_view proxies;
        std::string_view caller;
    };

    for (auto const& r :
         {row{"127.0.0.0/8 10.0.0.0/8", "198.51.100.1"},
          row{"127.0.0.1", "10.0.0.2"},
          row{"10.0.0.0/8", "127.0.0.1"},
          row{"", "127.0.0.1"}}) {
        listener l({}, rules(r.proxies));
        auto const reply = l.say(post("x", told), "x;");
        BOOST_TEST(reply.ends_with("\r\n" + std::string(r.caller) + " x;"), reply);
    }
    listener alone; // that has no rules
    auto const reply = alone.say(post("x", told), "x;");
    BOOST_TEST(reply.ends_with("\r\n127.0.0.1 x;"), reply);
}

BOOST_AUTO_TEST_SUITE_END()
