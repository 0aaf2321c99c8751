#include "report/histogram.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <numeric>
#include <random>

using namespace wxgate::bench;
using ns = std::chrono::nanoseconds;

BOOST_AUTO_TEST_SUITE(histogram_)

namespace {

constexpr std::int64_t hour = 3'600'000'000'000;

histogram of(std::vector<std::int64_t> const& values) {
    histogram h;
    for (auto const v : values)
        h.record(ns(v));
    return h;
}

std::vector<std::int64_t> up_to(std::int64_t n) {
    std::vector<std::int64_t> values(static_cast<std::size_t>(n));
    std::iota(values.begin(), values.end(), 1);
    return values;
}

std::uint64_t seed() {
    char const* const given = std::getenv("WXGATE_SEED");
    std::uint64_t const s = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
    std::cerr << "WXGATE_SEED=" << s << '\n';
    return s;
}

// From a nanosecond to an hour, every size as likely as any other.
std::vector<std::int64_t> random_values(std::mt19937_64& g, std::size_t count) {
    std::uniform_real_distribution<double> exponent(0, std::log(static_cast<double>(hour)));
    std::vector<std::int64_t> values(count);
    for (auto& v : values)
        v = std::clamp<std::int64_t>(std::llround(std::exp(exponent(g))), 1, hour);
    return values;
}

// By the definition: the smallest value that at least so many do not exceed.
std::int64_t truth(std::vector<std::int64_t> const& sorted, std::size_t permille_of_percent) {
    std::size_t const of = 100'000;
    std::size_t const rank = (sorted.size() * permille_of_percent + of - 1) / of;
    return sorted[std::max<std::size_t>(rank, 1) - 1];
}

bool same(histogram const& a, histogram const& b) {
    auto const equal = [](histogram::bucket const& x, histogram::bucket const& y) {
        return x.upto == y.upto && x.count == y.count;
    };
    auto const x = a.buckets();
    auto const y = b.buckets();
    return a.count() == b.count() && a.min() == b.min() && a.max() == b.max() && a.mean() == b.mean() &&
           std::equal(x.begin(), x.end(), y.begin(), y.end(), equal);
}

} // namespace

BOOST_AUTO_TEST_CASE(empty) {
    histogram const h;
    BOOST_TEST(h.count() == 0U);
    BOOST_TEST(h.min().count() == 0);
    BOOST_TEST(h.max().count() == 0);
    BOOST_TEST(h.mean().count() == 0);
    BOOST_TEST(h.percentile(50).count() == 0);
    BOOST_TEST(h.buckets().empty());
}

BOOST_AUTO_TEST_CASE(percentiles_of_small_values_are_exact) {
    histogram const h = of(up_to(1000));
    BOOST_TEST(h.count() == 1000U);
    BOOST_TEST(h.percentile(0).count() == 1);
    BOOST_TEST(h.percentile(0.1).count() == 1);
    BOOST_TEST(h.percentile(0.11).count() == 2);
    BOOST_TEST(h.percentile(50).count() == 500);
    BOOST_TEST(h.percentile(90).count() == 900);
    BOOST_TEST(h.percentile(99).count() == 990);
    BOOST_TEST(h.percentile(99.9).count() == 999);
    BOOST_TEST(h.percentile(99.91).count() == 1000);
    BOOST_TEST(h.percentile(100).count() == 1000);
    BOOST_TEST(h.percentile(-1).count() == 1);
    BOOST_TEST(h.percentile(101).count() == 1000);
    BOOST_TEST(h.mean().count() == 501); // 500.5
    BOOST_TEST(h.buckets().size() == 1000U);
}

BOOST_AUTO_TEST_CASE(one_value) {
    for (std::int64_t const v :
         {std::int64_t{1}, std::int64_t{2047}, std::int64_t{2049}, std::int64_t{123'456'789}}) {
        histogram const h = of({v});
        for (double const percent : {0.0, 50.0, 99.999, 100.0})
            BOOST_TEST(h.percentile(percent).count() == v);
        BOOST_TEST(h.min().count() == v);
        BOOST_TEST(h.max().count() == v);
        BOOST_TEST(h.mean().count() == v);
    }
}

