// People decide about refunds: who may, about what, once (CONTRACT.md 4; RELIABILITY.md 5.3, R7, B-24, B-31,
//
#include "refunds_approval_common.hpp"

#include <csignal>

using namespace wxgate::test;

BOOST_AUTO_TEST_SUITE(refunds_approval)

BOOST_AUTO_TEST_CASE(asked_for_approved_and_paid_back) {
    auto& system = refund_system();
    auto const alice = system.sign_in("alice");
    auto const number = paid_order(system);
    auto const w = asked_for(system, number, 60, {{"reason", "尺码不合适"}});
    BOOST_TEST(holds(all_numbers(alice, "refund_status=REQUESTED&limit=100"), w.refund_no));
    auto const shown = alice.get(w.target());
    BOOST_TEST_REQUIRE(shown.status == 200U, shown.describe());
    check_operators_refund(shown.parsed());
    BOOST_TEST(text_of(shown.parsed(), "merchant") == "rival");
    BOOST_TEST(text_of(shown.parsed(), "requested_by") == "rival");
    BOOST_TEST(text_of(shown.parsed(), "reason") == "尺码不合适");
    BOOST_TEST(number_of(shown.parsed(), "refund_fee") == 60);
    BOOST_TEST(number_of(shown.parsed(), "total_fee") == 100);

    auto const r = alice.post(w.approve(), {{"reason", "核实无误"}, {"refund_fee", 60}});
    BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
    auto const approved = r.parsed();
    check_operators_refund(approved);
    BOOST_TEST(text_of(approved, "refund_status") == "APPROVED");
    BOOST_TEST(text_of(approved, "decided_by") == "alice");
    BOOST_TEST(text_of(approved, "decision_reason") == "核实无误");
    BOOST_TEST(!text_of(approved, "decided_at").empty());
    BOOST_TEST(text_of(approved, "reason") == "尺码不合适", "the shop's reason is not the operator's");

    BOOST_TEST_REQUIRE(system.refund_becomes(w.refund_no, "SUCCESS", "rival"));
    auto const last = system.refund_of(w.refund_no, "rival");
    check_refund_shape(last);
    BOOST_TEST(text_of(last, "decided_by") == "alice");
    BOOST_TEST(text_of(last, "decided_at") == text_of(approved, "decided_at"));
    BOOST_TEST(number_of(system.payment(number, "rival"), "refunded_fee") == 60);
    BOOST_TEST(system.sandbox_calls("refund", w.refund_no).size() == 1U);
    BOOST_TEST(!holds(all_numbers(alice, "refund_status=REQUESTED&limit=100"), w.refund_no));
    BOOST_TEST(holds(all_numbers(alice, "refund_status=SUCCESS&merchant=rival&limit=100"), w.refund_no));

    // Who, when, why.
    auto const requested = events_of(alice, w, "REFUND_REQUESTED");
    BOOST_TEST_REQUIRE(requested.size() == 1U);
    BOOST_TEST(text_of(requested[0], "source") == "api");
    BOOST_TEST(text_of(member(requested[0], "detail"), "by") == "rival");
    auto const decided = events_of(alice, w, "REFUND_APPROVED");
    BOOST_TEST_REQUIRE(decided.size() == 1U);
    BOOST_TEST(text_of(decided[0], "source") == "operator");
    BOOST_TEST(text_of(member(decided[0], "detail"), "by") == "alice");
    BOOST_TEST(text_of(member(decided[0], "detail"), "reason") == "核实无误");
    BOOST_TEST(text_of(decided[0], "created_at") == text_of(approved, "decided_at"));
    BOOST_TEST(text_of(decided[0], "request_id") == r.header("X-Request-Id"));
    BOOST_TEST(events_of(alice, w, "REFUND_PROCESSING").size() == 1U);
    BOOST_TEST(events_of(alice, w, "REFUND_SUCCESS").size() == 1U);
}

