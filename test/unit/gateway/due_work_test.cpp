// The loop of background work, with work that the test makes up. It sleeps only in the loop itself: half a
// minute when nothing is due, so what happens before the test's patience ends was told.
#include "base/log.hpp"
#include "gateway/due_work.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/test/unit_test.hpp>

#include <deque>
#include <functional>
#include <stdexcept>

using namespace wxgate;
using namespace wxgate::gateway;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr auto patience = 20s; // well under the loop's longest sleep
constexpr char const* notice = "test work due";

class made_up_work final : public due_work {
public:
    made_up_work(asio::io_context& context, shared_state& shared, std::size_t most)
        : due_work(context.get_executor(), shared, {"loop.test", notice, most}) {}

    // What the test says.
    std::size_t due = 0; // looks that wait to be taken
    std::optional<unix_ms> next;
    bool next_is_unknown = false;
    int prepare_throws = 0;
    int take_throws = 0;
    int take_fails = 0;
    bool looks_throw = false;
    std::function<void()> in_next_due;

    // What the test sees.
    int prepared = 0;
    int takes = 0;
    std::vector<std::size_t> rooms;
    std::size_t inside = 0; // looks that have begun and not ended
    std::size_t most_inside = 0;
    std::size_t done = 0;

    // Lets a look that waits end.
    void release() {
        auto const gate = gates_.front();
        gates_.pop_front();
        gate->cancel();
    }

    void release_all() {
        while (!gates_.empty())
            release();
    }

    std::size_t waiting() const { return gates_.size(); }

private:
    awaitable<bool> prepare() override {
        ++prepared;
        if (prepare_throws > 0) {
            --prepare_throws;
            throw std::runtime_error("prepare() throws, as the test says");
        }
        co_return true;
    }

    awaitable<bool> take(std::size_t room) override {
        ++takes;
        rooms.push_back(room);
        if (take_throws > 0) {
            --take_throws;
            throw std::runtime_error("take() throws, as the test says");
        }
        if (take_fails > 0) {
            --take_fails;
            co_return false;
        }
        for (auto n = std::min(room, due); n > 0; --n) {
            --due;
            begin_look(look());
        }
        co_return true;
    }

    awaitable<result<std::optional<unix_ms>>> next_due() override {
        if (in_next_due)
            std::exchange(in_next_due, nullptr)();
        if (next_is_unknown)
            co_return make_error_code(errc::store_unavailable);
        co_return next;
    }

    awaitable<void> look() {
        most_inside = std::max(most_inside, ++inside);
        auto const gate = std::make_shared<asio::steady_timer>(executor(), clock_type::time_point::max());
        gates_.push_back(gate);
        co_await gate->async_wait(use_tuple);
        --inside;
        ++done;
        if (looks_throw)
            throw std::runtime_error("a look throws, as the test says");
    }

    std::deque<std::shared_ptr<asio::steady_timer>> gates_;
};

awaitable<void> wait_for_end(due_work& work, clock_type::time_point until, bool& ended) {
    co_await work.ended(until);
    ended = true;
}

struct with_work {
    with_work() { log::configure(log::level::error, log::format::text); }

    ~with_work() {
        work.stop();
        work.release_all();
        context.restart();
        context.run_for(patience);
        BOOST_TEST(context.stopped(), "the loop has ended");
    }

    // Runs what there is to run until this holds; false when it does not within the test's patience.
    template <class F>
    bool until(F holds) {
        context.restart();
        auto const end = clock_type::now() + patience;
        while (!holds())
            if (context.run_one_until(end) == 0)
                return holds();
        return true;
    }

    // Runs what can run without any time passing.
    void settle() {
        context.restart();
        context.poll();
    }

    bool begun(std::size_t n) {
        return until([&, n] { return work.waiting() == n; });
    }

    void tell() { shared.board.tell(notice); }

    void watch_its_end(clock_type::time_point bound = clock_type::now() + patience) {
        asio::co_spawn(context, wait_for_end(work, bound, ended), report("test"));
    }

    bool ended = false; // what is watched has completed
    asio::io_context context{1};
    shared_state shared;
    made_up_work work{context, shared, 3};
};

} // namespace

BOOST_AUTO_TEST_SUITE(due_work_test)

