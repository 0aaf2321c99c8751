// What a refund's request must be, and WeChat's words when it is not.
#include "sandbox/checks.hpp"
#include "support.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;

namespace {

struct bad_case {
    std::string field;
    std::string value; // empty: left out
    std::string return_msg;
};

std::ostream& operator<<(std::ostream& out, bad_case const& c) {
    return out << c.field << "=" << c.value.substr(0, 40);
}

std::string many(std::size_t n) {
    return std::string(n, 'x');
}

std::string hanzi(std::size_t n) {
    std::string out;
    while (n-- > 0)
        out += "退"; // three bytes
    return out;
}

constexpr char const* format = "参数格式校验错误";

std::vector<bad_case> const bad_refunds = {
    {"appid", "", "缺少参数"},
    {"mch_id", "", "缺少参数"},
    {"nonce_str", "", "缺少参数"},
    {"sign", "", "缺少参数"},
    {"out_trade_no", "", "缺少参数"},
    {"out_refund_no", "", "缺少参数"},
    {"total_fee", "", "缺少参数"},
    {"refund_fee", "", "缺少参数"},
    {"appid", many(33), "appid参数长度有误"},
    {"mch_id", many(33), "mch_id参数长度有误"},
    {"nonce_str", many(33), "nonce_str参数长度有误"},
    {"out_trade_no", many(33), "out_trade_no参数长度有误"},
    {"transaction_id", many(33), "transaction_id参数长度有误"},
    {"out_refund_no", many(65), "out_refund_no参数长度有误"},
    {"refund_desc", many(81), "refund_desc参数长度有误"},
    {"refund_desc", hanzi(27), "refund_desc参数长度有误"}, // 81 bytes, 27 characters
    {"refund_account", many(31), "refund_account参数长度有误"},
    {"refund_fee_type", many(9), "refund_fee_type参数长度有误"},
    {"notify_url", "https://example.com/" + many(237), "notify_url参数长度有误"}, // 257
    {"op_user_id", many(33), "op_user_id参数长度有误"},
    {"detail", many(6001), "detail参数长度有误"},
    {"out_refund_no", "refund 1", format},
    {"out_refund_no", "refund/1", format},
    {"out_refund_no", "refund.1", format},
    {"out_refund_no", "退款", format},
    {"total_fee", "0", format},
    {"total_fee", "12.99", format},
    {"total_fee", "-1299", format},
    {"refund_fee", "0", format},
    {"refund_fee", "-1", format},
    {"refund_fee", "1.00", format},
    {"refund_fee", "01", format},
    {"refund_fee", "+1", format},
    {"refund_fee", "10000000001", format},
    {"refund_fee", "１", format},
    {"refund_fee_type", "USD", format},
    {"refund_fee_type", "cny", format},
    {"refund_account", "REFUND_SOURCE_OTHER", format},
    {"notify_url", "/notify", format},
    {"notify_url", "ftp://example.com/notify", format},
    {"notify_url", "https://example.com/notify?a=1", format},
};

std::vector<bad_case> const good_refunds = {
    {"out_refund_no", "1", ""},
    {"out_refund_no", many(64), ""},
    {"out_refund_no", "a_-|*@9", ""},
    {"transaction_id", many(32), ""},
    {"refund_fee", "1", ""},
    {"refund_fee", "10000000000", ""},
    {"refund_fee_type", "CNY", ""},
    {"refund_desc", many(80), ""},
    {"refund_desc", hanzi(26), ""}, // 78 bytes
    {"refund_account", "REFUND_SOURCE_UNSETTLED_FUNDS", ""},
    {"refund_account", "REFUND_SOURCE_RECHARGE_FUNDS", ""},
    {"notify_url", "", ""},
    {"notify_url", "http://127.0.0.1:40001/notify/shop/refund", ""},
    {"notify_url", "https://example.com/" + many(236), ""},
    {"op_user_id", "10000100", ""},
    {"a_field_wechat_does_not_know", "x", ""},
};

std::vector<bad_case> const bad_queries = {
    {"appid", "", "缺少参数"},
    {"mch_id", "", "缺少参数"},
    {"nonce_str", "", "缺少参数"},
    {"sign", "", "缺少参数"},
    {"out_refund_no", "", "缺少参数"}, // the only number there was
    {"refund_id", many(33), "refund_id参数长度有误"},
    {"out_refund_no", many(65), "out_refund_no参数长度有误"},
    {"transaction_id", many(33), "transaction_id参数长度有误"},
    {"out_trade_no", many(33), "out_trade_no参数长度有误"},
    {"offset", "-1", format},
    {"offset", "x", format},
    {"offset", "1.5", format},
    {"offset", "010", format},
    {"offset", "99999999999", format},
};

} // namespace

BOOST_AUTO_TEST_SUITE(refund_checks)

BOOST_DATA_TEST_CASE(a_bad_refund_is_refused_in_wechats_words, boost::unit_test::data::make(bad_refunds), c) {
    auto const wrong =
        check_refund(with(signed_with(order_refund_request("refund1", "1")), {{c.field, c.value}}));
    BOOST_TEST_REQUIRE(wrong.has_value());
    BOOST_TEST(wrong->return_msg == c.return_msg);
}

BOOST_DATA_TEST_CASE(a_good_refund_passes, boost::unit_test::data::make(good_refunds), c) {
    auto const wrong =
        check_refund(with(signed_with(order_refund_request("refund1", "1")), {{c.field, c.value}}));
    BOOST_TEST(!wrong.has_value(), (wrong ? wrong->return_msg : ""));
}

BOOST_AUTO_TEST_CASE(wechats_number_of_the_order_is_enough) {
    auto const r = order_refund_request("refund1", "1", {{"out_trade_no", ""}, {"transaction_id", "4200"}});
    BOOST_TEST(!check_refund(signed_with(r)).has_value());
}

BOOST_DATA_TEST_CASE(a_bad_query_is_refused, boost::unit_test::data::make(bad_queries), c) {
    auto const good = signed_with(request({{"out_refund_no", "refund1"}}));
    auto const wrong = check_refundquery(with(good, {{c.field, c.value}}));
    BOOST_TEST_REQUIRE(wrong.has_value());
    BOOST_TEST(wrong->return_msg == c.return_msg);
}

BOOST_AUTO_TEST_CASE(a_query_needs_one_of_four_numbers) {
    for (char const* const name : {"refund_id", "out_refund_no", "transaction_id", "out_trade_no"})
        for (char const* const offset : {"", "0", "10"})
            BOOST_TEST(!check_refundquery(signed_with(request({{name, "1"}, {"offset", offset}}))).has_value()
            );
}

BOOST_AUTO_TEST_CASE(a_very_long_value_is_a_matter_of_length) {
    fixture s;
    auto const a = s.refund("refund1", "1", {{"refund_desc", std::string(20'000, 'x')}});
    BOOST_TEST(a.get("return_msg") == "refund_desc参数长度有误");
}

BOOST_AUTO_TEST_SUITE_END()
