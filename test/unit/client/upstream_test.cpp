// Which of WeChat's two hosts is asked, and when none is.
#include "client/upstream.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>

using namespace wxgate;
using namespace std::chrono_literals;
using tcp = asio::ip::tcp;

namespace {

constexpr char const* whole = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
constexpr char const* half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello";
constexpr char const* nothing = "";

// Says the same to every request, and closes.
struct host {
    host(asio::io_context& c, char const* text)
        : acceptor(c, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), answer(text),
          url("http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port())) {
        asio::co_spawn(c, serve(*this), report("host"));
    }

    // Nobody listens; the port stays known.
    void go_away() {
        port = acceptor.local_endpoint().port();
        acceptor.close();
    }

    void come_back(asio::io_context& c) {
        acceptor = tcp::acceptor(c, tcp::endpoint(asio::ip::address_v4::loopback(), port));
        asio::co_spawn(c, serve(*this), report("host"));
    }

    static awaitable<void> serve(host& h) {
        for (;;) {
            auto [ec, peer] = co_await h.acceptor.async_accept(use_tuple);
            if (ec)
                co_return;
            std::string text;
            auto buffer = asio::dynamic_buffer(text, 65536);
            auto [unread, n] = co_await asio::async_read_until(peer, buffer, "</xml>", use_tuple);
            if (unread)
                continue;
            ++h.asked;
            auto [unsent, sent] = co_await asio::async_write(peer, asio::buffer(h.answer), use_tuple);
            static_cast<void>(unsent);
        }
    }

    tcp::acceptor acceptor;
    std::string answer;
    std::string url;
    std::uint16_t port = 0;
    int asked = 0;
};

struct sink final : net::download_sink {
    awaitable<error_code> take(std::string_view piece) override {
        text += piece;
        error_code ended;
        if (refuses)
            ended = make_error_code(errc::store_unavailable);
        co_return ended;
    }

    std::string text;
    bool refuses = false;
};

struct stage {
    stage(char const* main_says, char const* backup_says)
        : main_host(context, main_says), backup_host(context, backup_says) {}

    void begin(circuit_limits const& circuits = {}) {
        client_options options;
        options.url = main_host.url;
        options.backup_url = backup_host.url;
        hosts.emplace(context.get_executor(), options, nullptr, "", circuits);
    }

    net::exchange_result download() {
        if (!hosts)
            begin();
        auto const until = std::chrono::steady_clock::now() + 10s;
        return run(hosts->download("/pay/downloadbill", "<xml></xml>", into, until));
    }

    net::exchange_result post(bool repeatable) {
        auto const until = std::chrono::steady_clock::now() + 10s;
        return run(hosts->post("/pay/unifiedorder", "<xml></xml>", repeatable, until));
    }

    net::exchange_result run(awaitable<net::exchange_result> work) {
        std::optional<net::exchange_result> got;
        asio::co_spawn(context, std::move(work), [&](std::exception_ptr, net::exchange_result r) {
            got = std::move(r);
        });
        context.restart();
        while (!got && context.run_one_for(20s) != 0) {
        }
        BOOST_TEST_REQUIRE(got.has_value());
        return std::move(*got);
    }

    asio::io_context context{1};
    host main_host;
    host backup_host;
    std::optional<upstream> hosts;
    sink into;
};

} // namespace

BOOST_AUTO_TEST_SUITE(upstream_test)

BOOST_AUTO_TEST_CASE(the_main_host_when_it_answers) {
    stage s(whole, whole);
    auto const r = s.download();
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(s.into.text == "hello");
    BOOST_TEST(s.main_host.asked == 1);
    BOOST_TEST(s.backup_host.asked == 0);
}

BOOST_AUTO_TEST_CASE(the_backup_when_the_main_host_is_not_there) {
    stage s(whole, whole);
    s.begin();
    s.main_host.acceptor.close();
    auto const r = s.download();
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(s.into.text == "hello");
    BOOST_TEST(s.backup_host.asked == 1);
}

