#include "base/metrics.hpp"
#include "base/time.hpp"
#include "gateway/upstream_meter.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::gateway;

namespace {

std::uint64_t counted(char const* call, char const* result) {
    auto const labels = std::string("call=\"") + call + "\",result=\"" + result + '"';
    return metrics::get_counter("wxgate_upstream_calls_total", "Calls to WeChat by how they ended.", labels)
        .value();
}

std::int64_t offset() {
    return metrics::get_gauge("wxgate_upstream_clock_offset_seconds", "").value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(upstream_meter_test)

BOOST_AUTO_TEST_CASE(calls_by_how_they_ended) {
    auto const options = with_meters({});
    auto const before = counted("orderquery", "unknown");
    options.observe("orderquery", "unknown", std::chrono::milliseconds(20));
    options.observe("orderquery", "unknown", std::chrono::milliseconds(20));
    with_meters({}).observe("orderquery", "unknown", std::chrono::milliseconds(20)); // another worker's
    BOOST_TEST(counted("orderquery", "unknown") == before + 3);
    BOOST_TEST(counted("refund", "accepted") == 0U, "there before the first");
    BOOST_TEST(
        metrics::to_text().find("wxgate_upstream_calls_total{call=\"refund\",result=\"refused\"} 0\n") !=
        std::string::npos
    );
    options.observe("a new one", "accepted", std::chrono::milliseconds(20));
    BOOST_TEST(counted("a new one", "accepted") == 1U);
}

BOOST_AUTO_TEST_CASE(its_clock) {
    auto const options = with_meters({});
    auto const now = std::chrono::milliseconds(now_ms());
    options.observe_date(now);
    BOOST_TEST(std::abs(offset()) <= 1);
    options.observe_date(now + std::chrono::hours(2));
    BOOST_TEST(std::abs(offset() - 7200) <= 1);
    options.observe_date(now - std::chrono::hours(2));
    BOOST_TEST(std::abs(offset() + 7200) <= 1);
}

BOOST_AUTO_TEST_SUITE_END()
