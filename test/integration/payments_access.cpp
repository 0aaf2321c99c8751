// Who may do what: keys, scopes, merchants, rates, client_secret.
#include "fixture.hpp"

using namespace wxgate::test;

BOOST_AUTO_TEST_SUITE(payments_access)

//
BOOST_AUTO_TEST_CASE(no_or_unknown_key) {
    auto& system = the_system();
    auto const payment = system.create();
    auto const target = "/v1/payments/" + text_of(payment, "out_trade_no");
    auto const before = system.mark();
    auto const right = system.with_key("shop").bearer();
    for (auto const& value : std::vector<std::string>{
             std::string(),
             "Bearer",
             "Bearer ",
             "Bearer " + right + "x",
             "Bearer " + right.substr(1),
             "bearer-" + right,
             "Basic " + right,
             right,
             "Bearer " + std::string(4000, 'a'),
             "Bearer " + right + " " + right,
             "Bearer " + sha256_hex(right),
             "Bearer null"}) {
        BOOST_TEST_CONTEXT(value.substr(0, 80)) {
            header_list headers;
            if (!value.empty())
                headers.emplace_back("Authorization", value);
            for (auto const& r :
                 {exchange(system.port(), {"GET", target, headers, {}}),
                  exchange(system.port(), {"GET", "/v1/payments", headers, {}})}) {
                check_problem(r, 401, "unauthorized");
                BOOST_TEST(r.header("WWW-Authenticate").starts_with("Bearer"));
            }
            auto post = headers;
            post.emplace_back("Content-Type", "application/json");
            check_problem(
                exchange(system.port(), {"POST", "/v1/payments", post, json::serialize(system.order())}),
                401,
                "unauthorized"
            );
            check_problem(
                exchange(system.port(), {"POST", target + "/close", headers, {}}), 401, "unauthorized"
            );
            BOOST_TEST_REQUIRE(system.trouble_since(before) == "");
        }
    }
    // The scheme's name is in any case (RFC 9110).
    BOOST_TEST(one_of(
        exchange(system.port(), {"GET", target, {{"Authorization", "bearer " + right}}, {}}).status,
        {200, 401}
    ));
}

BOOST_AUTO_TEST_CASE(scopes) {
    auto& system = the_system();
    auto const payment = system.create();
    auto const target = "/v1/payments/" + text_of(payment, "out_trade_no");
    auto const before = system.mark();
    auto const reader = system.with_key("reader");
    check_problem(reader.post("/v1/payments", system.order()), 403, "forbidden");
    check_problem(reader.post_text(target + "/close"), 403, "forbidden");
    auto const payer = system.with_key("payer");
    check_problem(payer.get(target), 403, "forbidden");
    check_problem(payer.get("/v1/payments"), 403, "forbidden");
    check_problem(payer.get(target + "/events"), 403, "forbidden");
    check_problem(payer.get(target + "?sync=1"), 403, "forbidden");
    BOOST_TEST(system.trouble_since(before) == "");
    BOOST_TEST(reader.get(target).status == 200U);
    BOOST_TEST(reader.get("/v1/payments").status == 200U);
    BOOST_TEST(payer.post("/v1/payments", system.order()).status == 201U);
}

// another merchant's order is as if it were not there.
BOOST_AUTO_TEST_CASE(another_merchants_order) {
    auto& system = the_system();
    auto const payment = system.create();
    auto const number = text_of(payment, "out_trade_no");
    auto const before = system.mark();
    auto const rival = system.with_key("rival");
    auto const nothing = rival.get("/v1/payments/T" + random_hex(24));
    for (auto const& r :
         {rival.get("/v1/payments/" + number),
          rival.get("/v1/payments/" + number + "?sync=1"),
          rival.get("/v1/payments/" + number + "/events"),
          rival.post_text("/v1/payments/" + number + "/close")}) {
        check_problem(r, 404, "not_found");
        BOOST_TEST(r.body.find(text_of(payment, "openid")) == std::string::npos);
    }
    BOOST_TEST(
        text_of(rival.get("/v1/payments/" + number).parsed(), "title") == text_of(nothing.parsed(), "title")
    );
    BOOST_TEST(system.trouble_since(before) == "");
    auto const list = rival.get("/v1/payments?limit=100");
    BOOST_TEST(list.body.find(number) == std::string::npos);
    BOOST_TEST(list.body.find(text_of(payment, "client_secret")) == std::string::npos);
    // A cursor of shop's shows rival nothing of shop's.
    system.create();
    auto const page = system.with_key("shop").get("/v1/payments?limit=1").parsed();
    auto const stolen = rival.get("/v1/payments?limit=100&cursor=" + text_of(page, "next_cursor"));
    BOOST_TEST(one_of(stolen.status, {200, 400}));
    BOOST_TEST(stolen.body.find("\"merchant\":\"shop\"") == std::string::npos);
}

