// When which day's bills are compared, and of whom.
#include "gateway/daily_reconcile.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::gateway;

namespace {

unix_ms at(char const* text) {
    return from_rfc3339(text).value();
}

std::string day_at(char const* text) {
    auto const day = day_to_reconcile(at(text), {});
    return day ? day->date : "";
}

} // namespace

BOOST_AUTO_TEST_SUITE(reconcile_test)

BOOST_AUTO_TEST_CASE(from_ten_in_the_morning_on) {
    BOOST_TEST(day_at("2026-11-24T00:00:00+08:00") == "");
    BOOST_TEST(day_at("2026-11-24T09:59:59.999+08:00") == "");
    BOOST_TEST(day_at("2026-11-24T10:00:00+08:00") == "20261123");
    BOOST_TEST(day_at("2026-11-24T23:59:59.999+08:00") == "20261123");
    BOOST_TEST(day_at("2026-11-25T00:00:00+08:00") == "");
    BOOST_TEST(day_at("2027-01-01T12:00:00+08:00") == "20261231");
}

BOOST_AUTO_TEST_CASE(the_next_one) {
    BOOST_TEST(next_day_to_reconcile(at("2026-11-24T09:59:59+08:00"), {}) == at("2026-11-24T10:00:00+08:00"));
    BOOST_TEST(next_day_to_reconcile(at("2026-11-24T10:00:00+08:00"), {}) == at("2026-11-25T10:00:00+08:00"));
    BOOST_TEST(next_day_to_reconcile(at("2026-11-24T23:59:59+08:00"), {}) == at("2026-11-25T10:00:00+08:00"));
}

BOOST_AUTO_TEST_CASE(one_bill_an_mch_id) {
    settings s;
    for (auto const& [name, mch_id] :
         {std::pair("second", "10000100"), std::pair("shop", "10000100"), std::pair("rival", "10000200")}) {
        merchant m;
        m.name = name;
        m.account.mch_id = mch_id;
        s.merchants.emplace(name, m);
    }
    auto const bills = by_mch_id(s);
    BOOST_TEST_REQUIRE(bills.size() == 2U);
    BOOST_TEST_REQUIRE(bills.at("10000100").size() == 2U);
    BOOST_TEST(bills.at("10000100").front()->name == "second");
    BOOST_TEST(bills.at("10000200").front()->name == "rival");
}

BOOST_AUTO_TEST_CASE(differences_are_counted) {
    reconcile_report r;
    BOOST_TEST(r.count() == 0U);
    r.differences[ledger::difference_kind::amount] = 2;
    r.differences[ledger::difference_kind::missing_there] = 3;
    BOOST_TEST(r.count() == 5U);
}

BOOST_AUTO_TEST_SUITE_END()
