// The control API about refunds: ending them, the plan, balances, the ledger, forgetting.
#include "sandbox/control.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;
namespace json = boost::json;

namespace {

constexpr char const* settle_path = "/control/settle-refund";

std::pair<unsigned, std::string>
say(fixture& s, std::string_view method, std::string_view path, std::string_view body) {
    auto const [status, reply] = s.control(method, path, "", body);
    return {status, json::serialize(reply)};
}

void expect(std::pair<unsigned, std::string> const& got, unsigned status, std::string const& body) {
    BOOST_TEST(got.first == status);
    BOOST_TEST(got.second == body);
}

// Refused with this status and a text.
void expect_error(std::pair<unsigned, std::string> const& got, unsigned status) {
    BOOST_TEST(got.first == status, got.second);
    BOOST_TEST(got.second.starts_with("{\"error\":\""), got.second);
}

} // namespace

BOOST_AUTO_TEST_SUITE(refund_controls)

BOOST_AUTO_TEST_CASE(ending_a_refund) {
    for (std::string const as : {"SUCCESS", "CHANGE", "REFUNDCLOSE"}) {
        fixture s;
        int woken = 0;
        s.w.something_is_due = [&] { ++woken; };
        s.paid();
        s.refund("r1", "300");
        auto const& r = *s.w.refunds.find("10000100", "r1", s.now);
        s.now += 500;
        auto const body = R"({"out_refund_no":"r1","refund_status":")" + as + R"("})";
        expect(
            say(s, "POST", settle_path, body),
            200,
            R"({"out_refund_no":"r1","refund_id":")" + r.refund_id + R"(","refund_status":")" + as + R"("})"
        );
        BOOST_TEST(s.status_of("r1") == as);
        BOOST_TEST(r.ended == noon + 500);
        BOOST_TEST(s.w.notifications.all().size() == 1U);
        BOOST_TEST(woken == 1);
        BOOST_TEST(
            s.w.refunds.balance(*s.w.merchants.by_mch_id("10000100")) ==
            (as == "REFUNDCLOSE" ? 100'000'000 : 100'000'000 - 300)
        );
        expect(
            say(s, "POST", settle_path, body),
            409,
            R"({"error":"this refund has ended already: )" + as + R"("})"
        );
    }
}

BOOST_AUTO_TEST_CASE(ending_one_that_ended_by_itself_or_is_not_there) {
    fixture s;
    auto const body = R"({"out_refund_no":"r1","refund_status":"SUCCESS"})";
    expect_error(say(s, "POST", settle_path, body), 404);
    s.paid();
    s.refund("r1", "300");
    s.now += 2000;
    expect_error(say(s, "POST", settle_path, body), 409);
    expect_error(
        say(s, "POST", settle_path, R"({"out_refund_no":"r1","refund_status":"CHANGE","mch_id":"10000200"})"),
        404
    );
}

BOOST_AUTO_TEST_CASE(a_number_that_two_merchants_have) {
    fixture s;
    s.paid();
    auto const for_other = [](fields const& f) {
        auto const r = with(f, {{"appid", "wx0000000000000001"}, {"mch_id", "10000200"}});
        return signed_with(r, sign_type::md5, other_key);
    };
    s.call("/pay/unifiedorder", for_other(order_request()));
    s.w.orders.pay(*s.w.orders.find("10000200", "order0001", s.now), s.now);
    s.call("/secapi/pay/refund", for_other(order_refund_request("r1", "1")), "10000200");
    s.refund("r1", "1");
    expect_error(say(s, "POST", settle_path, R"({"out_refund_no":"r1","refund_status":"CHANGE"})"), 400);
    auto const one = R"({"out_refund_no":"r1","refund_status":"CHANGE","mch_id":"10000200"})";
    BOOST_TEST(say(s, "POST", settle_path, one).first == 200U);
    BOOST_TEST(s.status_of("r1") == "PROCESSING");
    BOOST_TEST((s.w.refunds.find("10000200", "r1", s.now)->status == refund_status::CHANGE));
}

BOOST_AUTO_TEST_CASE(bad_calls_change_nothing) {
    fixture s;
    s.paid();
    s.refund("r1", "1");
    for (char const* const bad :
         {"",
          "[]",
          "{",
          "{}",
          R"({"out_refund_no":"r1"})",
          R"({"refund_status":"SUCCESS"})",
          R"({"out_refund_no":1,"refund_status":"SUCCESS"})",
          R"({"out_refund_no":"r1","refund_status":"PROCESSING"})",
          R"({"out_refund_no":"r1","refund_status":"FAILED"})",
          R"({"out_refund_no":"r1","refund_status":"success"})",
          R"({"out_refund_no":"r1","refund_status":"SUCCESS","mch_id":10000100})",
          R"({"out_refund_no":"r1","refund_status":"SUCCESS","x":1})"})
        expect_error(say(s, "POST", settle_path, bad), 400);
    BOOST_TEST(s.status_of("r1") == "PROCESSING");
    for (char const* const bad :
         {"",
          "[]",
          R"({"settle":"x"})",
          R"({"settle":2})",
          R"({"settle":null})",
          R"({"settle":"2"})",
          R"({"refund_status":"PROCESSING"})",
          R"({"refund_status":null})",
          R"({"settle":"1h","refund_status":"x"})",
          R"({"x":1})"})
        expect_error(say(s, "PUT", "/control/refunds", bad), 400);
    expect(say(s, "PUT", "/control/refunds", "{}"), 200, R"({"settle":"2s","refund_status":"SUCCESS"})");
    for (char const* const bad :
         {"",
          "{}",
          R"({"mch_id":"10000100"})",
          R"({"balance":1})",
          R"({"mch_id":10000100,"balance":1})",
          R"({"mch_id":"10000100","balance":-1})",
          R"({"mch_id":"10000100","balance":1.5})",
          R"({"mch_id":"10000100","balance":"1"})",
          R"({"mch_id":"10000100","balance":1000000000000001})",
          R"({"mch_id":"10000100","balance":18446744073709551615})",
          R"({"mch_id":"10000100","balance":1,"x":1})"})
        expect_error(say(s, "POST", "/control/balance", bad), 400);
    expect_error(say(s, "POST", "/control/balance", R"({"mch_id":"10000999","balance":1})"), 404);
    BOOST_TEST(s.w.refunds.balance(*s.w.merchants.by_mch_id("10000100")) == 100'000'000 - 1);
    BOOST_TEST(s.control("GET", settle_path).first == 405U);
    BOOST_TEST(s.control("GET", "/control/refunds").first == 405U);
    BOOST_TEST(s.control("PUT", "/control/balance").first == 405U);
}

