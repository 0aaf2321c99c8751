#include "gateway/latency_series.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::gateway;

namespace {

metrics::histogram& of_wechat() {
    return metrics::get_histogram(
        "wxgate_upstream_call_seconds", "Time of calls to WeChat.", "call=\"test\""
    );
}

} // namespace

BOOST_AUTO_TEST_SUITE(latency)

BOOST_AUTO_TEST_CASE(quantiles_lie_in_their_buckets) {
    metrics::histogram::counts const before{};
    auto after = before;
    BOOST_TEST(span_of(before, after).calls == 0U);
    BOOST_TEST(!span_of(before, after).p50_us.has_value());
    after[3] = 90; // 0.5 to 1 ms
    after[9] = 10; // 50 to 100 ms
    auto const s = span_of(before, after);
    BOOST_TEST(s.calls == 100U);
    BOOST_TEST(*s.p50_us >= 500);
    BOOST_TEST(*s.p50_us <= 1000);
    BOOST_TEST(*s.p95_us >= 50'000);
    BOOST_TEST(*s.p95_us <= 100'000);
    auto endless = before;
    endless.back() = 1;
    BOOST_TEST(*span_of(before, endless).p95_us == 30'000'000);
}

BOOST_AUTO_TEST_CASE(a_span_is_what_came_in_it) {
    latency_series series;
    auto const now = now_ms();
    of_wechat().observe(std::chrono::milliseconds(3));
    series.take(now - 120'000);
    of_wechat().observe(std::chrono::milliseconds(3));
    of_wechat().observe(std::chrono::milliseconds(3));
    series.take(now - 60'000);
    of_wechat().observe(std::chrono::milliseconds(3));
    BOOST_TEST(series.between(now - 120'000, now - 60'000).wechat.calls == 2U);
    BOOST_TEST(series.between(now - 60'000, now + 60'000).wechat.calls == 1U); // up to this moment
    BOOST_TEST(series.between(now - 120'000, now - 60'000).gateway.calls == 0U);
    BOOST_TEST(series.between(now - 110'000, now - 70'000).wechat.calls == 0U); // between two notes
}

BOOST_AUTO_TEST_SUITE_END()
