// A refund from the request to SUCCESS, and who may see it (CONTRACT.md 3; RELIABILITY.md A-11).
#include "refunds_common.hpp"

#include <set>

using namespace wxgate::test;

namespace {

std::vector<json::value> data_of(reply const& r) {
    BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
    auto const data = member(r.parsed(), "data");
    BOOST_TEST_REQUIRE(data.is_array());
    return {data.as_array().begin(), data.as_array().end()};
}

json::value event_of(std::vector<json::value> const& events, std::string_view type) {
    for (auto const& e : events)
        if (text_of(e, "type") == type)
            return e;
    return {};
}

} // namespace

BOOST_AUTO_TEST_SUITE(refunds_flow)

// With no question asked for half a minute, only the notification can have told.
BOOST_AUTO_TEST_CASE(approved_by_itself_and_settled_by_notification) {
    auto options = refund_options();
    options.adjust = [](gateway_config& c) { c.refunds = {{"first_retry", "30s"}, {"last_retry", "1m"}}; };
    system_under_test system(options);
    for (std::string const key : {"shop", "plain"}) {
        BOOST_TEST_REQUIRE(system.control().put("/control/refunds", {{"settle", "never"}}).status == 200U);
        auto const payment = system.paid({}, key);
        auto const number = text_of(payment, "out_trade_no");
        auto const asked = system.refund_request(300, {{"reason", "尺码不合适"}});
        auto const refund_no = text_of(asked, "out_refund_no");
        auto const r = system.refund(number, asked, key);
        BOOST_TEST_REQUIRE(r.status == 201U, r.describe());
        auto const first = r.parsed();
        check_refund_shape(first);
        BOOST_TEST(text_of(first, "out_refund_no") == refund_no);
        BOOST_TEST(text_of(first, "out_trade_no") == number);
        BOOST_TEST(number_of(first, "refund_fee") == 300);
        BOOST_TEST(number_of(first, "total_fee") == 1299);
        BOOST_TEST(text_of(first, "refund_status") == "PROCESSING");
        BOOST_TEST(text_of(first, "reason") == "尺码不合适");
        BOOST_TEST(text_of(first, "requested_by") == key);
        BOOST_TEST(text_of(first, "decided_by") == "auto");
        BOOST_TEST(text_of(first, "refund_id").size() == 29U);
        BOOST_TEST(member(first, "err_code").is_null());
        BOOST_TEST(!text_of(first, "created_at").empty());
        BOOST_TEST(!text_of(first, "decided_at").empty());
        BOOST_TEST(member(first, "succeeded_at").is_null());
        auto const meanwhile = system.payment(number, key);
        BOOST_TEST(text_of(meanwhile, "trade_state") == "REFUND");
        BOOST_TEST(number_of(meanwhile, "refunded_fee") == 0);

        BOOST_TEST_REQUIRE(
            system.control()
                .post("/control/settle-refund", {{"out_refund_no", refund_no}, {"refund_status", "SUCCESS"}})
                .status == 200U
        );
        BOOST_TEST(system.refund_becomes(refund_no, "SUCCESS", key, 10s));
        auto const last = system.refund_of(refund_no, key);
        check_refund_shape(last);
        BOOST_TEST(text_of(last, "refund_id") == text_of(first, "refund_id"));
        BOOST_TEST(!text_of(last, "succeeded_at").empty());
        BOOST_TEST(number_of(system.payment(number, key), "refunded_fee") == 300);
        BOOST_TEST(eventually(5s, [&] {
            auto const told = member(system.control().get("/control/ledger").parsed(), "notifications");
            for (auto const& n : told.as_array())
                if (text_of(n, "out_refund_no") == refund_no)
                    return member(n, "acknowledged") == json::value(true);
            return false;
        }));

        // Who, when, why.
        auto const events = data_of(system.with_key(key).get("/v1/payments/" + number + "/events"));
        auto const requested = event_of(events, "REFUND_REQUESTED");
        BOOST_TEST(text_of(requested, "source") == "api");
        BOOST_TEST(text_of(requested, "out_refund_no") == refund_no);
        BOOST_TEST(text_of(member(requested, "detail"), "by") == key);
        BOOST_TEST(text_of(member(requested, "detail"), "reason") == "尺码不合适");
        BOOST_TEST(text_of(requested, "request_id") == r.header("X-Request-Id"));
        auto const approved = event_of(events, "REFUND_APPROVED");
        BOOST_TEST(text_of(member(approved, "detail"), "by") == "auto");
        BOOST_TEST(text_of(event_of(events, "REFUND_PROCESSING"), "trade_state") == "REFUND");
        BOOST_TEST(text_of(event_of(events, "REFUND_SUCCESS"), "source") == "notification");
        for (auto const& e : events)
            BOOST_TEST(!text_of(e, "created_at").empty());

        // The rest, in two parts: it adds up.
        BOOST_TEST_REQUIRE(system.control().put("/control/refunds", {{"settle", "10ms"}}).status == 200U);
    }
    check_store(system);
    check_both(system);
    BOOST_TEST(system.anomalies() == 0);
    BOOST_TEST(system.leaked() == "");
}

