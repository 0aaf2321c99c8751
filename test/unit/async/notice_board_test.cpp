#include "async/notice_board.hpp"
#include "async/semaphore.hpp"

#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <thread>

using namespace wxgate;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

awaitable<void>
sit(std::shared_ptr<notice_board::seat> seat, clock_type::time_point until, std::optional<bool>& told) {
    bool const was_told = co_await seat->wait(until);
    told = was_told;
}

awaitable<void> hold(semaphore& s, int& inside, int& most, int& done) {
    co_await s.take();
    most = std::max(most, ++inside);
    asio::steady_timer timer(co_await asio::this_coro::executor, 1ms);
    co_await timer.async_wait(use_tuple);
    --inside;
    ++done;
    s.give();
}

} // namespace

BOOST_AUTO_TEST_SUITE(notice_board_test)

BOOST_AUTO_TEST_CASE(told_from_another_thread) {
    asio::io_context context{1};
    notice_board board;
    std::optional<bool> mine;
    std::optional<bool> others;
    auto const seat = board.take_seat("a", context.get_executor());
    auto const other = board.take_seat("b", context.get_executor());
    asio::co_spawn(context, sit(seat, clock_type::now() + 20s, mine), report("test"));
    asio::co_spawn(context, sit(other, clock_type::now() + 50ms, others), report("test"));
    std::thread teller([&] { board.tell("a"); });
    context.run();
    teller.join();
    BOOST_TEST(mine.value());
    BOOST_TEST(!others.value()); // its time passed
}

// The seat is taken, then it is told, and only then waited on: not missed.
BOOST_AUTO_TEST_CASE(told_before_the_wait) {
    asio::io_context context{1};
    notice_board board;
    std::optional<bool> told;
    auto const seat = board.take_seat("a", context.get_executor());
    board.tell("a");
    asio::co_spawn(context, sit(seat, clock_type::now() + 20s, told), report("test"));
    auto const began = clock_type::now();
    context.run();
    BOOST_TEST(told.value());
    BOOST_TEST((clock_type::now() - began < 10s));
}

BOOST_AUTO_TEST_CASE(a_seat_that_was_left_is_nobodys) {
    asio::io_context context{1};
    notice_board board;
    board.take_seat("a", context.get_executor());
    board.tell("a");
    board.tell("nobody is there");
    BOOST_TEST(context.run() == 0U);
}

BOOST_AUTO_TEST_CASE(so_many_at_a_time) {
    asio::io_context context{1};
    semaphore places(context.get_executor(), 3);
    int inside = 0;
    int most = 0;
    int done = 0;
    for (int i = 0; i < 20; ++i)
        asio::co_spawn(context, hold(places, inside, most, done), report("test"));
    context.run();
    BOOST_TEST(most == 3);
    BOOST_TEST(done == 20);
}

BOOST_AUTO_TEST_CASE(a_name_is_forgotten_with_its_last_seat) {
    notice_board board;
    boost::asio::io_context context{1};
    {
        auto const a = board.take_seat("a", context.get_executor());
        auto const other = board.take_seat("a", context.get_executor());
        auto const b = board.take_seat("b", context.get_executor());
        BOOST_TEST(board.size() == 2U);
    }
    BOOST_TEST(board.size() == 0U);
    auto const told = board.take_seat("a", context.get_executor());
    board.tell("a");
    BOOST_TEST(board.size() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
