#include "load/history.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string_view>

using namespace wxgate;
using namespace wxgate::bench;

namespace {

constexpr unix_ms day = 24LL * 3600 * 1000;
constexpr unix_ms some_day = 1'700'000'000'000;

history_options plain(std::uint64_t count) {
    history_options h;
    h.owner = {"shop", "10000100", "wx1", "MD5", "bench", "https://pay.example.com"};
    h.count = count;
    h.first = some_day;
    h.last = some_day + 365 * day;
    h.seed = 7;
    return h;
}

past_order order_of(history const& h, std::uint64_t i) {
    past_order o;
    h.describe(i, o);
    return o;
}

std::string_view state_of(past_order const& o) {
    return o.events.back().trade_state;
}

} // namespace

BOOST_AUTO_TEST_SUITE(a_history)

BOOST_AUTO_TEST_CASE(is_in_order_and_without_repetition) {
    history const h(plain(3000));
    std::set<std::string> events;
    std::set<std::string> transactions;
    std::string before;
    for (std::uint64_t i = 0; i < 3000; ++i) {
        auto const o = order_of(h, i);
        BOOST_TEST_REQUIRE(before < o.out_trade_no);
        before = o.out_trade_no;
        BOOST_TEST_REQUIRE(o.out_trade_no.size() == 26U);
        BOOST_TEST_REQUIRE(o.openid.size() == 28U);
        BOOST_TEST_REQUIRE(o.created_at >= some_day);
        BOOST_TEST_REQUIRE(o.created_at < some_day + 365 * day);
        for (auto const& e : o.events)
            BOOST_TEST_REQUIRE(events.insert(e.id).second);
        if (o.transaction_id.empty())
            continue;
        BOOST_TEST_REQUIRE(o.transaction_id.size() == 28U);
        BOOST_TEST_REQUIRE(transactions.insert(o.transaction_id).second);
    }
}

BOOST_AUTO_TEST_CASE(is_the_same_whenever_it_is_asked) {
    history const one(plain(100));
    history const two(plain(100));
    past_order used = order_of(one, 3); // its memory is used again, and nothing of it stays
    for (std::uint64_t const i : {99U, 0U, 50U}) {
        one.describe(i, used);
        auto const other = order_of(two, i);
        BOOST_TEST(used.out_trade_no == other.out_trade_no);
        BOOST_TEST(used.transaction_id == other.transaction_id);
        BOOST_TEST(used.events.size() == other.events.size());
        BOOST_TEST(used.refund.has_value() == other.refund.has_value());
    }
}

BOOST_AUTO_TEST_CASE(has_other_numbers_under_another_seed) {
    auto other = plain(100);
    other.seed = 8;
    BOOST_TEST(order_of(history(plain(100)), 5).out_trade_no != order_of(history(other), 5).out_trade_no);
}

BOOST_AUTO_TEST_CASE(is_mostly_paid) {
    history const h(plain(5000));
    std::size_t closed = 0;
    std::size_t refunded = 0;
    for (std::uint64_t i = 0; i < 5000; ++i) {
        auto const o = order_of(h, i);
        closed += state_of(o) == "CLOSED" ? 1U : 0U;
        refunded += o.refund ? 1U : 0U;
        BOOST_TEST_REQUIRE(!o.due_at.has_value());
        BOOST_TEST_REQUIRE(o.transaction_id.empty() == (state_of(o) == "CLOSED"));
        BOOST_TEST_REQUIRE(o.refund.has_value() == (state_of(o) == "REFUND"));
    }
    BOOST_TEST(closed > 200U);
    BOOST_TEST(closed < 400U);
    BOOST_TEST(refunded > 120U);
    BOOST_TEST(refunded < 280U);
}

BOOST_AUTO_TEST_CASE(goes_from_state_to_state_as_time_goes) {
    history const h(plain(2000));
    for (std::uint64_t i = 0; i < 2000; ++i) {
        auto const o = order_of(h, i);
        std::string_view state;
        unix_ms at = o.created_at;
        for (auto const& e : o.events) {
            BOOST_TEST_REQUIRE(e.previous_state == state);
            BOOST_TEST_REQUIRE(e.at >= at);
            state = e.trade_state;
            at = e.at;
        }
        if (o.refund) {
            BOOST_TEST_REQUIRE(o.refund->refund_fee >= 1);
            BOOST_TEST_REQUIRE(o.refund->refund_fee <= o.total_fee);
            BOOST_TEST_REQUIRE(o.refund->accepted_at <= at);
        }
    }
}

BOOST_AUTO_TEST_CASE(of_waiting_orders_is_due_later) {
    auto options = plain(20);
    options.kind = past_kind::waiting;
    options.due_after = 5000;
    options.tag = "nABCDEF";
    history const h(options);
    auto const o = order_of(h, 12);
    BOOST_TEST(o.out_trade_no == "nABCDEF0000000012");
    BOOST_TEST(state_of(o) == "NOTPAY");
    BOOST_TEST(o.transaction_id.empty());
    BOOST_TEST(o.due_at.value() == o.created_at + 5000);
}

BOOST_AUTO_TEST_SUITE_END()