BOOST_AUTO_TEST_CASE(rejected_gives_back_once) {
    auto& system = refund_system();
    auto const alice = system.sign_in("alice");
    auto const bob = system.sign_in("bob");
    auto const w = asked_for(system);
    check_problem(system.refund(w.number, system.refund_request(41), "rival"), 409, "refund_exceeds_payment");
    // Why is demanded, in 200 bytes that can be shown.
    auto const before = system.mark();
    for (auto const& body : std::vector<json::object>{
             {},
             {{"reason", nullptr}},
             {{"reason", ""}},
             {{"reason", 1}},
             {{"reason", "a\nb"}},
             {{"reason", "a\x1b[31m"}},
             {{"reason", std::string(201, 'r')}}})
        check_problem(bob.post(w.reject(), body), 400, "invalid_request", "reason");
    check_problem(bob.post(w.reject(), {{"reason", "no"}, {"by", "alice"}}), 400, "invalid_request", "by");
    check_problem(
        bob.post(w.reject(), {{"reason", "no"}, {"refund_fee", 60}}), 400, "invalid_request", "refund_fee"
    );
    check_problem(bob.post_text(w.reject()), 400, "invalid_json");
    BOOST_TEST(system.trouble_since(before) == "");
    check_still_waits(system, w);

    auto const why = std::string(197, 'r') + "不";
    auto const r = bob.post(w.reject(), {{"reason", why}});
    BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
    check_operators_refund(r.parsed());
    BOOST_TEST(text_of(r.parsed(), "refund_status") == "REJECTED");
    BOOST_TEST(text_of(r.parsed(), "decided_by") == "bob");
    BOOST_TEST(text_of(r.parsed(), "decision_reason") == why);
    auto const decided = events_of(bob, w, "REFUND_REJECTED");
    BOOST_TEST_REQUIRE(decided.size() == 1U);
    BOOST_TEST(text_of(member(decided[0], "detail"), "by") == "bob");
    BOOST_TEST(text_of(member(decided[0], "detail"), "reason") == why);
    BOOST_TEST(order_number(system, "refund_reserved", w.number) == 0);
    BOOST_TEST(order_number(system, "refund_count", w.number) == 0);

    auto const after = system.mark();
    check_problem(bob.post(w.reject(), {{"reason", "again"}}), 409, "invalid_state");
    auto const late = alice.post_text(w.approve());
    check_problem(late, 409, "invalid_state");
    BOOST_TEST(says(late, "bob"), detail_of(late));
    BOOST_TEST(system.trouble_since(after) == "");
    // All of it can be asked for again, under another number.
    auto const again = asked_for(system, w.number, 100);
    BOOST_TEST(alice.post_text(again.approve()).status == 200U);
    BOOST_TEST(system.refund_becomes(again.refund_no, "SUCCESS", "rival"));
    BOOST_TEST(system.sandbox_calls("refund", w.refund_no).empty());
    BOOST_TEST(system.refund_status(w.refund_no, "rival") == "REJECTED");
    BOOST_TEST(sandbox_refunds(system, w.number).size() == 1U);
}

