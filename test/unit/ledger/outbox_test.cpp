// What the shop is told: which changes, once each, in their batch, as things were.
#include "told_fixture.hpp"

using namespace refund_test;
using status = refund_status;

BOOST_AUTO_TEST_SUITE(outbox_test)

// ---- orders ---------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_payment_is_told_once, with_audience) {
    create("order-0002");
    BOOST_TEST(messages().empty(), "that it is there is not told");
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(pay("order-0002") == (i == 0));
    BOOST_TEST((types("order-0002") == type_list{"payment.succeeded"}));
    BOOST_TEST(told == 1);
    auto const w = the_message("order-0002", "payment.succeeded");
    BOOST_TEST(w.merchant == "shop");
    BOOST_TEST(w.mch_id == "10000100");
    BOOST_TEST(w.order_version == 2);
    BOOST_TEST(w.out_refund_no == "");
    BOOST_TEST(w.anomaly_id == "");
    BOOST_TEST((w.state == webhook_state::pending));
    BOOST_TEST(w.attempts == 0);
    BOOST_TEST(w.due_at.value() == w.created_at, "at once");
    BOOST_TEST(!w.last_status.has_value());
    BOOST_TEST(w.last_error == "");
    BOOST_TEST(!w.delivered_at.has_value());
    check_of_events("order-0002");
}

BOOST_FIXTURE_TEST_CASE(what_is_told_of_an_order, with_audience) {
    struct row {
        char const* number;
        std::vector<trade_state> moves;
        type_list told;
    };

    row const table[] = {
        {"order-1001", {trade_state::NOTPAY}, {}},
        {"order-1002", {trade_state::USERPAYING, trade_state::NOTPAY, trade_state::PAYERROR}, {}},
        {"order-1003", {trade_state::CLOSED}, {"payment.closed"}},
        {"order-1004", {trade_state::REVOKED}, {"payment.closed"}},
        {"order-1005", {trade_state::NOTPAY, trade_state::CLOSED}, {"payment.closed"}},
        {"order-1006", {trade_state::PAYERROR, trade_state::CLOSED}, {"payment.closed"}},
        {"order-1007", {trade_state::CLOSED, trade_state::CLOSED}, {"payment.closed"}},  // the second
        {"order-1008", {trade_state::CLOSED, trade_state::REVOKED}, {"payment.closed"}}, // changes
        {"order-1009", {trade_state::REVOKED, trade_state::NOTPAY}, {"payment.closed"}}, // nothing
    };
    int wanted = 0;
    for (auto const& r : table) {
        create(r.number);
        for (auto const to : r.moves)
            move(r.number, to);
        BOOST_TEST((types(r.number) == r.told), r.number);
        wanted += static_cast<int>(r.told.size());
        check_log(r.number);
        check_of_events(r.number);
    }
    BOOST_TEST(told == wanted, "the sender is woken for messages only");
}

BOOST_FIXTURE_TEST_CASE(what_is_no_change_of_state_is_not_told, with_audience) {
    auto open = new_order("order-0002");
    open.openid.clear();
    BOOST_TEST_REQUIRE(run(orders_.create(open, why))->changed);
    auto const key = key_of_order("order-0002");
    BOOST_TEST(run(orders_.set_openid(key, "oCustomer", now_ms(), why))->changed);
    BOOST_TEST(run(orders_.note(key, "UNKNOWN", why))->changed);
    BOOST_TEST(run(orders_.set_prepay(unseen(key), "wx1", why))->changed);
    BOOST_TEST(run(orders_.set_prepay(unseen(key), "wx2", why))->changed);
    BOOST_TEST(messages().empty());
    BOOST_TEST(pay("order-0002"));
    BOOST_TEST(run(orders_.note(key, "UNKNOWN", why))->changed); // of a paid one
    create("order-0003");
    BOOST_TEST(move("order-0003", trade_state::CLOSED));
    BOOST_TEST(run(orders_.note(key_of_order("order-0003"), "UNKNOWN", why))->changed); // of a closed one
    BOOST_TEST(messages().size() == 2U);
    BOOST_TEST(told == 2);
}