BOOST_FIXTURE_TEST_CASE(takes_until_it_is_full, with_work) {
    work.due = 7;
    work.start();
    BOOST_TEST(begun(3));
    settle();
    BOOST_TEST((work.rooms == std::vector<std::size_t>{3}), "no more is taken while it is full");
    // Whoever ends makes room, and is heard.
    work.release();
    BOOST_TEST(until([&] { return work.takes == 2; }));
    BOOST_TEST(work.rooms.back() == 1U);
    BOOST_TEST(begun(3));
    work.release();
    work.release();
    BOOST_TEST(until([&] { return work.due == 1 && work.waiting() == 3; }));
    work.release_all();
    BOOST_TEST(until([&] { return work.due == 0 && work.waiting() == 1; }));
    work.release_all();
    BOOST_TEST(until([&] { return work.done == 7; }));
    BOOST_TEST(work.most_inside == 3U);
    for (auto const room : work.rooms)
        BOOST_TEST((room >= 1 && room <= 3));
    BOOST_TEST(work.prepared == 1);
}

BOOST_FIXTURE_TEST_CASE(wakes_when_it_is_told, with_work) {
    work.start();
    BOOST_TEST(until([&] { return work.takes == 1; }));
    settle(); // it sleeps
    BOOST_TEST(work.takes == 1);
    work.due = 1;
    settle();
    BOOST_TEST(work.takes == 1, "nobody has told it");
    tell();
    BOOST_TEST(begun(1));
    work.release();
    BOOST_TEST(until([&] { return work.done == 1; }));
}

// Between the look into the store and the sleep.
BOOST_FIXTURE_TEST_CASE(what_is_told_meanwhile_is_not_missed, with_work) {
    work.in_next_due = [this] {
        work.due = 1;
        tell();
    };
    work.start();
    BOOST_TEST(begun(1));
    BOOST_TEST(work.takes == 2);
}

BOOST_FIXTURE_TEST_CASE(what_others_are_told_wakes_nobody_here, with_work) {
    work.start();
    BOOST_TEST(until([&] { return work.takes == 1; }));
    settle();
    shared.board.tell("other work due");
    settle();
    BOOST_TEST(work.takes == 1);
}

BOOST_FIXTURE_TEST_CASE(wakes_when_more_is_due, with_work) {
    auto const when = now_ms() + 30;
    work.next = when;
    work.start();
    BOOST_TEST(until([&] { return work.takes == 1; }));
    work.due = 1;
    BOOST_TEST(begun(1));
    BOOST_TEST(work.takes == 2);
    work.next.reset();
    BOOST_TEST(now_ms() >= when);
}

// What is due and cannot be had (another has it) is no reason to spin.
BOOST_FIXTURE_TEST_CASE(what_was_due_long_ago_is_not_asked_for_without_end, with_work) {
    work.next = now_ms() - 3'600'000;
    work.start();
    auto const began = clock_type::now();
    BOOST_TEST(until([&] { return work.takes == 20; }));
    BOOST_TEST((clock_type::now() - began >= 19ms)); // a millisecond each
    work.next.reset();
}

BOOST_FIXTURE_TEST_CASE(sleeps_when_it_does_not_know_what_is_next, with_work) {
    work.next_is_unknown = true;
    work.start();
    BOOST_TEST(until([&] { return work.takes == 1; }));
    settle();
    BOOST_TEST(work.takes == 1);
    work.due = 1;
    tell();
    BOOST_TEST(begun(1));
}

// A second after each of them; the next round comes.
BOOST_FIXTURE_TEST_CASE(survives_what_goes_wrong, with_work) {
    work.prepare_throws = 1;
    work.take_throws = 1;
    work.take_fails = 1;
    work.due = 1;
    auto const began = clock_type::now();
    work.start();
    BOOST_TEST(begun(1));
    BOOST_TEST(work.prepared == 2, "until it has gone well, and no more");
    BOOST_TEST(work.takes == 3);
    BOOST_TEST((clock_type::now() - began >= 3s), "not at once");
    for (auto const room : work.rooms)
        BOOST_TEST(room == 3U, "what did not begin takes no room");
}