// Nobody tells of the end; whoever asks with sync=1 hears it from WeChat.
BOOST_AUTO_TEST_CASE(sync_asks_wechat) {
    auto options = refund_options();
    options.adjust = [](gateway_config& c) { c.refunds = {{"first_retry", "30s"}, {"last_retry", "1m"}}; };
    system_under_test system(options);
    auto const set = [&](char const* path, json::object const& what) {
        BOOST_TEST_REQUIRE(system.control().put(path, what).status == 200U);
    };
    set("/control/refunds", {{"settle", "never"}});
    json::object const drop = {{"on", "refund_notify"}, {"do", "drop"}, {"p", 1.0}};
    set("/control/faults", {{"seed", 1}, {"rules", json::array{drop}}});
    auto const number = text_of(system.paid(), "out_trade_no");
    auto const asked = system.refund_request(300);
    auto const refund_no = text_of(asked, "out_refund_no");
    BOOST_TEST_REQUIRE(system.refund(number, asked).status == 201U);
    auto const path = "/v1/refunds/" + refund_no;
    auto const shop = system.with_key("shop");
    BOOST_TEST(text_of(shop.get(path + "?sync=1").parsed(), "refund_status") == "PROCESSING");
    json::object const end = {{"out_refund_no", refund_no}, {"refund_status", "SUCCESS"}};
    BOOST_TEST_REQUIRE(system.control().post("/control/settle-refund", end).status == 200U);
    BOOST_TEST(text_of(shop.get(path).parsed(), "refund_status") == "PROCESSING");
    BOOST_TEST(text_of(shop.get(path + "?sync=0").parsed(), "refund_status") == "PROCESSING");
    // Not more often than twice a second: what is known is the answer meanwhile.
    BOOST_TEST(eventually(5s, [&] {
        return text_of(shop.get(path + "?sync=1").parsed(), "refund_status") == "SUCCESS";
    }));
    BOOST_TEST(number_of(system.payment(number), "refunded_fee") == 300);
    auto const queries = system.sandbox_calls("refundquery", refund_no).size();
    BOOST_TEST(queries == 2U, "one a half second at most, and none once it has ended");
    BOOST_TEST(text_of(shop.get(path + "?sync=1").parsed(), "refund_status") == "SUCCESS");
    BOOST_TEST(system.sandbox_calls("refundquery", refund_no).size() == queries);
    for (auto const* bad : {"?sync=2", "?sync=", "?x=1", "?sync=1&sync=1"})
        check_problem(shop.get(path + bad), 400, "invalid_request");
    // WeChat does not say: neither do we.
    BOOST_TEST_REQUIRE(system.control().del("/control/faults").status == 200U);
    auto const other = system.refund_request(10);
    auto const second = text_of(system.paid(), "out_trade_no");
    BOOST_TEST_REQUIRE(system.refund(second, other).status == 201U);
    json::object const hang = {{"on", "refundquery"}, {"do", "reset_before"}, {"p", 1.0}};
    set("/control/faults", {{"seed", 1}, {"rules", json::array{hang}}});
    auto const silent = shop.get("/v1/refunds/" + text_of(other, "out_refund_no") + "?sync=1");
    check_problem(silent, 504, "upstream_timeout");
    BOOST_TEST(system.refund_status(text_of(other, "out_refund_no")) == "PROCESSING");
}

