#include "report/compare.hpp"
#include "sample.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace wxgate::bench;

BOOST_AUTO_TEST_SUITE(compare_)

namespace {

using row = std::vector<std::string>;

bool has_row(report const& r, std::string const& title, row const& expected) {
    for (table const& t : r.tables)
        if (t.title == title && std::find(t.rows.begin(), t.rows.end(), expected) != t.rows.end())
            return true;
    return false;
}

bool warns(report const& r, std::string const& of) {
    return std::any_of(r.warnings.begin(), r.warnings.end(), [&](std::string const& w) {
        return w.find(of) != w.npos;
    });
}

} // namespace

BOOST_AUTO_TEST_CASE(the_same_run_twice) {
    auto const r = compare(test::sample(), test::sample());
    BOOST_TEST(r.warnings.empty());
    BOOST_TEST(has_row(r, "Figures", {"pay.throughput", "1,235/s", "1,235/s", "1.00×"}));
    BOOST_TEST(has_row(r, "Figures", {"pay.nothing", "0/s", "0/s", "–"})); // nothing to divide by
    BOOST_TEST(has_row(r, "latency", {"count", "1,000", "1,000", "1.00×"}));
    BOOST_TEST(r.distributions.size() == 2U);
}

BOOST_AUTO_TEST_CASE(ratios_are_second_to_first) {
    auto const before = test::sample();
    auto after = before;
    after.figures[0].value = 2469.5;
    after.distributions[0].values.clear();
    after.distributions[0].values.record(std::chrono::microseconds(250), 500);
    auto const r = compare(before, after);
    BOOST_TEST(has_row(r, "Figures", {"pay.throughput", "1,235/s", "2,470/s", "2.00×"}));
    BOOST_TEST(has_row(r, "latency", {"count", "1,000", "500", "0.50×"}));
    BOOST_TEST(has_row(r, "latency", {"50 %", "500 µs", "250 µs", "0.50×"}));
    BOOST_TEST(has_row(r, "latency", {"longest", "1.00 ms", "250 µs", "0.25×"}));
    BOOST_TEST(r.figures.front().value == 2.0);
    BOOST_TEST(r.figures.front().unit == "×");
}

BOOST_AUTO_TEST_CASE(what_differs_is_told) {
    auto const before = test::sample();
    auto after = before;
    after.machine[0].second = "another time";
    after.machine[2].second = "another commit";
    BOOST_TEST(compare(before, after).warnings.empty());
    after.machine[1].second = "another CPU";
    after.configuration[0].second = "128";
    after.configuration.emplace_back("rate", "100");
    after.verb = "notify";
    auto const r = compare(before, after);
    BOOST_TEST(warns(r, "the machine differs: cpu: A CPU"));
    BOOST_TEST(warns(r, "the configuration differs: connections: 64 / 128"));
    BOOST_TEST(warns(r, "the configuration differs: rate: – / 100"));
    BOOST_TEST(warns(r, "the verbs differ: pay / notify"));
    BOOST_TEST(!warns(r, "commit"));
}

BOOST_AUTO_TEST_CASE(what_one_lacks_is_told) {
    auto const before = test::sample();
    auto after = before;
    after.figures[0].name = "pay.other";
    after.distributions.clear();
    auto const r = compare(before, after);
    BOOST_TEST(warns(r, "pay.throughput is in the first run only"));
    BOOST_TEST(warns(r, "pay.other is in the second run only"));
    BOOST_TEST(warns(r, "latency is in the first run only"));
    BOOST_TEST(!has_row(r, "Figures", {"pay.throughput", "1,235/s", "–", "–"}));
}

BOOST_AUTO_TEST_SUITE_END()
