#include "refunds_approval_common.hpp"

#include <algorithm>
#include <set>

namespace wxgate::test {

std::string paid_order(system_under_test const& system, std::string const& key) {
    return text_of(system.paid({{"total_fee", 100}}, key), "out_trade_no");
}

std::string refunds_of(std::string const& number) {
    return "/admin/v1/payments/" + number + "/refunds";
}

waiting asked_for(
    system_under_test const& system, std::string const& number, std::int64_t fee, json::object const& changes
) {
    auto const asked = system.refund_request(fee, changes);
    auto const r = system.refund(number, asked, "rival");
    BOOST_TEST_REQUIRE(r.status == 202U, r.describe());
    return {number, text_of(asked, "out_refund_no")};
}

waiting asked_for(system_under_test const& system) {
    return asked_for(system, paid_order(system), 60);
}

void check_operators_refund(json::value const& refund) {
    BOOST_TEST_REQUIRE(refund.is_object());
    auto facts = refund.as_object();
    BOOST_TEST(facts.erase("merchant") == 1U);
    BOOST_TEST(facts.erase("decision_reason") == 1U);
    check_refund_shape(facts);
}

void check_still_waits(system_under_test const& system, waiting const& w) {
    BOOST_TEST(cell(system, "refund_status", w.refund_no) == "REQUESTED");
    BOOST_TEST(cell(system, "decided_by", w.refund_no) == "");
    BOOST_TEST(cell(system, "version", w.refund_no) == "1");
    BOOST_TEST(order_number(system, "refund_reserved", w.number) == 60);
}

std::vector<json::value> data_of(reply const& r) {
    BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
    auto const data = member(r.parsed(), "data");
    BOOST_TEST_REQUIRE(data.is_array());
    return {data.as_array().begin(), data.as_array().end()};
}

std::vector<std::string> all_numbers(operator_client const& who, std::string const& query) {
    std::vector<std::string> numbers;
    std::set<std::string> seen;
    std::string cursor;
    std::string last;
    for (int pages = 0; pages < 1000; ++pages) {
        auto const r = who.get("/admin/v1/refunds?" + query + (cursor.empty() ? "" : "&cursor=" + cursor));
        for (auto const& each : data_of(r)) {
            check_operators_refund(each);
            BOOST_TEST((last.empty() || text_of(each, "created_at") <= last), "newest first");
            last = text_of(each, "created_at");
            numbers.push_back(text_of(each, "out_refund_no"));
            BOOST_TEST(
                seen.insert(text_of(each, "merchant") + "/" + numbers.back()).second, "none on two pages"
            );
        }
        if (member(r.parsed(), "next_cursor").is_null())
            return numbers;
        cursor = text_of(r.parsed(), "next_cursor");
    }
    BOOST_TEST(false, "the pages have no end");
    return numbers;
}

bool holds(std::vector<std::string> const& numbers, std::string const& number) {
    return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

std::vector<json::value> events_of(operator_client const& who, waiting const& w, std::string_view type) {
    std::vector<json::value> some;
    for (auto const& e : data_of(who.get("/admin/v1/payments/" + w.number + "/events")))
        if (text_of(e, "out_refund_no") == w.refund_no && text_of(e, "type") == type)
            some.push_back(e);
    return some;
}

std::string detail_of(reply const& r) {
    return text_of(r.parsed(), "detail");
}

bool says(reply const& r, std::string const& words) {
    return detail_of(r).find(words) != std::string::npos;
}

} // namespace wxgate::test