// 5.3: two people, whoever they are; also where the shop's own requests need nobody.
BOOST_AUTO_TEST_CASE(nobody_approves_their_own) {
    auto& system = refund_system();
    auto const alice = system.sign_in("alice");
    auto const again = system.sign_in("alice"); // another session is not another person
    auto const bob = system.sign_in("bob");
    auto const root = system.sign_in("root");
    for (std::string const key : {"rival", "shop"}) {
        BOOST_TEST_CONTEXT(key) {
            auto const number = paid_order(system, key);
            auto const target = refunds_of(number);
            auto const asked = system.refund_request(60, {{"reason", "客户来电"}});
            waiting const w{number, text_of(asked, "out_refund_no")};
            auto const r = alice.post(target, asked);
            BOOST_TEST_REQUIRE(r.status == 202U, r.describe());
            check_operators_refund(r.parsed());
            BOOST_TEST(text_of(r.parsed(), "refund_status") == "REQUESTED");
            BOOST_TEST(text_of(r.parsed(), "requested_by") == "alice");
            BOOST_TEST(text_of(r.parsed(), "merchant") == key);
            BOOST_TEST(text_of(r.parsed(), "reason") == "客户来电");
            BOOST_TEST(member(r.parsed(), "decided_by").is_null());
            auto const event = events_of(alice, w, "REFUND_REQUESTED");
            BOOST_TEST_REQUIRE(event.size() == 1U);
            BOOST_TEST(text_of(event[0], "source") == "operator");
            BOOST_TEST(text_of(member(event[0], "detail"), "by") == "alice");

            // B-24. Asking for the same again does not make it another's.
            auto const before = system.mark();
            BOOST_TEST(alice.post(target, asked).body == r.body);
            auto const same = bob.post(target, asked);
            BOOST_TEST(same.status == 200U, same.describe());
            BOOST_TEST(text_of(same.parsed(), "requested_by") == "alice");
            BOOST_TEST(system.refund(number, asked, key).status == 200U);
            check_problem(
                bob.post(target, with(asked, {{"refund_fee", 59}})), 409, "refund_conflict", "refund_fee"
            );
            for (auto const* own : {&alice, &again})
                for (json::object const& body : {json::object{}, json::object{{"refund_fee", 60}}})
                    check_problem(own->post(w.approve(), body), 403, "forbidden");
            BOOST_TEST(system.trouble_since(before) == "");
            check_still_waits(system, w);

            auto const by_another = bob.post_text(w.approve());
            BOOST_TEST(by_another.status == 200U, by_another.describe());
            BOOST_TEST(text_of(by_another.parsed(), "decided_by") == "bob");
            BOOST_TEST(system.refund_becomes(w.refund_no, "SUCCESS", key));
            BOOST_TEST(system.sandbox_calls("refund", w.refund_no).size() == 1U);
            check_problem(alice.post_text(w.approve()), 409, "invalid_state");
        }
    }
    // One's own request may be taken back; what is rejected does not come again.
    auto const number = paid_order(system);
    auto const target = refunds_of(number);
    auto const asked = system.refund_request(60);
    waiting const w{number, text_of(asked, "out_refund_no")};
    BOOST_TEST_REQUIRE(alice.post(target, asked).status == 202U);
    auto const back = alice.post(w.reject(), {{"reason", "写错了"}});
    BOOST_TEST(back.status == 200U, back.describe());
    BOOST_TEST(text_of(back.parsed(), "decided_by") == "alice");
    BOOST_TEST(order_number(system, "refund_reserved", number) == 0);
    auto const once_more = bob.post(target, asked);
    BOOST_TEST(once_more.status == 200U, once_more.describe());
    BOOST_TEST(text_of(once_more.parsed(), "refund_status") == "REJECTED");
    BOOST_TEST(order_number(system, "refund_reserved", number) == 0);
    // An admin asks, and does not decide.
    auto const roots = root.post(target, {{"refund_fee", 60}});
    BOOST_TEST_REQUIRE(roots.status == 202U, roots.describe());
    waiting const theirs{number, text_of(roots.parsed(), "out_refund_no")};
    BOOST_TEST(!theirs.refund_no.empty());
    check_problem(root.post_text(theirs.approve()), 403, "forbidden");
    check_still_waits(system, theirs);
    BOOST_TEST(alice.post_text(theirs.approve()).status == 200U);
    BOOST_TEST(system.refund_becomes(theirs.refund_no, "SUCCESS", "rival"));
}

