// WeChat's calls: the exact bytes of each answer, and the order in which a call is checked.
#include "base/text.hpp"
#include "support.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;

namespace {

// What every signed answer begins with; the sandbox's own nonce is its n-th random text.
std::string head(std::string const& nonce, std::string const& sign, std::string const& device = {}) {
    return "<xml><return_code><![CDATA[SUCCESS]]></return_code>\n"
           "<return_msg><![CDATA[OK]]></return_msg>\n"
           "<appid><![CDATA[wxd930ea5d5a258f4f]]></appid>\n"
           "<mch_id><![CDATA[10000100]]></mch_id>\n" +
           device + "<nonce_str><![CDATA[" + nonce + "]]></nonce_str>\n" + "<sign><![CDATA[" + sign +
           "]]></sign>\n";
}

// The signature an answer should carry, made from its own fields.
std::string sign_of(std::string const& answer, sign_type type = sign_type::md5) {
    fields f;
    BOOST_TEST_REQUIRE(!decode_xml(answer, f));
    return sign(f, type, key);
}

std::string refusal(std::string const& return_msg) {
    return "<xml><return_code><![CDATA[FAIL]]></return_code>\n<return_msg><![CDATA[" + return_msg +
           "]]></return_msg>\n</xml>";
}

std::string failed(std::string const& nonce, std::string const& sign, char const* code, char const* des) {
    return head(nonce, sign) + "<result_code><![CDATA[FAIL]]></result_code>\n<err_code><![CDATA[" + code +
           "]]></err_code>\n<err_code_des><![CDATA[" + des + "]]></err_code_des>\n</xml>";
}

constexpr char const* empty_device = "<device_info><![CDATA[]]></device_info>\n";

} // namespace

BOOST_AUTO_TEST_SUITE(calls)

BOOST_AUTO_TEST_CASE(unifiedorder_byte_for_byte) {
    fixture s;
    auto const bytes = s.call("/pay/unifiedorder", signed_with(order_request()));
    BOOST_TEST(
        bytes == head("0000000000000002", sign_of(bytes)) +
                     "<result_code><![CDATA[SUCCESS]]></result_code>\n"
                     "<prepay_id><![CDATA[wx2312000000000000000000000000010000]]></prepay_id>\n"
                     "<trade_type><![CDATA[JSAPI]]></trade_type>\n"
                     "</xml>"
    );
    fields f;
    BOOST_TEST(!decode_xml(bytes, f));
    BOOST_TEST(f.get("sign").size() == 32U);
}

