// RELIABILITY.md 3.1, H-46 to H-49: peers that are slow or silent. The gateway runs with header_timeout 1 s;
// its other deadlines have no key, so they are only held to generous bounds.
#include "fixture.hpp"

#include <sys/resource.h>
#include <sys/socket.h>

#include <deque>
#include <thread>

using namespace wxgate::test;

namespace {

// Sends a byte at a time until the peer closes; how long that took, or nothing within `bound`.
std::optional<milliseconds> drip(connection& c, milliseconds pause, milliseconds bound) {
    auto const begin = steady::now();
    while (steady::now() - begin < bound) {
        c.send("a");
        if (c.closed_within(pause))
            return std::chrono::duration_cast<milliseconds>(steady::now() - begin);
    }
    return std::nullopt;
}

milliseconds slowest_of_ten(system_under_test& system) {
    milliseconds slowest{0};
    for (int i = 0; i < 10; ++i) {
        auto const begin = steady::now();
        BOOST_TEST(system.with_key("shop").get("/v1/payments?limit=1").status == 200U);
        slowest = std::max(slowest, std::chrono::duration_cast<milliseconds>(steady::now() - begin));
    }
    return slowest;
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_slow)

// H-46
BOOST_AUTO_TEST_CASE(slow_header) {
    auto& system = the_system();
    connection c(system.port());
    c.send("GET /v1/payments HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    auto const took = drip(c, 100ms, 10s);
    BOOST_TEST_REQUIRE(took.has_value());
    BOOST_TEST(*took >= 500ms);
    BOOST_TEST(*took <= 5s);
    if (!c.rest().empty())
        BOOST_TEST(c.rest().starts_with("HTTP/1.1 408 "), c.rest());
}

// The first byte comes and nothing after it.
BOOST_AUTO_TEST_CASE(half_a_header) {
    auto& system = the_system();
    connection c(system.port());
    c.send("G");
    BOOST_TEST(c.closed_within(6s));
}

// H-47, H-48 side by side: both wait for deadlines of 10 s.
BOOST_AUTO_TEST_CASE(slow_body_and_slow_reader) {
    auto& system = the_system();
    auto const before = system.mark();
    auto const rss = system.gateway().rss_bytes();
    for (int i = 0; i < 20; ++i)
        system.create({{"detail", std::string(3000, 'd')}});

    auto const key = "Authorization: Bearer " + system.with_key("shop").bearer() + "\r\n";
    std::jthread body([&] {
        connection c(system.port());
        c.send(
            "POST /v1/payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + key +
            "Content-Length: 5000\r\n\r\n{\""
        );
        auto const took = drip(c, 500ms, 25s);
        BOOST_TEST(took.has_value(), "a body that never ends is waited for");
        if (!c.rest().empty())
            BOOST_TEST(c.rest().starts_with("HTTP/1.1 408 "), c.rest());
    });
    std::jthread notification([&] {
        connection c(system.port());
        c.send("POST /notify/shop/payment HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n<xml>");
        BOOST_TEST(drip(c, 500ms, 25s).has_value(), "a notification that never ends is waited for");
    });
    std::jthread reader([&] {
        connection c(system.port());
        int const small = 4096;
        ::setsockopt(c.native(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        std::string many;
        for (int i = 0; i < 900; ++i)
            many += "GET /v1/payments?limit=100 HTTP/1.1\r\nHost: x\r\n" + key + "\r\n";
        c.send(many);
        std::this_thread::yield();
        // Nothing is read; the answers (tens of MB) do not pile up in the gateway, and it gives up in the
        // end.
        auto const largest = [&] {
            std::size_t top = 0;
            eventually(15s, [&] {
                top = std::max(top, system.gateway().rss_bytes());
                return false;
            });
            return top;
        }();
        BOOST_TEST((!memory_is_measured || largest < rss + (std::size_t{64} << 20U)));
        // What the kernels still hold is far less than all answers.
        BOOST_TEST(c.closed_within(20s), "a reader that does not read keeps its connection");
    });
    auto const slowest = slowest_of_ten(system);
    BOOST_TEST(slowest < 3000ms);
    body.join();
    notification.join();
    reader.join();
    BOOST_TEST(system.trouble_since(before, true) == "");
    BOOST_TEST(system.leaks_since(before) == "");
}

// H-49: connections that say nothing are closed, and hinder nobody.
BOOST_AUTO_TEST_CASE(silent_connections) {
    auto& system = the_system();
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    auto const count = std::min<std::size_t>(2000, static_cast<std::size_t>(files.rlim_cur) - 100);
    auto const before = system.mark();
    std::deque<connection> silent;
    for (std::size_t i = 0; i < count; ++i)
        silent.emplace_back(system.port());
    BOOST_TEST(slowest_of_ten(system) < 3000ms);
    auto const until = steady::now() + 10s;
    std::size_t closed = 0;
    for (auto& c : silent)
        closed +=
            c.closed_within(
                std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(until - steady::now()))
            )
                ? 1U
                : 0U;
    BOOST_TEST(closed == count, closed << " of " << count << " silent connections were closed");
    silent.clear();
    BOOST_TEST(system.trouble_since(before, true) == "");
    BOOST_TEST(system.leaks_since(before) == "");
}

// T8: more connections than the process may have files. It goes on when they are gone.
BOOST_AUTO_TEST_CASE(connections_that_come_and_go) {
    auto& system = the_system();
    auto const before = system.mark();
    for (int i = 0; i < 300; ++i) {
        connection c(system.port());
        if (i % 3 == 0)
            c.send("GET /v1/pay");
        if (i % 2)
            c.reset();
    }
    BOOST_TEST(system.trouble_since(before, true) == "");
    BOOST_TEST(system.leaks_since(before) == "");
}

BOOST_AUTO_TEST_SUITE_END()