BOOST_FIXTURE_TEST_CASE(what_was_refused_is_not_told, with_audience) {
    create("order-0002");
    auto wrong = payment_of("order-0002");
    wrong.total_fee = fen(99);
    BOOST_TEST(!run(orders_.pay(key_of_order("order-0002"), wrong, why))->changed);
    auto taken = payment_of("order-0001"); // another order's transaction
    BOOST_TEST(!run(orders_.pay(key_of_order("order-0002"), taken, why))->changed);
    BOOST_TEST(!move("order-0001", trade_state::CLOSED)); // it is paid
    order_key const foreign{"other", "10000100", "order-0002"};
    BOOST_TEST(!run(orders_.pay(foreign, payment_of("order-0002"), why))->changed);
    BOOST_TEST(!run(orders_.move(foreign, trade_state::CLOSED, why))->changed);
    BOOST_TEST(messages().empty());
    BOOST_TEST(told == 0);
}

// A query may say REFUND first.
BOOST_FIXTURE_TEST_CASE(a_payment_that_was_refunded_meanwhile, with_audience) {
    create("order-0002");
    BOOST_TEST(pay("order-0002", trade_state::REFUND));
    BOOST_TEST((types("order-0002") == type_list{"payment.succeeded"}));
    auto const m = content("order-0002", "payment.succeeded");
    BOOST_TEST((m.order->trade_state == trade_state::REFUND));
    create_paid("order-0003");
    BOOST_TEST(pay("order-0003", trade_state::REFUND)); // of one that was heard of
    BOOST_TEST((the_order("order-0003").trade_state == trade_state::REFUND));
    BOOST_TEST((types("order-0003") == type_list{"payment.succeeded"}));
}

// ---- refunds --------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_refund_that_succeeds, with_audience) {
    BOOST_TEST(make("R1", 30));
    BOOST_TEST((types("order-0001") == type_list{"refund.requested"}));
    BOOST_TEST(!make("R1", 30)); // again
    BOOST_TEST(!make("R2", 71)); // too much
    BOOST_TEST(approve("R1"));
    run(all.claim(owner, 10));
    BOOST_TEST(run(all.begin_attempt(key_of_refund("R1"), owner, notify_url, why))->changed);
    refund_step unsure;
    unsure.type = "REFUND_UNKNOWN";
    unsure.in_doubt = true;
    unsure.due_at = now_ms();
    BOOST_TEST(run(all.record(key_of_refund("R1"), look(), unsure, why))->changed);
    BOOST_TEST(record("R1", status::PROCESSING));
    BOOST_TEST((types("order-0001") == type_list{"refund.requested"}), "what is under way is not told");
    BOOST_TEST(record("R1", status::SUCCESS));
    BOOST_TEST(!record("R1", status::SUCCESS));
    BOOST_TEST((types("order-0001") == type_list{"refund.requested", "refund.succeeded"}));
    BOOST_TEST(told == 2);
    auto const w = the_message("order-0001", "refund.succeeded");
    BOOST_TEST(w.out_refund_no == "R1");
    BOOST_TEST(w.order_version == the_order().version);
    check_of_events("order-0001");
    check_log("order-0001");
}

BOOST_FIXTURE_TEST_CASE(the_ends_of_refunds, with_audience) {
    BOOST_TEST(make("R1", 10));
    BOOST_TEST(reject("R1"));
    BOOST_TEST(!reject("R1"));
    BOOST_TEST((types("order-0001") == type_list{"refund.requested", "refund.rejected"}));

    create_paid("order-0002");
    run(all.create(new_refund("R2", 10, "order-0002"), true, why));
    run(all.claim(owner, 10));
    BOOST_TEST(record("R2", status::FAILED, owner));
    type_list const failed{"payment.succeeded", "refund.requested", "refund.failed"};
    BOOST_TEST((types("order-0002") == failed));

    create_paid("order-0003");
    run(all.create(new_refund("R3", 10, "order-0003"), true, why));
    BOOST_TEST(record("R3", status::PROCESSING));
    BOOST_TEST(record("R3", status::REFUNDCLOSE));
    BOOST_TEST((types("order-0003") == failed));
    BOOST_TEST((content("order-0003", "refund.failed").refund.value().refund_status == status::REFUNDCLOSE));

    // CHANGE is no end.
    create_paid("order-0004");
    run(all.create(new_refund("R4", 10, "order-0004"), true, why));
    BOOST_TEST(record("R4", status::CHANGE));
    BOOST_TEST((types("order-0004") == type_list{"payment.succeeded", "refund.requested"}));
    BOOST_TEST(record("R4", status::SUCCESS));
    BOOST_TEST((types("order-0004") == type_list{"payment.succeeded", "refund.requested", "refund.succeeded"})
    );
    for (auto const* n : {"order-0001", "order-0002", "order-0003", "order-0004"}) {
        check_of_events(n);
        check_log(n);
    }
    BOOST_TEST(told == static_cast<int>(messages().size()), "each in a batch of its own");
}

