// What is open, counted for the metrics.
#include "ledger/census.hpp"
#include "told_fixture.hpp"

using namespace refund_test;

namespace {

struct with_census : with_audience {
    census taken(unix_ms at = now_ms(), std::int64_t stuck = 12) { return *run(take_census(*db, at, stuck)); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(census_)

BOOST_FIXTURE_TEST_CASE(of_an_empty_store, ledger_fixture) {
    auto const c = *run(take_census(*db, now_ms(), 12));
    for (auto const* h :
         {&c.orders_overdue,
          &c.refunds_overdue,
          &c.refunds_requested,
          &c.refunds_stuck,
          &c.anomalies_open,
          &c.webhooks_pending,
          &c.webhooks_failed}) {
        BOOST_TEST(h->count == 0);
        BOOST_TEST(!h->oldest.has_value());
    }
}

BOOST_FIXTURE_TEST_CASE(orders_that_are_due, with_census) {
    auto const now = now_ms();
    for (auto const& [n, due] :
         {std::pair("order-1001", now - 5000), std::pair("order-1002", now + 60'000)}) {
        auto o = new_order(n);
        o.due_at = due;
        BOOST_TEST_REQUIRE(run(orders_.create(o, why))->changed);
    }
    auto const c = taken(now);
    BOOST_TEST(c.orders_overdue.count == 1);
    BOOST_TEST(c.orders_overdue.oldest.value() == now - 5000);
    BOOST_TEST(taken(now + 61'000).orders_overdue.count == 2);
    BOOST_TEST_REQUIRE(move("order-1001", trade_state::CLOSED));
    BOOST_TEST(taken(now).orders_overdue.count == 0, "what has ended is not due");
}

BOOST_FIXTURE_TEST_CASE(refunds_in_every_state, with_census) {
    auto const before = now_ms();
    BOOST_TEST_REQUIRE(make("R1", 10));
    BOOST_TEST_REQUIRE(make("R2", 10, true));
    auto c = taken(now_ms() + 1);
    BOOST_TEST(c.refunds_requested.count == 1);
    BOOST_TEST(c.refunds_requested.oldest.value() >= before);
    BOOST_TEST(c.refunds_overdue.count == 1, "R2");
    BOOST_TEST(c.refunds_stuck.count == 0);

    BOOST_TEST_REQUIRE(run(all.claim(owner, 10))->size() == 1U);
    BOOST_TEST_REQUIRE(
        run(all.postpone(key_of_refund("R2"), look("R2"), now_ms() + 3'600'000, 12)).has_value()
    );
    c = taken(now_ms() + 1);
    BOOST_TEST(c.refunds_overdue.count == 0);
    BOOST_TEST(c.refunds_stuck.count == 1);
    BOOST_TEST(taken(now_ms(), 13).refunds_stuck.count == 0);

    BOOST_TEST_REQUIRE(record("R2", refund_status::SUCCESS));
    BOOST_TEST_REQUIRE(reject("R1"));
    c = taken(now_ms() + 1);
    BOOST_TEST(c.refunds_requested.count == 0);
    BOOST_TEST(c.refunds_stuck.count == 0);
}

BOOST_FIXTURE_TEST_CASE(findings_and_messages, with_census) {
    BOOST_TEST_REQUIRE(run(record_all(*db, shop, {{key_of_order("order-0001"), "unknown_order", "1"}})
    ).has_value());
    BOOST_TEST_REQUIRE(run(record_all(*db, shop, {{key_of_order("order-0001"), "unknown_order", "2"}})
    ).has_value());
    auto c = taken();
    BOOST_TEST(c.anomalies_open.count == 2);
    BOOST_TEST(c.webhooks_pending.count == 2);
    auto const told_of = messages();
    BOOST_TEST(c.webhooks_pending.oldest.value() == std::min(told_of[0].created_at, told_of[1].created_at));

    auto const claimed = *run(outbox_.claim("shop", "a", milliseconds(60'000), 10));
    BOOST_TEST_REQUIRE(claimed.size() == 2U);
    webhook_try gone;
    gone.id = claimed[0].id;
    gone.owner = "a";
    gone.state = webhook_state::failed;
    webhook_try heard;
    heard.id = claimed[1].id;
    heard.owner = "a";
    heard.state = webhook_state::delivered;
    BOOST_TEST_REQUIRE(run(outbox_.record({gone, heard})).has_value());
    BOOST_TEST_REQUIRE(run(settle_anomaly(*db, claimed[0].anomaly_id, "bob", "seen"))->changed);
    c = taken();
    BOOST_TEST(c.anomalies_open.count == 1);
    BOOST_TEST(c.webhooks_pending.count == 0);
    BOOST_TEST(!c.webhooks_pending.oldest.has_value());
    BOOST_TEST(c.webhooks_failed.count == 1);
}

// It runs every few seconds beside everything else: no table is read.
BOOST_FIXTURE_TEST_CASE(reads_what_is_open_only, ledger_fixture) {
    if (wxgate::test::on_postgres())
        return; // the plan is SQLite's
    for (std::string_view const sql :
         {"EXPLAIN QUERY PLAN SELECT due_at FROM orders WHERE due_at <= 1 ORDER BY due_at LIMIT 2",
          "EXPLAIN QUERY PLAN SELECT due_at FROM refunds WHERE due_at <= 1 ORDER BY due_at LIMIT 2",
          "EXPLAIN QUERY PLAN SELECT created_at FROM refunds WHERE refund_status = 'REQUESTED' ORDER BY "
          "created_at LIMIT 2",
          "EXPLAIN QUERY PLAN SELECT created_at FROM refunds WHERE due_at IS NOT NULL AND tries >= 1 LIMIT 2",
          "EXPLAIN QUERY PLAN SELECT created_at FROM anomalies WHERE settled_at IS NULL ORDER BY created_at "
          "LIMIT 2",
          "EXPLAIN QUERY PLAN SELECT created_at FROM outbox WHERE due_at IS NOT NULL LIMIT 2",
          "EXPLAIN QUERY PLAN SELECT created_at FROM outbox WHERE state = 'failed' ORDER BY created_at LIMIT "
          "2"}) {
        store::batch b;
        b.push_back({sql, {}});
        auto const plan = run(db->read(std::move(b)));
        BOOST_TEST_REQUIRE(plan.has_value());
        for (std::size_t i = 0; i < plan->front().size(); ++i)
            BOOST_TEST(
                plan->front().text(i, 3).find("INDEX") != std::string::npos,
                sql << ": " << plan->front().text(i, 3)
            );
    }
}

BOOST_AUTO_TEST_SUITE_END()
