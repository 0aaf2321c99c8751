#include "gateway/payments/payment_request.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::gateway;

namespace {

merchant const shop = [] {
    merchant m;
    m.name = "shop";
    m.account.appid = "wx2421b1c4370ec43b";
    m.account.mch_id = "10000100";
    return m;
}();

constexpr unix_ms now = 1'795'000'000'000;

std::string with(std::string const& more) {
    return R"({"openid":"oUser","total_fee":1299,"body":"tea")" + (more.empty() ? "" : "," + more) + "}";
}

} // namespace

BOOST_AUTO_TEST_SUITE(payment_request)

BOOST_AUTO_TEST_CASE(what_is_left_out_is_filled_in) {
    auto const o = read_payment_request(with(""), shop, "10.1.2.3", now);
    BOOST_TEST_REQUIRE(o.has_value());
    BOOST_TEST(o->merchant == "shop");
    BOOST_TEST(o->total_fee.count() == 1299);
    BOOST_TEST(o->spbill_create_ip == "10.1.2.3");
    BOOST_TEST(o->trade_type == "JSAPI");
    BOOST_TEST(o->metadata == "{}");
    BOOST_TEST(o->out_trade_no.empty());
    BOOST_TEST(o->expires_at == now + 7LL * 24 * 3600 * 1000);
    BOOST_TEST(!o->time_expire.has_value());
}