// and whoever else is not an approver.
BOOST_AUTO_TEST_CASE(approvers_only) {
    auto& system = refund_system();
    auto const alice = system.sign_in("alice");
    auto const w = asked_for(system);
    auto const root = system.sign_in("root");
    auto const vera = system.sign_in("vera");
    auto const before = system.mark();
    for (auto const* who : {&root, &vera}) {
        check_problem(who->post_text(w.approve()), 403, "forbidden");
        check_problem(who->post(w.reject(), {{"reason", "no"}}), 403, "forbidden");
        BOOST_TEST(who->get(w.target()).status == 200U);
    }
    check_problem(vera.post(refunds_of(w.number), {{"refund_fee", 1}}), 403, "forbidden");
    auto stranger = system.visitor();
    check_problem(stranger.post_text(w.approve()), 401, "unauthorized");
    stranger.pretend(random_hex(64), alice.csrf_token());
    check_problem(stranger.post_text(w.approve()), 401, "unauthorized");
    stranger.pretend(alice.session(), ""); // a page of another site has the cookie, and no token
    check_problem(stranger.post_text(w.approve()), 403, "forbidden");
    check_problem(stranger.post(w.reject(), {{"reason", "no"}}), 403, "forbidden");
    check_problem(alice.post_text(w.approve(), "", {{"Sec-Fetch-Site", "cross-site"}}), 403, "forbidden");
    check_problem(alice.post_text(w.approve(), "", {{"Origin", "https://evil.example"}}), 403, "forbidden");
    auto const rival = system.with_key("rival");
    check_problem(rival.post_text("/v1/refunds/" + w.refund_no + "/approve"), 404, "not_found");
    check_problem(alice.get(w.approve()), 405, "method_not_allowed");
    BOOST_TEST(system.trouble_since(before) == "");
    check_still_waits(system, w);
}

// B-31
BOOST_AUTO_TEST_CASE(another_amount_than_was_shown) {
    auto& system = refund_system();
    auto const alice = system.sign_in("alice");
    auto const w = asked_for(system);
    auto const before = system.mark();
    for (std::int64_t const fee : {59, 61, 1, 100})
        check_problem(alice.post(w.approve(), {{"refund_fee", fee}}), 409, "refund_conflict", "refund_fee");
    for (auto const& body : std::vector<json::object>{
             {{"refund_fee", "60"}},
             {{"refund_fee", 60.0}},
             {{"refund_fee", 60.5}},
             {{"refund_fee", 0}},
             {{"refund_fee", -60}},
             {{"refund_fee", true}},
             {{"refund_fee", json::array{60}}}})
        check_problem(alice.post(w.approve(), body), 400, "invalid_request", "refund_fee");
    for (auto const* name : {"total_fee", "decided_by", "refund_status", "out_refund_no"})
        check_problem(alice.post(w.approve(), json::object{{name, "x"}}), 400, "invalid_request", name);
    check_problem(alice.post(w.approve(), {{"reason", "a\nb"}}), 400, "invalid_request", "reason");
    check_problem(
        alice.post(w.approve(), {{"reason", std::string(201, 'r')}}), 400, "invalid_request", "reason"
    );
    for (auto const* text :
         {"{", "[]", "null", "60", "{\"refund_fee\":60,\"refund_fee\":61}", "{\"refund_fee\":6e1}"})
        BOOST_TEST(alice.post_text(w.approve(), text).status == 400U, text);
    check_problem(
        system.admin().send(
            {"POST",
             w.approve(),
             {alice.cookie()[0], {"X-CSRF-Token", alice.csrf_token()}, {"Content-Type", "text/plain"}},
             "{}"}
        ),
        415,
        "unsupported_media_type"
    );
    BOOST_TEST(system.trouble_since(before) == "");
    check_still_waits(system, w);
    auto const r = alice.post(w.approve(), {{"refund_fee", 60}});
    BOOST_TEST(r.status == 200U, r.describe());
    BOOST_TEST(system.refund_becomes(w.refund_no, "SUCCESS", "rival"));
}