BOOST_FIXTURE_TEST_CASE(approved_by_itself_is_told_as_requested, with_audience) {
    BOOST_TEST(make("R1", 30, true));
    BOOST_TEST((types("order-0001") == type_list{"refund.requested"}));
    BOOST_TEST(told == 1);
    auto const m = content("order-0001", "refund.requested");
    BOOST_TEST((m.refund.value().refund_status == status::REQUESTED));
    BOOST_TEST(m.refund->decided_by == "");
    BOOST_TEST(!m.refund->decided_at.has_value());
    BOOST_TEST((the_refund().refund_status == status::APPROVED));
    BOOST_TEST(m.about.order_version == the_order().version - 1, "of the request, not of the approval");
    check_of_events("order-0001");
}

BOOST_FIXTURE_TEST_CASE(an_approval_that_expired_is_not_told, with_audience) {
    make("R1", 30);
    approve("R1");
    run(all.claim(owner, 10));
    BOOST_TEST(run(all.expire(key_of_refund("R1"), owner, why))->changed);
    BOOST_TEST((the_refund().refund_status == status::REQUESTED));
    BOOST_TEST((types("order-0001") == type_list{"refund.requested"}));
    BOOST_TEST(told == 1);
    BOOST_TEST(reject("R1", "bob"));
    BOOST_TEST((types("order-0001") == type_list{"refund.requested", "refund.rejected"}));
}

// ---- who hears, and that it is one batch ----------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(nobody_else_hears, with_audience) {
    shop.set({"other", "sho", "shop2"});
    create_paid("order-0002");
    create("order-0003");
    BOOST_TEST(move("order-0003", trade_state::CLOSED));
    BOOST_TEST(pay("order-0003")); // late
    BOOST_TEST(make("R1", 30, true));
    BOOST_TEST(record("R1", status::SUCCESS));
    BOOST_TEST(make("R2", 30));
    BOOST_TEST(reject("R2"));
    anomaly const a{key_of_order("order-0001"), "amount_mismatch", "4200", "{}"};
    BOOST_TEST(run(ledger::record(*db, shop, a)).has_value());
    BOOST_TEST(count("SELECT COUNT(*) FROM outbox") == 0);
    BOOST_TEST(told == 0);
    for (auto const* n : {"order-0001", "order-0002", "order-0003"})
        check_log(n); // the changes are there all the same
    BOOST_TEST(count("SELECT COUNT(*) FROM anomalies") == 2);
    // Whoever comes later hears of what comes later.
    shop.set({"shop"});
    BOOST_TEST(make("R3", 30));
    BOOST_TEST((types("order-0001") == type_list{"refund.requested"}));
}

// A message that cannot be written takes its change with it: they are one batch.
BOOST_FIXTURE_TEST_CASE(no_change_without_its_message, with_audience) {
    create("order-0002");
    store::batch b;
    b.push_back(
        {"CREATE TRIGGER nobody_is_told BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'no'); END", {}}
    );
    BOOST_TEST_REQUIRE(run(db->write(std::move(b))).has_value());
    auto const paid = run(orders_.pay(key_of_order("order-0002"), payment_of("order-0002"), why));
    BOOST_TEST_REQUIRE(!paid.has_value());
    BOOST_TEST((paid.error() == errc::store_constraint));
    BOOST_TEST((the_order("order-0002").trade_state == trade_state::CREATED));
    BOOST_TEST(!run(all.create(new_refund("R1", 30), true, why)).has_value());
    BOOST_TEST(the_order().refund_reserved.count() == 0);
    anomaly const a{key_of_order("order-0001"), "amount_mismatch", "4200", "{}"};
    BOOST_TEST(!run(ledger::record(*db, shop, a)).has_value());
    BOOST_TEST(count("SELECT COUNT(*) FROM anomalies") == 0);
    for (auto const* n : {"order-0001", "order-0002"})
        check_log(n);
    BOOST_TEST(told == 0);
    BOOST_TEST(
        run(orders_.set_prepay(unseen(key_of_order("order-0002")), "wx1", why))->changed, "it tells nothing"
    );
}

