// The Mini Program pays on its own: client_secret and login code, no backend in between.
#include "fixture.hpp"

using namespace wxgate::test;

BOOST_AUTO_TEST_SUITE(payments_checkout)

BOOST_AUTO_TEST_CASE(from_code_to_success) {
    auto& system = the_system();
    auto const created = system.create({{"openid", nullptr}});
    auto const number = text_of(created, "out_trade_no");
    check_payment_shape(created);
    BOOST_TEST(text_of(created, "trade_state") == "CREATED");
    BOOST_TEST(member(created, "openid").is_null());
    BOOST_TEST(member(created, "prepay_id").is_null());
    BOOST_TEST(member(created, "request_payment").is_null());
    BOOST_TEST(system.sandbox_received("unifiedorder", number) == 0U);

    auto const openid = "oUpFCANARY" + random_hex(18);
    json::object const body = {
        {"client_secret", text_of(created, "client_secret")}, {"code", "openid:" + openid}};
    auto const r = system.anonymous().post("/v1/checkout/" + number, body);
    BOOST_TEST_REQUIRE(one_of(r.status, {200, 201}), r.describe());
    auto const pay = member(r.parsed(), "request_payment");
    BOOST_TEST(verifies(pay, system.merchant("shop").key), r.body);
    BOOST_TEST(r.body.find("session_key") == std::string::npos);
    auto const now = system.payment(number);
    BOOST_TEST(text_of(now, "openid") == openid);
    BOOST_TEST(text_of(now, "trade_state") == "NOTPAY");

    BOOST_TEST(system.pay(r.parsed()).status == 200U);
    BOOST_TEST(eventually(15s, [&] { return system.state(number) == "SUCCESS"; }));
    auto const late = with(body, {{"code", "openid:" + openid + ":late"}});
    check_problem(system.anonymous().post("/v1/checkout/" + number, late), 409, "order_paid");
}

// The customer comes again before having paid: the same order, freshly signed. Another customer does not get
// it.
BOOST_AUTO_TEST_CASE(again_and_by_another) {
    auto& system = the_system();
    auto const created = system.create({{"openid", nullptr}});
    auto const number = text_of(created, "out_trade_no");
    auto const openid = "oUpFCANARY" + random_hex(18);
    json::object const body = {
        {"client_secret", text_of(created, "client_secret")}, {"code", "openid:" + openid}};
    BOOST_TEST_REQUIRE(one_of(system.anonymous().post("/v1/checkout/" + number, body).status, {200, 201}));
    // A login code works once; the sandbox takes what follows a second colon as one more code of the same
    // customer.
    auto const second = with(body, {{"code", "openid:" + openid + ":2"}});
    auto const again = system.anonymous().post("/v1/checkout/" + number, second);
    BOOST_TEST(again.status == 200U, again.describe());
    BOOST_TEST(verifies(member(again.parsed(), "request_payment"), system.merchant("shop").key));
    auto const before = system.mark();
    auto const other = with(body, {{"code", "openid:oUpFCANARY" + random_hex(18)}});
    auto const stolen = system.anonymous().post("/v1/checkout/" + number, other);
    check_problem(stolen, 409);
    BOOST_TEST(system.trouble_since(before) == "");
    BOOST_TEST(text_of(system.payment(number), "openid") == openid);
    BOOST_TEST(system.sandbox_received("unifiedorder", number) == 1U);
}

