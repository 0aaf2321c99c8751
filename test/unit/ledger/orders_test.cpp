#include "fixture.hpp"
#include "ledger/anomalies.hpp"
#include "ledger/events.hpp"
#include "ledger/orders.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::ledger;

namespace {

order some_order(std::string number = "order-0001") {
    order o;
    o.mch_id = "10000100";
    o.out_trade_no = std::move(number);
    o.merchant = "shop";
    o.appid = "wx2421b1c4370ec43b";
    o.openid = "oCustomer";
    o.total_fee = fen(1299);
    o.body = "茶 'quoted' \"both\"";
    o.trade_type = "JSAPI";
    o.spbill_create_ip = "127.0.0.1";
    o.notify_url = "https://pay.example.com/notify/shop/payment";
    o.created_at = 1'700'000'000'000;
    o.expires_at = o.created_at + 1000;
    return o;
}

payment some_payment(std::string transaction = "4200000001") {
    payment p;
    p.appid = "wx2421b1c4370ec43b";
    p.sign_type = sign_type::hmac_sha256;
    p.transaction_id = std::move(transaction);
    p.openid = "oCustomer";
    p.total_fee = fen(1299);
    p.paid_at = 1'700'000'000'500;
    return p;
}

order_key const key{"shop", "10000100", "order-0001"};
cause const why{"test", "request-1", "{}"};

struct with_order : ledger_fixture {
    with_order() { BOOST_TEST_REQUIRE(run(all.create(some_order(), why))->changed); }

    audience shop;
    orders all{*db, shop};
};

} // namespace

BOOST_AUTO_TEST_SUITE(orders_test)