BOOST_FIXTURE_TEST_CASE(a_look_that_throws_gives_its_room_back, with_work) {
    work.looks_throw = true;
    work.due = 6;
    work.start();
    BOOST_TEST(begun(3));
    work.release_all();
    BOOST_TEST(begun(3));
    work.release_all();
    BOOST_TEST(until([&] { return work.done == 6; }));
    work.looks_throw = false;
    work.due = 3;
    tell();
    BOOST_TEST(begun(3));
    BOOST_TEST(work.most_inside == 3U);
}

BOOST_FIXTURE_TEST_CASE(ended_waits_for_what_is_under_way, with_work) {
    work.due = 2;
    work.start();
    BOOST_TEST(begun(2));
    work.stop();
    watch_its_end();
    settle();
    BOOST_TEST(!ended);
    work.release();
    BOOST_TEST(until([&] { return work.done == 1; }));
    settle();
    BOOST_TEST(!ended, "one is left");
    work.release();
    BOOST_TEST(until([&] { return ended; }));
    BOOST_TEST(work.done == 2U);
}

BOOST_FIXTURE_TEST_CASE(ended_has_a_bound, with_work) {
    work.due = 1;
    work.start();
    BOOST_TEST(begun(1));
    work.stop();
    auto const bound = clock_type::now() + 50ms;
    watch_its_end(bound);
    BOOST_TEST(until([&] { return ended; }));
    BOOST_TEST((clock_type::now() >= bound));
    BOOST_TEST(work.waiting() == 1U, "it goes on");
}

BOOST_FIXTURE_TEST_CASE(ended_at_once_when_nothing_is_under_way, with_work) {
    work.start();
    BOOST_TEST(until([&] { return work.takes == 1; }));
    work.stop();
    watch_its_end();
    settle();
    BOOST_TEST(ended);
}

// The fixture's end shows that the loop is gone: the context has nothing left to run.
BOOST_FIXTURE_TEST_CASE(stop_takes_nothing_more, with_work) {
    work.start();
    BOOST_TEST(until([&] { return work.takes == 1; }));
    settle();
    work.stop();
    work.due = 3;
    tell();
    settle();
    BOOST_TEST(work.takes == 1);
    BOOST_TEST(work.waiting() == 0U);
    BOOST_TEST(context.stopped(), "woken, and gone");
}

BOOST_FIXTURE_TEST_CASE(stop_while_it_is_full, with_work) {
    work.due = 5;
    work.start();
    BOOST_TEST(begun(3));
    settle();
    work.stop();
    work.release_all();
    BOOST_TEST(until([&] { return work.done == 3; }));
    settle();
    BOOST_TEST(work.due == 2U, "what was not taken stays");
    BOOST_TEST(work.takes == 1);
    BOOST_TEST(context.stopped());
}

BOOST_FIXTURE_TEST_CASE(stopped_before_it_began, with_work) {
    work.due = 1;
    work.start();
    work.stop();
    settle();
    BOOST_TEST(work.takes == 0);
    BOOST_TEST(context.stopped());
}

BOOST_AUTO_TEST_CASE(an_even_pace) {
    auto const start = clock_type::now();
    even_pace pace(10);
    BOOST_TEST((pace.take(start) == 0ms));
    BOOST_TEST((pace.take(start) == 100ms));
    BOOST_TEST((pace.take(start) == 200ms));
    BOOST_TEST((pace.take(start + 150ms) == 150ms)); // its turn is at 300
    BOOST_TEST((pace.take(start + 400ms) == 0ms));
    // What was not used is not saved up.
    BOOST_TEST((pace.take(start + 1h) == 0ms));
    BOOST_TEST((pace.take(start + 1h) == 100ms));
    even_pace fast(100);
    clock_type::duration last{};
    for (int i = 0; i < 201; ++i)
        last = fast.take(start);
    BOOST_TEST((last == 2s)); // 100 a second
}

BOOST_AUTO_TEST_CASE(the_spread_is_within_its_bounds) {
    bool differs = false;
    auto const first = random_spread();
    for (int i = 0; i < 1000; ++i) {
        auto const s = random_spread();
        BOOST_TEST((s >= 0.0 && s < 1.0));
        differs = differs || s != first;
    }
    BOOST_TEST(differs);
}

BOOST_AUTO_TEST_SUITE_END()
