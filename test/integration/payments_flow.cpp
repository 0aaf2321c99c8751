// A payment's way through the real sandbox: created, paid, notified, closed, asked about.
#include "base/time.hpp"
#include "fixture.hpp"

using namespace wxgate::test;

namespace {

void faults(std::string const& rules) {
    auto const r =
        the_system().control().put("/control/faults", json::parse(R"({"seed":7,"rules":[)" + rules + "]}"));
    BOOST_TEST_REQUIRE(r.status < 300U, r.describe());
}

struct without_faults {
    ~without_faults() { the_system().control().del("/control/faults"); }
};

bool becomes(std::string const& number, std::string const& state, std::string const& key = "shop") {
    return eventually(15s, [&] { return the_system().state(number, key) == state; });
}

} // namespace

BOOST_AUTO_TEST_SUITE(payments_flow)

BOOST_AUTO_TEST_CASE(from_order_to_success) {
    auto& system = the_system();
    for (std::string const merchant : {"shop", "plain"}) { // HMAC-SHA256 and MD5
        BOOST_TEST_CONTEXT(merchant) {
            auto const& m = system.merchant(merchant);
            auto const order =
                system.order({{"attach", "门店 7"}, {"metadata", {{"cart", "42"}, {"渠道", "小程序"}}}});
            auto const r = system.with_key(merchant).post("/v1/payments", order);
            BOOST_TEST_REQUIRE(r.status == 201U, r.describe());
            BOOST_TEST(r.header("Content-Type").starts_with("application/json"));
            auto const created = r.parsed();
            check_payment_shape(created);
            auto const number = text_of(created, "out_trade_no");
            BOOST_TEST(text_of(created, "merchant") == merchant);
            BOOST_TEST(text_of(created, "appid") == m.appid);
            BOOST_TEST(text_of(created, "mch_id") == m.mch_id);
            BOOST_TEST(number_of(created, "total_fee") == 1299);
            BOOST_TEST(text_of(created, "fee_type") == "CNY");
            BOOST_TEST(text_of(created, "body") == text_of(order, "body"));
            BOOST_TEST(text_of(created, "attach") == "门店 7");
            BOOST_TEST(text_of(created, "openid") == text_of(order, "openid"));
            BOOST_TEST(text_of(created, "trade_type") == "JSAPI");
            BOOST_TEST(text_of(created, "trade_state") == "NOTPAY");
            BOOST_TEST(text_of(created, "prepay_id").starts_with("wx"));
            BOOST_TEST(member(created, "transaction_id").is_null());
            BOOST_TEST(member(created, "paid_at").is_null());
            BOOST_TEST(number_of(created, "refunded_fee") == 0);
            BOOST_TEST(member(created, "metadata") == order.at("metadata"));
            BOOST_TEST(!text_of(created, "client_secret").empty());
            for (auto const* name : {"created_at", "expires_at"}) {
                BOOST_TEST(wxgate::from_rfc3339(text_of(created, name)).has_value());
                BOOST_TEST(text_of(created, name).ends_with("Z"));
            }
            auto const pay = member(created, "request_payment");
            BOOST_TEST(verifies(pay, m.key), json::serialize(pay));
            BOOST_TEST(text_of(pay, "signType") == m.sign_type);
            BOOST_TEST(text_of(pay, "package") == "prepay_id=" + text_of(created, "prepay_id"));
            BOOST_TEST(text_of(pay, "appId") == m.appid);
            BOOST_TEST(text_of(pay, "nonceStr").size() <= 32U);

            auto const paid = system.pay(created);
            BOOST_TEST_REQUIRE(paid.status == 200U, paid.describe());
            BOOST_TEST_REQUIRE(becomes(number, "SUCCESS", merchant));
            auto const now = system.payment(number, merchant);
            check_payment_shape(now);
            BOOST_TEST(text_of(now, "transaction_id").size() == 28U);
            BOOST_TEST(wxgate::from_rfc3339(text_of(now, "paid_at")).has_value());
            BOOST_TEST(member(now, "request_payment").is_null());
            BOOST_TEST(member(now, "metadata") == order.at("metadata"));
            auto const ledger = system.control().get("/control/ledger").parsed();
            BOOST_TEST(eventually(10s, [&] {
                auto const text = system.control().get("/control/ledger").parsed();
                auto const told = member(text, "notifications");
                if (told.is_array())
                    for (auto const& each : told.as_array())
                        if (text_of(each, "out_trade_no") == number)
                            return member(each, "acknowledged") == json::value(true);
                return false;
            }));
            BOOST_TEST(json::serialize(ledger).find(text_of(now, "transaction_id")) != std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(events_tell_the_story) {
    auto& system = the_system();
    auto const created = system.create();
    auto const number = text_of(created, "out_trade_no");
    system.pay(created);
    BOOST_TEST_REQUIRE(becomes(number, "SUCCESS"));
    auto const r = system.with_key("reader").get("/v1/payments/" + number + "/events");
    BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
    auto const list = r.parsed().is_object() ? member(r.parsed(), "data") : r.parsed();
    BOOST_TEST_REQUIRE(list.is_array());
    std::vector<std::string> states;
    std::string last;
    for (auto const& each : list.as_array()) {
        states.push_back(text_of(each, "trade_state"));
        BOOST_TEST(text_of(each, "created_at") >= last, "oldest first");
        last = text_of(each, "created_at");
    }
    BOOST_TEST_REQUIRE(states.size() >= 2U);
    BOOST_TEST(states.front() == "CREATED");
    BOOST_TEST(states.back() == "SUCCESS");
    BOOST_TEST(std::count(states.begin(), states.end(), "SUCCESS") == 1);
    check_problem(
        system.with_key("shop").get("/v1/payments/T" + random_hex(20) + "/events"), 404, "not_found"
    );
}

BOOST_AUTO_TEST_CASE(number_of_our_own) {
    auto& system = the_system();
    auto const one = system.create({{"out_trade_no", nullptr}});
    auto const two = system.create({{"out_trade_no", nullptr}});
    auto const a = text_of(one, "out_trade_no");
    auto const b = text_of(two, "out_trade_no");
    BOOST_TEST(a.size() >= 6U);
    BOOST_TEST(a.size() <= 32U);
    BOOST_TEST(a < b, "sortable by time");
    BOOST_TEST(
        a.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-|*") ==
        std::string::npos
    );
}

BOOST_AUTO_TEST_CASE(sync_asks_when_notifications_are_lost) {
    auto& system = the_system();
    without_faults const after;
    faults(R"({"on":"notify","do":"drop","p":1})");
    auto const created = system.create();
    auto const number = text_of(created, "out_trade_no");
    BOOST_TEST(text_of(system.payment(number, "shop", "?sync=1"), "trade_state") == "NOTPAY");
    BOOST_TEST(system.pay(created).status == 200U);
    // Rate-limited: a question may be answered from what is known. In the end it is asked.
    BOOST_TEST(eventually(15s, [&] {
        return text_of(system.payment(number, "shop", "?sync=1"), "trade_state") == "SUCCESS";
    }));
    auto const now = system.payment(number);
    BOOST_TEST(!text_of(now, "transaction_id").empty());
    BOOST_TEST(!text_of(now, "paid_at").empty());
    BOOST_TEST(system.events(number, "SUCCESS") == 1);
    for (std::string const query : {"?sync=0", "?sync=2", "?sync=", "?sync=yes", "?unknown=1"}) {
        auto const r = system.with_key("shop").get("/v1/payments/" + number + query);
        BOOST_TEST(one_of(r.status, {200, 400}), query << ": " << r.describe());
    }
}

BOOST_AUTO_TEST_CASE(close) {
    auto& system = the_system();
    auto const shop = system.with_key("shop");
    auto const created = system.create();
    auto const number = text_of(created, "out_trade_no");
    auto const r = shop.post_text("/v1/payments/" + number + "/close");
    BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
    BOOST_TEST(text_of(r.parsed(), "trade_state") == "CLOSED");
    BOOST_TEST(member(r.parsed(), "request_payment").is_null());
    auto const again = shop.post_text("/v1/payments/" + number + "/close");
    BOOST_TEST(one_of(again.status, {200, 409}), again.describe());
    if (again.status == 409)
        check_problem(again, 409, "order_closed");
    BOOST_TEST(system.events(number, "CLOSED") == 1);
    BOOST_TEST(system.pay(created).status >= 400U);
    BOOST_TEST(system.state(number) == "CLOSED");
    // The same number again is the closed order.
    auto const order = system.order({{"out_trade_no", number}, {"openid", text_of(created, "openid")}});
    auto const repeated = shop.post("/v1/payments", order);
    BOOST_TEST(one_of(repeated.status, {200, 409}), repeated.describe());
    if (repeated.status == 409)
        check_problem(repeated, 409, "order_closed");
    else
        BOOST_TEST(text_of(repeated.parsed(), "trade_state") == "CLOSED");
    check_problem(shop.post_text("/v1/payments/T" + random_hex(20) + "/close"), 404, "not_found");
}

// B-20: what is paid is not closed, whether we knew it or not.
BOOST_AUTO_TEST_CASE(close_of_a_paid_order) {
    auto& system = the_system();
    without_faults const after;
    auto const shop = system.with_key("shop");
    auto const known = system.create();
    system.pay(known);
    BOOST_TEST_REQUIRE(becomes(text_of(known, "out_trade_no"), "SUCCESS"));
    check_problem(
        shop.post_text("/v1/payments/" + text_of(known, "out_trade_no") + "/close"), 409, "order_paid"
    );

    faults(R"({"on":"notify","do":"drop","p":1})"); // P15: paid at WeChat, unknown here
    auto const unknown = system.create();
    auto const number = text_of(unknown, "out_trade_no");
    BOOST_TEST(system.pay(unknown).status == 200U);
    check_problem(shop.post_text("/v1/payments/" + number + "/close"), 409, "order_paid");
    BOOST_TEST(becomes(number, "SUCCESS"));
    BOOST_TEST(system.events(number, "CLOSED") == 0);
}

// B-14
BOOST_AUTO_TEST_CASE(create_on_a_paid_order) {
    auto& system = the_system();
    auto const order = system.order();
    auto const created = system.with_key("shop").post("/v1/payments", order).parsed();
    system.pay(created);
    BOOST_TEST_REQUIRE(becomes(text_of(order, "out_trade_no"), "SUCCESS"));
    auto const same = system.with_key("shop").post("/v1/payments", order);
    BOOST_TEST(one_of(same.status, {200, 409}), same.describe());
    if (same.status == 409)
        check_problem(same, 409, "order_paid");
    else
        BOOST_TEST(text_of(same.parsed(), "trade_state") == "SUCCESS");
    BOOST_TEST(member(same.parsed(), "request_payment").is_null());
    check_problem(system.with_key("shop").post("/v1/payments", with(order, {{"total_fee", 1300}})), 409);
    BOOST_TEST(system.events(text_of(order, "out_trade_no"), "SUCCESS") == 1);
}

BOOST_AUTO_TEST_CASE(customer_cancels_and_pays_later) {
    auto& system = the_system();
    auto const created = system.create();
    auto const number = text_of(created, "out_trade_no");
    system.pay(created, "?outcome=cancel");
    BOOST_TEST(system.state(number) == "NOTPAY");
    auto const later = system.payment(number);
    BOOST_TEST(verifies(member(later, "request_payment"), system.merchant("shop").key));
    BOOST_TEST(
        text_of(member(later, "request_payment"), "paySign") !=
            text_of(member(created, "request_payment"), "paySign"),
        "freshly signed"
    );
    BOOST_TEST(system.pay(later).status == 200U);
    BOOST_TEST(becomes(number, "SUCCESS"));
}

// A prepay is good for two hours, and then is no more. A sandbox of its own: its clock is moved.
BOOST_AUTO_TEST_CASE(old_prepay) {
    system_under_test system;
    auto const first = system.create();
    BOOST_TEST(system.control().post("/control/clock", {{"advance", "3h"}}).status == 200U);
    BOOST_TEST(system.pay(first).status >= 400U, "an old prepay was paid");
    BOOST_TEST(system.state(text_of(first, "out_trade_no")) == "NOTPAY");
}

BOOST_AUTO_TEST_CASE(order_sent_to_wechat) {
    auto& system = the_system();
    auto const order = system.order(
        {{"spbill_create_ip", "2001:db8::7"},
         {"goods_tag", "WXG"},
         {"limit_pay", "no_credit"},
         {"metadata", {{"secret", "never-sent-to-wechat"}}}}
    );
    BOOST_TEST(system.with_key("shop").post("/v1/payments", order).status == 201U);
    auto const seen = system.control().get("/control/requests?last=20").body;
    BOOST_TEST(seen.find("2001:db8::7") != std::string::npos);
    BOOST_TEST(seen.find("no_credit") != std::string::npos);
    BOOST_TEST(seen.find("/notify/shop/payment") != std::string::npos);
    BOOST_TEST(seen.find("never-sent-to-wechat") == std::string::npos);
    BOOST_TEST(seen.find("CANARYkey") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(no_secret_leaves) {
    BOOST_TEST(the_system().leaked() == "");
}

BOOST_AUTO_TEST_SUITE_END()
