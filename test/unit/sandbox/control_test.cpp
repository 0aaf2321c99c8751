// The control API without its HTTP: paying as wx.requestPayment does, the clock, the ledger, forgetting.
#include "sandbox/control.hpp"
#include "support.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;
namespace json = boost::json;

namespace {

std::string text(json::value const& v, char const* name) {
    return std::string(v.at(name).as_string().c_str());
}

std::pair<unsigned, std::string> pay(fixture& s, std::string const& body, std::string_view query = {}) {
    auto const [status, reply] = s.control("POST", "/control/request-payment", query, body);
    return {status, text(reply, "errMsg")};
}

std::string changed(std::string const& body, char const* name, std::string const& to) {
    auto o = json::parse(body).as_object();
    o[name] = to;
    return json::serialize(o);
}

std::string without_string(std::string const& body, char const* name) {
    auto o = json::parse(body).as_object();
    o[name] = 1;
    return json::serialize(o);
}

std::string state_of(fixture& s, std::string_view number) {
    return std::string(to_string(s.w.orders.find("10000100", number, s.now)->state));
}

} // namespace

BOOST_AUTO_TEST_SUITE(controls)

BOOST_AUTO_TEST_CASE(paying) {
    for (auto const type : {sign_type::md5, sign_type::hmac_sha256}) {
        fixture s;
        int woken = 0;
        s.w.something_is_due = [&] { ++woken; };
        auto const body = request_payment_json(s.place(order_request(), type), type);
        s.now += 60'000;
        auto const [status, reply] = s.control("POST", "/control/request-payment", "", body);
        BOOST_TEST(status == 200U);
        BOOST_TEST(text(reply, "errMsg") == "requestPayment:ok");
        BOOST_TEST(text(reply, "out_trade_no") == "order0001");
        auto const& o = *s.w.orders.find("10000100", "order0001", s.now);
        BOOST_TEST(text(reply, "transaction_id") == o.transaction_id);
        BOOST_TEST((o.state == trade_state::SUCCESS));
        BOOST_TEST(o.paid_at == noon + 60'000);
        // Its notification is due at once, and is the order's.
        BOOST_TEST(woken == 1);
        auto const n = s.w.notifications.take_due(s.now);
        BOOST_TEST_REQUIRE((n != nullptr));
        BOOST_TEST(n->url == "http://127.0.0.1:8080/notify/shop/payment");
        fields f;
        BOOST_TEST(!decode_xml(n->write(signing::right), f));
        BOOST_TEST(verify(f, type, key));
        BOOST_TEST(f.get("nonce_str") == "ibuaiVcKdpRxkhJA"); // the merchant's own
        BOOST_TEST(f.get("transaction_id") == o.transaction_id);
        // A second time it is paid already.
        auto const again = pay(s, body);
        BOOST_TEST(again.first == 400U);
        BOOST_TEST(again.second == "requestPayment:fail 该订单已支付");
        BOOST_TEST(s.w.notifications.all().size() == 1U);
    }
}

BOOST_AUTO_TEST_CASE(not_paying) {
    fixture s;
    auto const body = request_payment_json(s.place(order_request()));
    auto reply = pay(s, body, "outcome=cancel");
    BOOST_TEST(reply.first == 200U);
    BOOST_TEST(reply.second == "requestPayment:fail cancel");
    reply = pay(s, body, "outcome=fail");
    BOOST_TEST(reply.first == 200U);
    BOOST_TEST(reply.second == "requestPayment:fail (payment failed)");
    BOOST_TEST(state_of(s, "order0001") == "NOTPAY");
    BOOST_TEST(s.w.notifications.all().empty());
    BOOST_TEST(pay(s, body, "outcome=maybe").first == 400U);
    BOOST_TEST(pay(s, body, "other=1").first == 400U);
    BOOST_TEST(pay(s, body, "outcome=success").second == "requestPayment:ok");
}

BOOST_AUTO_TEST_CASE(values_that_are_not_the_orders) {
    fixture s;
    auto const prepay = s.place(order_request());
    auto const body = request_payment_json(prepay);
    auto const refused = [&](std::string const& b) {
        auto const [status, what] = pay(s, b);
        BOOST_TEST(status == 400U);
        BOOST_TEST(what.starts_with("requestPayment:fail "), what);
        BOOST_TEST(state_of(s, "order0001") == "NOTPAY");
        return what.substr(20);
    };
    for (char const* const bad : {"", "[]", "{", "null", "{}", "\"x\""})
        refused(bad);
    for (char const* const name : {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}) {
        BOOST_TEST(refused(without_string(body, name)) == std::string(name) + " is missing or not a string");
        refused(changed(body, name, ""));
        refused(changed(body, name, "x"));
    }
    BOOST_TEST(refused(changed(body, "appId", "wx1")) == "appId is not known");
    BOOST_TEST(refused(changed(body, "appId", "wx0000000000000001")) == "appId is not the order's");
    BOOST_TEST(refused(changed(body, "timeStamp", "1.5")) == "timeStamp is not a decimal number of seconds");
    BOOST_TEST(refused(changed(body, "package", prepay)) == "package does not begin with prepay_id=");
    BOOST_TEST(refused(changed(body, "package", "prepay_id=wx")) == "prepay_id is not known");
    BOOST_TEST(refused(changed(body, "signType", "RSA")) == "signType is neither MD5 nor HMAC-SHA256");
    BOOST_TEST(
        refused(request_payment_json(prepay, sign_type::hmac_sha256)) ==
        "signType is not the order's sign_type"
    );
    BOOST_TEST(refused(changed(body, "nonceStr", "other")) == "paySign does not verify");
    BOOST_TEST(refused(request_payment_json(prepay, sign_type::md5, other_key)) == "paySign does not verify");
    BOOST_TEST(pay(s, body).first == 200U);
}

BOOST_AUTO_TEST_CASE(an_order_that_is_closed_or_expired_or_whose_prepay_is) {
    fixture s;
    auto const closed = request_payment_json(s.place(order_request()));
    BOOST_TEST(!s.w.orders.close("10000100", "order0001", s.now));
    BOOST_TEST(pay(s, closed).second == "requestPayment:fail 该订单已关闭");
    auto const expired =
        request_payment_json(s.place(order_request("order0002", {{"time_expire", "20261123120500"}})));
    auto const old = request_payment_json(s.place(order_request("order0003")));
    s.control("POST", "/control/clock", "", R"({"advance":"5m"})");
    BOOST_TEST(pay(s, expired).second.find("已过期") != std::string::npos);
    BOOST_TEST(state_of(s, "order0002") == "NOTPAY");
    s.control("POST", "/control/clock", "", R"({"advance":"2h"})");
    BOOST_TEST(pay(s, old).second.find("prepay_id已过期") != std::string::npos);
    BOOST_TEST(pay(s, old).first == 400U);
}

BOOST_AUTO_TEST_CASE(the_clock) {
    fixture s;
    int woken = 0;
    s.w.something_is_due = [&] { ++woken; };
    auto const [status, reply] = s.control("POST", "/control/clock", "", R"({"advance":"2h"})");
    BOOST_TEST(status == 200U);
    BOOST_TEST(text(reply, "now") == "2026-11-23T06:00:00.000Z");
    BOOST_TEST(woken == 1);
    for (char const* const bad :
         {"",
          "{}",
          "[]",
          R"({"advance":2})",
          R"({"advance":"2y"})",
          R"({"advance":"-2h"})",
          R"({"advance":"3650d"})",
          R"({"advance":"1h","x":1})",
          R"({"set":"1h"})"}) {
        auto const refused = s.control("POST", "/control/clock", "", bad);
        BOOST_TEST(refused.first == 400U, bad);
        BOOST_TEST(!text(refused.second, "error").empty());
    }
    BOOST_TEST(s.w.clock.now() == noon + 7'200'000);
}

BOOST_AUTO_TEST_CASE(the_ledger_is_the_contracts_shape) {
    fixture s;
    s.place(order_request());
    pay(s, request_payment_json(s.place(order_request("order0002"))));
    auto const [status, ledger] = s.control("GET", "/control/ledger");
    auto const number = s.w.orders.find("10000100", "order0002", s.now)->transaction_id;
    BOOST_TEST(status == 200U);
    BOOST_TEST(
        json::serialize(ledger) ==
        R"({"orders":[)"
        R"({"out_trade_no":"order0001","total_fee":1299,"trade_state":"NOTPAY","transaction_id":null,)"
        R"("openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o","refunds":[]},)"
        R"({"out_trade_no":"order0002","total_fee":1299,"trade_state":"SUCCESS","transaction_id":")" +
            number +
            R"(","openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o","refunds":[]}],)"
            R"("notifications":[{"out_trade_no":"order0002","kind":"payment","attempts":0,"acknowledged":false}]})"
    );
}

