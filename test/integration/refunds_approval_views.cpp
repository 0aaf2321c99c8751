// What operators ask for and what they see of refunds, over all merchants (CONTRACT.md 4; RELIABILITY.md B-22
// to B-28, B-36, A-25).
#include "refunds_approval_common.hpp"

#include <mutex>
#include <set>

using namespace wxgate::test;

BOOST_AUTO_TEST_SUITE(refunds_approval_views)

// B-22, B-23, B-28: what holds for the shop holds for its operators.
BOOST_AUTO_TEST_CASE(never_more_than_was_paid) {
    auto& system = refund_system();
    auto const alice = system.sign_in("alice");
    auto const bob = system.sign_in("bob");
    auto const number = paid_order(system);
    check_problem(
        alice.post(refunds_of(number), system.refund_request(101)),
        409,
        "refund_exceeds_payment",
        "refund_fee"
    );
    BOOST_TEST(alice.post(refunds_of(number), system.refund_request(60)).status == 202U);
    auto const before = system.mark();
    check_problem(
        bob.post(refunds_of(number), system.refund_request(41)), 409, "refund_exceeds_payment", "refund_fee"
    );
    check_problem(
        system.refund(number, system.refund_request(41), "rival"), 409, "refund_exceeds_payment", "refund_fee"
    );
    BOOST_TEST(system.trouble_since(before) == "");
    BOOST_TEST(bob.post(refunds_of(number), system.refund_request(40)).status == 202U);
    check_problem(
        alice.post(refunds_of(number), system.refund_request(1)), 409, "refund_exceeds_payment", "refund_fee"
    );

    auto const crowded = paid_order(system);
    std::mutex guard;
    std::vector<waiting> taken;
    std::vector<reply> refused;
    together(16, [&](std::size_t i) {
        auto const asked = system.refund_request(30);
        auto const r = i % 4 == 3 ? system.refund(crowded, asked, "rival")
                                  : (i % 2 == 0 ? alice : bob).post(refunds_of(crowded), asked);
        std::lock_guard const lock(guard);
        if (r.status == 202)
            taken.push_back({crowded, text_of(asked, "out_refund_no")});
        else
            refused.push_back(r);
    });
    BOOST_TEST(taken.size() == 3U);
    BOOST_TEST(order_number(system, "refund_reserved", crowded) == 90);
    for (auto const& r : refused)
        check_problem(r, 409, "refund_exceeds_payment", "refund_fee");

    auto const unpaid = text_of(system.create({}, "rival"), "out_trade_no");
    check_problem(alice.post(refunds_of(unpaid), system.refund_request(1)), 409, "invalid_state");
    check_problem(alice.post(refunds_of("T00000000000"), system.refund_request(1)), 404, "not_found");
    check_problem(
        alice.post(refunds_of(number) + "?merchant=shop", system.refund_request(1)), 404, "not_found"
    );
    auto const after = system.mark();

    struct row {
        json::object change;
        std::string_view param;
    };

    std::vector<row> const rows = {
        {{{"refund_fee", nullptr}}, "refund_fee"},
        {{{"refund_fee", 0}}, "refund_fee"},
        {{{"refund_fee", -1}}, "refund_fee"},
        {{{"refund_fee", 1.5}}, "refund_fee"},
        {{{"refund_fee", "1"}}, "refund_fee"},
        {{{"reason", std::string(81, 'r')}}, "reason"},
        {{{"reason", "a\nb"}}, "reason"},
        {{{"out_refund_no", "a b"}}, "out_refund_no"},
        {{{"requested_by", "bob"}}, "requested_by"},
        {{{"merchant", "shop"}}, "merchant"},
        {{{"refund_status", "APPROVED"}}, "refund_status"}};
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(json::serialize(each.change)) {
            check_problem(
                alice.post(refunds_of(unpaid), system.refund_request(1, each.change)),
                400,
                "invalid_request",
                each.param
            );
        }
    }
    check_problem(alice.post_text(refunds_of(unpaid)), 400, "invalid_json");
    BOOST_TEST(system.trouble_since(after) == "");
}

