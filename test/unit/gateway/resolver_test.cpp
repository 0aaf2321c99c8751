// When an order that is not paid is looked at, and when it may be closed.
#include "gateway/payments/resolver.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

using namespace wxgate;
using namespace wxgate::gateway;

namespace {

constexpr unix_ms born = 1'790'000'000'000;
constexpr unix_ms second = 1000;
constexpr unix_ms minute = 60 * second;
constexpr unix_ms hour = 60 * minute;
resolver_limits const limits;

ledger::order that_ends(unix_ms after) {
    ledger::order o;
    o.created_at = born;
    o.expires_at = born + after;
    return o;
}

ledger::order looked_at(std::int64_t tries, unix_ms after) {
    auto o = that_ends(after);
    o.tries = tries;
    return o;
}

// The next look at an order of this age, since its creation; without any spread.
unix_ms next_of(ledger::order const& o, unix_ms age) {
    return next_look(o, limits, born + age, 0) - born;
}

} // namespace

BOOST_AUTO_TEST_SUITE(resolver_test)

BOOST_AUTO_TEST_CASE(the_end_of_an_order) {
    struct row {
        unix_ms life;
        unix_ms end;
    };

    for (auto const& [life, end] :
         {row{-1, 5 * minute}, // however short: WeChat closes none that is younger than five minutes
          row{0, 5 * minute},
          row{minute, 5 * minute},
          row{5 * minute - 1, 5 * minute},
          row{5 * minute, 5 * minute},
          row{5 * minute + 1, 5 * minute + 1},
          row{2 * hour, 2 * hour},
          row{7 * 24 * hour, 7 * 24 * hour}})
        BOOST_TEST(end_of(that_ends(life), limits) - born == end, life);
}

BOOST_AUTO_TEST_CASE(the_schedule_goes_by_age) {
    struct row {
        unix_ms age;
        unix_ms next; // since the creation too
    };

    auto const o = that_ends(48 * hour);
    for (auto const& [age, next] :
         {row{0, 10 * second},
          row{1, 10 * second},
          row{9'999, 10 * second},
          row{10 * second, 20 * second}, // at the time of a look: the one after it
          row{10 * second + 1, 20 * second},
          row{20 * second, 30 * second},
          row{25 * second, 30 * second},
          row{30 * second, minute},
          row{minute, 3 * minute},
          row{2 * minute, 3 * minute}, // late, or asked about by somebody else: the schedule stays
          row{3 * minute, 5 * minute},
          row{5 * minute, 10 * minute},
          row{10 * minute, 30 * minute},
          row{30 * minute - 1, 30 * minute},
          row{30 * minute, 90 * minute}, // from here on hourly
          row{90 * minute, 150 * minute},
          row{20 * hour + 7, 21 * hour + 7},
          row{47 * hour - 1, 48 * hour - 1},
          row{47 * hour + minute, 48 * hour}, // not past its end
          row{48 * hour - 1, 48 * hour}})
        BOOST_TEST(next_of(o, age) == next, age);
}

BOOST_AUTO_TEST_CASE(no_look_is_put_off_past_the_end) {
    for (unix_ms const life : {6 * minute, 7 * minute, 31 * minute, 2 * hour}) {
        auto const o = that_ends(life);
        for (unix_ms age = 0; age < life; age += 7 * second)
            for (double const spread : {0.0, 0.5, 0.999}) {
                auto const next = next_look(o, limits, born + age, spread);
                BOOST_TEST(next > born + age, age);
                BOOST_TEST(next <= born + life, age);
            }
    }
    // The end is where WeChat lets one close it.
    auto const brief = that_ends(minute);
    BOOST_TEST(next_of(brief, 3 * minute) == 5 * minute);
    BOOST_TEST(next_of(brief, 5 * minute - 1) == 5 * minute);
}

// Closing did not go: soon again, and then less and less often.
BOOST_AUTO_TEST_CASE(after_the_end_it_backs_off) {
    struct row {
        std::int64_t tries;
        unix_ms wait;
    };

    for (unix_ms const since : {unix_ms{0}, unix_ms{1}, hour, 30 * 24 * hour})
        for (auto const& [tries, wait] :
             {row{0, 10 * second},
              row{1, 20 * second},
              row{2, 40 * second},
              row{3, 80 * second},
              row{4, 160 * second},
              row{5, 320 * second},
              row{6, 640 * second},
              row{7, 1280 * second},
              row{8, 30 * minute}, // the most
              row{9, 30 * minute},
              row{20, 30 * minute},
              row{21, 30 * minute},
              row{64, 30 * minute},
              row{1'000'000, 30 * minute},
              row{std::numeric_limits<std::int64_t>::max(), 30 * minute}}) {
            auto const now = born + 2 * hour + since;
            auto const next = next_look(looked_at(tries, 2 * hour), limits, now, 0);
            BOOST_TEST(next - now == wait, tries << " tries, " << since << " after the end");
        }
}

// Before the end the schedule does not ask how the looks went.
BOOST_AUTO_TEST_CASE(tries_move_nothing_before_the_end) {
    for (std::int64_t const tries : {0, 1, 7, 1000})
        BOOST_TEST(next_of(looked_at(tries, 2 * hour), minute) == 3 * minute);
}

BOOST_AUTO_TEST_CASE(the_spread_is_a_tenth) {
    for (unix_ms const age : {unix_ms{0}, minute, 30 * minute, 5 * hour, 49 * hour, 100 * hour}) {
        auto const o = looked_at(3, 48 * hour);
        auto const now = born + age;
        auto const wait = next_look(o, limits, now, 0) - now;
        unix_ms before = wait;
        for (double const spread : {0.1, 0.5, 0.9, 0.999999}) {
            auto const moved = next_look(o, limits, now, spread) - now;
            BOOST_TEST(moved >= before, age);
            BOOST_TEST(moved <= wait + wait / 10, age);
            before = moved;
        }
        BOOST_TEST(before > wait, age);
    }
}

BOOST_AUTO_TEST_CASE(never_in_the_past) {
    resolver_limits shortest; // as background.time_scale makes them
    shortest.looks.fill(milliseconds(1));
    shortest.hourly = milliseconds(1);
    shortest.earliest_close = milliseconds(1);
    for (auto const& l : {limits, shortest})
        for (unix_ms const life : {unix_ms{0}, minute, 2 * hour})
            for (unix_ms const age : {-hour, unix_ms{0}, unix_ms{1}, minute, hour, 400 * 24 * hour})
                for (std::int64_t const tries : {0, 3, 60})
                    for (double const spread : {0.0, 0.999}) {
                        auto const now = born + age; // a clock that was set back, too
                        BOOST_TEST(next_look(looked_at(tries, life), l, now, spread) > now);
                    }
}

BOOST_AUTO_TEST_SUITE_END()
