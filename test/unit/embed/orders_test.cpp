// unifiedorder in all its trade types, orderquery, closeorder, code2session and the generic call: accepted,
// refused, unknown.
#include "stage.hpp"

#include <boost/json.hpp>

using namespace wxgate;
using namespace wxgate::embed_test;

BOOST_AUTO_TEST_SUITE(orders_of_a_client)

BOOST_AUTO_TEST_CASE(unified_order) {
    stage s;
    for (auto const type : {sign_type::md5, sign_type::hmac_sha256}) {
        account const shop = direct(type);
        auto const number = "order-" + std::string(to_string(type));
        auto const jsapi = s.run(s.wechat().unified_order(shop, order(number), soon()));
        BOOST_TEST_REQUIRE(jsapi.has_value());
        BOOST_TEST(jsapi->prepay_id.size() == 36U);
        BOOST_TEST(jsapi->raw.get("trade_type") == "JSAPI");
    }
    account const shop = direct();
    auto other = order("order-MD5");
    other.total_fee = fen(1);
    BOOST_TEST(how(s.run(s.wechat().unified_order(shop, other, soon()))) == "refused INVALID_REQUEST");
    s.fault("reset_after", "unifiedorder");
    BOOST_TEST(
        how(s.run(s.wechat().unified_order(shop, order("order-cut"), soon()))) ==
        unknown_as(errc::connection_lost, true)
    );
    BOOST_TEST((s.w.orders.find("10000100", "order-cut", s.now) != nullptr)); // done all the same
    s.fault("bad_sign", "unifiedorder");
    BOOST_TEST(
        how(s.run(s.wechat().unified_order(shop, order("order-bad"), soon()))) ==
        unknown_as(errc::bad_signature, true)
    );
    s.fault("system_error", "unifiedorder");
    BOOST_TEST(
        how(s.run(s.wechat().unified_order(shop, order("order-busy"), soon()))) ==
        unknown_as(errc::upstream_busy, true)
    );
}

BOOST_AUTO_TEST_CASE(a_code_to_scan) {
    stage s;
    account const shop = direct();
    auto const native = s.run(s.wechat().unified_order(shop, order("order0001", "NATIVE"), soon()));
    BOOST_TEST_REQUIRE(native.has_value());
    BOOST_TEST(native->code_url.starts_with("weixin://wxpay/bizpayurl?pr="));
    BOOST_TEST(
        s.control("POST", "/control/pay", R"({"code_url":")" + native->code_url + R"("})").status == 200U
    );
    order_query_request q;
    q.out_trade_no = "order0001";
    auto const status = s.run(s.wechat().order_query(shop, q, soon()));
    BOOST_TEST_REQUIRE(status.has_value());
    BOOST_TEST((status->trade_state == trade_state::SUCCESS));
    BOOST_TEST(status->trade_type == "NATIVE");
    BOOST_TEST(status->cash_fee.value().count() == 1299);
}

BOOST_AUTO_TEST_CASE(a_browser_on_a_phone) {
    stage s;
    account const shop = direct();
    auto const h5 = s.run(s.wechat().unified_order(shop, order("order0001", "MWEB"), soon()));
    BOOST_TEST_REQUIRE(h5.has_value());
    auto const body = R"({"mweb_url":")" + h5->mweb_url + R"("})";
    s.now += 6 * 60'000;
    BOOST_TEST(s.control("POST", "/control/pay", body).status == 400U); // five minutes
    auto const again = s.run(s.wechat().unified_order(shop, order("order0001", "MWEB"), soon()));
    BOOST_TEST_REQUIRE(again.has_value());
    BOOST_TEST(again->mweb_url != h5->mweb_url);
    BOOST_TEST(
        s.control("POST", "/control/pay", R"({"mweb_url":")" + again->mweb_url + R"("})").status == 200U
    );
}

