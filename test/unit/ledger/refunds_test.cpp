#include "refunds_fixture.hpp"

using namespace refund_test;
using status = refund_status;

BOOST_AUTO_TEST_SUITE(refunds_test)

BOOST_AUTO_TEST_CASE(the_state_table) {
    // What ends stays ended; money that went out is never taken back.
    for (auto const from : {status::REJECTED, status::SUCCESS, status::REFUNDCLOSE, status::FAILED})
        BOOST_TEST(is_final(from));
    for (auto const from : {status::REQUESTED, status::APPROVED, status::PROCESSING, status::CHANGE})
        BOOST_TEST(!is_final(from));
    BOOST_TEST(!may_move(status::PROCESSING, status::FAILED)); // WeChat has it: only its own end ends it
    BOOST_TEST(!may_move(status::REQUESTED, status::PROCESSING));
    BOOST_TEST(sources_of(status::PROCESSING) == "'APPROVED'");
    BOOST_TEST(sources_of(status::SUCCESS) == "'APPROVED','PROCESSING','CHANGE'");
}

BOOST_FIXTURE_TEST_CASE(a_request_reserves_its_amount, with_paid_order) {
    auto const made = run(all.create(new_refund("R1", 30), false, why));
    BOOST_TEST_REQUIRE(made->changed);
    auto const& r = *made->now;
    BOOST_TEST((r.refund_status == status::REQUESTED));
    BOOST_TEST(r.refund_fee.count() == 30);
    BOOST_TEST(r.total_fee.count() == 100);
    BOOST_TEST(r.reason == "too small");
    BOOST_TEST(r.requested_by == "shop-backend");
    BOOST_TEST(r.decided_by == "");
    BOOST_TEST(!r.due_at.has_value());
    BOOST_TEST(the_order().refund_reserved.count() == 30);
    BOOST_TEST(the_order().refund_count == 1);
    BOOST_TEST(the_order().refunded_fee.count() == 0);
    BOOST_TEST((the_order().trade_state == trade_state::SUCCESS));
    BOOST_TEST(event_types().back() == "REFUND_REQUESTED");
}

