#include "report/layout.hpp"
#include "report/svg.hpp"
#include "sample.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>

using namespace wxgate::bench;

BOOST_AUTO_TEST_SUITE(report_)

namespace {

std::string printed(report const& r) {
    std::ostringstream out;
    print(r, out);
    return out.str();
}

bool holds(std::string const& text, std::string const& part) {
    return text.find(part) != text.npos;
}

std::string refusal(std::string const& file) {
    try {
        read_json(file);
    } catch (std::runtime_error const& e) {
        return e.what();
    }
    return "";
}

} // namespace

BOOST_AUTO_TEST_CASE(figures_for_people) {
    std::pair<double, char const*> const table[] = {
        {1234567.8, "1,234,568"},
        {-1234567.8, "-1,234,568"},
        {1000, "1,000"},
        {999.96, "1,000"},
        {999.9, "999.9"},
        {123, "123"},
        {-5, "-5"},
        {123.456, "123.5"},
        {12.345678, "12.35"},
        {1.2345, "1.23"},
        {0.01234, "0.0123"},
        {0.5, "0.500"},
        {0, "0"},
        {-0.0, "0"},
        {1.5e-9, "1.50e-09"},
        {1e15, "1,000,000,000,000,000"},
        {std::numeric_limits<double>::infinity(), "–"},
        {std::nan(""), "–"},
    };
    for (auto const& [value, expected] : table)
        BOOST_TEST(show(value) == expected);
}

