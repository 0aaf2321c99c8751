// Orders that are paid otherwise than in a Mini Program, and those of a service provider's shop.
#include "fixture.hpp"

using namespace wxgate::test;

namespace {

// A request without a customer, of this trade_type.
json::object order_of(system_under_test& system, std::string const& trade_type) {
    auto o = system.order({{"openid", nullptr}, {"trade_type", trade_type}});
    if (trade_type == "NATIVE")
        o["product_id"] = "7";
    if (trade_type == "MWEB")
        o["scene_info"] = R"({"h5_info":{"type":"Wap","wap_url":"https://shop.example.com"}})";
    return o;
}

bool becomes(system_under_test& system, std::string const& number, std::string const& state) {
    return eventually(15s, [&] { return system.state(number) == state; });
}

// Somebody pays at the sandbox with what the reply gave.
void paid_with(system_under_test& system, char const* name, json::value const& means) {
    json::object body;
    body[name] = means;
    auto const r = system.control().post("/control/pay", body);
    BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
}

} // namespace

BOOST_AUTO_TEST_SUITE(payments_trade_types)

BOOST_AUTO_TEST_CASE(a_code_an_app_and_a_browser) {
    auto& system = the_system();

    struct way {
        char const* trade_type;
        char const* in_reply;
        char const* at_sandbox;
    };

    for (way const& w :
         {way{"NATIVE", "code_url", "code_url"},
          way{"APP", "app_payment", "app"},
          way{"MWEB", "h5_url", "mweb_url"}}) {
        BOOST_TEST_CONTEXT(w.trade_type) {
            auto const order = order_of(system, w.trade_type);
            auto const r = system.with_key("shop").post("/v1/payments", order);
            BOOST_TEST_REQUIRE(r.status == 201U, r.describe());
            auto const created = r.parsed();
            check_payment_shape(created);
            auto const number = text_of(created, "out_trade_no");
            BOOST_TEST(text_of(created, "trade_type") == w.trade_type);
            BOOST_TEST(text_of(created, "trade_state") == "NOTPAY");
            BOOST_TEST(member(created, "openid").is_null());
            BOOST_TEST(member(created, "request_payment").is_null());
            BOOST_TEST(!member(created, w.in_reply).is_null());

            json::object again = order;
            again["out_trade_no"] = number;
            auto const same = system.with_key("shop").post("/v1/payments", again);
            BOOST_TEST(same.status == 200U, same.describe());
            again["total_fee"] = 1;
            check_problem(
                system.with_key("shop").post("/v1/payments", again), 409, "order_conflict", "total_fee"
            );

            paid_with(system, w.at_sandbox, member(same.parsed(), w.in_reply));
            BOOST_TEST_REQUIRE(becomes(system, number, "SUCCESS"));
            auto const now = system.payment(number);
            check_payment_shape(now);
            BOOST_TEST(!text_of(now, "openid").empty()); // who paid
            BOOST_TEST(member(now, w.in_reply).is_null());
            BOOST_TEST(system.anomalies(number) == 0);
        }
    }
}

BOOST_AUTO_TEST_CASE(one_that_is_not_paid_is_closed) {
    auto& system = the_system();
    auto const r = system.with_key("shop").post("/v1/payments", order_of(system, "NATIVE"));
    BOOST_TEST_REQUIRE(r.status == 201U, r.describe());
    auto const number = text_of(r.parsed(), "out_trade_no");
    auto const closed = system.with_key("shop").post("/v1/payments/" + number + "/close", json::object());
    BOOST_TEST(closed.status == 200U, closed.describe());
    BOOST_TEST(system.state(number) == "CLOSED");
    BOOST_TEST(system.sandbox_received("closeorder", number) == 1U);
}

BOOST_AUTO_TEST_CASE(a_providers_shop) {
    system_options options;
    options.merchants = [](std::vector<merchant_config>& all) {
        all.front().sub_mch_id = "1900000109";
        all.front().sub_appid = "wx00000000000000aa";
    };
    system_under_test system(std::move(options));
    auto const created = system.create();
    check_payment_shape(created);
    auto const number = text_of(created, "out_trade_no");
    BOOST_TEST(text_of(member(created, "request_payment"), "appId") == "wx00000000000000aa");
    auto const calls = system.sandbox_calls("unifiedorder", number);
    BOOST_TEST_REQUIRE(calls.size() == 1U);
    auto const sent = json::serialize(calls.front());
    BOOST_TEST(sent.find("1900000109") != std::string::npos);
    BOOST_TEST(sent.find("sub_openid") != std::string::npos);

    auto const paid = system.pay(created);
    BOOST_TEST_REQUIRE(paid.status == 200U, paid.describe());
    BOOST_TEST_REQUIRE(becomes(system, number, "SUCCESS"));
    BOOST_TEST(text_of(system.payment(number), "openid") == text_of(created, "openid")); // the shop's user
    auto const request = system.refund_request(100);
    auto const refund = system.refund(number, request);
    BOOST_TEST_REQUIRE(refund.status < 300U, refund.describe());
    BOOST_TEST(system.refund_becomes(text_of(refund.parsed(), "out_refund_no"), "SUCCESS"));
    BOOST_TEST(system.anomalies(number) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
