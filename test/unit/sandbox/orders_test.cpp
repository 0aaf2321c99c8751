// The states of an order and the re-entry table (protocol A5, A14).
#include "support.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;
using namespace std::chrono_literals;

namespace {

constexpr unix_ms hour = 3'600'000;
constexpr unix_ms day = 24 * hour;

struct book : order_book {
    explicit book(unsigned scale = 1) : order_book(scaled_intervals(scale), counting()) {}

    placed put(fields const& r, unix_ms now = noon) { return place(r, sign_type::md5, now); }
};

order const& accepted(order_book::placed const& p) {
    BOOST_TEST_REQUIRE((p.accepted != nullptr), p.refused.err_code);
    return *p.accepted;
}

} // namespace

BOOST_AUTO_TEST_SUITE(orders)

BOOST_AUTO_TEST_CASE(the_shapes_of_wechats_numbers) {
    book b;
    auto const& o = accepted(b.put(order_request()));
    BOOST_TEST(o.prepay_id.size() == 36U);
    BOOST_TEST(o.prepay_id.starts_with("wx23120000")); // ddHHmmss in Beijing
    BOOST_TEST(o.prepay_id.ends_with("0000"));
    b.pay(o, noon + 1000);
    BOOST_TEST(o.transaction_id.size() == 28U);
    BOOST_TEST(o.transaction_id.starts_with("4200"));
    BOOST_TEST(o.transaction_id.substr(10, 8) == "20261123");
    BOOST_TEST(o.transaction_id.find_first_not_of("0123456789") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_same_call_gives_the_same_prepay_for_two_hours) {
    book b;
    std::string const first = accepted(b.put(order_request())).prepay_id;
    BOOST_TEST(accepted(b.put(order_request(), noon + 2 * hour - 1)).prepay_id == first);
    std::string const second = accepted(b.put(order_request(), noon + 2 * hour)).prepay_id;
    BOOST_TEST(second != first);
    BOOST_TEST(accepted(b.put(order_request(), noon + 4 * hour - 1)).prepay_id == second);
    BOOST_TEST(b.all(noon).size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_prepays_life_is_scaled) {
    book b(60);
    std::string const first = accepted(b.put(order_request())).prepay_id;
    BOOST_TEST(accepted(b.put(order_request(), noon + 119'999)).prepay_id == first);
    BOOST_TEST(accepted(b.put(order_request(), noon + 120'000)).prepay_id != first);
}

BOOST_DATA_TEST_CASE(
    what_a_second_call_may_not_change,
    boost::unit_test::data::make(std::vector<std::string>{
        "body",
        "detail",
        "attach",
        "total_fee",
        "notify_url",
        "openid",
        "product_id",
        "limit_pay",
        "time_expire",
        "goods_tag",
        "sub_openid"}),
    field
) {
    book b;
    accepted(b.put(order_request()));
    auto const again = b.put(with(order_request(), {{field, "1"}}));
    BOOST_TEST((again.accepted == nullptr));
    BOOST_TEST(again.refused.err_code == "INVALID_REQUEST");
    BOOST_TEST(again.refused.err_code_des == "201 商户订单号重复");
}

BOOST_DATA_TEST_CASE(
    what_a_second_call_may_change,
    boost::unit_test::data::make(std::vector<std::string>{
        "nonce_str", "spbill_create_ip", "time_start", "device_info", "scene_info"}),
    field
) {
    book b;
    std::string const first = accepted(b.put(order_request())).prepay_id;
    BOOST_TEST(accepted(b.put(with(order_request(), {{field, "1"}}))).prepay_id == first);
    BOOST_TEST(accepted(b.put(with(order_request(), {{"fee_type", "CNY"}}))).prepay_id == first);
}

BOOST_AUTO_TEST_CASE(fields_do_not_run_into_each_other) {
    book b;
    accepted(b.put(order_request("order0001", {{"body", "x"}, {"attach", "ab"}, {"goods_tag", "c"}})));
    auto const again =
        b.put(order_request("order0001", {{"body", "x"}, {"attach", "a"}, {"goods_tag", "bc"}}));
    BOOST_TEST(again.refused.err_code == "INVALID_REQUEST");
}

BOOST_AUTO_TEST_CASE(a_paid_number_and_a_closed_one) {
    book b;
    auto const& o = accepted(b.put(order_request()));
    b.pay(o, noon);
    for (auto const& r : {order_request(), order_request("order0001", {{"body", "other"}})}) {
        auto const again = b.put(r);
        BOOST_TEST(again.refused.err_code == "ORDERPAID");
        BOOST_TEST(again.refused.err_code_des == "该订单已支付");
    }
    accepted(b.put(order_request("order0002")));
    BOOST_TEST(!b.close("10000100", "order0002", noon).has_value());
    auto const again = b.put(order_request("order0002"));
    BOOST_TEST(again.refused.err_code == "ORDERCLOSED");
    BOOST_TEST(again.refused.err_code_des == "该订单已关闭");
}

BOOST_AUTO_TEST_CASE(a_number_is_unique_per_merchant) {
    book b;
    auto const& mine = accepted(b.put(order_request()));
    auto const& theirs = accepted(b.put(with(order_request(), {{"mch_id", "10000200"}, {"total_fee", "1"}})));
    BOOST_TEST((&mine != &theirs));
    BOOST_TEST((b.find("10000100", "order0001", noon) == &mine));
    BOOST_TEST((b.find("10000200", "order0001", noon) == &theirs));
    b.pay(mine, noon);
    BOOST_TEST((b.find_transaction("10000100", mine.transaction_id, noon) == &mine));
    BOOST_TEST((b.find_transaction("10000200", mine.transaction_id, noon) == nullptr));
}

BOOST_AUTO_TEST_CASE(closing) {
    book b;
    auto const unknown = b.close("10000100", "order0001", noon);
    BOOST_TEST(unknown.value().err_code == "ORDERNOTEXIST");
    BOOST_TEST(unknown.value().err_code_des == "order not exist");
    auto const& o = accepted(b.put(order_request()));
    BOOST_TEST(!b.close("10000100", "order0001", noon).has_value()); // no five minutes' wait
    BOOST_TEST((o.state == trade_state::CLOSED));
    BOOST_TEST(!b.close("10000100", "order0001", noon).has_value()); // again
    auto const& paid = accepted(b.put(order_request("order0002")));
    b.pay(paid, noon);
    auto const refused = b.close("10000100", "order0002", noon);
    BOOST_TEST(refused.value().err_code == "ORDERPAID");
    BOOST_TEST(refused.value().err_code_des == "order paid");
    BOOST_TEST((paid.state == trade_state::SUCCESS));
}

BOOST_AUTO_TEST_CASE(an_unpaid_order_closes_after_seven_days) {
    book b;
    auto const& o = accepted(b.put(order_request()));
    auto const& paid = accepted(b.put(order_request("order0002")));
    b.pay(paid, noon);
    BOOST_TEST((b.find("10000100", "order0001", noon + 7 * day - 1)->state == trade_state::NOTPAY));
    BOOST_TEST(b.unpayable(o, o.prepay_id, noon + 7 * day).value() == "该订单已关闭");
    b.all(noon + 7 * day);
    BOOST_TEST((o.state == trade_state::CLOSED));
    BOOST_TEST((paid.state == trade_state::SUCCESS));
    BOOST_TEST(b.put(order_request(), noon + 7 * day).refused.err_code == "ORDERCLOSED");
}

BOOST_AUTO_TEST_CASE(time_expire_blocks_paying_and_leaves_notpay) {
    book b;
    auto const& o = accepted(b.put(order_request("order0001", {{"time_expire", "20261123120500"}})));
    BOOST_TEST(!b.unpayable(o, o.prepay_id, noon + 299'999).has_value());
    BOOST_TEST(b.unpayable(o, o.prepay_id, noon + 300'000).has_value());
    BOOST_TEST((b.find("10000100", "order0001", noon + 300'000)->state == trade_state::NOTPAY));
}

BOOST_AUTO_TEST_CASE(time_expire_must_be_a_time_more_than_a_minute_away) {
    struct row {
        char const* time_expire;
        bool good;
    };

    for (auto const& [text, good] : {
             row{"20261123120101", true},
             row{"20261123120100", false},
             row{"20261123110000", false},
             row{"20261323120000", false},
             row{"2026-11-23", false},
         }) {
        book b;
        auto const p = b.put(order_request("order0001", {{"time_expire", text}}));
        BOOST_TEST((p.accepted != nullptr) == good, text);
        BOOST_TEST(p.refused.err_code == (good ? "" : "INVALID_REQUEST"));
    }
    book fast(60); // a second then
    accepted(fast.put(order_request("order0001", {{"time_expire", "20261123120002"}})));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_paid) {
    book b;
    auto const& o = accepted(b.put(order_request()));
    std::string const first = o.prepay_id;
    BOOST_TEST(!b.unpayable(o, first, noon + 2 * hour - 1).has_value());
    BOOST_TEST(b.unpayable(o, first, noon + 2 * hour).has_value());
    accepted(b.put(order_request(), noon + 3 * hour));
    BOOST_TEST(b.unpayable(o, first, noon + 3 * hour).has_value()); // the old one stays dead
    BOOST_TEST(!b.unpayable(o, o.prepay_id, noon + 3 * hour).has_value());
    BOOST_TEST((b.find_prepay(first, noon) == &o));
    b.pay(o, noon + 3 * hour);
    BOOST_TEST(b.unpayable(o, o.prepay_id, noon + 3 * hour).value() == "该订单已支付");
}

BOOST_AUTO_TEST_CASE(native_and_h5) {
    book b;
    auto const& native =
        accepted(b.put(order_request("order0001", {{"trade_type", "NATIVE"}, {"product_id", "1"}})));
    std::string const code = native.code_url;
    BOOST_TEST(code.starts_with("weixin://wxpay/bizpayurl?pr="));
    accepted(b.put(order_request("order0001", {{"trade_type", "NATIVE"}, {"product_id", "1"}})));
    BOOST_TEST(native.code_url != code); // the old one is void
    auto const& h5 = accepted(b.put(order_request("order0002", {{"trade_type", "MWEB"}})));
    BOOST_TEST(h5.mweb_url.starts_with("https://wx.tenpay.com/"));
    BOOST_TEST(h5.mweb_url.find(h5.prepay_id) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