BOOST_AUTO_TEST_CASE(what_is_refused_and_for_which_field) {
    struct row {
        std::string body;
        char const* param;
    };

    auto const s = [](std::size_t n) { return std::string(n, 'x'); };
    row const table[] = {
        {R"({"openid":"oUser","body":"tea"})", "total_fee"},
        {R"({"openid":"oUser","body":"tea","total_fee":0})", "total_fee"},
        {R"({"openid":"oUser","body":"tea","total_fee":-1})", "total_fee"},
        {R"({"openid":"oUser","body":"tea","total_fee":1.5})", "total_fee"},
        {R"({"openid":"oUser","body":"tea","total_fee":"100"})", "total_fee"},
        {R"({"openid":"oUser","body":"tea","total_fee":10000000001})", "total_fee"},
        {R"({"openid":"oUser","total_fee":1})", "body"},
        {R"({"openid":"oUser","total_fee":1,"body":""})", "body"},
        {R"({"openid":"oUser","total_fee":1,"body":")" + s(128) + "\"}", "body"},
        {R"({"openid":"oUser","total_fee":1,"body":"a\u0007b"})", "body"},
        {R"({"openid":"","total_fee":1,"body":"tea"})", "openid"},
        {R"({"openid":"o&p","total_fee":1,"body":"tea"})", "openid"},
        {R"({"openid":")" + s(129) + R"(","total_fee":1,"body":"tea"})", "openid"},
        {with(R"("out_trade_no":"short")"), "out_trade_no"},
        {with("\"out_trade_no\":\"" + s(33) + '"'), "out_trade_no"},
        {with(R"("out_trade_no":"a b c d")"), "out_trade_no"},
        {with(R"("out_trade_no":"订单订单1")"), "out_trade_no"},
        {with(R"("out_trade_no":"../../x")"), "out_trade_no"},
        {with(R"("attach":"a=1&b=2")"), "attach"},
        {with("\"attach\":\"" + s(128) + '"'), "attach"},
        {with("\"detail\":\"" + s(6001) + '"'), "detail"},
        {with(R"("goods_tag":")" + s(33) + '"'), "goods_tag"},
        {with(R"("limit_pay":"credit")"), "limit_pay"},
        {with(R"("spbill_create_ip":"999.1.1.1")"), "spbill_create_ip"},
        {with(R"("spbill_create_ip":"host.example")"), "spbill_create_ip"},
        {with(R"("spbill_create_ip":"fe80::1%eth0")"), "spbill_create_ip"},
        {with(R"("trade_type":"MICROPAY")"), "trade_type"},
        {with(R"("trade_type":"MWEB")"), "openid"},
        {with(R"("product_id":"1")"), "product_id"},
        {with(R"("scene_info":"{}")"), "scene_info"},
        {R"({"total_fee":1,"body":"tea","trade_type":"NATIVE"})", "product_id"},
        {R"({"total_fee":1,"body":"tea","trade_type":"NATIVE","product_id":")" + s(33) + R"("})",
         "product_id"},
        {R"({"total_fee":1,"body":"tea","trade_type":"MWEB"})", "scene_info"},
        {R"({"total_fee":1,"body":"tea","trade_type":"APP","scene_info":"{}"})", "scene_info"},
        {with(R"("time_expire":"tomorrow")"), "time_expire"},
        {with("\"time_expire\":\"" + to_rfc3339(now - 1) + '"'), "time_expire"},
        {with("\"time_expire\":\"" + to_rfc3339(now + 59'000) + '"'), "time_expire"},
        {with("\"time_expire\":\"" + to_rfc3339(now + 8LL * 24 * 3600 * 1000) + '"'), "time_expire"},
        {with(R"("time_expire":"2026-11-20T08:00:00+08:00")"), "time_expire"},
        {with(R"("metadata":{"a":1})"), "metadata"},
        {with(R"("metadata":"a")"), "metadata"},
        {with(R"("metadata":{"a":{"b":"c"}})"), "metadata"},
        {with(R"("notify_url":"https://evil.example")"), "notify_url"},
        {with(R"("sign":"A")"), "sign"},
        {with(R"("mch_id":"1")"), "mch_id"},
    };
    for (auto const& r : table) {
        auto const o = read_payment_request(r.body, shop, "127.0.0.1", now);
        BOOST_TEST_REQUIRE(!o.has_value(), r.body.substr(0, 90));
        BOOST_TEST(o.error().code == "invalid_request", r.body.substr(0, 90));
        BOOST_TEST(o.error().param == r.param, r.body.substr(0, 90));
    }
}

BOOST_AUTO_TEST_CASE(other_ways_to_pay) {
    for (std::string const& body :
         {std::string(R"({"total_fee":1,"body":"tea","trade_type":"NATIVE","product_id":"7"})"),
          std::string(R"({"total_fee":1,"body":"tea","trade_type":"APP"})"),
          std::string(R"({"total_fee":1,"body":"tea","trade_type":"MWEB","scene_info":"{\"h5_info\":{}}"})"
          )}) {
        auto const o = read_payment_request(body, shop, "127.0.0.1", now);
        BOOST_TEST_REQUIRE(o.has_value(), body);
        BOOST_TEST(o->openid.empty());
    }
}

BOOST_AUTO_TEST_CASE(what_is_taken) {
    for (std::string const& more :
         {std::string(R"("out_trade_no":"a_b-c|d*1")"),
          std::string(R"("spbill_create_ip":"2001:db8::1")"),
          std::string(R"("attach":"a=1;b=2")"),
          std::string(R"("metadata":{"a":"b","中":"文"})"),
          std::string(R"("limit_pay":"no_credit")"),
          "\"time_expire\":\"" + to_rfc3339(now + 120'000) + '"',
          std::string(R"("detail":"{\"goods\":1}")"),
          std::string(R"("attach":null)")})
        BOOST_TEST(read_payment_request(with(more), shop, "127.0.0.1", now).has_value(), more);
    // 127 bytes of UTF-8, emoji and marks of direction included.
    std::string const body = "😀\xE2\x80\xAE\xE2\x80\xA8" + std::string(117, 'a');
    BOOST_TEST_REQUIRE(body.size() == 127U);
    auto const o = read_payment_request(R"({"total_fee":1,"body":")" + body + "\"}", shop, "127.0.0.1", now);
    BOOST_TEST_REQUIRE(o.has_value());
    BOOST_TEST(o->body == body);
}

BOOST_AUTO_TEST_CASE(two_requests_differ_in_what_was_asked) {
    auto const base = *read_payment_request(with(R"("metadata":{"b":"2","a":"1"})"), shop, "127.0.0.1", now);
    auto same = *read_payment_request(with(R"("metadata":{"a":"1","b":"2"})"), shop, "10.0.0.9", now + 5000);
    BOOST_TEST(different_field(base, same).empty());
    same.openid.clear();
    BOOST_TEST(different_field(base, same).empty());
    same.total_fee = fen(1);
    BOOST_TEST(different_field(base, same) == "total_fee");
    auto other = base;
    other.openid = "oOther";
    BOOST_TEST(different_field(base, other) == "openid");
    other = base;
    other.metadata = "{}";
    BOOST_TEST(different_field(base, other) == "metadata");
}

BOOST_AUTO_TEST_SUITE_END()