BOOST_AUTO_TEST_CASE(several_refunds_add_up) {
    auto& system = refund_system();
    auto const number = text_of(system.paid({{"total_fee", 100}}), "out_trade_no");
    std::int64_t sum = 0;
    for (std::int64_t const fee : {1, 30, 69}) {
        auto const asked = system.refund_request(fee);
        auto const r = system.refund(number, asked);
        BOOST_TEST(one_of(r.status, {201, 202}), r.describe());
        BOOST_TEST_REQUIRE(system.refund_becomes(text_of(asked, "out_refund_no"), "SUCCESS"));
        sum += fee;
        BOOST_TEST(number_of(system.payment(number), "refunded_fee") == sum);
    }
    check_problem(system.refund(number, system.refund_request(1)), 409, "refund_exceeds_payment");
    BOOST_TEST(sandbox_refunds(system, number).size() == 3U);
    // An order that was paid back is one all the same.
    BOOST_TEST(text_of(system.payment(number), "trade_state") == "REFUND");
    BOOST_TEST(text_of(system.payment(number, "shop", "?sync=1"), "trade_state") == "REFUND");
}

// Where people approve, a request is only a request.
BOOST_AUTO_TEST_CASE(a_request_waits_for_a_person) {
    auto& system = refund_system();
    auto const payment = system.paid({}, "rival");
    auto const number = text_of(payment, "out_trade_no");
    auto const asked = system.refund_request(1299);
    auto const refund_no = text_of(asked, "out_refund_no");
    auto const r = system.refund(number, asked, "rival");
    BOOST_TEST_REQUIRE(r.status == 202U, r.describe());
    auto const made = r.parsed();
    check_refund_shape(made);
    BOOST_TEST(text_of(made, "refund_status") == "REQUESTED");
    for (auto const* name : {"decided_by", "decided_at", "refund_id", "err_code", "succeeded_at", "reason"})
        BOOST_TEST(member(made, name).is_null(), name);
    auto const before = system.mark();
    auto const again = system.refund(number, asked, "rival");
    BOOST_TEST(again.status == 200U, again.describe());
    BOOST_TEST(again.body == r.body);
    check_problem(
        system.refund(number, system.refund_request(1), "rival"), 409, "refund_exceeds_payment", "refund_fee"
    );
    BOOST_TEST(system.trouble_since(before) == "");
    BOOST_TEST(text_of(system.payment(number, "rival"), "trade_state") == "SUCCESS");
    BOOST_TEST(order_number(system, "refund_reserved", number) == 1299);
    // Another's refund has gone through meanwhile; this one has not been heard of.
    auto const other = system.refund_request(1);
    BOOST_TEST(system.refund(text_of(system.paid(), "out_trade_no"), other).status == 201U);
    BOOST_TEST(system.refund_becomes(text_of(other, "out_refund_no"), "SUCCESS"));
    BOOST_TEST(system.sandbox_calls("refund", refund_no).empty());
    BOOST_TEST(system.refund_status(refund_no, "rival") == "REQUESTED");
}

// B-24
BOOST_AUTO_TEST_CASE(same_number_again) {
    auto& system = refund_system();
    auto const number = text_of(system.paid(), "out_trade_no");
    auto const other = text_of(system.paid(), "out_trade_no");
    auto const asked = system.refund_request(100, {{"reason", "a"}});
    auto const refund_no = text_of(asked, "out_refund_no");
    BOOST_TEST_REQUIRE(system.refund(number, asked).status == 201U);
    BOOST_TEST_REQUIRE(system.refund_becomes(refund_no, "SUCCESS"));
    auto const before = system.mark();
    auto const again = system.refund(number, asked);
    BOOST_TEST(again.status == 200U, again.describe());
    BOOST_TEST(text_of(again.parsed(), "refund_status") == "SUCCESS");
    for (auto const& changed :
         {with(asked, {{"refund_fee", 101}}),
          with(asked, {{"reason", "b"}}),
          with(asked, {{"reason", nullptr}})})
        check_problem(system.refund(number, changed), 409, "refund_conflict");
    check_problem(system.refund(other, asked), 409, "refund_conflict");
    BOOST_TEST(system.trouble_since(before) == "");
    BOOST_TEST(system.sandbox_calls("refund", refund_no).size() == 1U);
}