BOOST_AUTO_TEST_CASE(refusals) {
    auto& system = the_system();
    auto const created = system.create({{"openid", nullptr}});
    auto const number = text_of(created, "out_trade_no");
    auto const secret = text_of(created, "client_secret");
    auto const before = system.mark();
    auto const to = [&](std::string const& target, std::string const& with_secret, std::string const& code) {
        return system.anonymous().post(target, {{"client_secret", with_secret}, {"code", code}});
    };
    auto const target = "/v1/checkout/" + number;
    auto const code = "openid:oUpFCANARY" + random_hex(18);
    for (auto const& wrong : {secret + "x", secret.substr(1), std::string("x"), std::string(300, 'x')}) {
        auto const r = to(target, wrong, code);
        BOOST_TEST(one_of(r.status, {400, 401, 403, 404}), r.describe());
        check_problem(r, r.status);
    }
    auto const nobody = to("/v1/checkout/T" + random_hex(20), secret, code);
    BOOST_TEST(one_of(nobody.status, {401, 404}), nobody.describe());
    auto const blocked = to(target, secret, "blocked");
    check_problem(blocked, 422, "upstream_rejected");
    BOOST_TEST(text_of(member(blocked.parsed(), "upstream"), "err_code") == "40226");
    auto const long_code = to(target, secret, std::string(2000, 'c'));
    BOOST_TEST(one_of(long_code.status, {400, 422}), long_code.describe());
    BOOST_TEST(system.trouble_since(before) == "");
    BOOST_TEST(text_of(system.payment(number), "trade_state") == "CREATED");
}

// WeChat's login does not answer: nothing is lost, the Mini Program tries again.
BOOST_AUTO_TEST_CASE(login_does_not_answer) {
    scripted const s;
    auto const created = s.system.create({{"openid", nullptr}});
    auto const number = text_of(created, "out_trade_no");
    json::object const body = {
        {"client_secret", text_of(created, "client_secret")}, {"code", "openid:oUpFCANARYx1234567890abcdef"}};
    auto const failing = [&](answer bad) {
        s.wechat.behave([&, bad](call const& c) {
            return c.path == "/sns/jscode2session" ? bad : s.wechat.well_behaved(c);
        });
        return s.system.anonymous().post("/v1/checkout/" + number, body);
    };
    answer bad;
    bad.how = manner::reset_after;
    check_problem(failing(bad), 504, "upstream_timeout");
    bad = {};
    bad.body = "<html>busy</html>";
    BOOST_TEST(one_of(failing(bad).status, {502, 504}));
    bad.body = R"({"errcode":-1,"errmsg":"system error"})";
    BOOST_TEST(one_of(failing(bad).status, {502, 504}));
    bad.body = R"({"session_key":"CANARYsession"})";
    BOOST_TEST(one_of(failing(bad).status, {502, 504}));
    bad.body = R"({"errcode":0,"openid":"","session_key":"CANARYsession"})";
    BOOST_TEST(one_of(failing(bad).status, {502, 504}));
    bad.body = R"({"errcode":45011,"errmsg":"api minute-quota reach limit"})";
    auto const limited = failing(bad);
    BOOST_TEST(one_of(limited.status, {422, 429}), limited.describe());
    BOOST_TEST(s.system.state(number) == "CREATED");
    s.wechat.behave([&](call const& c) { return s.wechat.well_behaved(c); });
    auto const r = s.system.anonymous().post("/v1/checkout/" + number, body);
    BOOST_TEST(one_of(r.status, {200, 201}), r.describe());
    for (auto const& c : s.wechat.calls("/sns/jscode2session")) {
        BOOST_TEST(c.method == "GET");
        BOOST_TEST(c.query.find("grant_type=authorization_code") != std::string::npos);
    }
    BOOST_TEST(s.system.leaked() == "");
}

// An order that has its openid needs no checkout: what the Mini Program gets is that customer's.
BOOST_AUTO_TEST_CASE(order_with_openid) {
    auto& system = the_system();
    auto const created = system.create();
    json::object const body = {
        {"client_secret", text_of(created, "client_secret")},
        {"code", "openid:" + text_of(created, "openid")}};
    auto const target = "/v1/checkout/" + text_of(created, "out_trade_no");
    auto const same = system.anonymous().post(target, body);
    BOOST_TEST(same.status == 200U, same.describe());
    BOOST_TEST(verifies(member(same.parsed(), "request_payment"), system.merchant("shop").key));
    check_problem(
        system.anonymous().post(target, with(body, {{"code", "openid:oUpFCANARYother567890abcdef"}})), 409
    );
}

BOOST_AUTO_TEST_SUITE_END()