BOOST_AUTO_TEST_CASE(the_extremes) {
    histogram const h = of({-5, 0, 1, hour, hour + 1, 2 * hour});
    BOOST_TEST(h.count() == 6U);
    BOOST_TEST(h.min().count() == 1);
    BOOST_TEST(h.max().count() == hour);
    BOOST_TEST(h.percentile(50).count() == 1);
    BOOST_TEST(h.percentile(50.1).count() == hour);
}

// Around every power of two, where the layout changes.
BOOST_AUTO_TEST_CASE(a_bucket_is_less_than_a_thousandth_wide) {
    for (std::int64_t power = 1; power <= hour; power *= 2)
        for (std::int64_t v = std::max<std::int64_t>(1, power - 3); v <= std::min(hour, power + 3); ++v) {
            auto const buckets = of({v}).buckets();
            BOOST_TEST_REQUIRE(buckets.size() == 1U);
            std::int64_t const off = buckets.front().upto.count() - v;
            BOOST_TEST(off >= 0);
            BOOST_TEST(off * 1000 < v, v);
        }
}

BOOST_AUTO_TEST_CASE(percentiles_are_within_a_thousandth_of_the_truth) {
    std::mt19937_64 g(seed());
    for (std::size_t const count : {2U, 3U, 10U, 999U, 20'000U}) {
        auto values = random_values(g, count);
        histogram const h = of(values);
        std::sort(values.begin(), values.end());
        for (std::size_t const p :
             {0U, 1U, 1'000U, 25'000U, 50'000U, 90'000U, 99'000U, 99'900U, 99'990U, 100'000U}) {
            auto const expected = static_cast<double>(truth(values, p));
            auto const found = static_cast<double>(h.percentile(static_cast<double>(p) / 1000).count());
            BOOST_TEST(found >= expected);
            BOOST_TEST(found <= expected * 1.001);
        }
        BOOST_TEST(h.min().count() == values.front());
        BOOST_TEST(h.max().count() == values.back());
        double const mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(count);
        BOOST_TEST(std::fabs(static_cast<double>(h.mean().count()) - mean) <= 1 + mean * 1e-9);
    }
}

BOOST_AUTO_TEST_CASE(many_at_once) {
    histogram one;
    histogram many;
    for (int i = 0; i < 7; ++i)
        one.record(ns(5000));
    many.record(ns(5000), 7);
    many.record(ns(1), 0); // none
    BOOST_TEST(same(one, many));
}

BOOST_AUTO_TEST_CASE(merged) {
    std::mt19937_64 g(seed());
    auto const first = random_values(g, 500);
    auto const second = random_values(g, 300);
    auto all = first;
    all.insert(all.end(), second.begin(), second.end());
    histogram h = of(first);
    h.merge(of(second));
    histogram const expected = of(all);
    BOOST_TEST(h.count() == 800U);
    BOOST_TEST(h.min().count() == expected.min().count());
    BOOST_TEST(h.max().count() == expected.max().count());
    BOOST_TEST(std::llabs(h.mean().count() - expected.mean().count()) <= 1);
    for (double const percent : {1.0, 50.0, 99.0, 99.9})
        BOOST_TEST(h.percentile(percent).count() == expected.percentile(percent).count());
}

BOOST_AUTO_TEST_CASE(merged_with_nothing) {
    histogram const some = of({10, 20});
    histogram h = some;
    h.merge(histogram());
    BOOST_TEST(same(h, some));
    histogram empty;
    empty.merge(some);
    BOOST_TEST(same(empty, some));
}

BOOST_AUTO_TEST_CASE(cleared) {
    histogram h = of({10, 20, hour});
    h.clear();
    BOOST_TEST(same(h, histogram()));
    h.record(ns(30));
    BOOST_TEST(same(h, of({30})));
}

BOOST_AUTO_TEST_CASE(restored) {
    std::mt19937_64 g(seed());
    histogram const h = of(random_values(g, 1000));
    BOOST_TEST(same(histogram::restored(h.buckets(), h.min(), h.max(), h.mean()), h));
    BOOST_TEST(same(histogram::restored({}, ns(0), ns(0), ns(0)), histogram()));
}

BOOST_AUTO_TEST_SUITE_END()
