// Several accounts in one client, a service provider among them; a code on the wall (mode one).
#include "sandbox/notifications.hpp"
#include "stage.hpp"

#include <wxgate/native.hpp>
#include <wxgate/notification.hpp>

#include <boost/json.hpp>

using namespace wxgate;
using namespace wxgate::embed_test;

BOOST_AUTO_TEST_SUITE(accounts)

BOOST_AUTO_TEST_CASE(a_provider_calls_for_its_shop) {
    stage s;
    account const p = provider();
    auto r = order();
    r.openid.clear();
    r.sub_openid = "oShopsCustomer";
    auto const placed = s.run(s.wechat().unified_order(p, r, soon()));
    BOOST_TEST_REQUIRE(placed.has_value());
    BOOST_TEST(placed->raw.get("sub_mch_id") == shop_mch_id);
    BOOST_TEST(placed->raw.get("sub_appid") == shop_appid);
    auto const* const o = s.w.orders.find(provider_mch_id, "order0001", s.now);
    BOOST_TEST_REQUIRE((o != nullptr));
    s.w.orders.pay(*o, s.now);

    order_query_request q;
    q.out_trade_no = "order0001";
    auto const status = s.run(s.wechat().order_query(p, q, soon()));
    BOOST_TEST_REQUIRE(status.has_value());
    BOOST_TEST(status->sub_openid == "oShopsCustomer");
    auto const refunded = s.run(s.wechat().refund(p, refund_of("r1", 1299), soon()));
    BOOST_TEST(how(refunded) == "accepted");
    refund_query_request rq;
    rq.out_refund_no = "r1";
    BOOST_TEST(how(s.run(s.wechat().refund_query(p, rq, soon()))) == "accepted");
    auto const n = read_payment_notification(sandbox::payment_notification_xml(*o, key), key);
    BOOST_TEST_REQUIRE(n.has_value());
    BOOST_TEST(n->sub_mch_id == shop_mch_id);
    BOOST_TEST(n->sub_openid == "oShopsCustomer");
}

BOOST_AUTO_TEST_CASE(who_may_name_a_shop) {
    stage s;
    auto const said = [&](account const& who) {
        auto const o = s.run(s.wechat().unified_order(who, order(), soon()));
        return o ? std::string("accepted") : o.error().as_unknown().value().said.return_msg;
    };
    account a = provider();
    a.sub_mch_id.clear();
    a.sub_appid.clear();
    BOOST_TEST(said(a) == "受理机构必须传入sub_mch_id");
    a = provider();
    a.sub_mch_id = "1900000999";
    BOOST_TEST(said(a) == "受理关系不存在");
    a = provider();
    a.sub_mch_id = a.mch_id;
    BOOST_TEST(said(a) == "子商户mchid不能与自身mchid相同");
    a = provider();
    a.sub_appid = "wxother";
    BOOST_TEST(said(a) == "sub_mch_id与sub_appid不匹配");
    a = direct();
    a.sub_mch_id = shop_mch_id;
    BOOST_TEST(said(a) == "普通商户不允许传sub_mch_id");
}

BOOST_AUTO_TEST_CASE(accounts_are_kept_by_their_numbers) {
    stage s;
    auto const one = s.wechat().use_account(direct());
    auto const two = s.wechat().use_account(provider());
    BOOST_TEST((s.wechat().find_account(one->mch_id, one->appid) == one));
    BOOST_TEST((s.wechat().find_account(two->mch_id, two->appid) == nullptr));
    BOOST_TEST((s.wechat().find_account(two->mch_id, two->appid, two->sub_mch_id) == two));
    auto renewed = direct();
    renewed.api_key = std::string(32, 'n');
    s.wechat().use_account(renewed);
    BOOST_TEST(s.wechat().find_account(one->mch_id, one->appid)->api_key == renewed.api_key);
    BOOST_TEST(one->api_key == key); // whoever has it goes on with it
}

BOOST_AUTO_TEST_CASE(pools_are_shared_by_identity) {
    stage s;
    auto const pair = s.who.merchant("10000100");
    s.wechat().use_certificate("10000100", pair);
    s.wechat().use_certificate("10000200", pair); // the same identity
    account const one = direct();
    account two = direct();
    two.mch_id = "10000200";
    two.appid = "wx0000000000000001";
    two.api_key = sandbox::test::other_key;
    s.paid();
    s.run(s.wechat().refund(one, refund_of("r1", 1), soon())).value();
    auto const before = s.wechat().connections();
    BOOST_TEST(before.opened == 2U); // the plain one and the one with the certificate
    s.run(s.wechat().refund(two, refund_of("r2", 1), soon())); // refused: the certificate is the other's
    order_query_request q;
    q.out_trade_no = "order0001";
    s.run(s.wechat().order_query(two, q, soon()));
    BOOST_TEST(s.wechat().connections().opened == before.opened);
}

BOOST_AUTO_TEST_CASE(a_code_on_the_wall) {
    stage s;
    account const shop = direct();
    auto const code = make_native_url(shop, "product-7", noon / 1000);
    boost::json::object scan;
    scan["url"] = code;
    auto const posted = s.control("POST", "/control/native-scan", boost::json::serialize(scan));
    BOOST_TEST_REQUIRE(posted.status == 200U);
    auto const body = boost::json::value_to<std::string>(boost::json::parse(posted.body).at("body"));

    BOOST_TEST(!read_native_scan(body, sandbox::test::other_key).has_value());
    auto const asked = read_native_scan(body, shop.api_key);
    BOOST_TEST_REQUIRE(asked.has_value());
    BOOST_TEST(asked->product_id == "product-7");
    auto r = order("order0001", "NATIVE");
    r.product_id = asked->product_id;
    r.openid = asked->openid;
    auto const placed = s.run(s.wechat().unified_order(shop, r, soon()));
    BOOST_TEST_REQUIRE(placed.has_value());

    boost::json::object answer;
    answer["native_answer"] = native_scan_refused(shop, "sold out");
    BOOST_TEST(s.control("POST", "/control/pay", boost::json::serialize(answer)).status == 400U);
    answer["native_answer"] = native_scan_accepted(shop, *asked, placed->prepay_id);
    BOOST_TEST(s.control("POST", "/control/pay", boost::json::serialize(answer)).status == 200U);
    scan["url"] = code + "0";
    BOOST_TEST(s.control("POST", "/control/native-scan", boost::json::serialize(scan)).status == 400U);
}

BOOST_AUTO_TEST_SUITE_END()
