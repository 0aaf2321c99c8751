#include "base/time.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>

using namespace wxgate;

BOOST_AUTO_TEST_SUITE(time_)

BOOST_AUTO_TEST_CASE(written) {
    BOOST_TEST(to_rfc3339(0) == "1970-01-01T00:00:00.000Z");
    BOOST_TEST(to_rfc3339(1) == "1970-01-01T00:00:00.001Z");
    BOOST_TEST(to_rfc3339(-1) == "1969-12-31T23:59:59.999Z");
    BOOST_TEST(to_rfc3339(1795407357789) == "2026-11-23T04:15:57.789Z");
    BOOST_TEST(to_rfc3339(951782400000) == "2000-02-29T00:00:00.000Z");
    BOOST_TEST(to_rfc3339(253402300799999) == "9999-12-31T23:59:59.999Z");
}

BOOST_AUTO_TEST_CASE(read) {
    struct row {
        char const* text;
        unix_ms at;
    };

    for (row const& r : std::initializer_list<row>{
             {"1970-01-01T00:00:00Z", 0},
             {"1970-01-01T00:00:00.5Z", 500},
             {"1970-01-01T00:00:00.123456789Z", 123},
             {"1970-01-01t00:00:00z", 0},
             {"2026-11-23T12:15:57+08:00", 1795407357000},
             {"2026-11-22T23:15:57-05:00", 1795407357000},
             {"2026-11-23T04:15:57+00:00", 1795407357000},
             {"2026-11-23T04:15:57-00:00", 1795407357000},
             {"2026-11-23T09:45:57+05:30", 1795407357000},
             {"2024-02-29T00:00:00Z", 1709164800000},
             {"1969-12-31T23:59:59.999Z", -1},
         }) {
        auto const t = from_rfc3339(r.text);
        BOOST_TEST_REQUIRE(t.has_value(), r.text);
        BOOST_TEST(*t == r.at, r.text);
    }
}

BOOST_AUTO_TEST_CASE(refused) {
    for (char const* const text :
         {"",
          "2026-11-23",
          "2026-11-23T04:15:57",
          "2026-11-23 04:15:57Z",
          "2026-11-23T04:15Z",
          "2026-11-23T04:15:57.Z",
          "2026-11-23T04:15:57,5Z",
          "2026-11-23T04:15:57Zx",
          "2026-11-23T04:15:57 Z",
          "2026-11-23T24:00:00Z",
          "2026-11-23T04:60:00Z",
          "2026-11-23T04:15:60Z",
          "2026-13-01T00:00:00Z",
          "2026-00-01T00:00:00Z",
          "2026-02-29T00:00:00Z",
          "2026-04-31T00:00:00Z",
          "2026-11-00T00:00:00Z",
          "26-11-23T04:15:57Z",
          "2026-11-23T04:15:57+0800",
          "2026-11-23T04:15:57+08",
          "2026-11-23T04:15:57+24:00",
          "2026-11-23T04:15:57+08:60",
          "2026-11-23T04:15:57*08:00",
          "+026-11-23T04:15:57Z",
          " 2026-11-23T04:15:57Z",
          "20261123T041557Z"})
        BOOST_TEST(!from_rfc3339(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(http_dates) {
    BOOST_TEST(to_http_date(784111777000) == "Sun, 06 Nov 1994 08:49:37 GMT");
    BOOST_TEST(to_http_date(784111777999) == "Sun, 06 Nov 1994 08:49:37 GMT");
    BOOST_TEST(to_http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
    BOOST_TEST(from_http_date("Sun, 06 Nov 1994 08:49:37 GMT").value() == 784111777000);
    BOOST_TEST(from_http_date("Thu, 29 Feb 2024 23:59:60 GMT").value() == 1709251200000);
    for (char const* const text :
         {"",
          "Sun, 06 Nov 1994 08:49:37",
          "Sun, 06 Nov 1994 08:49:37 UTC",
          "Sun, 06 Nov 1994 08:49:37 GMT ",
          " Sun, 06 Nov 1994 08:49:37 GMT",
          "Mon, 06 Nov 1994 08:49:37 GMT", // it was a Sunday
          "sun, 06 nov 1994 08:49:37 gmt",
          "Sun, 6 Nov 1994 08:49:37 GMT",
          "Sun, 06 Nov 94 08:49:37 GMT",
          "Sunday, 06-Nov-94 08:49:37 GMT",
          "Sun Nov  6 08:49:37 1994",
          "Sun, 31 Nov 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 24:49:37 GMT",
          "Sun, 06 Nov 1994 08:60:37 GMT",
          "Sun, 06 Nov 1994 08:49:61 GMT",
          "Sun, 06 Foo 1994 08:49:37 GMT"})
        BOOST_TEST(!from_http_date(text).has_value(), text);
    for (unix_ms t = 0; t < 4'000'000'000'000; t += 86'400'000 * 37LL + 61'000)
        BOOST_TEST_REQUIRE((from_http_date(to_http_date(t)) == t));
}

BOOST_AUTO_TEST_CASE(there_and_back) {
    for (unix_ms t = -100'000'000'000; t < 4'000'000'000'000; t += 86'400'007 * 37LL)
        BOOST_TEST_REQUIRE((from_rfc3339(to_rfc3339(t)) == t));
    BOOST_TEST((from_rfc3339(to_rfc3339(now_ms())).has_value()));
    BOOST_TEST(now_ms() > 1'700'000'000'000);
}

BOOST_AUTO_TEST_SUITE_END()
