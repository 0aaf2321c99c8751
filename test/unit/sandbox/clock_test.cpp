#include "sandbox/clock.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(clocks)

BOOST_AUTO_TEST_CASE(it_is_the_real_clock_and_what_was_added) {
    unix_ms real = 1000;
    sandbox_clock clock([&] { return real; });
    BOOST_TEST(clock.now() == 1000);
    BOOST_TEST(clock.advance(2h));
    real += 5;
    BOOST_TEST(clock.now() == 1005 + 7'200'000);
    BOOST_TEST(!clock.advance(-1ms));
    BOOST_TEST(!clock.advance(24h * 3650));
    BOOST_TEST(clock.now() == 1005 + 7'200'000);
    clock.reset();
    BOOST_TEST(clock.now() == 1005);
}

BOOST_AUTO_TEST_CASE(durations) {
    BOOST_TEST((parse_duration("250ms") == 250ms));
    BOOST_TEST((parse_duration("15s") == 15s));
    BOOST_TEST((parse_duration("3m") == 3min));
    BOOST_TEST((parse_duration("2h") == 2h));
    BOOST_TEST((parse_duration("7d") == 168h));
    BOOST_TEST((parse_duration("0s") == 0ms));
    for (char const* const bad :
         {"",
          "h",
          "2",
          "2y",
          "-2h",
          "+2h",
          " 2h",
          "2h ",
          "2.5h",
          "02h",
          "2h30m",
          "3651d",
          "99999999999999999999s"})
        BOOST_TEST(!parse_duration(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(durations_as_text) {
    for (char const* const text :
         {"0s", "1ms", "250ms", "1s", "15s", "90s", "3m", "90m", "2h", "25h", "7d", "3650d"})
        BOOST_TEST(to_text(parse_duration(text).value()) == text);
    BOOST_TEST(to_text(60s) == "1m");
    BOOST_TEST(to_text(24h) == "1d");
    BOOST_TEST(to_text(1500ms) == "1500ms");
}

BOOST_AUTO_TEST_CASE(wechats_schedule) {
    intervals const real = scaled_intervals(1);
    std::vector<milliseconds> const expected = {
        15s, 15s, 30s, 3min, 10min, 20min, 30min, 30min, 30min, 60min, 3h, 3h, 3h, 6h, 6h};
    BOOST_TEST((std::vector(real.notify_schedule.begin(), real.notify_schedule.end()) == expected));
    milliseconds total(0);
    for (auto const wait : real.notify_schedule)
        total += wait;
    BOOST_TEST((total == 24h + 4min)); // what WeChat's page says
    BOOST_TEST((real.prepay_life == 2h));
    BOOST_TEST((real.order_life == 168h));
}

BOOST_AUTO_TEST_CASE(a_scale_divides_every_interval) {
    intervals const fast = scaled_intervals(60);
    BOOST_TEST((fast.prepay_life == 2min));
    BOOST_TEST((fast.order_life == 168min));
    BOOST_TEST((fast.shortest_expiry == 1s));
    BOOST_TEST((fast.notify_schedule.front() == 250ms));
    BOOST_TEST((fast.notify_schedule.back() == 6min));
    BOOST_TEST((scaled_intervals(1'000'000).notify_schedule.front() == 1ms)); // never none at all
}

BOOST_AUTO_TEST_CASE(refunds_intervals_are_scaled_too) {
    auto const all = scaled_intervals(60);
    BOOST_TEST((all.refund_settle == 33ms));
    BOOST_TEST((all.refund_spacing == 1s));
    BOOST_TEST((all.refund_window == 365 * 24min));
}

BOOST_AUTO_TEST_CASE(beijing_is_eight_hours_ahead) {
    BOOST_TEST(beijing_date_time(1'511'595'377'999) == "2017-11-25 15:36:17");
    BOOST_TEST(beijing_time(1'795'406'400'999) == "20261123120000");
}

BOOST_AUTO_TEST_SUITE_END()