BOOST_AUTO_TEST_CASE(the_backup_when_the_main_host_says_nothing) {
    stage s(nothing, whole);
    auto const r = s.download();
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(s.into.text == "hello");
    BOOST_TEST(s.main_host.asked == 1);
    BOOST_TEST(s.backup_host.asked == 1);
}

BOOST_AUTO_TEST_CASE(never_the_rest_from_another_host) {
    stage s(half, whole);
    auto const r = s.download();
    BOOST_TEST_REQUIRE(!r.has_value());
    BOOST_TEST((r.error().code == errc::connection_lost));
    BOOST_TEST(s.into.text == "hello");
    BOOST_TEST(s.main_host.asked == 1);
    BOOST_TEST(s.backup_host.asked == 0);
}

BOOST_AUTO_TEST_CASE(a_sink_that_ends_it_is_not_held_against_the_host) {
    stage s(whole, whole);
    s.into.refuses = true;
    for (int i = 1; i <= 5; ++i) {
        auto const r = s.download();
        BOOST_TEST_REQUIRE(!r.has_value());
        BOOST_TEST((r.error().code == errc::store_unavailable));
        BOOST_TEST(s.main_host.asked == i);
    }
    BOOST_TEST(s.backup_host.asked == 0);
}

// A host that answers nothing is still asked when the other is no better; a call that may have been done is
// made once.
BOOST_AUTO_TEST_CASE(two_that_say_nothing_are_asked_all_the_same) {
    stage s(nothing, nothing);
    circuit_limits circuits;
    circuits.first_wait = circuits.last_wait = 1h;
    s.begin(circuits);
    for (int i = 1; i <= 6; ++i) {
        auto const r = s.post(false);
        BOOST_TEST_REQUIRE(!r.has_value());
        BOOST_TEST(r.error().sent);
        BOOST_TEST(s.main_host.asked + s.backup_host.asked == i);
    }
    BOOST_TEST(s.main_host.asked == 3);
    BOOST_TEST(s.backup_host.asked == 3);
    BOOST_TEST(s.post(false).error().sent);
    BOOST_TEST(s.main_host.asked == 4, "none is better: the main one");
    BOOST_TEST(s.post(true).error().sent);
    BOOST_TEST(s.main_host.asked == 5);
    BOOST_TEST(s.backup_host.asked == 4);
}

BOOST_AUTO_TEST_CASE(when_none_can_be_reached_a_call_fails_unsent_and_untried) {
    stage s(whole, whole);
    circuit_limits circuits;
    circuits.first_wait = circuits.last_wait = 1h;
    s.begin(circuits);
    s.main_host.go_away();
    s.backup_host.go_away();
    for (int i = 0; i < 3; ++i) {
        auto const r = s.post(false);
        BOOST_TEST_REQUIRE(!r.has_value());
        BOOST_TEST((r.error().code == errc::connect_failed));
        BOOST_TEST(!r.error().sent);
    }
    s.main_host.come_back(s.context);
    s.backup_host.come_back(s.context);
    for (int i = 0; i < 5; ++i) {
        auto const r = i % 2 == 0 ? s.post(true) : s.download();
        BOOST_TEST_REQUIRE(!r.has_value());
        BOOST_TEST((r.error().code == errc::connect_failed));
        BOOST_TEST(!r.error().sent);
        BOOST_TEST(!r.error().detail.empty());
    }
    BOOST_TEST(s.main_host.asked == 0);
    BOOST_TEST(s.backup_host.asked == 0);
}

BOOST_AUTO_TEST_CASE(a_trial_finds_that_a_host_is_back) {
    stage s(whole, whole);
    circuit_limits circuits;
    circuits.first_wait = circuits.last_wait = 0s; // so that every call is one
    s.begin(circuits);
    s.main_host.go_away();
    s.backup_host.go_away();
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(!s.post(false).has_value());
    s.main_host.come_back(s.context);
    auto const r = s.post(false);
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(r->body == "hello");
    BOOST_TEST(s.main_host.asked == 1);
}

BOOST_AUTO_TEST_SUITE_END()
