#include "async/deadline.hpp"
#include "async/single_flight.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>

using namespace wxgate;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;
using tcp = asio::ip::tcp;

namespace {

std::atomic<int> runs{0};

awaitable<int> slow_work(std::chrono::milliseconds takes) {
    ++runs;
    asio::steady_timer timer(co_await asio::this_coro::executor, takes);
    co_await timer.async_wait(use_tuple);
    co_return 42;
}

awaitable<int> failing_work() {
    asio::steady_timer timer(co_await asio::this_coro::executor, 50ms);
    co_await timer.async_wait(use_tuple);
    throw std::runtime_error("as asked");
}

awaitable<void> call(
    single_flight<int>& flights,
    std::string key,
    std::chrono::milliseconds takes,
    clock_type::time_point until,
    std::atomic<int>& got,
    std::atomic<int>& missed
) {
    std::function<awaitable<int>()> work = [takes] { return slow_work(takes); };
    auto const r = co_await flights.run(std::move(key), std::move(work), until);
    if (r && *r == 42)
        ++got;
    else
        ++missed;
}

} // namespace

BOOST_AUTO_TEST_SUITE(async)

BOOST_AUTO_TEST_CASE(many_on_two_threads_share_one_flight) {
    runs = 0;
    single_flight<int> flights;
    asio::io_context a{1};
    asio::io_context b{1};
    std::atomic<int> got{0};
    std::atomic<int> missed{0};
    for (int i = 0; i < 100; ++i)
        asio::co_spawn(
            i % 2 == 0 ? a : b,
            call(flights, "one", 300ms, clock_type::now() + 20s, got, missed),
            report("test")
        );
    std::thread other([&] { b.run(); });
    a.run();
    other.join();
    BOOST_TEST(got == 100);
    BOOST_TEST(missed == 0);
    BOOST_TEST(runs == 1);
}

BOOST_AUTO_TEST_CASE(other_keys_fly_on_their_own_and_a_landed_flight_is_over) {
    runs = 0;
    single_flight<int> flights;
    asio::io_context a{1};
    std::atomic<int> got{0};
    std::atomic<int> missed{0};
    asio::co_spawn(a, call(flights, "one", 10ms, clock_type::now() + 20s, got, missed), report("test"));
    asio::co_spawn(a, call(flights, "two", 10ms, clock_type::now() + 20s, got, missed), report("test"));
    a.run();
    a.restart();
    asio::co_spawn(a, call(flights, "one", 10ms, clock_type::now() + 20s, got, missed), report("test"));
    a.run();
    BOOST_TEST(runs == 3);
    BOOST_TEST(got == 3);
}

BOOST_AUTO_TEST_CASE(who_cannot_wait_gets_nothing) {
    single_flight<int> flights;
    asio::io_context a{1};
    std::atomic<int> got{0};
    std::atomic<int> missed{0};
    asio::co_spawn(a, call(flights, "one", 500ms, clock_type::now() + 20s, got, missed), report("test"));
    asio::co_spawn(a, call(flights, "one", 500ms, clock_type::now() + 20ms, got, missed), report("test"));
    a.run();
    BOOST_TEST(got == 1);
    BOOST_TEST(missed == 1);
}

BOOST_AUTO_TEST_CASE(a_leader_that_throws_frees_the_others) {
    single_flight<int> flights;
    asio::io_context a{1};
    bool thrown = false;
    std::atomic<int> got{0};
    std::atomic<int> missed{0};
    std::function<awaitable<int>()> work = [] { return failing_work(); };
    asio::co_spawn(
        a,
        flights.run("one", work, clock_type::now() + 20s),
        [&](std::exception_ptr e, std::shared_ptr<int const>) { thrown = e != nullptr; }
    );
    asio::co_spawn(a, call(flights, "one", 10ms, clock_type::now() + 20s, got, missed), report("test"));
    a.run();
    BOOST_TEST(thrown);
    BOOST_TEST(missed == 1);
}

BOOST_AUTO_TEST_CASE(a_deadline_closes_the_socket_and_moving_it_holds_it_off) {
    asio::io_context c{1};
    tcp::acceptor listener(c, {asio::ip::address_v4::loopback(), 0});
    tcp::socket socket(c);
    socket.connect(listener.local_endpoint());
    deadline d(socket);
    d.arm(20s);
    d.arm(50ms);  // sooner than what is waited for
    d.arm(100ms); // later
    bool ended = false;
    char byte = 0;
    auto const began = clock_type::now();
    socket.async_read_some(asio::buffer(&byte, 1), [&](boost::system::error_code ec, std::size_t) {
        ended = static_cast<bool>(ec);
    });
    while (!ended && c.run_one_for(10s) != 0) {
    }
    BOOST_TEST(ended);
    BOOST_TEST(d.expired());
    BOOST_TEST((clock_type::now() - began >= 100ms));
}

BOOST_AUTO_TEST_CASE(a_disarmed_deadline_does_nothing) {
    asio::io_context c{1};
    tcp::acceptor listener(c, {asio::ip::address_v4::loopback(), 0});
    tcp::socket socket(c);
    socket.connect(listener.local_endpoint());
    {
        deadline d(socket);
        d.arm(20ms);
        d.disarm();
        c.run(); // the wait wakes, looks and ends
        BOOST_TEST(!d.expired());
        d.arm(20s);
    } // destroyed while armed: the pending wait must not touch it
    c.restart();
    c.run();
    BOOST_TEST(socket.is_open());
}

BOOST_AUTO_TEST_CASE(what_a_handler_throws_does_not_end_the_loop) {
    asio::io_context c{1};
    int ran = 0;
    asio::post(c, [] { throw std::runtime_error("as asked"); });
    asio::post(c, [&] { ++ran; });
    run_guarded(c, "test");
    BOOST_TEST(ran == 1);
}

BOOST_AUTO_TEST_SUITE_END()
