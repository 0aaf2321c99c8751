// The bytes of a notification, what acknowledges it, and when it is sent again (protocol A10).
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;

namespace {

order paid_order() {
    order o;
    o.appid = "wxd930ea5d5a258f4f";
    o.mch_id = "10000100";
    o.out_trade_no = "order0001";
    o.openid = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
    o.trade_type = "JSAPI";
    o.fee_type = "CNY";
    o.nonce_str = "0.649960724868794";
    o.total_fee = fen(1299);
    o.state = trade_state::SUCCESS;
    o.transaction_id = "4200000001202611230000000001";
    o.bank_type = "OTHERS";
    o.paid_at = noon;
    return o;
}

notification_ptr some(std::string name) {
    auto n = std::make_shared<notification>();
    n->out_trade_no = std::move(name);
    return n;
}

} // namespace

BOOST_AUTO_TEST_SUITE(notifications)

BOOST_AUTO_TEST_CASE(a_payment_byte_for_byte) {
    order o = paid_order();
    o.attach = "a=1&b";
    o.device_info = "WEB";
    // The signature, made here from the string that the rules say (A3).
    fields f;
    for (auto const& [name, value] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
             {"appid", "wxd930ea5d5a258f4f"},
             {"attach", "a=1&b"},
             {"bank_type", "OTHERS"},
             {"cash_fee", "1299"},
             {"device_info", "WEB"},
             {"fee_type", "CNY"},
             {"is_subscribe", "N"},
             {"mch_id", "10000100"},
             {"nonce_str", "0.649960724868794"},
             {"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
             {"out_trade_no", "order0001"},
             {"result_code", "SUCCESS"},
             {"return_code", "SUCCESS"},
             {"time_end", "20261123120000"},
             {"total_fee", "1299"},
             {"trade_type", "JSAPI"},
             {"transaction_id", "4200000001202611230000000001"},
         })
        f.set(name, value);
    std::string const signature = sign(f, sign_type::md5, key);
    BOOST_TEST(
        payment_notification_xml(o, key) ==
        "<xml><appid><![CDATA[wxd930ea5d5a258f4f]]></appid>\n"
        "<attach><![CDATA[a=1&b]]></attach>\n"
        "<bank_type><![CDATA[OTHERS]]></bank_type>\n"
        "<cash_fee><![CDATA[1299]]></cash_fee>\n"
        "<device_info><![CDATA[WEB]]></device_info>\n"
        "<fee_type><![CDATA[CNY]]></fee_type>\n"
        "<is_subscribe><![CDATA[N]]></is_subscribe>\n"
        "<mch_id><![CDATA[10000100]]></mch_id>\n"
        "<nonce_str><![CDATA[0.649960724868794]]></nonce_str>\n"
        "<openid><![CDATA[oUpF8uMuAJO_M2pxb1Q9zNjWeS6o]]></openid>\n"
        "<out_trade_no><![CDATA[order0001]]></out_trade_no>\n"
        "<result_code><![CDATA[SUCCESS]]></result_code>\n"
        "<return_code><![CDATA[SUCCESS]]></return_code>\n"
        "<sign><![CDATA[" +
            signature +
            "]]></sign>\n"
            "<time_end><![CDATA[20261123120000]]></time_end>\n"
            "<total_fee>1299</total_fee>\n"
            "<trade_type><![CDATA[JSAPI]]></trade_type>\n"
            "<transaction_id><![CDATA[4200000001202611230000000001]]></transaction_id>\n"
            "</xml>"
    );
}

BOOST_AUTO_TEST_CASE(the_algorithm_is_the_orders_and_the_fields_are_in_order) {
    order o = paid_order();
    o.sign_type = sign_type::hmac_sha256;
    fields f;
    BOOST_TEST(!decode_xml(payment_notification_xml(o, key), f));
    BOOST_TEST(f.get("sign").size() == 64U);
    BOOST_TEST(verify(f, sign_type::hmac_sha256, key));
    BOOST_TEST(!f.find("sign_type").has_value());
    BOOST_TEST(!f.find("attach").has_value());
    for (std::size_t i = 1; i < f.size(); ++i)
        BOOST_TEST((f[i - 1].name < f[i].name));
    for (auto const how : {signing::wrong, signing::probe}) {
        BOOST_TEST(!decode_xml(payment_notification_xml(o, key, how), f));
        BOOST_TEST(!verify(f, sign_type::hmac_sha256, key));
    }
}