BOOST_FIXTURE_TEST_CASE(nobody_needs_to_listen, with_audience) {
    shop.on_message = nullptr;
    create_paid("order-0002");
    BOOST_TEST((types("order-0002") == type_list{"payment.succeeded"}));
}

// ---- as it was ------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_payment_as_it_was_when_it_was_paid, with_audience) {
    auto o = new_order("order-0002");
    o.attach = "table-7";
    o.metadata = R"({"cart":"8839"})";
    BOOST_TEST_REQUIRE(run(orders_.create(o, why))->changed);
    BOOST_TEST(run(orders_.set_prepay(unseen(key_of_order("order-0002")), "wx1", why))->changed);
    BOOST_TEST(pay("order-0002"));
    auto const then = the_order("order-0002");
    auto const first = content("order-0002", "payment.succeeded");
    run(all.create(new_refund("R2", 60, "order-0002"), true, why));
    BOOST_TEST(record("R2", status::SUCCESS));
    auto const now = the_order("order-0002");
    BOOST_TEST((now.trade_state == trade_state::REFUND));
    BOOST_TEST(now.refunded_fee.count() == 60);

    auto const m = content("order-0002", "payment.succeeded");
    BOOST_TEST(!m.refund.has_value());
    BOOST_TEST(!m.anomaly.has_value());
    BOOST_TEST_REQUIRE(m.order);
    for (auto const& told_order : {*first.order, *m.order}) {
        BOOST_TEST((told_order.trade_state == trade_state::SUCCESS));
        BOOST_TEST(told_order.refunded_fee.count() == 0);
        BOOST_TEST(told_order.prepay_id == "wx1");
        BOOST_TEST(told_order.transaction_id == then.transaction_id);
        BOOST_TEST(told_order.openid == "oCustomer");
        BOOST_TEST(told_order.paid_at.value() == then.paid_at.value());
        BOOST_TEST(told_order.attach == "table-7");
        BOOST_TEST(told_order.metadata == R"({"cart":"8839"})");
        BOOST_TEST(told_order.total_fee.count() == 100);
        BOOST_TEST(told_order.created_at == then.created_at);
    }
    BOOST_TEST(m.about.order_version == then.version);
}