BOOST_AUTO_TEST_CASE(an_app) {
    stage s;
    for (auto const type : {sign_type::md5, sign_type::hmac_sha256}) {
        account const shop = direct(type);
        auto const number = "order-" + std::string(to_string(type));
        auto const placed = s.run(s.wechat().unified_order(shop, order(number, "APP"), soon()));
        BOOST_TEST_REQUIRE(placed.has_value());
        auto const p =
            make_app_payment(shop.appid, shop.mch_id, placed->prepay_id, type, shop.api_key, noon / 1000);
        boost::json::object app;
        app["appid"] = p.appid;
        app["partnerid"] = p.partnerid;
        app["prepayid"] = p.prepayid;
        app["package"] = p.package;
        app["noncestr"] = p.noncestr;
        app["timestamp"] = p.timestamp;
        app["sign"] = p.sign;
        boost::json::object body;
        body["app"] = app;
        BOOST_TEST(s.control("POST", "/control/pay", boost::json::serialize(body)).status == 200U);
        app["sign"] = std::string(p.sign.size(), 'A');
        body["app"] = app;
        BOOST_TEST(s.control("POST", "/control/pay", boost::json::serialize(body)).status == 400U);
    }
}

BOOST_AUTO_TEST_CASE(order_query) {
    stage s;
    account const shop = direct();
    order_query_request q;
    q.out_trade_no = "order0001";
    BOOST_TEST(how(s.run(s.wechat().order_query(shop, q, soon()))) == "refused ORDERNOTEXIST");
    s.paid();
    auto const status = s.run(s.wechat().order_query(shop, q, soon()));
    BOOST_TEST_REQUIRE(status.has_value());
    BOOST_TEST((status->trade_state == trade_state::SUCCESS));
    BOOST_TEST(status->total_fee.value().count() == 1299);
    BOOST_TEST(status->raw.get("bank_type") == "OTHERS");
    q.out_trade_no.clear();
    q.transaction_id = status->transaction_id;
    BOOST_TEST(how(s.run(s.wechat().order_query(shop, q, soon()))) == "accepted");
    s.fault("garbage", "orderquery");
    auto const garbled = s.run(s.wechat().order_query(shop, q, soon()));
    BOOST_TEST_REQUIRE(!garbled.has_value());
    BOOST_TEST(!garbled.error().is_refused());
    s.fault("http_500", "orderquery");
    BOOST_TEST(how(s.run(s.wechat().order_query(shop, q, soon()))) == unknown_as(errc::bad_status, true));
}

BOOST_AUTO_TEST_CASE(close_order) {
    stage s;
    account const shop = direct();
    s.run(s.wechat().unified_order(shop, order("order0002"), soon())).value();
    close_order_request r;
    r.out_trade_no = "order0002";
    s.fault("reset_before", "closeorder");
    BOOST_TEST(
        how(s.run(s.wechat().close_order(shop, r, soon()))) == unknown_as(errc::connection_lost, true)
    );
    BOOST_TEST(how(s.run(s.wechat().close_order(shop, r, soon()))) == "accepted");
    s.paid();
    r.out_trade_no = "order0001";
    BOOST_TEST(how(s.run(s.wechat().close_order(shop, r, soon()))) == "refused ORDERPAID");
}

BOOST_AUTO_TEST_CASE(code_to_session) {
    stage s;
    std::string const appid = "wxd930ea5d5a258f4f";
    auto const ask = [&](std::string const& code) {
        return s.run(s.wechat().code_to_session(appid, "any", code, soon()));
    };
    auto const first = ask("openid:oCustomer");
    BOOST_TEST_REQUIRE(first.has_value());
    BOOST_TEST(first->openid == "oCustomer");
    BOOST_TEST(how(ask("openid:oCustomer")) == "refused 40029");
    BOOST_TEST(how(ask("busy")) == unknown_as(errc::upstream_busy, true));
}

BOOST_AUTO_TEST_CASE(any_call) {
    stage s;
    account const shop = direct(sign_type::hmac_sha256);
    s.paid();
    fields q;
    q.set("out_trade_no", "order0001");
    call_options options;
    options.repeatable = true;
    auto const answer = s.run(s.wechat().call(shop, "/pay/orderquery", q, options, soon()));
    BOOST_TEST_REQUIRE(answer.has_value());
    BOOST_TEST(answer->get("trade_state") == "SUCCESS");
    q.set("out_trade_no", "order0002");
    BOOST_TEST(
        how(s.run(s.wechat().call(shop, "/pay/orderquery", q, options, soon()))) == "refused ORDERNOTEXIST"
    );
    BOOST_TEST(
        how(s.run(s.wechat().call(shop, "/pay/nothing", q, options, soon()))) ==
        unknown_as(errc::bad_status, true)
    );
    BOOST_TEST(
        how(s.run(s.wechat().call(shop, "orderquery", q, options, soon()))) ==
        unknown_as(errc::invalid_argument, false)
    );
}

BOOST_AUTO_TEST_SUITE_END()