BOOST_AUTO_TEST_CASE(the_plan) {
    fixture s;
    auto const put = [&](char const* body) { return say(s, "PUT", "/control/refunds", body); };
    expect(put(R"({"settle":"30s"})"), 200, R"({"settle":"30s","refund_status":"SUCCESS"})");
    expect(put(R"({"refund_status":"CHANGE"})"), 200, R"({"settle":"30s","refund_status":"CHANGE"})");
    expect(
        put(R"({"settle":"never","refund_status":"REFUNDCLOSE"})"),
        200,
        R"({"settle":"never","refund_status":"REFUNDCLOSE"})"
    );
    expect(put(R"({"settle":"0s"})"), 200, R"({"settle":"0s","refund_status":"REFUNDCLOSE"})");
    expect(put(R"({"settle":"90m"})"), 200, R"({"settle":"90m","refund_status":"REFUNDCLOSE"})");
    s.paid();
    s.refund("r1", "300");
    s.now += 90 * 60'000 - 1;
    BOOST_TEST(s.status_of("r1") == "PROCESSING");
    s.now += 1;
    BOOST_TEST(s.status_of("r1") == "REFUNDCLOSE");
    fixture fast(60);
    expect(say(fast, "PUT", "/control/refunds", "{}"), 200, R"({"settle":"33ms","refund_status":"SUCCESS"})");
}

BOOST_AUTO_TEST_CASE(a_balance) {
    fixture s;
    s.paid();
    auto const set = [&](char const* body) { return say(s, "POST", "/control/balance", body); };
    expect(set(R"({"mch_id":"10000100","balance":299})"), 200, R"({"mch_id":"10000100","balance":299})");
    BOOST_TEST(s.refund("r1", "300").get("err_code") == "NOTENOUGH");
    set(R"({"mch_id":"10000100","balance":300})");
    BOOST_TEST(s.refund("r1", "300").get("result_code") == "SUCCESS");
}

BOOST_AUTO_TEST_CASE(the_ledger_has_refunds) {
    fixture s;
    auto const& o = s.paid();
    auto const first = std::string(s.refund("r1", "300").get("refund_id"));
    s.now += 60'000;
    auto const second = std::string(s.refund("r2", "999", {{"notify_url", ""}}).get("refund_id"));
    BOOST_TEST(
        json::serialize(s.control("GET", "/control/ledger").second) ==
        R"({"orders":[{"out_trade_no":"order0001","total_fee":1299,"trade_state":"REFUND","transaction_id":")" +
            o.transaction_id +
            R"(","openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o","refunds":[)"
            R"({"out_refund_no":"r1","refund_id":")" +
            first + R"(","refund_fee":300,"refund_status":"SUCCESS"},{"out_refund_no":"r2","refund_id":")" +
            second +
            R"(","refund_fee":999,"refund_status":"PROCESSING"}]}],"notifications":[)"
            R"({"out_trade_no":"order0001","out_refund_no":"r1","kind":"refund","attempts":0,"acknowledged":false}]})"
    );
}

BOOST_AUTO_TEST_CASE(forgetting_refunds_too) {
    fixture s;
    s.paid();
    s.control("PUT", "/control/refunds", "", R"({"settle":"never","refund_status":"CHANGE"})");
    s.refund("r1", "300");
    s.control("POST", settle_path, "", R"({"out_refund_no":"r1","refund_status":"CHANGE"})");
    s.control("POST", "/control/balance", "", R"({"mch_id":"10000100","balance":1})");
    auto const n = s.w.notifications.all().front();
    s.refund("r2", "1");
    BOOST_TEST(s.control("DELETE", "/control/state").first == 200U);
    BOOST_TEST(n->forgotten);
    BOOST_TEST(
        json::serialize(s.control("GET", "/control/ledger").second) == R"({"orders":[],"notifications":[]})"
    );
    BOOST_TEST(s.status_of("r1") == "");
    BOOST_TEST(s.w.refunds.balance(*s.w.merchants.by_mch_id("10000100")) == 100'000'000);
    expect(say(s, "PUT", "/control/refunds", "{}"), 200, R"({"settle":"2s","refund_status":"SUCCESS"})");
    s.paid();
    BOOST_TEST(s.refund("r1", "1").get("result_code") == "SUCCESS"); // the number is free again
}

BOOST_AUTO_TEST_SUITE_END()