BOOST_AUTO_TEST_CASE(lists_over_all_merchants) {
    auto& system = refund_system();
    auto const vera = system.sign_in("vera");
    std::set<std::string> rivals;
    auto const number = paid_order(system);
    for (int i = 0; i < 5; ++i)
        rivals.insert(asked_for(system, number, 1).refund_no);
    std::set<std::string> shops;
    for (std::string const key : {"shop", "plain"}) {
        auto const asked = system.refund_request(1);
        BOOST_TEST_REQUIRE(system.refund(paid_order(system, key), asked, key).status == 201U);
        BOOST_TEST_REQUIRE(system.refund_becomes(text_of(asked, "out_refund_no"), "SUCCESS", key));
        shops.insert(text_of(asked, "out_refund_no"));
    }
    for (std::string const limit : {"1", "3", "100"}) {
        auto const all = all_numbers(vera, "limit=" + limit);
        for (auto const& each : rivals)
            BOOST_TEST(holds(all, each));
        for (auto const& each : shops)
            BOOST_TEST(holds(all, each));
        auto const some = all_numbers(vera, "merchant=rival&refund_status=REQUESTED&limit=" + limit);
        for (auto const& each : rivals)
            BOOST_TEST(holds(some, each));
        for (auto const& each : shops)
            BOOST_TEST(!holds(some, each));
    }
    for (std::string const name : {"shop", "rival", "plain"})
        for (auto const& each : data_of(vera.get("/admin/v1/refunds?limit=100&merchant=" + name)))
            BOOST_TEST(text_of(each, "merchant") == name);
    BOOST_TEST(data_of(vera.get("/admin/v1/refunds?merchant=nobody")).empty());
    BOOST_TEST(data_of(vera.get("/admin/v1/refunds?refund_status=CHANGE")).empty());
    BOOST_TEST(data_of(vera.get("/admin/v1/refunds?created_from=2100-01-01T00:00:00Z")).empty());
    BOOST_TEST(data_of(vera.get("/admin/v1/refunds?created_to=2000-01-01T00:00:00Z")).empty());
    // B-36
    for (std::string const bad :
         {"limit=0",
          "limit=-1",
          "limit=101",
          "cursor=forged",
          "cursor=",
          "refund_status=GONE",
          "trade_state=SUCCESS",
          "created_from=yesterday",
          "merchant=",
          "limit=1&limit=2",
          "x=1"})
        check_problem(vera.get("/admin/v1/refunds?" + bad), 400, "invalid_request");
    auto const alice = system.sign_in("alice");
    for (std::string const number_of_none : {"R00000000000", "%2e%2e", "%00", "'%20OR%201=1"}) {
        auto const target = "/admin/v1/refunds/" + number_of_none;
        check_problem(vera.get(target), 404, "not_found");
        check_problem(alice.post_text(target + "/approve"), 404, "not_found");
        check_problem(alice.post(target + "/reject", {{"reason", "no"}}), 404, "not_found");
    }
    auto const one = "/admin/v1/refunds/" + *rivals.begin();
    check_problem(vera.get(one + "?x=1"), 400, "invalid_request", "x");
    check_problem(vera.get(one + "?sync=2"), 400, "invalid_request", "sync");
    check_problem(alice.post_text(one + "/approve?sync=1"), 400, "invalid_request", "sync");
    check_problem(alice.post_text(one + "/approve?merchant="), 400, "invalid_request", "merchant");
    BOOST_TEST(
        vera.get(one + "?merchant=rival&sync=1").body == vera.get(one).body, "WeChat knows nothing of it"
    );
}

// A number is one merchant's; another may have the same, and is not touched.
BOOST_AUTO_TEST_CASE(a_number_of_two_merchants) {
    auto& system = refund_system();
    auto const alice = system.sign_in("alice");
    auto const w = asked_for(system);
    auto const number = paid_order(system, "shop");
    json::object const asked = {{"refund_fee", 7}, {"out_refund_no", w.refund_no}};
    auto const other = alice.post(refunds_of(number), asked);
    BOOST_TEST_REQUIRE(other.status == 202U, other.describe());
    check_problem(alice.get(w.target()), 400, "invalid_request", "merchant");
    check_problem(alice.post_text(w.approve()), 400, "invalid_request", "merchant");
    check_problem(alice.post(w.reject(), {{"reason", "no"}}), 400, "invalid_request", "merchant");
    check_problem(alice.get(w.target() + "?merchant=plain"), 404, "not_found");
    check_problem(alice.post_text(w.approve() + "?merchant=plain"), 404, "not_found");
    BOOST_TEST(number_of(alice.get(w.target() + "?merchant=shop").parsed(), "refund_fee") == 7);
    BOOST_TEST(number_of(alice.get(w.target() + "?merchant=rival").parsed(), "refund_fee") == 60);
    auto const r = alice.post_text(w.approve() + "?merchant=rival");
    BOOST_TEST(r.status == 200U, r.describe());
    BOOST_TEST(text_of(r.parsed(), "merchant") == "rival");
    BOOST_TEST(system.refund_becomes(w.refund_no, "SUCCESS", "rival"));
    BOOST_TEST(system.refund_status(w.refund_no, "shop") == "REQUESTED");
    check_problem(alice.post_text(w.approve() + "?merchant=shop"), 403, "forbidden");
    BOOST_TEST(alice.post(w.reject() + "?merchant=shop", {{"reason", "no"}}).status == 200U);
}

// kept as it came; text in an answer that no browser takes for a page; and WeChat understands it.
BOOST_AUTO_TEST_CASE(markup_is_text) {
    auto& system = refund_system();
    auto const alice = system.sign_in("alice");
    for (std::string const text :
         {"<script>alert(1)</script>",
          "\"><img src=x onerror=alert(1)>",
          "javascript:alert(1)",
          "{{7*7}}",
          "]]><refund_fee>100</refund_fee>",
          "'; DROP TABLE refunds; --"}) {
        BOOST_TEST_CONTEXT(text) {
            auto const w = asked_for(system, paid_order(system), 60, {{"reason", text}});
            auto const shown = alice.get(w.target());
            BOOST_TEST(shown.header("Content-Type").starts_with("application/json"));
            BOOST_TEST(shown.header("X-Content-Type-Options") == "nosniff");
            BOOST_TEST(text_of(shown.parsed(), "reason") == text);
            auto const r = alice.post(w.approve(), {{"reason", text}});
            BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
            BOOST_TEST(text_of(r.parsed(), "decision_reason") == text);
            auto const decided = events_of(alice, w, "REFUND_APPROVED");
            BOOST_TEST_REQUIRE(decided.size() == 1U);
            BOOST_TEST(text_of(member(decided[0], "detail"), "reason") == text);
            BOOST_TEST(cell(system, "reason", w.refund_no) == text);
            BOOST_TEST(cell(system, "decision_reason", w.refund_no) == text);
            BOOST_TEST(system.refund_becomes(w.refund_no, "SUCCESS", "rival"));
            auto const there = sandbox_refunds(system, w.number);
            BOOST_TEST_REQUIRE(there.size() == 1U);
            BOOST_TEST(number_of(there[0], "refund_fee") == 60);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