// only the key that is over its rate; WeChat's path never.
BOOST_AUTO_TEST_CASE(rate) {
    auto& system = the_system();
    auto const limited = system.with_key("limited", true);
    int served = 0;
    int refused = 0;
    for (int i = 0; i < 40; ++i) {
        auto const r = limited.get("/v1/payments?limit=1");
        if (r.status == 200) {
            ++served;
            continue;
        }
        ++refused;
        check_problem(r, 429, "rate_limited");
        auto const wait = r.header("Retry-After");
        BOOST_TEST(!wait.empty());
        BOOST_TEST(wait.find_first_not_of("0123456789") == std::string::npos);
        BOOST_TEST(std::stoi(wait) >= 1);
    }
    BOOST_TEST(served >= 1);
    BOOST_TEST(refused >= 10);
    BOOST_TEST(system.with_key("shop").get("/v1/payments?limit=1").status == 200U);
    BOOST_TEST(
        eventually(5s, [&] { return limited.get("/v1/payments?limit=1").status == 200; }), "it comes back"
    );
    auto const payment = system.create();
    auto const said = notification_of(payment, new_transaction_id());
    for (int i = 0; i < 40; ++i)
        check_accepted(system.notify(said));
}

// The order of checks: route, method, media type, key, syntax, content.
BOOST_AUTO_TEST_CASE(order_of_checks) {
    auto& system = the_system();
    auto const port = system.port();
    header_list const json_type = {{"Content-Type", "application/json"}};
    check_problem(exchange(port, {"DELETE", "/v1/payments", {}, {}}), 405);
    check_problem(exchange(port, {"GET", "/nowhere", {}, {}}), 404);
    check_problem(exchange(port, {"POST", "/v1/payments", {{"Content-Type", "text/plain"}}, "{"}), 415);
    check_problem(exchange(port, {"POST", "/v1/payments", json_type, "{"}), 401);
    check_problem(system.with_key("reader").post_text("/v1/payments", "{"), 403);
}

// client_secret is the Mini Program's key to one order: no two alike, and of no use elsewhere.
BOOST_AUTO_TEST_CASE(client_secrets) {
    auto& system = the_system();
    auto const one = system.create({{"openid", nullptr}});
    auto const two = system.create({{"openid", nullptr}});
    auto const secret = text_of(one, "client_secret");
    BOOST_TEST(secret.size() >= 20U);
    BOOST_TEST(secret != text_of(two, "client_secret"));
    auto const before = system.mark();
    auto const target = "/v1/checkout/" + text_of(two, "out_trade_no");
    auto const thief = system.anonymous().post(
        target, {{"client_secret", secret}, {"code", "openid:oCANARYthief1234567890ab"}}
    );
    BOOST_TEST(one_of(thief.status, {401, 403, 404}), thief.describe());
    check_problem(thief, thief.status);
    auto const bearer = api(system.port(), secret).get("/v1/payments/" + text_of(one, "out_trade_no"));
    check_problem(bearer, 401, "unauthorized");
    BOOST_TEST(system.trouble_since(before) == "");
    BOOST_TEST(system.logs_to_now().find(secret) == std::string::npos);
    BOOST_TEST(system.admin().get("/metrics").body.find(secret) == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