BOOST_AUTO_TEST_CASE(what_acknowledges) {
    std::string const ok =
        "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>";
    BOOST_TEST(is_acknowledgement(200, ok));
    BOOST_TEST(
        is_acknowledgement(200, "<xml><return_code>SUCCESS</return_code><return_msg></return_msg></xml>")
    );
    BOOST_TEST(!is_acknowledgement(201, ok));
    BOOST_TEST(!is_acknowledgement(500, ok));
    for (char const* const bad :
         {"",
          "success",
          "SUCCESS",
          "{\"return_code\":\"SUCCESS\"}",
          "<xml><return_code><![CDATA[FAIL]]></return_code></xml>",
          "<xml></xml>",
          "<xml><return_code><![CDATA[success]]></return_code></xml>",
          "<html>SUCCESS</html>"})
        BOOST_TEST(!is_acknowledgement(200, bad), bad);
    BOOST_TEST(!is_acknowledgement(200, ok + "x"));
}

BOOST_AUTO_TEST_CASE(sixteen_times_by_the_schedule_then_never) {
    auto const all = scaled_intervals(1);
    notification_queue q(all);
    unix_ms now = noon;
    q.add(some("order0001"), now);
    for (auto const wait : all.notify_schedule) {
        auto const n = q.take_due(now);
        BOOST_TEST_REQUIRE((n != nullptr));
        BOOST_TEST((q.take_due(now) == nullptr)); // handed out once
        q.settle(n, now);
        BOOST_TEST(q.next_due().value() == now + wait.count());
        BOOST_TEST((q.take_due(now + wait.count() - 1) == nullptr));
        now += wait.count();
    }
    auto const last = q.take_due(now);
    BOOST_TEST_REQUIRE((last != nullptr));
    q.settle(last, now);
    BOOST_TEST(!q.next_due().has_value());
    BOOST_TEST(now - noon == (24 * 60 + 4) * 60'000);
}

BOOST_AUTO_TEST_CASE(an_acknowledged_one_is_not_sent_again) {
    notification_queue q(scaled_intervals(1));
    q.add(some("order0001"), noon);
    auto const n = q.take_due(noon);
    n->acknowledged = true;
    q.settle(n, noon);
    BOOST_TEST(!q.next_due().has_value());
    // Acknowledged late, by a duplicate, when it waits already.
    q.add(some("order0002"), noon);
    auto const late = q.take_due(noon);
    q.settle(late, noon);
    late->acknowledged = true;
    BOOST_TEST((q.take_due(noon + 15'000) == nullptr));
    BOOST_TEST(q.all().size() == 2U);
}

BOOST_AUTO_TEST_CASE(the_sooner_first) {
    notification_queue q(scaled_intervals(1));
    q.add(some("b"), noon + 5);
    q.add(some("a"), noon);
    q.add(some("c"), noon + 5);
    BOOST_TEST(q.take_due(noon + 10)->out_trade_no == "a");
    BOOST_TEST(q.take_due(noon + 10)->out_trade_no == "b");
    BOOST_TEST(q.take_due(noon + 10)->out_trade_no == "c");
}

BOOST_AUTO_TEST_CASE(what_is_forgotten_does_not_come_back) {
    notification_queue q(scaled_intervals(1));
    q.add(some("order0001"), noon);
    q.add(some("order0002"), noon);
    auto const out = q.take_due(noon);
    q.clear();
    BOOST_TEST(out->forgotten);
    q.settle(out, noon);
    BOOST_TEST(!q.next_due().has_value());
    BOOST_TEST(q.all().empty());
}

BOOST_AUTO_TEST_SUITE_END()