BOOST_FIXTURE_TEST_CASE(a_close_as_it_was, with_audience) {
    auto open = new_order("order-0002");
    open.openid.clear();
    BOOST_TEST_REQUIRE(run(orders_.create(open, why))->changed);
    BOOST_TEST(move("order-0002", trade_state::CLOSED));
    BOOST_TEST(pay("order-0002")); // late, by somebody
    BOOST_TEST(the_order("order-0002").openid == "oCustomer");
    auto const closed = *content("order-0002", "payment.closed").order;
    BOOST_TEST((closed.trade_state == trade_state::CLOSED));
    BOOST_TEST(closed.openid == "");
    BOOST_TEST(closed.transaction_id == "");
    BOOST_TEST(closed.prepay_id == "");
    BOOST_TEST(!closed.paid_at.has_value());
    auto const paid = *content("order-0002", "payment.succeeded").order;
    BOOST_TEST((paid.trade_state == trade_state::SUCCESS));
    BOOST_TEST(paid.openid == "oCustomer");
    BOOST_TEST(paid.refunded_fee.count() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_refund_as_it_was, with_audience) {
    make("R1", 30);
    approve("R1");
    run(all.claim(owner, 10));
    refund_step held;
    held.type = "REFUND_LATER";
    held.err_code = "NOTENOUGH";
    held.due_at = now_ms();
    BOOST_TEST(run(all.record(key_of_refund("R1"), look(), held, why))->changed);
    refund_step done;
    done.to = status::SUCCESS;
    done.refund_id = "5000";
    done.succeeded_at = now_ms() - 5;
    BOOST_TEST(run(all.adopt(key_of_refund("R1"), done, why))->changed);

    auto const asked = content("order-0001", "refund.requested").refund.value();
    BOOST_TEST((asked.refund_status == status::REQUESTED));
    BOOST_TEST(asked.decided_by == "");
    BOOST_TEST(!asked.decided_at.has_value());
    BOOST_TEST(asked.refund_id == "");
    BOOST_TEST(asked.err_code == "");
    BOOST_TEST(!asked.succeeded_at.has_value());
    BOOST_TEST(asked.refund_fee.count() == 30);
    BOOST_TEST(asked.reason == "too small");
    BOOST_TEST(asked.requested_by == "shop-backend");
    auto const end = content("order-0001", "refund.succeeded").refund.value();
    BOOST_TEST((end.refund_status == status::SUCCESS));
    BOOST_TEST(end.decided_by == "alice");
    BOOST_TEST(end.decided_at.has_value());
    BOOST_TEST(end.refund_id == "5000");
    BOOST_TEST(end.succeeded_at.value() == done.succeeded_at.value());
    BOOST_TEST(end.err_code == "", "what was in the way is not");
}

BOOST_FIXTURE_TEST_CASE(why_a_refund_failed, with_audience) {
    make("R1", 30, true);
    run(all.claim(owner, 10));
    refund_step failed;
    failed.to = status::FAILED;
    failed.err_code = "TRADE_OVERDUE";
    BOOST_TEST(run(all.record(key_of_refund("R1"), look(), failed, why))->changed);
    auto const r = content("order-0001", "refund.failed").refund.value();
    BOOST_TEST((r.refund_status == status::FAILED));
    BOOST_TEST(r.err_code == "TRADE_OVERDUE");
    BOOST_TEST(r.decided_by == "auto");
}

BOOST_FIXTURE_TEST_CASE(a_message_that_is_not_there, with_audience) {
    auto const none = run(outbox_.message("evt_none"));
    BOOST_TEST_REQUIRE(none.has_value());
    BOOST_TEST(!none->has_value());
}

// ---- findings -------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_finding_is_told_once, with_audience) {
    anomaly const a{key_of_order("order-0001"), "amount_mismatch", "4200", R"({"total_fee":1})"};
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(run(ledger::record(*db, shop, a)).has_value());
    BOOST_TEST((types("order-0001") == type_list{"anomaly.detected"}));
    BOOST_TEST(told == 1);
    auto const m = content("order-0001", "anomaly.detected");
    BOOST_TEST(!m.order);
    BOOST_TEST(!m.refund.has_value());
    BOOST_TEST_REQUIRE(m.anomaly.has_value());
    BOOST_TEST(m.about.id == "anm_" + m.anomaly->id);
    BOOST_TEST(m.about.anomaly_id == m.anomaly->id);
    BOOST_TEST(m.about.order_version == 0);
    BOOST_TEST(m.about.mch_id == "10000100");
    BOOST_TEST(m.anomaly->kind == "amount_mismatch");
    BOOST_TEST(m.anomaly->merchant == "shop");
    BOOST_TEST(m.anomaly->out_trade_no == "order-0001");
    BOOST_TEST(m.anomaly->detail == R"({"total_fee":1})");
    BOOST_TEST(m.anomaly->seen == 3);
    BOOST_TEST(m.anomaly->created_at == m.about.created_at);

    // Another transaction, another kind, another order (which need not be there): another finding.
    for (auto const& other :
         {anomaly{key_of_order("order-0001"), "amount_mismatch", "4201", "{}"},
          anomaly{key_of_order("order-0001"), "openid_mismatch", "4200", "{}"},
          anomaly{key_of_order("nobody-001"), "amount_mismatch", "4200", "{}"}})
        BOOST_TEST(run(ledger::record(*db, shop, other)).has_value());
    BOOST_TEST(messages().size() == 4U);
    BOOST_TEST(told == 4);
}

// Settled, and then seen again: the shop has heard of it.
BOOST_FIXTURE_TEST_CASE(a_finding_that_was_settled, with_audience) {
    anomaly const a{key_of_order("order-0001"), "amount_mismatch", "4200", "{}"};
    run(ledger::record(*db, shop, a));
    auto const id = content("order-0001", "anomaly.detected").about.anomaly_id;
    auto const settled = run(settle_anomaly(*db, id, "alice", "paid back by hand"));
    BOOST_TEST(settled->changed);
    BOOST_TEST(settled->now.value().settled_by == "alice");
    BOOST_TEST(settled->now->note == "paid back by hand");
    BOOST_TEST(settled->now->settled_at.has_value());
    auto const again = run(settle_anomaly(*db, id, "bob", "no"));
    BOOST_TEST(!again->changed);
    BOOST_TEST(again->now.value().settled_by == "alice", "it stays as it was settled");
    BOOST_TEST(!run(settle_anomaly(*db, "nobody", "bob", "no"))->now.has_value());
    run(ledger::record(*db, shop, a));
    BOOST_TEST(messages().size() == 1U);
    BOOST_TEST(told == 1);
}