BOOST_AUTO_TEST_CASE(idempotency_key) {
    auto& system = refund_system();
    auto const shop = system.with_key("shop");
    auto const number = text_of(system.paid(), "out_trade_no");
    auto const other = text_of(system.paid(), "out_trade_no");
    auto const path = "/v1/payments/" + number + "/refunds";
    header_list const key = {{"Idempotency-Key", "refund-" + random_hex(16)}};
    json::object const body = {{"refund_fee", 70}};
    auto const first = shop.post(path, body, key);
    BOOST_TEST_REQUIRE(first.status == 201U, first.describe());
    auto const refund_no = text_of(first.parsed(), "out_refund_no");
    BOOST_TEST(!refund_no.empty());
    BOOST_TEST_REQUIRE(system.refund_becomes(refund_no, "SUCCESS"));
    auto const before = system.mark();
    auto const again = shop.post(path, body, key);
    BOOST_TEST(again.status == 200U, again.describe());
    BOOST_TEST(text_of(again.parsed(), "out_refund_no") == refund_no);
    check_problem(shop.post(path, {{"refund_fee", 71}}, key), 409, "idempotency_mismatch");
    check_problem(shop.post("/v1/payments/" + other + "/refunds", body, key), 409, "idempotency_mismatch");
    for (auto const& bad : {std::string(), std::string(256, 'k'), std::string("a b")})
        check_problem(shop.post(path, body, {{"Idempotency-Key", bad}}), 400, "invalid_request");
    BOOST_TEST(system.trouble_since(before) == "");
    BOOST_TEST(sandbox_refunds(system, number).size() == 1U);
    // Another merchant's key of the same text is another key.
    auto const theirs = text_of(system.paid({}, "plain"), "out_trade_no");
    BOOST_TEST(
        system.with_key("plain").post("/v1/payments/" + theirs + "/refunds", body, key).status == 201U
    );
    // A refusal is no answer to keep: the key can be used again.
    header_list const second = {{"Idempotency-Key", "refund-" + random_hex(16)}};
    check_problem(shop.post(path, {{"refund_fee", 5000}}, second), 409, "refund_exceeds_payment");
    check_problem(shop.post(path, {{"refund_fee", 5000}}, second), 409, "refund_exceeds_payment");
}

BOOST_AUTO_TEST_CASE(idempotency_key_in_progress) {
    scripted_refunds s;
    auto const number = text_of(s.system.paid(), "out_trade_no");
    auto const path = "/v1/payments/" + number + "/refunds";
    header_list const key = {{"Idempotency-Key", "refund-" + random_hex(16)}};
    std::string refund_no;
    std::jthread asking;
    auto const shop = s.system.with_key("shop");
    // The number is the gateway's own: whatever comes is slow.
    s.wechat.behave([&](call const& c) {
        auto a = c.path == "/secapi/pay/refund" ? s.desk.accept(c) : s.desk.tell(c);
        a.delay = c.path == "/secapi/pay/refund" ? 400ms : 0ms;
        return a;
    });
    reply first;
    asking = std::jthread([&] { first = shop.post(path, {{"refund_fee", 70}}, key); });
    BOOST_TEST(eventually(5s, [&] { return !s.wechat.calls("/secapi/pay/refund").empty(); }));
    auto const meanwhile = shop.post(path, {{"refund_fee", 70}}, key);
    check_problem(meanwhile, 409, "in_progress");
    BOOST_TEST(meanwhile.header("Retry-After") == "1");
    asking.join();
    BOOST_TEST(first.status == 201U, first.describe());
    BOOST_TEST(shop.post(path, {{"refund_fee", 70}}, key).status == 200U);
    refund_no = text_of(first.parsed(), "out_refund_no");
    BOOST_TEST(s.system.refund_becomes(refund_no, "SUCCESS"));
    std::size_t calls = 0;
    for (auto const& c : s.wechat.calls("/secapi/pay/refund"))
        calls += value_of(c.fields, "out_trade_no") == number ? 1U : 0U;
    BOOST_TEST(calls == 1U);
}