BOOST_AUTO_TEST_CASE(decided_already) {
    auto& system = refund_system();
    auto const alice = system.sign_in("alice");
    auto const bob = system.sign_in("bob");
    auto const w = asked_for(system);
    BOOST_TEST_REQUIRE(alice.post_text(w.approve()).status == 200U);
    BOOST_TEST_REQUIRE(system.refund_becomes(w.refund_no, "SUCCESS", "rival"));
    // What needs nobody is decided, too.
    auto const number = paid_order(system, "shop");
    auto const asked = system.refund_request(60);
    BOOST_TEST_REQUIRE(system.refund(number, asked).status == 201U);
    waiting const by_itself{number, text_of(asked, "out_refund_no")};
    BOOST_TEST_REQUIRE(system.refund_becomes(by_itself.refund_no, "SUCCESS"));
    auto const before = system.mark();
    for (auto const& body : std::vector<json::object>{{}, {{"refund_fee", 60}}, {{"reason", "again"}}}) {
        auto const own = alice.post(w.approve(), body);
        check_problem(own, 409, "invalid_state");
        BOOST_TEST(says(own, "yourself"), detail_of(own));
        auto const others = bob.post(w.approve(), body);
        check_problem(others, 409, "invalid_state");
        BOOST_TEST(says(others, "alice"), detail_of(others));
    }
    auto const late = bob.post(w.reject(), {{"reason", "too late"}});
    check_problem(late, 409, "invalid_state");
    BOOST_TEST(says(late, "SUCCESS"), detail_of(late));
    check_problem(alice.post_text(by_itself.approve()), 409, "invalid_state");
    check_problem(alice.post(by_itself.reject(), {{"reason", "no"}}), 409, "invalid_state");
    BOOST_TEST(system.trouble_since(before) == "");
    for (auto const& each : {w, by_itself})
        BOOST_TEST(sandbox_refunds(system, each.number).size() == 1U);
}

// R7, for what a person approved.
BOOST_AUTO_TEST_CASE(approved_and_refused_by_wechat) {
    scripted_refunds s;
    auto const alice = s.system.sign_in("alice");
    auto const w = asked_for(s.system);
    s.desk.on_refund(w.refund_no, [&s](call const& c, int) {
        answer a;
        a.body = s.wechat.refused(c, "USER_ACCOUNT_ABNORMAL", "用户账户异常");
        return std::optional(a);
    });
    BOOST_TEST_REQUIRE(alice.post_text(w.approve()).status == 200U);
    BOOST_TEST(s.system.refund_becomes(w.refund_no, "FAILED", "rival"));
    auto const failed = s.system.refund_of(w.refund_no, "rival");
    BOOST_TEST(text_of(failed, "decided_by") == "alice");
    BOOST_TEST(text_of(failed, "err_code") == "USER_ACCOUNT_ABNORMAL");
    BOOST_TEST(order_number(s.system, "refund_reserved", w.number) == 0);
    check_problem(alice.post_text(w.approve()), 409, "invalid_state");
    BOOST_TEST(s.desk.asked(w.refund_no) == 1U);
}

// from the next request on.
BOOST_AUTO_TEST_CASE(an_approver_no_more) {
    system_under_test system(refund_options());
    auto const alice = system.sign_in("alice");
    auto const bob = system.sign_in("bob");
    auto const w = asked_for(system);
    BOOST_TEST(text_of(alice.get("/admin/v1/session").parsed(), "role") == "approver");
    system.reconfigure([](gateway_config& c) {
        for (auto& o : c.operators)
            if (o.name == "alice")
                o.role = "viewer";
    });
    system.gateway().signal(SIGHUP);
    BOOST_TEST_REQUIRE(eventually(5s, [&] {
        return text_of(alice.get("/admin/v1/session").parsed(), "role") == "viewer";
    }));
    check_problem(alice.post_text(w.approve()), 403, "forbidden");
    check_problem(alice.post(w.reject(), {{"reason", "no"}}), 403, "forbidden");
    check_still_waits(system, w);
    BOOST_TEST(alice.get(w.target()).status == 200U);
    BOOST_TEST(bob.post_text(w.approve()).status == 200U);
    BOOST_TEST(system.refund_becomes(w.refund_no, "SUCCESS", "rival"));
}

BOOST_AUTO_TEST_SUITE_END()