BOOST_FIXTURE_TEST_CASE(live_refunds_never_pass_what_was_paid, with_paid_order) {
    BOOST_TEST(make("R1", 40));
    BOOST_TEST(!make("R2", 61));
    BOOST_TEST(make("R3", 60));
    BOOST_TEST(!make("R4", 1));
    BOOST_TEST(the_order().refund_reserved.count() == 100);
    BOOST_TEST(count("SELECT COUNT(*) FROM refunds") == 2);
    // What is given back is free again, once.
    BOOST_TEST(run(all.decide(key_of_refund("R1"), status::REJECTED, "alice", "no", why))->changed);
    BOOST_TEST(!run(all.decide(key_of_refund("R1"), status::REJECTED, "alice", "no", why))->changed);
    BOOST_TEST(the_order().refund_reserved.count() == 60);
    BOOST_TEST(!make("R5", 41));
    BOOST_TEST(make("R6", 40));
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_refunded, with_paid_order) {
    run(orders_.create(new_order("unpaid-001"), why));
    auto const refused = [&](refund_row r) {
        auto const made = run(all.create(std::move(r), true, why));
        return !made->changed && !made->now;
    };
    BOOST_TEST(refused(new_refund("R1", 1, "unpaid-001")));
    BOOST_TEST(refused(new_refund("R1", 1, "nobody-001")));
    BOOST_TEST(refused(new_refund("R1", 101)));
    auto foreign = new_refund("R1", 1);
    foreign.merchant = "other";
    BOOST_TEST(refused(foreign));
    make_paid("old-order", now_ms() - limits.window.count() - 1000);
    BOOST_TEST(refused(new_refund("R1", 1, "old-order")));
    make_paid("old-enough", now_ms() - limits.window.count() + 60'000);
    BOOST_TEST(run(all.create(new_refund("R2", 1, "old-enough"), false, why))->changed);
    BOOST_TEST(count("SELECT COUNT(*) FROM refunds") == 1);
}

BOOST_FIXTURE_TEST_CASE(a_number_stands_for_one_refund, with_paid_order) {
    BOOST_TEST(make("R1", 30));
    auto const again = run(all.create(new_refund("R1", 30), false, why));
    BOOST_TEST(!again->changed);
    BOOST_TEST_REQUIRE(again->now.has_value());
    BOOST_TEST(again->now->refund_fee.count() == 30);
    auto const other = run(all.create(new_refund("R1", 31), true, why));
    BOOST_TEST(!other->changed);
    BOOST_TEST((other->now->refund_status == status::REQUESTED)
    ); // the second one's approval is not the first's
    BOOST_TEST(the_order().refund_reserved.count() == 30);
}

BOOST_FIXTURE_TEST_CASE(fifty_refunds_an_order, with_paid_order) {
    for (int i = 0; i < 50; ++i)
        BOOST_TEST(make("R" + std::to_string(i), 1));
    BOOST_TEST(!make("R50", 1));
    run(all.decide(key_of_refund("R7"), status::REJECTED, "alice", "", why)); // WeChat never heard of it
    BOOST_TEST(make("R51", 1));
}

BOOST_FIXTURE_TEST_CASE(approved_by_itself_in_the_same_batch, with_paid_order) {
    BOOST_TEST(make("R1", 30, true));
    auto const r = the_refund();
    BOOST_TEST((r.refund_status == status::APPROVED));
    BOOST_TEST(r.decided_by == "auto");
    BOOST_TEST(r.due_at.has_value());
    auto const types = event_types();
    BOOST_TEST(types[types.size() - 2] == "REFUND_REQUESTED");
    BOOST_TEST(types.back() == "REFUND_APPROVED");
}

BOOST_FIXTURE_TEST_CASE(one_decision, with_paid_order) {
    make("R1", 30);
    BOOST_TEST(approve("R1"));
    BOOST_TEST(!approve("R1", "bob"));
    BOOST_TEST(!run(all.decide(key_of_refund("R1"), status::REJECTED, "bob", "", why))->changed);
    BOOST_TEST(the_refund().decided_by == "alice");
    BOOST_TEST(the_refund().decided_at.has_value());
}

BOOST_FIXTURE_TEST_CASE(whoever_asked_does_not_approve, with_paid_order) {
    auto asked = new_refund("R1", 30);
    asked.requested_kind = requester_kind::operator_;
    asked.requested_by = "alice";
    run(all.create(asked, false, why));
    BOOST_TEST(!approve("R1", "alice"));
    BOOST_TEST((the_refund().refund_status == status::REQUESTED));
    BOOST_TEST(approve("R1", "bob"));
    // An API key of the same name is somebody else.
    auto by_key = new_refund("R2", 30);
    by_key.requested_by = "alice";
    run(all.create(by_key, false, why));
    BOOST_TEST(approve("R2", "alice"));
}

BOOST_FIXTURE_TEST_CASE(the_database_itself_refuses_four_eyes_of_two, with_paid_order) {
    auto asked = new_refund("R1", 30);
    asked.requested_kind = requester_kind::operator_;
    asked.requested_by = "alice";
    run(all.create(asked, false, why));
    auto const write = [&](std::string_view sql) {
        store::batch b;
        b.push_back({sql, {}});
        return run(db->write(std::move(b)));
    };
    auto const forced = write("UPDATE refunds SET refund_status = 'APPROVED', decided_by = 'alice'");
    BOOST_TEST((forced.error() == errc::store_constraint));
    BOOST_TEST((write("UPDATE orders SET refund_reserved = 101").error() == errc::store_constraint));
    BOOST_TEST((write("UPDATE orders SET refunded_fee = 31").error() == errc::store_constraint));
    BOOST_TEST((write("DELETE FROM refunds").error() == errc::store_constraint));
}

BOOST_FIXTURE_TEST_CASE(the_amounts_follow_the_states, with_paid_order) {
    make("R1", 30, true);
    BOOST_TEST(record("R1", status::PROCESSING));
    BOOST_TEST((the_order().trade_state == trade_state::REFUND));
    BOOST_TEST(the_order().refunded_fee.count() == 0);
    BOOST_TEST(record("R1", status::SUCCESS));
    BOOST_TEST(the_order().refunded_fee.count() == 30);
    BOOST_TEST(!record("R1", status::SUCCESS)); // once
    BOOST_TEST(!record("R1", status::REFUNDCLOSE));
    BOOST_TEST(the_order().refunded_fee.count() == 30);
    BOOST_TEST(the_order().refund_reserved.count() == 30);

    make("R2", 20, true);
    record("R2", status::PROCESSING);
    BOOST_TEST(record("R2", status::REFUNDCLOSE)); // given back
    BOOST_TEST(the_order().refund_reserved.count() == 30);
    make("R3", 20, true);
    record("R3", status::PROCESSING);
    BOOST_TEST(record("R3", status::CHANGE)); // kept
    BOOST_TEST(the_order().refund_reserved.count() == 50);
    BOOST_TEST(record("R3", status::SUCCESS));
    BOOST_TEST(the_order().refunded_fee.count() == 50);
    make("R4", 50, true);
    BOOST_TEST(run(all.claim(owner, 10))->size() == 1U);
    BOOST_TEST(record("R4", status::FAILED, owner)); // given back
    BOOST_TEST(the_order().refund_reserved.count() == 50);
    BOOST_TEST((the_order().trade_state == trade_state::REFUND));
}

BOOST_FIXTURE_TEST_CASE(a_look_is_one_processs_at_a_time, with_paid_order) {
    make("R1", 30);
    BOOST_TEST(run(all.claim(owner, 10))->empty()); // not due: nobody approved it
    approve("R1");
    auto const taken = run(all.claim(owner, 10));
    BOOST_TEST_REQUIRE(taken->size() == 1U);
    BOOST_TEST(taken->front().out_refund_no == "R1");
    BOOST_TEST(run(all.claim("another", 10))->empty());
    BOOST_TEST(!run(all.next_due())->has_value()); // none that nobody has
    // Conclusions need the lease; WeChat's own word does not.
    BOOST_TEST(!record("R1", status::FAILED, "another"));
    BOOST_TEST(!run(all.begin_attempt(key_of_refund("R1"), "another", notify_url, why))->changed);
    run(all.forget_leases());
    BOOST_TEST(run(all.claim("another", 10))->size() == 1U);
    BOOST_TEST(!record("R1", status::FAILED, owner));
    BOOST_TEST(record("R1", status::SUCCESS));
}

BOOST_FIXTURE_TEST_CASE(an_attempt_is_journalled_before_the_call, with_paid_order) {
    make("R1", 30, true);
    run(all.claim(owner, 10));
    auto const begun = run(all.begin_attempt(key_of_refund("R1"), owner, notify_url, why));
    BOOST_TEST(begun->changed);
    BOOST_TEST(begun->now->in_doubt);
    BOOST_TEST(begun->now->attempts == 1);
    BOOST_TEST(begun->now->notify_url == notify_url);
    BOOST_TEST(event_types().back() == "REFUND_ATTEMPT");
    // In doubt: not begun again before somebody has asked, whoever it is.
    BOOST_TEST(!run(all.begin_attempt(key_of_refund("R1"), owner, notify_url, why))->changed);
    run(all.forget_leases()); // as after kill -9
    auto const found = run(all.claim("the next process", 10));
    BOOST_TEST_REQUIRE(found->size() == 1U);
    BOOST_TEST(found->front().in_doubt);
    BOOST_TEST(!run(all.begin_attempt(key_of_refund("R1"), "the next process", notify_url, why))->changed);
    BOOST_TEST(!run(all.expire(key_of_refund("R1"), "the next process", why))->changed);
}

BOOST_FIXTURE_TEST_CASE(a_minute_between_two_refunds_of_an_order, with_paid_order) {
    make("R1", 30, true);
    make("R2", 30, true);
    make_paid("order-0002", now_ms());
    run(all.create(new_refund("R3", 30, "order-0002"), true, why));
    BOOST_TEST(run(all.claim(owner, 10))->size() == 3U);
    BOOST_TEST(run(all.begin_attempt(key_of_refund("R1"), owner, notify_url, why))->changed);
    auto const second = run(all.begin_attempt(key_of_refund("R2"), owner, notify_url, why));
    BOOST_TEST(!second->changed);
    BOOST_TEST(second->now->attempts == 0);
    auto const wait = *second->now->due_at - now_ms();
    BOOST_TEST(wait > 55'000);
    BOOST_TEST(wait <= 60'000);
    BOOST_TEST(run(all.begin_attempt(key_of_refund("R3"), owner, notify_url, why))->changed); // another order
    // The one that has the minute may be called again in it: the same number.
    refund_step later;
    later.type = "REFUND_NOT_THERE";
    later.due_at = now_ms();
    BOOST_TEST(run(all.record(key_of_refund("R1"), look(), later, why))->changed);
    run(all.claim(owner, 10));
    auto const again =
        run(all.begin_attempt(key_of_refund("R1"), owner, "https://elsewhere.example.com/", why));
    BOOST_TEST(again->changed);
    BOOST_TEST(again->now->notify_url == notify_url, "a call is repeated with what it had at first");
}

BOOST_FIXTURE_TEST_CASE(the_minute_is_over, with_paid_order) {
    limits.order_interval = milliseconds(1);
    refunds quick(*db, limits, nobody);
    run(quick.create(new_refund("R1", 30), true, why));
    run(quick.create(new_refund("R2", 30), true, why));
    run(quick.claim(owner, 10));
    BOOST_TEST(run(quick.begin_attempt(key_of_refund("R1"), owner, notify_url, why))->changed);
    auto const begun = now_ms();
    while (now_ms() <= begun + 1) {
    }
    BOOST_TEST(run(quick.begin_attempt(key_of_refund("R2"), owner, notify_url, why))->changed);
}

BOOST_FIXTURE_TEST_CASE(an_unused_approval_is_taken_back, with_paid_order) {
    make("R1", 30);
    approve("R1");
    run(all.claim(owner, 10));
    auto const back = run(all.expire(key_of_refund("R1"), owner, why));
    BOOST_TEST(back->changed);
    BOOST_TEST((back->now->refund_status == status::REQUESTED));
    BOOST_TEST(back->now->decided_by == "");
    BOOST_TEST(!back->now->due_at.has_value());
    BOOST_TEST(the_order().refund_reserved.count() == 30); // it still waits
    BOOST_TEST(event_types().back() == "REFUND_EXPIRED");
    BOOST_TEST(approve("R1", "bob"));
}

BOOST_FIXTURE_TEST_CASE(what_waits_for_a_certificate_is_tried_when_it_comes, with_paid_order) {
    make("R1", 30, true);
    run(all.claim(owner, 10));
    refund_step held;
    held.type = "REFUND_HELD";
    held.err_code = "refund_tls";
    held.anomaly = "refund_tls";
    held.due_at = now_ms() + 600'000;
    BOOST_TEST(run(all.record(key_of_refund("R1"), look(), held, why))->changed);
    BOOST_TEST(count("SELECT COUNT(*) FROM anomalies WHERE kind = 'refund_tls' AND fingerprint = 'R1'") == 1);
    BOOST_TEST(run(all.claim(owner, 10))->empty());
    run(all.retry_certificate("10000999"));
    BOOST_TEST(run(all.claim(owner, 10))->empty());
    run(all.retry_certificate("10000100"));
    BOOST_TEST(run(all.claim(owner, 10))->size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(looking_again_later_is_no_event, with_paid_order) {
    make("R1", 30, true);
    run(all.claim(owner, 10));
    auto const events = event_types().size();
    auto const soon = now_ms() - 1;
    run(all.postpone(key_of_refund("R1"), look(), soon, 3));
    BOOST_TEST(event_types().size() == events);
    BOOST_TEST(the_refund().tries == 3);
    BOOST_TEST(the_refund().due_at.value() == soon);
}

// A look that WeChat's word has overtaken concludes nothing, and makes nothing due.
BOOST_FIXTURE_TEST_CASE(what_was_seen_too_long_ago_is_void, with_paid_order) {
    make("R1", 30, true);
    run(all.claim(owner, 10));
    auto const seen = look();
    record("R1", status::PROCESSING);
    BOOST_TEST(record("R1", status::SUCCESS));
    run(all.postpone(key_of_refund("R1"), seen, now_ms(), 3));
    BOOST_TEST(!the_refund().due_at.has_value());
    refund_step unknown;
    unknown.type = "REFUND_UNKNOWN";
    unknown.in_doubt = true;
    unknown.due_at = now_ms();
    BOOST_TEST(!run(all.record(key_of_refund("R1"), seen, unknown, why))->changed);
    BOOST_TEST(!the_refund().in_doubt);
    BOOST_TEST(run(all.claim(owner, 10))->empty());
    // CHANGE waits for a person: the same.
    make("R2", 30, true);
    run(all.claim(owner, 10));
    auto const second = look("R2");
    BOOST_TEST(record("R2", status::CHANGE));
    BOOST_TEST(!run(all.record(key_of_refund("R2"), second, unknown, why))->changed);
}

BOOST_FIXTURE_TEST_CASE(a_lease_is_one_looks_alone, with_paid_order) {
    make("R1", 30, true);
    run(all.claim("a look", 10));
    BOOST_TEST(run(all.claim("another", 10))->empty());
    refund_look const other{"another", the_refund().version};
    refund_step step;
    step.to = status::FAILED;
    BOOST_TEST(!run(all.record(key_of_refund("R1"), other, step, why))->changed);
    run(all.forget_leases());
    BOOST_TEST(
        !run(all.begin_attempt(key_of_refund("R1"), "a look", notify_url, why))->changed, "its time is over"
    );
    BOOST_TEST(run(all.claim("another", 10))->size() == 1U);
    // A look that goes on keeps it; when the look is over, it is free.
    refund_step on;
    on.type = "REFUND_UNKNOWN";
    on.in_doubt = true;
    on.due_at = now_ms();
    on.go_on = true;
    BOOST_TEST(run(all.record(key_of_refund("R1"), other, on, why))->changed);
    BOOST_TEST(run(all.claim("a third", 10))->empty());
    refund_look const later{"another", the_refund().version};
    on.go_on = false;
    BOOST_TEST(run(all.record(key_of_refund("R1"), later, on, why))->changed);
    BOOST_TEST(run(all.claim("a third", 10))->size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_next_that_is_due, with_paid_order) {
    BOOST_TEST(!run(all.next_due())->has_value());
    make("R1", 30, true);
    BOOST_TEST(run(all.next_due())->value() <= now_ms());
    run(all.claim(owner, 10));
    BOOST_TEST(!run(all.next_due())->has_value(), "somebody has it");
    auto const soon = now_ms() + 5000;
    run(all.postpone(key_of_refund("R1"), look(), soon, 1));
    BOOST_TEST(run(all.next_due())->value() == soon);
}

BOOST_FIXTURE_TEST_CASE(lists, with_paid_order) {
    for (int i = 0; i < 5; ++i)
        make("R" + std::to_string(i), 10);
    approve("R2");
    refund_filter f;
    f.merchant = "shop";
    f.limit = 2;
    std::vector<std::string> seen;
    for (int i = 0; i < 5; ++i) {
        auto const page = run(all.list(f));
        for (auto const& r : *page)
            seen.push_back(r.out_refund_no);
        if (page->empty())
            break;
        f.before_created_at = page->back().created_at;
        f.before_number = page->back().out_refund_no;
        f.before_mch_id = page->back().mch_id;
    }
    std::vector<std::string> const newest_first{"R4", "R3", "R2", "R1", "R0"};
    BOOST_TEST(seen == newest_first, boost::test_tools::per_element());
    refund_filter approved;
    approved.refund_status = status::APPROVED;
    BOOST_TEST(run(all.list(approved))->size() == 1U); // of all merchants
    approved.merchant = "other";
    BOOST_TEST(run(all.list(approved))->empty());
    BOOST_TEST(run(all.find_all("R2"))->size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