BOOST_AUTO_TEST_CASE(the_answer_is_signed_as_the_request_was) {
    fixture s;
    auto const bytes = s.call("/pay/unifiedorder", signed_with(order_request(), sign_type::hmac_sha256));
    auto const sign = sign_of(bytes, sign_type::hmac_sha256);
    BOOST_TEST(sign.size() == 64U);
    BOOST_TEST(bytes.find("<sign><![CDATA[" + sign + "]]></sign>") != std::string::npos);
    BOOST_TEST(bytes.find("sign_type") == std::string::npos);
    // An empty sign_type is MD5.
    auto r = order_request("order0002");
    r.set("sign_type", "");
    r.set("sign", wxgate::sign(r, sign_type::md5, key));
    auto const md5 = s.call("/pay/unifiedorder", r);
    BOOST_TEST(md5.find("<sign><![CDATA[" + sign_of(md5) + "]]></sign>") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(device_info_is_echoed_when_it_was_sent) {
    fixture s;
    auto const bytes =
        s.call("/pay/unifiedorder", signed_with(order_request("order0001", {{"device_info", "WEB"}})));
    BOOST_TEST(bytes.starts_with(
        head("0000000000000002", sign_of(bytes), "<device_info><![CDATA[WEB]]></device_info>\n") +
        "<result_code>"
    ));
    s.w.orders.pay(*s.w.orders.find("10000100", "order0001", s.now), s.now);
    auto const paid = s.ask("/pay/orderquery", request({{"out_trade_no", "order0001"}}));
    BOOST_TEST(paid.get("device_info") == "WEB");
}

BOOST_AUTO_TEST_CASE(native_and_h5_answers_end_with_their_urls) {
    fixture s;
    auto const native = s.ask(
        "/pay/unifiedorder",
        order_request("order0001", {{"trade_type", "NATIVE"}, {"product_id", "1"}, {"openid", ""}})
    );
    BOOST_TEST(native[native.size() - 1].name == "code_url");
    BOOST_TEST(native[native.size() - 2].value == "NATIVE");
    auto const h5 = s.ask("/pay/unifiedorder", order_request("order0002", {{"trade_type", "MWEB"}}));
    BOOST_TEST(h5[h5.size() - 1].name == "mweb_url");
    auto const app = s.ask("/pay/unifiedorder", order_request("order0003", {{"trade_type", "APP"}}));
    BOOST_TEST(app.get("prepay_id").starts_with("wx"));
}

BOOST_AUTO_TEST_CASE(orderquery_of_an_unpaid_order_byte_for_byte) {
    fixture s;
    s.place(order_request());
    auto const query = signed_with(request({{"out_trade_no", "order0001"}}));
    auto const bytes = s.call("/pay/orderquery", query);
    BOOST_TEST(
        bytes == head("0000000000000003", sign_of(bytes), empty_device) +
                     "<result_code><![CDATA[SUCCESS]]></result_code>\n"
                     "<total_fee>1299</total_fee>\n"
                     "<out_trade_no><![CDATA[order0001]]></out_trade_no>\n"
                     "<trade_state><![CDATA[NOTPAY]]></trade_state>\n"
                     "<trade_state_desc><![CDATA[订单未支付]]></trade_state_desc>\n"
                     "</xml>"
    );
    BOOST_TEST(!s.w.orders.close("10000100", "order0001", s.now));
    auto const closed = s.ask("/pay/orderquery", request({{"out_trade_no", "order0001"}}));
    BOOST_TEST(closed.get("trade_state") == "CLOSED");
    BOOST_TEST(closed.get("trade_state_desc") == "订单已关闭");
}

BOOST_AUTO_TEST_CASE(orderquery_of_a_paid_order_byte_for_byte) {
    fixture s;
    s.place(order_request());
    auto const& o = *s.w.orders.find("10000100", "order0001", s.now);
    s.w.orders.pay(o, s.now + 5000);
    auto const bytes = s.call("/pay/orderquery", signed_with(request({{"out_trade_no", "order0001"}})));
    auto const expected = head("0000000000000005", sign_of(bytes)) +
                          "<result_code><![CDATA[SUCCESS]]></result_code>\n"
                          "<openid><![CDATA[oUpF8uMuAJO_M2pxb1Q9zNjWeS6o]]></openid>\n"
                          "<is_subscribe><![CDATA[N]]></is_subscribe>\n"
                          "<trade_type><![CDATA[JSAPI]]></trade_type>\n"
                          "<bank_type><![CDATA[OTHERS]]></bank_type>\n"
                          "<total_fee>1299</total_fee>\n"
                          "<fee_type><![CDATA[CNY]]></fee_type>\n"
                          "<transaction_id><![CDATA[" +
                          o.transaction_id +
                          "]]></transaction_id>\n"
                          "<out_trade_no><![CDATA[order0001]]></out_trade_no>\n"
                          "<attach><![CDATA[]]></attach>\n"
                          "<time_end><![CDATA[20261123120005]]></time_end>\n"
                          "<trade_state><![CDATA[SUCCESS]]></trade_state>\n"
                          "<cash_fee>1299</cash_fee>\n"
                          "<trade_state_desc><![CDATA[支付成功]]></trade_state_desc>\n"
                          "<cash_fee_type><![CDATA[CNY]]></cash_fee_type>\n"
                          "</xml>";
    BOOST_TEST(bytes == expected);
    // By WeChat's own number too, which wins over the other.
    auto const by_number = s.ask(
        "/pay/orderquery", request({{"transaction_id", o.transaction_id}, {"out_trade_no", "another"}})
    );
    BOOST_TEST(by_number.get("out_trade_no") == "order0001");
}

BOOST_AUTO_TEST_CASE(an_unknown_order_byte_for_byte) {
    fixture s;
    auto const bytes = s.call("/pay/orderquery", signed_with(request({{"out_trade_no", "order0001"}})));
    BOOST_TEST(bytes == failed("0000000000000001", sign_of(bytes), "ORDERNOTEXIST", "order not exist"));
    auto const closing = s.call("/pay/closeorder", signed_with(request({{"out_trade_no", "order0001"}})));
    BOOST_TEST(closing == failed("0000000000000002", sign_of(closing), "ORDERNOTEXIST", "order not exist"));
    auto const by_number = s.ask("/pay/orderquery", request({{"transaction_id", "4200"}}));
    BOOST_TEST(by_number.get("err_code") == "ORDERNOTEXIST");
}

BOOST_AUTO_TEST_CASE(closeorder_byte_for_byte) {
    fixture s;
    s.place(order_request());
    auto const r = signed_with(request({{"out_trade_no", "order0001"}}));
    for (char const* const nonce : {"0000000000000003", "0000000000000004"}) { // and once more
        auto const bytes = s.call("/pay/closeorder", r);
        BOOST_TEST(
            bytes == head(nonce, sign_of(bytes)) + "<result_code><![CDATA[SUCCESS]]></result_code>\n"
                                                   "<result_msg><![CDATA[OK]]></result_msg>\n"
                                                   "</xml>"
        );
    }
    auto const again = s.call("/pay/unifiedorder", signed_with(order_request()));
    BOOST_TEST(again == failed("0000000000000005", sign_of(again), "ORDERCLOSED", "该订单已关闭"));
}

BOOST_AUTO_TEST_CASE(a_different_order_under_the_same_number_byte_for_byte) {
    fixture s;
    s.place(order_request());
    auto const bytes =
        s.call("/pay/unifiedorder", signed_with(order_request("order0001", {{"total_fee", "1300"}})));
    BOOST_TEST(bytes == failed("0000000000000003", sign_of(bytes), "INVALID_REQUEST", "201 商户订单号重复"));
}

BOOST_AUTO_TEST_CASE(a_body_that_is_no_message) {
    fixture s;
    auto const& op = *wechat_api::find_operation("/pay/unifiedorder");
    auto const answer = [&](std::string_view method, std::string_view body) {
        return s.w.api.call(op, method, body, s.now).body;
    };
    std::string const good = xml(signed_with(order_request()));
    BOOST_TEST(answer("GET", good) == refusal("请使用post方法"));
    BOOST_TEST(answer("POST", "") == refusal("post数据为空"));
    BOOST_TEST(answer("POST", "<xml><a>\xff</a></xml>") == refusal("编码格式错误"));
    for (std::string const& bad :
         {std::string("{}"),
          std::string("<xml>"),
          good + good,
          good + "x",
          "<!DOCTYPE xml>" + good,
          std::string("<xml><appid><![CDATA[a]]></appid><appid><![CDATA[b]]></appid></xml>"),
          std::string("<xml><appid a=\"1\">x</appid></xml>"),
          std::string("<xml><a><b>1</b></a></xml>"),
          std::string("<root><appid>x</appid></root>")})
        BOOST_TEST(answer("POST", bad) == refusal("XML格式错误"), bad);
    BOOST_TEST(s.w.orders.all(s.now).empty());
}

BOOST_AUTO_TEST_CASE(a_very_long_value_is_a_matter_of_length) {
    fixture s;
    auto const bytes = s.call(
        "/pay/unifiedorder", signed_with(order_request("order0001", {{"attach", std::string(20'000, 'x')}}))
    );
    BOOST_TEST(bytes == refusal("attach参数长度有误"));
}

BOOST_AUTO_TEST_CASE(who_calls) {
    fixture s;
    auto const answer = [&](values changes) {
        return s.call("/pay/unifiedorder", signed_with(with(order_request(), changes)));
    };
    BOOST_TEST(answer({{"appid", "wx0000000000000009"}}) == refusal("appid和mch_id不匹配"));
    BOOST_TEST(answer({{"appid", "wx0000000000000001"}}) == refusal("appid和mch_id不匹配")); // the other's
    BOOST_TEST(answer({{"mch_id", "10000999"}}) == refusal("商户号mch_id与appid不匹配"));
    // Fields come before the merchant, the merchant before the signature, the signature before business.
    BOOST_TEST(answer({{"mch_id", "10000999"}, {"total_fee", "0"}}) == refusal("参数格式校验错误"));
    auto r = signed_with(order_request(), sign_type::md5, other_key);
    BOOST_TEST(s.call("/pay/unifiedorder", r) == refusal("签名错误"));
    BOOST_TEST(
        s.call("/pay/unifiedorder", with(r, {{"mch_id", "10000999"}})) == refusal("商户号mch_id与appid不匹配")
    );
    r = signed_with(order_request("order0001", {{"time_expire", "x"}}), sign_type::md5, other_key);
    BOOST_TEST(s.call("/pay/unifiedorder", r) == refusal("签名错误"));
}

BOOST_AUTO_TEST_CASE(signatures) {
    fixture s;
    auto const answer = [&](fields const& r) { return s.call("/pay/unifiedorder", r); };
    auto const good = signed_with(order_request());
    std::string lower(good.get("sign"));
    for (char& c : lower)
        c = ascii_lower(c);
    auto const wrong = refusal("签名错误");
    BOOST_TEST(answer(with(good, {{"sign", lower}})) == wrong);
    BOOST_TEST(answer(with(good, {{"sign", std::string(32, '0')}})) == wrong);
    BOOST_TEST(answer(with(good, {{"sign", "x"}})) == wrong);
    BOOST_TEST(answer(with(good, {{"total_fee", "1"}})) == wrong);    // a value changed
    BOOST_TEST(answer(with(good, {{"unknown", "1"}})) == wrong);      // a field that was not signed
    BOOST_TEST(answer(with(good, {{"sign_type", "SHA1"}})) == wrong); // an algorithm WeChat has not
    // Signed with HMAC-SHA256, but without saying so.
    auto r = order_request();
    r.set("sign", sign(r, sign_type::hmac_sha256, key));
    BOOST_TEST(answer(r) == wrong);
    // A field WeChat does not know, signed: taken.
    BOOST_TEST(
        answer(signed_with(with(order_request(), {{"unknown", "1"}}))).find("prepay_id") != std::string::npos
    );
}

BOOST_AUTO_TEST_CASE(time_expire_is_a_business_matter) {
    fixture s;
    auto const answer =
        s.ask("/pay/unifiedorder", order_request("order0001", {{"time_expire", "20261123120030"}}));
    BOOST_TEST(answer.get("return_code") == "SUCCESS");
    BOOST_TEST(answer.get("err_code") == "INVALID_REQUEST");
}

BOOST_AUTO_TEST_CASE(faults_of_a_call) {
    fixture s;
    auto const& op = *wechat_api::find_operation("/pay/unifiedorder");
    auto const answer = [&](std::string_view number, call_faults const& f) {
        fields read;
        auto const bytes = s.w.api.call(op, "POST", xml(signed_with(order_request(number))), s.now, f).body;
        BOOST_TEST(!decode_xml(bytes, read));
        return read;
    };
    auto const exists = [&](std::string_view number) {
        return s.w.orders.find("10000100", number, s.now) != nullptr;
    };
    call_faults f;
    f.system_error = true;
    f.work = false;
    auto a = answer("order0001", f);
    BOOST_TEST(a.get("err_code") == "SYSTEMERROR");
    BOOST_TEST(verify(a, sign_type::md5, key));
    BOOST_TEST(!exists("order0001"));
    f.work = true;
    BOOST_TEST(answer("order0002", f).get("err_code") == "SYSTEMERROR");
    BOOST_TEST(exists("order0002"));
    f = {};
    f.sign = signing::wrong;
    BOOST_TEST(!verify(answer("order0003", f), sign_type::md5, key));
    BOOST_TEST(exists("order0003"));
    f = {};
    f.invent = true;
    a = answer("order0004", f);
    BOOST_TEST(a.get("result_code") == "SUCCESS");
    BOOST_TEST(!a.get("prepay_id").empty());
    BOOST_TEST(!verify(a, sign_type::md5, key));
    BOOST_TEST(!exists("order0004"));
    // A request that is refused anyway is refused as ever.
    auto const bytes = s.w.api.call(op, "POST", "<xml>", s.now, f).body;
    BOOST_TEST(bytes == refusal("XML格式错误"));
}

BOOST_AUTO_TEST_CASE(an_invented_query_says_paid_and_does_not_verify) {
    fixture s;
    s.place(order_request());
    call_faults f;
    f.invent = true;
    fields a;
    auto const& op = *wechat_api::find_operation("/pay/orderquery");
    auto const r = signed_with(request({{"out_trade_no", "order0001"}}));
    BOOST_TEST(!decode_xml(s.w.api.call(op, "POST", xml(r), s.now, f).body, a));
    BOOST_TEST(a.get("trade_state") == "SUCCESS");
    BOOST_TEST(a.get("total_fee") == "1299");
    BOOST_TEST(!verify(a, sign_type::md5, key));
    BOOST_TEST((s.w.orders.find("10000100", "order0001", s.now)->state == trade_state::NOTPAY));
}

BOOST_AUTO_TEST_SUITE_END()
