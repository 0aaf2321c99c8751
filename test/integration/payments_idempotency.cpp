// The same request again: by its number, by Idempotency-Key.
#include "fixture.hpp"

using namespace wxgate::test;

BOOST_AUTO_TEST_SUITE(payments_idempotency)

// B-12
BOOST_AUTO_TEST_CASE(same_number_same_body) {
    auto& system = the_system();
    auto const shop = system.with_key("shop");
    auto const order = system.order({{"attach", "a"}, {"metadata", {{"x", "1"}}}});
    auto const first = shop.post("/v1/payments", order);
    BOOST_TEST_REQUIRE(first.status == 201U, first.describe());
    auto const before = system.mark();
    auto const again = shop.post("/v1/payments", order);
    BOOST_TEST_REQUIRE(again.status == 200U, again.describe());
    for (auto const* name : {"out_trade_no", "prepay_id", "created_at", "client_secret", "trade_state"})
        BOOST_TEST(text_of(first.parsed(), name) == text_of(again.parsed(), name), name);
    BOOST_TEST(verifies(member(again.parsed(), "request_payment"), system.merchant("shop").key));
    // Members in another order and other white space are the same request.
    json::object reversed;
    std::vector<json::string> names;
    for (auto const& each : order)
        names.emplace_back(each.key());
    for (auto name = names.rbegin(); name != names.rend(); ++name)
        reversed[*name] = order.at(*name);
    BOOST_TEST(shop.post_text("/v1/payments", " " + json::serialize(reversed) + "\n").status == 200U);
    BOOST_TEST(system.trouble_since(before) == "");
    BOOST_TEST(system.sandbox_received("unifiedorder", text_of(order, "out_trade_no")) == 1U);
}

// B-13, P13
BOOST_AUTO_TEST_CASE(same_number_other_body) {
    auto& system = the_system();
    auto const shop = system.with_key("shop");
    auto const order = system.order({{"attach", "a"}});
    BOOST_TEST_REQUIRE(shop.post("/v1/payments", order).status == 201U);
    auto const before = system.mark();
    std::vector<json::object> const changes = {
        {{"total_fee", 1300}},
        {{"openid", "oAnotherOne" + random_hex(17)}},
        {{"body", "other"}},
        {{"attach", "b"}},
        {{"attach", nullptr}},
        {{"detail", "d"}},
        {{"goods_tag", "g"}},
        {{"limit_pay", "no_credit"}},
        {{"metadata", {{"x", "1"}}}}};
    for (auto const& each : changes) {
        BOOST_TEST_CONTEXT(json::serialize(each)) {
            check_problem(shop.post("/v1/payments", with(order, each)), 409, "order_conflict");
            BOOST_TEST_REQUIRE(system.trouble_since(before) == "");
        }
    }
    BOOST_TEST(system.sandbox_received("unifiedorder", text_of(order, "out_trade_no")) == 1U);
}

BOOST_AUTO_TEST_CASE(number_is_one_merchants) {
    auto& system = the_system();
    auto const order = system.order();
    BOOST_TEST_REQUIRE(system.with_key("shop").post("/v1/payments", order).status == 201U);
    auto const rival = system.with_key("rival").post("/v1/payments", with(order, {{"total_fee", 7}}));
    BOOST_TEST(rival.status == 201U, rival.describe());
    BOOST_TEST(number_of(system.payment(text_of(order, "out_trade_no")), "total_fee") == 1299);
    BOOST_TEST(number_of(system.payment(text_of(order, "out_trade_no"), "rival"), "total_fee") == 7);
}