BOOST_AUTO_TEST_CASE(faults_are_set_and_taken_away) {
    fixture s;
    auto const [status, reply] = s.control(
        "PUT", "/control/faults", "", R"({"rules":[{"on":"notify","do":"drop","p":0.5,"times":3}]})"
    );
    BOOST_TEST(status == 200U);
    BOOST_TEST(
        json::serialize(reply) == R"({"seed":1,"rules":[{"on":"notify","do":"drop","p":5E-1,"times":3}]})"
    );
    for (char const* const bad : {"", "{", "{}", R"({"rules":[{"on":"x","do":"drop"}]})"}) {
        auto const refused = s.control("PUT", "/control/faults", "", bad);
        BOOST_TEST(refused.first == 400U);
        BOOST_TEST(!text(refused.second, "error").empty());
    }
    BOOST_TEST(s.w.faults.plan().rules.size() == 1U); // a bad plan changes nothing
    BOOST_TEST(s.control("DELETE", "/control/faults").first == 200U);
    BOOST_TEST(s.w.faults.plan().rules.empty());
}

BOOST_AUTO_TEST_CASE(forgetting_everything) {
    fixture s;
    pay(s, request_payment_json(s.place(order_request())));
    s.control("PUT", "/control/faults", "", R"({"rules":[{"on":"notify","do":"drop"}]})");
    s.control("POST", "/control/clock", "", R"({"advance":"2h"})");
    s.w.log.add(s.now, "unifiedorder", "/pay/unifiedorder", "<xml/>");
    BOOST_TEST(s.control("DELETE", "/control/state").first == 200U);
    BOOST_TEST(
        json::serialize(s.control("GET", "/control/ledger").second) == R"({"orders":[],"notifications":[]})"
    );
    BOOST_TEST(json::serialize(s.control("GET", "/control/requests").second) == "[]");
    BOOST_TEST(s.w.faults.plan().rules.empty());
    BOOST_TEST(s.w.clock.now() == noon);
    s.place(order_request()); // the number is free again
}

BOOST_AUTO_TEST_CASE(unknown_calls) {
    fixture s;
    BOOST_TEST(s.control("GET", "/control/nothing").first == 404U);
    BOOST_TEST(s.control("GET", "/").first == 404U);
    auto const reply = wxgate::sandbox::control(s.w, "GET", "/control/faults", "", "");
    BOOST_TEST(reply.status == 405U);
    BOOST_TEST(reply.allow == "PUT, DELETE");
    BOOST_TEST(s.control("GET", "/control/requests", "last=x").first == 400U);
    BOOST_TEST(s.control("GET", "/control/requests", "last=100000").first == 200U);
}

BOOST_AUTO_TEST_SUITE_END()
