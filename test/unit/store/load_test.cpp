// What the store says of its load: how long its lines are, and how long a batch would wait.
#include "fixture.hpp"
#include "store/job.hpp"
#include "store/postgres/line_pace.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>

namespace wxgate::store::test {

namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

} // namespace

BOOST_AUTO_TEST_SUITE(load)

BOOST_AUTO_TEST_CASE(the_wait_is_the_group_under_way_and_those_ahead) {
    group_pace p(100);
    auto const t = clock::now();
    BOOST_TEST((p.wait(0, t) == 0ns)); // nothing is known yet
    BOOST_TEST((p.wait(500, t) == 0ns));
    p.begin(t);
    BOOST_TEST((p.wait(0, t + 3ms) == 3ms)); // so long already, and who knows
    BOOST_TEST((p.wait(0, t + 3s) == 3s));
    p.end(t + 20ms);
    BOOST_TEST((p.wait(0, t + 1h) == 0ns));
    BOOST_TEST((p.wait(99, t + 1h) == 0ns)); // all of them are of the next group
    BOOST_TEST((p.wait(100, t + 1h) == 20ms));
    BOOST_TEST((p.wait(250, t + 1h) == 40ms));
    p.begin(t + 30ms);
    BOOST_TEST((p.wait(250, t + 35ms) == 45ms));
    BOOST_TEST((p.wait(250, t) == 40ms)); // who asks has an older time
    p.end(t + 31ms);
    BOOST_TEST((p.wait(250, t + 31ms) == 2ms));
}

// A spell of slowness is over when it is over, also when it let nobody in.
BOOST_AUTO_TEST_CASE(slowness_does_not_outlive_itself) {
    group_pace p(10);
    auto const t = clock::now();
    p.begin(t);
    p.end(t + 10s);
    BOOST_TEST((p.wait(0, t + 10s) == 0ns));
    BOOST_TEST((p.wait(9, t + 10s) == 0ns));
}

// Of PostgreSQL's lines: the silence since the last answer, and the groups in line at the pace of answers.
BOOST_AUTO_TEST_CASE(the_wait_of_a_line_goes_by_its_answers) {
    postgres::line_pace p;
    auto t = clock::now();
    BOOST_TEST((p.wait(3, t) == 0ns)); // nothing is known yet
    p.sent(t);
    BOOST_TEST((p.wait(0, t + 5ms) == 5ms));
    p.sent(t + 2ms); // the one before is still what is waited for
    BOOST_TEST((p.wait(0, t + 5ms) == 5ms));
    for (int i = 0; i < 200; ++i) {
        t += 4ms;
        p.answered(t, 1);
    }
    auto const about = [](std::chrono::nanoseconds wait, std::chrono::nanoseconds expected) {
        return wait > expected * 9 / 10 && wait < expected * 11 / 10;
    };
    BOOST_TEST((p.wait(0, t) == 0ns));
    BOOST_TEST(about(p.wait(5, t), 20ms));
    BOOST_TEST(about(p.wait(5, t + 10ms), 30ms));
    BOOST_TEST(about(p.wait(5, t - 1s), 20ms)); // who asks has an older time
    p.answered(t + 4ms, 0);
    BOOST_TEST((p.wait(0, t + 1h) == 0ns)); // nothing is under way: slowness is over when it is over
    p.sent(t + 1h);
    p.forget();
    BOOST_TEST((p.wait(0, t + 2h) == 0ns));
}

BOOST_AUTO_TEST_CASE(a_store_tells_its_load) {
    database_dir const dir;
    store_limits limits;
    limits.max_queue = 50;
    auto const s = dir.open(limits);
    auto const idle = s->load(clock::now());
    BOOST_TEST(idle.writes == 0U);
    BOOST_TEST(idle.reads == 0U);
    BOOST_TEST(idle.room == 50U);
    BOOST_TEST((idle.write_wait == 0ns));
    loop l;
    {
        stranger other(dir.file());
        other.run("BEGIN IMMEDIATE"); // the writer waits for it
        auto const first = l.start(s->write(insert("first")));
        auto const until = clock::now() + 10s;
        while (s->load(clock::now()).write_wait < 20ms && clock::now() < until) {
        }
        BOOST_TEST((s->load(clock::now()).write_wait >= 20ms));
        for (int i = 0; i < 7; ++i)
            l.start(s->write(insert(std::to_string(i))));
        BOOST_TEST(s->load(clock::now()).writes == 7U);
        other.run("COMMIT");
    }
    l.finish();
    BOOST_TEST(s->load(clock::now()).writes == 0U);
    auto const again = clock::now() + 10s;
    while (s->load(clock::now()).write_wait != 0ns && clock::now() < again) {
    }
    BOOST_TEST((s->load(clock::now()).write_wait == 0ns));
    BOOST_TEST(count(*s) == 8);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace wxgate::store::test
