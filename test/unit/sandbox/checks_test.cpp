// What a request must be, and WeChat's words when it is not.
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
        out += "商"; // three bytes
    return out;
}

constexpr char const* format = "参数格式校验错误";

std::vector<bad_case> const bad_orders = {
    {"appid", "", "缺少参数"},
    {"mch_id", "", "缺少参数"},
    {"nonce_str", "", "缺少参数"},
    {"sign", "", "缺少参数"},
    {"body", "", "缺少参数"},
    {"out_trade_no", "", "缺少参数"},
    {"total_fee", "", "缺少参数"},
    {"spbill_create_ip", "", "缺少参数"},
    {"notify_url", "", "缺少参数"},
    {"trade_type", "", "缺少参数"},
    {"openid", "", "JSAPI支付必须传openid"},
    {"appid", many(33), "appid参数长度有误"},
    {"mch_id", many(33), "mch_id参数长度有误"},
    {"nonce_str", many(33), "nonce_str参数长度有误"},
    {"device_info", many(33), "device_info参数长度有误"},
    {"out_trade_no", "short", "out_trade_no参数长度有误"},
    {"out_trade_no", many(33), "out_trade_no参数长度有误"},
    {"attach", many(128), "attach参数长度有误"},
    {"attach", hanzi(43), "attach参数长度有误"}, // 129 bytes, 43 characters
    {"detail", many(6001), "detail参数长度有误"},
    {"goods_tag", many(33), "goods_tag参数长度有误"},
    {"notify_url", "https://example.com/" + many(237), "notify_url参数长度有误"}, // 257
    {"trade_type", many(17), "trade_type参数长度有误"},
    {"openid", many(129), "openid参数长度有误"},
    {"time_start", "2026", "time_start参数长度有误"},
    {"body",
     many(200),
     "输入源“/body/xml/body”映射到值字段“商品描述”字符串规则校验失败，字节数 200，大于最大值 127"},
    {"body",
     hanzi(43),
     "输入源“/body/xml/body”映射到值字段“商品描述”字符串规则校验失败，字节数 129，大于最大值 127"},
    {"out_trade_no", "order 0001", format},
    {"out_trade_no", "order@0001", format},
    {"total_fee", "0", format},
    {"total_fee", "-1", format},
    {"total_fee", "1.00", format},
    {"total_fee", "01", format},
    {"total_fee", "+1", format},
    {"total_fee", "10000000001", format},
    {"total_fee", "１", format},
    {"fee_type", "USD", format},
    {"spbill_create_ip", "localhost", format},
    {"spbill_create_ip", "1.2.3", format},
    {"spbill_create_ip", "1.2.3.256", format},
    {"time_start", "20261399000000", format},
    {"limit_pay", "no_debit", format},
    {"notify_url", "/notify", format},
    {"notify_url", "ftp://example.com/notify", format},
    {"notify_url", "https://example.com/notify?a=1", format},
    {"trade_type", "jsapi", format},
    {"trade_type", "MICROPAY", format},
    {"trade_type", "NATIVE", "缺少参数"}, // product_id
};

std::vector<bad_case> const good_orders = {
    {"body", many(127), ""},
    {"body", hanzi(42), ""}, // 126 bytes
    {"attach", many(127), ""},
    {"detail", many(6000), ""},
    {"nonce_str", "0.649960724868794", ""},
    {"out_trade_no", "a_-|*9", ""},
    {"out_trade_no", many(32), ""},
    {"total_fee", "1", ""},
    {"total_fee", "10000000000", ""},
    {"fee_type", "CNY", ""},
    {"spbill_create_ip", "2001:db8::1", ""},
    {"spbill_create_ip", "123.12.12.123", ""},
    {"notify_url", "http://127.0.0.1:40001/notify/shop/payment", ""},
    {"notify_url", "https://example.com/" + many(236), ""},
    {"trade_type", "APP", ""},
    {"trade_type", "MWEB", ""},
    {"limit_pay", "no_credit", ""},
    {"time_start", "20261123120000", ""},
    {"a_field_wechat_does_not_know", "x", ""},
};

} // namespace

BOOST_AUTO_TEST_SUITE(checks)

BOOST_DATA_TEST_CASE(
    a_bad_unifiedorder_is_refused_in_wechats_words, boost::unit_test::data::make(bad_orders), c
) {
    auto const wrong = check_unifiedorder(with(signed_with(order_request()), {{c.field, c.value}}));
    BOOST_TEST_REQUIRE(wrong.has_value());
    BOOST_TEST(wrong->return_msg == c.return_msg);
}

BOOST_DATA_TEST_CASE(a_good_unifiedorder_passes, boost::unit_test::data::make(good_orders), c) {
    auto const wrong = check_unifiedorder(with(signed_with(order_request()), {{c.field, c.value}}));
    BOOST_TEST(!wrong.has_value(), (wrong ? wrong->return_msg : ""));
}

BOOST_AUTO_TEST_CASE(native_needs_a_product_and_no_openid) {
    auto const r = with(order_request(), {{"trade_type", "NATIVE"}, {"product_id", "12"}, {"openid", ""}});
    BOOST_TEST(!check_unifiedorder(signed_with(r)).has_value());
}

BOOST_AUTO_TEST_CASE(presence_is_looked_at_before_length) {
    auto const wrong = check_unifiedorder(with(order_request(), {{"appid", many(40)}}));
    BOOST_TEST(wrong.value().return_msg == "缺少参数"); // sign
}

BOOST_AUTO_TEST_CASE(a_query_needs_one_number) {
    BOOST_TEST(check_orderquery(signed_with(request({}))).value().return_msg == "缺少参数");
    BOOST_TEST(!check_orderquery(signed_with(request({{"out_trade_no", "x"}}))).has_value());
    BOOST_TEST(!check_orderquery(signed_with(request({{"transaction_id", "4200"}}))).has_value());
    auto const wrong = check_orderquery(signed_with(request({{"transaction_id", many(33)}})));
    BOOST_TEST(wrong.value().return_msg == "transaction_id参数长度有误");
}

BOOST_AUTO_TEST_CASE(a_close_needs_the_number) {
    BOOST_TEST(check_closeorder(signed_with(request({}))).value().return_msg == "缺少参数");
    BOOST_TEST(!check_closeorder(signed_with(request({{"out_trade_no", "order0001"}}))).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