BOOST_FIXTURE_TEST_CASE(an_order_is_kept_as_it_was_given, with_order) {
    auto const found = run(all.find(key));
    BOOST_TEST_REQUIRE(found->has_value());
    auto const& o = **found;
    BOOST_TEST(o.body == "茶 'quoted' \"both\"");
    BOOST_TEST(o.total_fee.count() == 1299);
    BOOST_TEST((o.trade_state == trade_state::CREATED));
    BOOST_TEST(o.version == 1);
    BOOST_TEST(o.attach.empty());
    BOOST_TEST(!o.time_expire.has_value());
    BOOST_TEST(!o.paid_at.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_number_is_one_order, with_order) {
    auto other = some_order();
    other.total_fee = fen(1);
    auto const again = run(all.create(other, why));
    BOOST_TEST(!again->changed);
    BOOST_TEST(again->now->total_fee.count() == 1299);
    BOOST_TEST(count("SELECT COUNT(*) FROM events") == 1);
    other.merchant = "another-of-the-same-mch_id";
    BOOST_TEST(!run(all.create(other, why))->now);
}

BOOST_FIXTURE_TEST_CASE(a_prepay_opens_a_created_order_and_no_other, with_order) {
    auto const kept = run(all.set_prepay(unseen(key), "wx1", why));
    BOOST_TEST(kept->changed);
    BOOST_TEST((kept->now->trade_state == trade_state::NOTPAY));
    BOOST_TEST(kept->now->prepay_id == "wx1");
    BOOST_TEST_REQUIRE(run(all.pay(key, some_payment(), why))->changed);
    auto const late =
        run(all.set_prepay(unseen(key), "wx2", why)); // the answer that came after the notification
    BOOST_TEST(!late->changed);
    BOOST_TEST((late->now->trade_state == trade_state::SUCCESS));
    BOOST_TEST(late->now->prepay_id == "wx1");
}

// What is told is the row, whether it was read or not.
BOOST_FIXTURE_TEST_CASE(a_prepay_of_an_order_that_was_seen, with_order) {
    auto const seen = **run(all.find(key));
    auto const kept = run(all.set_prepay(seen, "wx1", why, "weixin://1"));
    BOOST_TEST_REQUIRE(kept->changed);
    BOOST_TEST((*kept->now == **run(all.find(key))));
    BOOST_TEST((kept->now->trade_state == trade_state::NOTPAY));
    BOOST_TEST(kept->now->pay_url == "weixin://1");
    BOOST_TEST(kept->now->version == 2);
    // It has moved since: `seen` is old, and the order open still.
    auto const again = run(all.set_prepay(seen, "wx2", why));
    BOOST_TEST_REQUIRE(again->changed);
    BOOST_TEST((*again->now == **run(all.find(key))));
    BOOST_TEST(again->now->version == 3);
    auto const third = run(all.set_prepay(*again->now, "wx3", why));
    BOOST_TEST_REQUIRE(third->changed);
    auto const events = run(events_of(*db, key));
    BOOST_TEST_REQUIRE(events->size() == 4U);
    for (std::size_t i = 1; i < 4; ++i) {
        auto const& e = (*events)[i];
        BOOST_TEST(e.type == "PREPAY");
        BOOST_TEST(e.version == static_cast<std::int64_t>(i) + 1);
        BOOST_TEST(e.trade_state == "NOTPAY");
        BOOST_TEST(e.previous_state == (i == 1 ? "CREATED" : "NOTPAY"));
        BOOST_TEST(e.source == "test");
        BOOST_TEST(e.request_id == "request-1");
        BOOST_TEST(e.detail == "{}");
        BOOST_TEST(e.created_at > 1'700'000'000'000);
    }
    BOOST_TEST(events->back().id > events->front().id);
    // Paid since: what was seen says nothing.
    BOOST_TEST_REQUIRE(run(all.pay(key, some_payment(), why))->changed);
    auto const late = run(all.set_prepay(*third->now, "wx4", why));
    BOOST_TEST(!late->changed);
    BOOST_TEST((late->now->trade_state == trade_state::SUCCESS));
    BOOST_TEST(late->now->prepay_id == "wx3");
    BOOST_TEST(count("SELECT COUNT(*) FROM events") == 5);
}

BOOST_FIXTURE_TEST_CASE(what_create_tells_is_the_row, with_order) {
    auto o = some_order("order-0003");
    o.due_at = o.created_at + 5;
    o.time_expire = o.expires_at;
    cause traced = why;
    traced.trace = *parse_traceparent("00-0123456789abcdef0123456789abcdef-0123456789abcdef-01");
    auto const made = run(all.create(o, traced));
    BOOST_TEST_REQUIRE(made->changed);
    BOOST_TEST((*made->now == **run(all.find(key_of(o)))));
    auto const events = run(events_of(*db, key_of(o)));
    BOOST_TEST_REQUIRE(events->size() == 1U);
    BOOST_TEST(events->front().type == "CREATED");
    BOOST_TEST(events->front().previous_state.empty());
    BOOST_TEST(events->front().trade_state == "CREATED");
    BOOST_TEST(events->front().created_at == o.created_at);
}

BOOST_FIXTURE_TEST_CASE(a_payment_is_recorded_once, with_order) {
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(run(all.pay(key, some_payment(), why))->changed == (i == 0));
    BOOST_TEST(count("SELECT COUNT(*) FROM events WHERE trade_state = 'SUCCESS'") == 1);
    auto const events = run(events_of(*db, key));
    BOOST_TEST_REQUIRE(events->size() == 2U);
    BOOST_TEST(events->back().previous_state == "CREATED");
    BOOST_TEST(events->back().version == 2);
    BOOST_TEST(events->back().request_id == "request-1");
}

BOOST_FIXTURE_TEST_CASE(a_payment_that_does_not_agree_changes_nothing, with_order) {
    struct row {
        char const* name;
        void (*spoil)(payment&);
    };

    row const table[] = {
        {"amount", [](payment& p) { p.total_fee = fen(1298); }},
        {"customer", [](payment& p) { p.openid = "oOther"; }},
        {"no customer", [](payment& p) { p.openid.clear(); }},
        {"appid", [](payment& p) { p.appid = "wx0"; }},
        {"algorithm", [](payment& p) { p.sign_type = sign_type::md5; }},
    };
    for (auto const& r : table) {
        auto p = some_payment();
        r.spoil(p);
        auto const c = run(all.pay(key, p, why));
        BOOST_TEST(!c->changed, r.name);
        BOOST_TEST((c->now->trade_state == trade_state::CREATED), r.name);
    }
    BOOST_TEST(count("SELECT COUNT(*) FROM events") == 1);
}

BOOST_FIXTURE_TEST_CASE(a_transaction_is_one_orders, with_order) {
    BOOST_TEST_REQUIRE(run(all.create(some_order("order-0002"), why))->changed);
    BOOST_TEST_REQUIRE(run(all.pay(key, some_payment("4200"), why))->changed);
    order_key const second{"shop", "10000100", "order-0002"};
    auto const reused = run(all.pay(second, some_payment("4200"), why));
    BOOST_TEST(!reused->changed);
    BOOST_TEST((reused->now->trade_state == trade_state::CREATED));
    BOOST_TEST(!run(all.pay(key, some_payment("4201"), why))->changed); // paid twice
}

BOOST_FIXTURE_TEST_CASE(a_payment_after_the_close_is_recorded_with_an_anomaly, with_order) {
    BOOST_TEST_REQUIRE(run(all.move(key, trade_state::CLOSED, why))->changed);
    BOOST_TEST(!run(all.set_prepay(unseen(key), "wx1", why))->changed);
    BOOST_TEST(!run(all.move(key, trade_state::NOTPAY, why))->changed);
    auto const paid = run(all.pay(key, some_payment(), why));
    BOOST_TEST(paid->changed);
    BOOST_TEST((paid->now->trade_state == trade_state::SUCCESS));
    BOOST_TEST(count("SELECT COUNT(*) FROM anomalies WHERE kind = 'paid_after_close'") == 1);
    run(all.pay(key, some_payment(), why));
    BOOST_TEST(count("SELECT COUNT(*) FROM anomalies") == 1);
}

BOOST_FIXTURE_TEST_CASE(another_merchant_reaches_nothing, with_order) {
    order_key const foreign{"other", "10000100", "order-0001"};
    BOOST_TEST(!run(all.find(foreign))->has_value());
    BOOST_TEST(!run(all.pay(foreign, some_payment(), why))->changed);
    BOOST_TEST(!run(all.move(foreign, trade_state::CLOSED, why))->changed);
    BOOST_TEST(!run(all.set_prepay(unseen(foreign), "wx1", why))->now);
    order_filter f;
    f.merchant = "other";
    BOOST_TEST(run(all.list(f))->empty());
}

BOOST_FIXTURE_TEST_CASE(a_customer_is_set_once, with_order) {
    auto o = some_order("order-0002");
    o.openid.clear();
    BOOST_TEST_REQUIRE(run(all.create(o, why))->changed);
    order_key const open{"shop", "10000100", "order-0002"};
    BOOST_TEST(run(all.set_openid(open, "oFirst", now_ms(), why))->changed);
    auto const second = run(all.set_openid(open, "oSecond", now_ms(), why));
    BOOST_TEST(!second->changed);
    BOOST_TEST(second->now->openid == "oFirst");
}

BOOST_FIXTURE_TEST_CASE(every_version_has_its_event, with_order) {
    run(all.note(key, "UNKNOWN", why));
    run(all.set_prepay(unseen(key), "wx1", why));
    run(all.move(key, trade_state::USERPAYING, why));
    run(all.move(key, trade_state::NOTPAY, why));
    run(all.pay(key, some_payment(), why));
    run(all.move(key, trade_state::CLOSED, why)); // refused
    BOOST_TEST(count("SELECT version FROM orders") == 6);
    BOOST_TEST(count("SELECT COUNT(*) FROM events") == 6);
    BOOST_TEST(count("SELECT MAX(version) FROM events") == 6);
}

BOOST_FIXTURE_TEST_CASE(the_log_is_append_only_and_the_checks_hold, with_order) {
    for (char const* sql :
         {"UPDATE events SET type = 'x'",
          "DELETE FROM events",
          "DELETE FROM orders",
          "UPDATE orders SET total_fee = 0",
          "UPDATE orders SET refunded_fee = 1300",
          "UPDATE orders SET trade_state = 'PAID'",
          "UPDATE orders SET trade_state = 'SUCCESS'", // without a transaction
          "UPDATE orders SET total_fee = 'many'"}) {
        store::batch b;
        b.push_back({sql, {}});
        auto const r = run(db->write(std::move(b)));
        BOOST_TEST_REQUIRE(!r.has_value(), sql);
        BOOST_TEST((r.error() == errc::store_constraint), sql);
    }
}

BOOST_FIXTURE_TEST_CASE(pages_follow_one_another_newest_first, with_order) {
    for (int i = 2; i <= 7; ++i) {
        auto o = some_order("order-000" + std::to_string(i));
        o.created_at += i / 2; // pairs made in the same millisecond
        BOOST_TEST_REQUIRE(run(all.create(o, why))->changed);
    }
    std::vector<std::string> seen;
    order_filter f;
    f.merchant = "shop";
    f.limit = 2;
    for (;;) {
        auto const page = run(all.list(f));
        for (auto const& o : *page)
            seen.push_back(o.out_trade_no);
        if (page->size() < 2)
            break;
        f.before_created_at = page->back().created_at;
        f.before_number = page->back().out_trade_no;
        f.before_mch_id = page->back().mch_id;
    }
    std::vector<std::string> const expected{
        "order-0007", "order-0006", "order-0005", "order-0004", "order-0003", "order-0002", "order-0001"};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
    order_filter closed;
    closed.merchant = "shop";
    closed.trade_state = trade_state::CLOSED;
    BOOST_TEST(run(all.list(closed))->empty());
    order_filter early;
    early.merchant = "shop";
    early.created_to = some_order().created_at;
    BOOST_TEST(run(all.list(early))->size() == 1U);
}

// A number is unique to an mch_id only: over all merchants two rows may be of one number and one millisecond.
BOOST_FIXTURE_TEST_CASE(one_number_of_several_merchants, with_order) {
    for (auto const* other : {"10000200", "10000300"}) {
        auto o = some_order();
        o.mch_id = other;
        o.merchant = std::string("m") + other;
        BOOST_TEST_REQUIRE(run(all.create(o, why))->changed);
    }
    std::vector<std::string> seen;
    order_filter f;
    f.limit = 1;
    for (auto page = run(all.list(f)); !page->empty(); page = run(all.list(f))) {
        seen.push_back(page->back().mch_id);
        f.before_created_at = page->back().created_at;
        f.before_number = page->back().out_trade_no;
        f.before_mch_id = page->back().mch_id;
    }
    std::vector<std::string> const expected{"10000300", "10000200", some_order().mch_id};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
    auto const found = run(all.find_all(some_order().out_trade_no));
    BOOST_TEST_REQUIRE(found->size() == 3U);
    BOOST_TEST(found->front().mch_id == some_order().mch_id);
    BOOST_TEST(run(all.find_all("order-9999"))->empty());
}

BOOST_FIXTURE_TEST_CASE(the_same_finding_counts_up, ledger_fixture) {
    anomaly const a{key, "amount_mismatch", "4200", "{}"};
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(run(record(*db, nobody, a)).has_value());
    BOOST_TEST(count("SELECT COUNT(*) FROM anomalies") == 1);
    BOOST_TEST(count("SELECT seen FROM anomalies") == 3);
}

BOOST_AUTO_TEST_SUITE_END()