BOOST_FIXTURE_TEST_CASE(findings_are_listed, with_audience) {
    std::vector<std::string> ids;
    for (int i = 0; i < 5; ++i) {
        order_key const of{i % 2 == 0 ? "shop" : "other", "10000100", "order-0001"};
        run(ledger::record(*db, shop, {of, "amount_mismatch", std::to_string(i), "{}"}));
    }
    anomaly_filter f;
    f.limit = 2;
    for (;;) {
        auto const page = *run(list_anomalies(*db, f));
        for (auto const& a : page)
            ids.push_back(a.id);
        if (page.size() < 2)
            break;
        f.before_created_at = page.back().created_at;
        f.before_id = page.back().id;
    }
    BOOST_TEST(ids.size() == 5U);
    std::sort(ids.begin(), ids.end());
    BOOST_TEST((std::unique(ids.begin(), ids.end()) == ids.end()), "none on two pages");
    run(settle_anomaly(*db, ids.front(), "alice", "done"));
    auto const listed = [&](std::string merchant, std::optional<bool> settled) {
        anomaly_filter only;
        only.merchant = std::move(merchant);
        only.settled = settled;
        return run(list_anomalies(*db, only))->size();
    };
    BOOST_TEST(listed("", {}) == 5U);
    BOOST_TEST(listed("", true) == 1U);
    BOOST_TEST(listed("", false) == 4U);
    BOOST_TEST(listed("shop", {}) == 3U);
    BOOST_TEST(listed("other", {}) == 2U);
    BOOST_TEST(listed("nobody", {}) == 0U);
    BOOST_TEST(listed("shop", true) + listed("other", true) == 1U);
}

// With a change of a refund, in its batch.
BOOST_FIXTURE_TEST_CASE(a_finding_about_a_refund, with_audience) {
    make("R1", 30, true);
    refund_step change;
    change.to = status::CHANGE;
    change.anomaly = "refund_change";
    BOOST_TEST(run(all.adopt(key_of_refund("R1"), change, why))->changed);
    BOOST_TEST((types("order-0001") == type_list{"anomaly.detected", "refund.requested"}));
    BOOST_TEST(content("order-0001", "anomaly.detected").anomaly.value().kind == "refund_change");
    BOOST_TEST(told == 2);
    // Seen again: counted, not told; not even that, when nothing changes.
    run(all.claim(owner, 10));
    refund_step again;
    again.type = "REFUND_LOOKED";
    again.anomaly = "refund_change";
    again.due_at = now_ms();
    auto const seen = run(all.record(key_of_refund("R1"), look(), again, why));
    BOOST_TEST(!seen->changed, "nobody has the lease: it was not due");
    BOOST_TEST(count("SELECT seen FROM anomalies") == 1);
    BOOST_TEST(messages().size() == 2U);
    // Its end, and another finding with it.
    refund_step closed;
    closed.to = status::REFUNDCLOSE;
    closed.anomaly = "refund_closed";
    BOOST_TEST(run(all.adopt(key_of_refund("R1"), closed, why))->changed);
    type_list const wanted{"anomaly.detected", "anomaly.detected", "refund.requested", "refund.failed"};
    BOOST_TEST((types("order-0001") == wanted));
    BOOST_TEST(told == 3, "once a batch");
    check_log("order-0001");
}

BOOST_FIXTURE_TEST_CASE(a_finding_about_a_refund_that_is_seen_again, with_audience) {
    make("R1", 30, true);
    refund_step held;
    held.type = "REFUND_HELD";
    held.err_code = "refund_tls";
    held.anomaly = "refund_tls";
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(run(all.claim(owner, 10))->size() == 1U);
        held.due_at = now_ms();
        BOOST_TEST(run(all.record(key_of_refund("R1"), look(), held, why))->changed);
    }
    BOOST_TEST(count("SELECT seen FROM anomalies") == 3);
    BOOST_TEST((types("order-0001") == type_list{"anomaly.detected", "refund.requested"}));
    BOOST_TEST(told == 2);
}

BOOST_AUTO_TEST_SUITE_END()