BOOST_AUTO_TEST_CASE(idempotency_key) {
    auto& system = the_system();
    auto const shop = system.with_key("shop");
    header_list const key = {{"Idempotency-Key", "order-" + random_hex(20)}};
    auto const order = system.order({{"out_trade_no", nullptr}});
    auto const first = shop.post("/v1/payments", order, key);
    BOOST_TEST_REQUIRE(first.status == 201U, first.describe());
    auto const before = system.mark();
    auto const again = shop.post("/v1/payments", order, key);
    BOOST_TEST(again.status == 200U, again.describe());
    BOOST_TEST(text_of(again.parsed(), "out_trade_no") == text_of(first.parsed(), "out_trade_no"));
    BOOST_TEST(text_of(again.parsed(), "prepay_id") == text_of(first.parsed(), "prepay_id"));
    check_problem(
        shop.post("/v1/payments", with(order, {{"total_fee", 1300}}), key), 409, "idempotency_mismatch"
    );
    check_problem(
        shop.post("/v1/payments", with(order, {{"metadata", {{"a", "b"}}}}), key), 409, "idempotency_mismatch"
    );
    BOOST_TEST(system.trouble_since(before) == "");
    // Scoped to the merchant.
    auto const rival =
        system.with_key("rival").post("/v1/payments", system.order({{"out_trade_no", nullptr}}), key);
    BOOST_TEST(rival.status == 201U, rival.describe());
    BOOST_TEST(text_of(rival.parsed(), "out_trade_no") != text_of(first.parsed(), "out_trade_no"));
    // 255 bytes are a key.
    header_list const longest = {{"Idempotency-Key", std::string(235, 'k') + random_hex(20)}};
    BOOST_TEST(shop.post("/v1/payments", system.order(), longest).status == 201U);
}

// A refused request leaves its key free for a corrected one.
BOOST_AUTO_TEST_CASE(key_of_a_request_that_was_not_valid) {
    auto& system = the_system();
    auto const shop = system.with_key("shop");
    header_list const key = {{"Idempotency-Key", "corrected-" + random_hex(20)}};
    auto const order = system.order();
    check_problem(
        shop.post("/v1/payments", with(order, {{"total_fee", 0}}), key), 400, "invalid_request", "total_fee"
    );
    BOOST_TEST(shop.post("/v1/payments", order, key).status == 201U);
}

// The first is still on its way to WeChat.
BOOST_AUTO_TEST_CASE(idempotency_key_in_progress) {
    scripted const s;
    auto const shop = s.system.with_key("shop");
    header_list const key = {{"Idempotency-Key", "slow-" + random_hex(20)}};
    auto const order = s.system.order({{"out_trade_no", nullptr}});
    s.wechat.behave([&](call const& c) {
        auto a = s.wechat.well_behaved(c);
        a.delay = c.path == "/pay/unifiedorder" ? 1500ms : 0ms;
        return a;
    });
    reply first;
    {
        std::jthread const slow([&] { first = shop.post("/v1/payments", order, key); });
        BOOST_TEST_REQUIRE(eventually(5s, [&] { return !s.wechat.calls("/pay/unifiedorder").empty(); }));
        auto const r = s.system.with_key("shop").post("/v1/payments", order, key);
        check_problem(r, 409, "in_progress");
        BOOST_TEST(r.header("Retry-After") == "1");
        check_problem(
            s.system.with_key("shop").post("/v1/payments", with(order, {{"total_fee", 2}}), key),
            409,
            "idempotency_mismatch"
        );
    }
    BOOST_TEST(first.status == 201U, first.describe());
    auto const again = shop.post("/v1/payments", order, key);
    BOOST_TEST(again.status == 200U, again.describe());
    BOOST_TEST(text_of(again.parsed(), "prepay_id") == text_of(first.parsed(), "prepay_id"));
    BOOST_TEST(s.wechat.calls("/pay/unifiedorder").size() == 1U);
}

// The first ended unknown: the key is free, and means the same order.
BOOST_AUTO_TEST_CASE(idempotency_key_after_an_unknown_outcome) {
    scripted const s;
    auto const shop = s.system.with_key("shop");
    header_list const key = {{"Idempotency-Key", "unknown-" + random_hex(20)}};
    auto const order = s.system.order({{"out_trade_no", nullptr}});
    s.wechat.behave([&](call const& c) {
        auto a = s.wechat.well_behaved(c);
        a.how = c.path == "/pay/unifiedorder" ? manner::reset_after : manner::answer;
        return a;
    });
    check_problem(shop.post("/v1/payments", order, key), 504, "upstream_timeout");
    s.wechat.behave([&](call const& c) { return s.wechat.well_behaved(c); });
    auto const again = shop.post("/v1/payments", order, key);
    BOOST_TEST(one_of(again.status, {200, 201}), again.describe());
    BOOST_TEST(text_of(again.parsed(), "prepay_id") != "");
    std::vector<std::string> numbers;
    for (auto const& c : s.wechat.calls("/pay/unifiedorder"))
        numbers.push_back(value_of(c.fields, "out_trade_no"));
    BOOST_TEST_REQUIRE(numbers.size() >= 2U);
    for (auto const& number : numbers)
        BOOST_TEST(number == numbers.front(), "one number for ever");
}

BOOST_AUTO_TEST_SUITE_END()