// A-11, B-23
BOOST_AUTO_TEST_CASE(another_merchants_refunds_are_not_there) {
    auto& system = refund_system();
    auto const number = text_of(system.paid(), "out_trade_no");
    auto const asked = system.refund_request(50);
    auto const refund_no = text_of(asked, "out_refund_no");
    BOOST_TEST_REQUIRE(system.refund(number, asked).status == 201U);
    BOOST_TEST_REQUIRE(system.refund_becomes(refund_no, "SUCCESS"));
    auto const second = system.refund_request(51);
    BOOST_TEST(one_of(system.refund(number, second).status, {201, 202}));
    BOOST_TEST_REQUIRE(system.refund_becomes(text_of(second, "out_refund_no"), "SUCCESS"));
    auto const before = system.mark();
    auto const rival = system.with_key("rival");
    auto const theirs = rival.post("/v1/payments/" + number + "/refunds", system.refund_request(50));
    auto const nobodys = rival.post("/v1/payments/T00000000000/refunds", system.refund_request(50));
    check_problem(theirs, 404, "not_found");
    BOOST_TEST(text_of(theirs.parsed(), "detail") == text_of(nobodys.parsed(), "detail"));
    check_problem(rival.get("/v1/refunds/" + refund_no), 404, "not_found");
    check_problem(rival.get("/v1/refunds/R00000000000"), 404, "not_found");
    auto const page = system.with_key("shop").get("/v1/refunds?limit=1").parsed();
    auto const cursor = text_of(page, "next_cursor");
    BOOST_TEST(!cursor.empty());
    for (auto const& target : {std::string("/v1/refunds"), "/v1/refunds?cursor=" + cursor})
        for (auto const& each : data_of(rival.get(target)))
            BOOST_TEST(text_of(each, "requested_by") == "rival");
    // Keys without the scope, and nobody.
    auto const path = "/v1/payments/" + number + "/refunds";
    check_problem(system.with_key("reader").post(path, system.refund_request(1)), 403, "forbidden");
    check_problem(system.with_key("payer").post(path, system.refund_request(1)), 403, "forbidden");
    check_problem(system.with_key("payer").get("/v1/refunds/" + refund_no), 403, "forbidden");
    check_problem(system.with_key("payer").get("/v1/refunds"), 403, "forbidden");
    check_problem(system.anonymous().post(path, system.refund_request(1)), 401, "unauthorized");
    check_problem(system.anonymous().get("/v1/refunds/" + refund_no), 401, "unauthorized");
    BOOST_TEST(system.with_key("reader").get("/v1/refunds/" + refund_no).status == 200U);
    auto const wrong = system.with_key("shop").get(path);
    check_problem(wrong, 405, "method_not_allowed");
    BOOST_TEST(wrong.header("Allow") == "POST");
    BOOST_TEST(system.trouble_since(before) == "");
}

BOOST_AUTO_TEST_CASE(lists_and_pages) {
    auto& system = refund_system();
    auto const rival = system.with_key("rival", true);
    auto const number = text_of(system.paid({}, "rival"), "out_trade_no");
    std::set<std::string> made;
    for (int i = 0; i < 9; ++i) {
        auto const asked = system.refund_request(1);
        BOOST_TEST(system.refund(number, asked, "rival").status == 202U);
        made.insert(text_of(asked, "out_refund_no"));
    }
    for (int const limit : {1, 4, 9, 100}) {
        std::set<std::string> seen;
        std::string cursor;
        std::string last;
        for (int pages = 0; pages < 200; ++pages) {
            auto const r = rival.get(
                "/v1/refunds?refund_status=REQUESTED&limit=" + std::to_string(limit) +
                (cursor.empty() ? "" : "&cursor=" + cursor)
            );
            auto const some = data_of(r);
            BOOST_TEST(some.size() <= static_cast<std::size_t>(limit));
            for (auto const& each : some) {
                check_refund_shape(each);
                BOOST_TEST(seen.insert(text_of(each, "out_refund_no")).second, "no refund on two pages");
                BOOST_TEST((last.empty() || text_of(each, "created_at") <= last), "newest first");
                last = text_of(each, "created_at");
            }
            if (member(r.parsed(), "next_cursor").is_null())
                break;
            cursor = text_of(r.parsed(), "next_cursor");
        }
        for (auto const& each : made)
            BOOST_TEST(seen.contains(each));
    }
    BOOST_TEST(data_of(rival.get("/v1/refunds?refund_status=CHANGE")).empty());
    auto const one = system.refund_of(*made.begin(), "rival");
    auto const at = text_of(one, "created_at");
    BOOST_TEST(!data_of(rival.get("/v1/refunds?created_from=" + at + "&created_to=" + at)).empty());
    BOOST_TEST(data_of(rival.get("/v1/refunds?created_from=2100-01-01T00:00:00Z")).empty());
    BOOST_TEST(data_of(rival.get("/v1/refunds?created_to=2000-01-01T00:00:00Z")).empty());
    // B-36
    for (auto const* bad :
         {"limit=0",
          "limit=-1",
          "limit=1000001",
          "limit=x",
          "cursor=forged",
          "cursor=",
          "refund_status=GONE",
          "refund_status=success",
          "created_from=yesterday",
          "trade_state=SUCCESS",
          "limit=1&limit=2"})
        check_problem(rival.get(std::string("/v1/refunds?") + bad), 400, "invalid_request");
}

BOOST_AUTO_TEST_SUITE_END()