BOOST_AUTO_TEST_CASE(durations_for_people) {
    std::pair<std::int64_t, char const*> const table[] = {
        {0, "0 ns"},
        {7, "7 ns"},
        {999, "999 ns"},
        {1'000, "1.00 µs"},
        {1'234, "1.23 µs"},
        {12'345, "12.3 µs"},
        {999'400, "999 µs"},
        {999'600, "1.00 ms"},
        {45'600'000, "45.6 ms"},
        {456'000'000, "456 ms"},
        {1'200'000'000, "1.20 s"},
        {3'600'000'000'000, "3,600 s"},
    };
    for (auto const& [ns, expected] : table)
        BOOST_TEST(show(histogram::duration(ns)) == expected);
}

BOOST_AUTO_TEST_CASE(figures_with_units) {
    BOOST_TEST(show(1.204, "×") == "1.20×");
    BOOST_TEST(show(3, "×") == "3.00×");
    BOOST_TEST(show(250, "×") == "250×");
    BOOST_TEST(show(1234, "1/s") == "1,234/s");
    BOOST_TEST(show(12.3, "KiB") == "12.30 KiB");
    BOOST_TEST(show(2, "") == "2");
}

BOOST_AUTO_TEST_CASE(verdicts) {
    auto const r = test::sample();
    BOOST_TEST(r.verdicts[0].held());
    BOOST_TEST(!reached_goal(r.verdicts[0]));
    BOOST_TEST(!r.verdicts[1].held());
    verdict zero{"blocks", 0, "", 0, false, {}};
    BOOST_TEST(zero.held());
    zero.value = std::nan("");
    BOOST_TEST(!zero.held());
}

BOOST_AUTO_TEST_CASE(the_terminal) {
    std::string const text = printed(test::sample());
    BOOST_TEST(holds(text, "\nPayments\n"));
    BOOST_TEST(holds(text, "  wxgate   1,234/s  yes\n"));
    BOOST_TEST(holds(text, "  a floor      9/s  no\n"));
    BOOST_TEST(holds(text, "0.66×"));
    BOOST_TEST(holds(text, "≥ 0.60×"));
    BOOST_TEST(holds(text, "held"));
    BOOST_TEST(holds(text, "MISSED"));
    BOOST_TEST(holds(text, "\nwarning: the load generator was the bottleneck"));
    BOOST_TEST(printed(report()).empty());
}

BOOST_AUTO_TEST_CASE(json_and_back) {
    test::file const first("first.json");
    test::file const second("second.json");
    report r = test::sample();
    r.figures.push_back({"pay.undefined", std::nan(""), ""});
    write_json(r, first.name());
    report const again = read_json(first.name());
    write_json(again, second.name());
    BOOST_TEST(first.text() == second.text());

    BOOST_TEST(again.verb == r.verb);
    BOOST_TEST((again.machine == r.machine));
    BOOST_TEST((again.configuration == r.configuration));
    BOOST_TEST((again.warnings == r.warnings));
    BOOST_TEST_REQUIRE(again.figures.size() == 3U);
    BOOST_TEST(again.figures[0].name == "pay.throughput");
    BOOST_TEST(again.figures[0].value == 1234.75);
    BOOST_TEST(again.figures[0].unit == "1/s");
    BOOST_TEST(std::isnan(again.figures[2].value));
    BOOST_TEST_REQUIRE(again.verdicts.size() == 2U);
    BOOST_TEST(again.verdicts[0].goal.value() == 0.8);
    BOOST_TEST(!again.verdicts[1].goal.has_value());
    BOOST_TEST(!again.verdicts[1].at_least);
    BOOST_TEST_REQUIRE(again.tables.size() == 1U);
    BOOST_TEST((again.tables[0].rows == r.tables[0].rows));
    BOOST_TEST_REQUIRE(again.distributions.size() == 1U);
    BOOST_TEST(again.distributions[0].values.count() == 1000U);
    BOOST_TEST(
        again.distributions[0].values.percentile(99).count() ==
        r.distributions[0].values.percentile(99).count()
    );
    BOOST_TEST_REQUIRE(again.over_time.size() == 1U);
    BOOST_TEST((again.over_time[0].points == r.over_time[0].points));
}

BOOST_AUTO_TEST_CASE(what_is_no_report) {
    test::file const file("bad.json");
    BOOST_TEST(holds(refusal(file.name()), file.name())); // not there
    for (char const* const text : {"{", "[]", "{}", "{\"verb\":1}", "text"}) {
        file.write(text);
        BOOST_TEST(holds(refusal(file.name()), file.name() + " is no report"), text);
    }
    std::string const nowhere = "/nonexistent/folder/file";
    BOOST_CHECK_THROW(write_json(test::sample(), nowhere), std::runtime_error);
    BOOST_CHECK_THROW(write_html(test::sample(), nowhere), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(the_page) {
    test::file const file("page.html");
    report r = test::sample();
    r.tables.push_back({"<script>alert('x')</script>", {"a<b"}, {{"'&'"}}});
    write_html(r, file.name());
    std::string const page = file.text();
    BOOST_TEST(page.starts_with("<!doctype html>"));
    BOOST_TEST(page.ends_with("</html>\n"));
    for (char const* const other : {"<script", "src=", "href=", "url(", "@import", "http:", "https:"})
        BOOST_TEST(!holds(page, other), other);
    BOOST_TEST(holds(page, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"));
    BOOST_TEST(holds(page, "A CPU &lt;fast&gt; &amp; &quot;cheap&quot;"));
    BOOST_TEST(holds(page, "93 % &lt;of a core&gt;"));
    BOOST_TEST(holds(page, "<th>a&lt;b</th>"));
    BOOST_TEST(holds(page, "<td class=\"figure\">1,234/s</td><td>yes</td>"));
    BOOST_TEST(holds(page, "✓ held"));
    BOOST_TEST(holds(page, "✗ missed"));
    BOOST_TEST(holds(page, "1 of 2 demands held"));
    BOOST_TEST(holds(page, "99.9 %"));
    BOOST_TEST(!holds(page, "nan"));
    BOOST_TEST(!holds(page, "inf"));
}

BOOST_AUTO_TEST_CASE(pictures_of_little) {
    series gap{"a", "1/s", {{0, std::nan("")}, {1, 5}}};
    for (std::string const& picture : {
             percentile_plot({distribution()}),
             line_chart({series()}),
             line_chart({gap}),
         }) {
        BOOST_TEST(picture.starts_with("<svg "));
        BOOST_TEST(!holds(picture, "nan"));
        BOOST_TEST(!holds(picture, "inf"));
    }
    test::file const file("empty.html");
    write_html(report(), file.name());
    BOOST_TEST(holds(file.text(), "</html>"));
}

BOOST_AUTO_TEST_SUITE_END()
