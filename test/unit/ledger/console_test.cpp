// What the console asks of the store: sums by time, what waits, a search, what belongs to an order, days of
// bills.
#include "ledger/order_search.hpp"
#include "ledger/outbox.hpp"
#include "ledger/reconciled_days.hpp"
#include "ledger/summary.hpp"
#include "refunds_fixture.hpp"

#include <set>

using namespace refund_test;

namespace {

constexpr unix_ms minute = 60'000;

order_search search_for(std::string number, std::string transaction = {}) {
    order_search f;
    f.out_trade_no = std::move(number);
    f.transaction_id = std::move(transaction);
    return f;
}

struct console_fixture : with_paid_order {
    std::vector<std::string> numbers(order_search f) {
        std::vector<std::string> some;
        auto const found = run(search_orders(*db, std::move(f)));
        for (auto const& o : found->orders)
            some.push_back(o.out_trade_no);
        return some;
    }

    void write(std::string_view sql) {
        store::batch b;
        b.push_back({sql, {}});
        BOOST_TEST_REQUIRE(run(db->write(std::move(b))).has_value(), sql);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(console, console_fixture)

BOOST_AUTO_TEST_CASE(money_and_orders_by_time) {
    auto const now = now_ms();
    make_paid("order-0002", now - 5 * minute);
    BOOST_TEST_REQUIRE(make("R1", 30, true));
    BOOST_TEST_REQUIRE(record("R1", refund_status::PROCESSING));
    BOOST_TEST_REQUIRE(record("R1", refund_status::SUCCESS));
    write("UPDATE refunds SET succeeded_at = (SELECT paid_at FROM orders WHERE out_trade_no = 'order-0002')");

    auto const from = now - 9 * minute - minute / 2;
    auto const t = run(tally_of(*db, from, milliseconds(minute), 10));
    BOOST_TEST_REQUIRE(t.has_value());
    BOOST_TEST(t->complete);
    BOOST_TEST_REQUIRE(t->bins.size() == 10U);
    BOOST_TEST(t->bins[9].received.count == 1);
    BOOST_TEST(t->bins[9].received.fee.count() == 100);
    BOOST_TEST(t->bins[9].created == 2);
    BOOST_TEST(t->states[9].at("SUCCESS") + t->states[9].at("REFUND") == 2);
    BOOST_TEST(t->bins[4].received.fee.count() == 100);
    BOOST_TEST(t->bins[4].refunded.count == 1);
    BOOST_TEST(t->bins[4].refunded.fee.count() == 30);
    BOOST_TEST(t->bins[0].received.count == 0);

    auto const past = run(tally_of(*db, now - 60 * minute, milliseconds(minute), 10));
    for (auto const& bin : past->bins)
        BOOST_TEST(bin.received.count + bin.refunded.count + bin.created == 0);
}

BOOST_AUTO_TEST_CASE(what_waits) {
    auto const nothing = run(open_work_of(*db));
    BOOST_TEST_REQUIRE(nothing.has_value());
    BOOST_TEST(nothing->refunds_waiting.count == 0);
    BOOST_TEST(nothing->refunds_waiting.fee.count() == 0);
    BOOST_TEST(!nothing->refunds_waiting.oldest.has_value());

    BOOST_TEST_REQUIRE(make("R1", 30));
    BOOST_TEST_REQUIRE(make("R2", 20));
    BOOST_TEST_REQUIRE(make("R3", 10, true));
    anomaly a;
    a.key = {"shop", "10000100", "order-0001"};
    a.kind = "amount_mismatch";
    BOOST_TEST_REQUIRE(run(record_all(*db, shop, {a})).has_value());
    auto const open = run(open_work_of(*db));
    BOOST_TEST(open->refunds_waiting.count == 2);
    BOOST_TEST(open->refunds_waiting.fee.count() == 50);
    BOOST_TEST(open->refunds_waiting.oldest.value() == the_refund("R1").created_at);
    BOOST_TEST(open->refunds_under_way.count == 1);
    BOOST_TEST(open->refunds_under_way.fee.count() == 10);
    BOOST_TEST(open->anomalies.count == 1);
    BOOST_TEST(open->webhooks_pending.count == 0);
    BOOST_TEST(open->webhooks_failed.count == 0);
}

BOOST_AUTO_TEST_CASE(a_search) {
    make_paid("order-0002", now_ms());
    BOOST_TEST((numbers(search_for("order-0001")) == std::vector<std::string>{"order-0001"}));
    BOOST_TEST((numbers(search_for("", "42order-0002")) == std::vector<std::string>{"order-0002"}));
    BOOST_TEST((numbers(search_for("order-0001", "42order-0001")) == std::vector<std::string>{"order-0001"}));
    BOOST_TEST(numbers(search_for("order-0001", "42order-0002")).empty());
    BOOST_TEST(numbers(search_for("order-0009")).empty());
    auto rival = search_for("order-0001");
    rival.merchant = "rival";
    BOOST_TEST(numbers(rival).empty());

    order_search f;
    BOOST_TEST(numbers(f).size() == 2U);
    f.openid = "oCustomer";
    f.total_fee = fen(100);
    f.trade_state = trade_state::SUCCESS;
    f.merchant = "shop";
    BOOST_TEST(numbers(f).size() == 2U);
    f.total_fee = fen(101);
    BOOST_TEST(numbers(f).empty());
    f.total_fee = std::nullopt;
    f.openid = "oOther";
    BOOST_TEST(numbers(f).empty());
}

BOOST_AUTO_TEST_CASE(a_search_goes_on_where_it_ended) {
    for (int i = 2; i <= 5; ++i)
        make_paid("order-000" + std::to_string(i), now_ms());
    std::vector<std::string> seen;
    order_search f;
    f.limit = 2;
    for (int page = 0; page < 10; ++page) {
        auto const found = run(search_orders(*db, f));
        BOOST_TEST_REQUIRE(found.has_value());
        for (auto const& o : found->orders)
            seen.push_back(o.out_trade_no);
        if (!found->last_created_at)
            break;
        f.before_created_at = found->last_created_at;
        f.before_number = found->last_number;
        f.before_mch_id = found->last_mch_id;
    }
    BOOST_TEST(seen.size() == 5U);
    BOOST_TEST(std::set<std::string>(seen.begin(), seen.end()).size() == 5U);
}

BOOST_AUTO_TEST_CASE(what_belongs_to_an_order) {
    shop.set({"shop"});
    make_paid("order-0002", now_ms());
    BOOST_TEST_REQUIRE(make("R1", 30));
    order_key const key{"shop", "10000100", "order-0001"};
    anomaly a;
    a.key = key;
    a.kind = "amount_mismatch";
    BOOST_TEST_REQUIRE(run(record_all(*db, shop, {a})).has_value());
    auto const refunds_of_it = run(all.of_order(key));
    BOOST_TEST_REQUIRE(refunds_of_it->size() == 1U);
    BOOST_TEST(refunds_of_it->front().out_refund_no == "R1");
    auto const told = run(outbox(*db).of_order(key));
    std::set<std::string> types;
    for (auto const& w : *told)
        types.insert(w.type);
    BOOST_TEST((types == std::set<std::string>{"refund.requested", "anomaly.detected"}));
    BOOST_TEST(run(anomalies_of_order(*db, key))->size() == 1U);
    order_key const other{"shop", "10000100", "order-0002"};
    BOOST_TEST(run(all.of_order(other))->empty());
    BOOST_TEST(run(anomalies_of_order(*db, other))->empty());
    BOOST_TEST(run(outbox(*db).of_order(other))->size() == 1U); // its payment
}

BOOST_AUTO_TEST_CASE(days_of_bills) {
    BOOST_TEST(run(list_reconciled_days(*db, {}))->empty());
    write("INSERT INTO daily_work (name, day, owner, lease_until, done_at) VALUES ('reconcile 10000100', "
          "'20261122', 'a', 0, 5), ('reconcile 10000100', '20261123', 'b', 0, NULL), ('reconcile 200', "
          "'20261123', 'c', 9000000000000, NULL), ('something else', '20261124', 'd', 0, 1)");
    write("INSERT INTO bills (mch_id, bill_date, payments, total_fee, refunds, refund_fee, taken_at) VALUES "
          "('10000100', '20261122', 3, 400, 1, 50, 7)");
    anomaly a;
    a.key = {"shop", "10000100", "order-0001"};
    a.kind = "bill_amount";
    a.fingerprint = "1";
    a.detail = R"({"bill_date":"20261122","what":"total_fee"})";
    auto b = a;
    b.fingerprint = "2";
    b.detail = R"({"bill_date":"20261123"})";
    BOOST_TEST_REQUIRE(run(record_all(*db, shop, {a, b})).has_value());

    auto const days = run(list_reconciled_days(*db, {}));
    BOOST_TEST_REQUIRE(days->size() == 3U);
    BOOST_TEST((*days)[0].mch_id == "200");
    BOOST_TEST((*days)[0].running);
    BOOST_TEST((*days)[0].open_differences == 0);
    BOOST_TEST((*days)[1].date == "20261123");
    BOOST_TEST(!(*days)[1].running);
    BOOST_TEST(!(*days)[1].done_at.has_value());
    BOOST_TEST(!(*days)[1].taken_at.has_value());
    auto const& first = (*days)[2];
    BOOST_TEST(first.date == "20261122");
    BOOST_TEST(first.done_at.value() == 5);
    BOOST_TEST(first.payments == 3);
    BOOST_TEST(first.total_fee.count() == 400);
    BOOST_TEST(first.refund_fee.count() == 50);
    BOOST_TEST(first.open_differences == 1);
    BOOST_TEST(first.settled_differences == 0);

    day_filter older;
    older.before_date = "20261123";
    older.before_mch_id = "10000100";
    BOOST_TEST(run(list_reconciled_days(*db, older))->size() == 1U);

    anomaly_filter f;
    f.bill_date = "20261122";
    f.mch_id = "10000100";
    BOOST_TEST(run(list_anomalies(*db, f))->size() == 1U);
    f.mch_id = "200";
    BOOST_TEST(run(list_anomalies(*db, f))->empty());
}

BOOST_AUTO_TEST_SUITE_END()
