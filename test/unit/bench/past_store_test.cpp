#include "ledger/schema.hpp"
#include "load/past_store.hpp"
#include "store/store.hpp"
#include "support/database.hpp"
#include "support/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::bench;

namespace {

constexpr unix_ms some_day = 1'700'000'000'000;
constexpr unix_ms month = 30LL * 24 * 3600 * 1000;

history_options past(std::uint64_t count, std::uint64_t seed) {
    history_options h;
    h.owner = {"shop", "10000100", "wx1", "HMAC-SHA256", "bench", "https://pay.example.com"};
    h.count = count;
    h.first = some_day;
    h.last = some_day + month;
    h.seed = seed;
    return h;
}

void ignore(filling const&) {
}

struct filled_store {
    filled_store() { done = fill_store(file, history(past(5000, 1)), ignore); }

    test::scratch dir;
    std::string file = dir.path("past.db");
    filling done;
};

// Every order's events are there, from 1 to its version, and the last of them is its own.
constexpr char const* orders_without_their_events =
    "SELECT count(*) FROM orders AS o WHERE o.version <> (SELECT count(*) FROM events AS e WHERE e.mch_id = "
    "o.mch_id AND e.out_trade_no = o.out_trade_no AND e.version BETWEEN 1 AND o.version) OR NOT EXISTS "
    "(SELECT 1 FROM events AS e WHERE e.mch_id = o.mch_id AND e.out_trade_no = o.out_trade_no AND e.version "
    "= o.version AND e.id = o.last_event AND e.trade_state = o.trade_state AND e.previous_state = "
    "o.previous_state AND e.created_at = o.updated_at)";

constexpr char const* refunds_unlike_their_orders =
    "SELECT count(*) FROM refunds AS r JOIN orders AS o USING (mch_id, out_trade_no) WHERE o.trade_state <> "
    "'REFUND' OR o.refunded_fee <> r.refund_fee OR o.refund_reserved <> r.refund_fee OR o.refund_count <> 1 "
    "OR o.last_refund <> r.out_refund_no OR r.refund_status <> 'SUCCESS' OR r.total_fee <> o.total_fee OR "
    "r.last_event <> o.last_event OR r.accepted_at IS NULL";

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_past_store, filled_store)

BOOST_AUTO_TEST_CASE(is_one_of_the_gateway_s) {
    BOOST_TEST(done.orders == 5000U);
    BOOST_TEST(store::check_integrity("sqlite:" + file) == "");
    store::store_options options;
    options.url = "sqlite:" + file;
    options.migrations = ledger::migrations();
    store::open(options)->close(); // as the gateway does
    test::database const db(file);
    BOOST_TEST(db.integrity() == "ok");
    BOOST_TEST(db.rows("PRAGMA journal_mode").at(0).at(0) == "wal");
}

BOOST_AUTO_TEST_CASE(has_what_the_ledger_would_have_written) {
    test::database const db(file);
    BOOST_TEST(db.number("SELECT count(*) FROM orders") == 5000);
    BOOST_TEST(db.number("SELECT count(*) FROM refunds") > 0);
    BOOST_TEST(db.number(orders_without_their_events) == 0);
    BOOST_TEST(db.number(refunds_unlike_their_orders) == 0);
    BOOST_TEST(
        db.number("SELECT count(*) FROM orders WHERE trade_state = 'REFUND'") ==
        db.number("SELECT count(*) FROM refunds")
    );
    auto const rows = db.number("SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM events) + "
                                "(SELECT count(*) FROM refunds) + (SELECT count(*) FROM outbox)");
    BOOST_TEST(done.rows == static_cast<std::uint64_t>(rows));
}

BOOST_AUTO_TEST_CASE(leaves_nothing_to_be_done) {
    test::database const db(file);
    BOOST_TEST(db.number("SELECT count(*) FROM orders WHERE due_at IS NOT NULL OR lease_until > 0") == 0);
    BOOST_TEST(db.number("SELECT count(*) FROM refunds WHERE due_at IS NOT NULL OR lease_until > 0") == 0);
    BOOST_TEST(db.number("SELECT count(*) FROM outbox WHERE state <> 'delivered'") == 0);
    // One message an ended order, two more a refund.
    BOOST_TEST(
        db.number("SELECT count(*) FROM outbox") == 5000 + 2 * db.number("SELECT count(*) FROM refunds")
    );
}

BOOST_AUTO_TEST_CASE(can_be_filled_again) {
    auto waiting = past(500, 2);
    waiting.kind = past_kind::waiting;
    waiting.due_after = month;
    waiting.tag = "nABCDEF";
    fill_store(file, history(waiting), ignore);
    test::database const db(file);
    BOOST_TEST(store::check_integrity("sqlite:" + file) == "");
    BOOST_TEST(db.number("SELECT count(*) FROM orders") == 5500);
    BOOST_TEST(db.number(orders_without_their_events) == 0);
    BOOST_TEST(
        db.number("SELECT count(*) FROM orders WHERE trade_state = 'NOTPAY' AND due_at > created_at") == 500
    );
}

BOOST_AUTO_TEST_CASE(of_the_same_numbers_is_refused) {
    BOOST_CHECK_THROW(fill_store(file, history(past(5000, 1)), ignore), std::runtime_error);
    test::database const db(file);
    BOOST_TEST(db.number("SELECT count(*) FROM orders") == 5000);
}

BOOST_AUTO_TEST_SUITE_END()
