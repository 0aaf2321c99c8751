// A store of the version before: what is in it is taken along.
#include "told_fixture.hpp"

using namespace refund_test;

namespace {

// Three orders as version 3 of the schema has them.
constexpr std::string_view older_rows[] = {
    "INSERT INTO orders (mch_id, out_trade_no, merchant, appid, sign_type, openid, total_fee, fee_type, "
    "body, "
    "trade_type, spbill_create_ip, notify_url, metadata, trade_state, previous_state, version, last_event, "
    "created_at, updated_at, expires_at) VALUES ('10000100', 'older-open', 'shop', 'wx1', 'MD5', 'o1', 100, "
    "'CNY', 'tea', 'JSAPI', '127.0.0.1', 'https://x', '{}', 'NOTPAY', 'CREATED', 2, 'e1', 1000, 1001, 2000)",
    "INSERT INTO orders (mch_id, out_trade_no, merchant, appid, sign_type, openid, total_fee, fee_type, "
    "body, "
    "trade_type, spbill_create_ip, notify_url, metadata, trade_state, previous_state, version, last_event, "
    "created_at, updated_at, expires_at) VALUES ('10000100', 'older-closed', 'shop', 'wx1', 'MD5', 'o1', "
    "100, "
    "'CNY', 'tea', 'JSAPI', '127.0.0.1', 'https://x', '{}', 'CLOSED', 'NOTPAY', 3, 'e2', 1000, 1001, 2000)",
    "INSERT INTO orders (mch_id, out_trade_no, merchant, appid, sign_type, openid, total_fee, fee_type, "
    "body, "
    "trade_type, spbill_create_ip, notify_url, metadata, trade_state, previous_state, transaction_id, "
    "paid_at, version, last_event, created_at, updated_at, expires_at) VALUES ('10000100', 'older-paid', "
    "'shop', 'wx1', 'MD5', 'o1', 100, 'CNY', 'tea', 'JSAPI', '127.0.0.1', 'https://x', '{}', 'SUCCESS', "
    "'NOTPAY', '42', 1500, 3, 'e3', 1000, 1500, 2000)",
};

} // namespace

BOOST_AUTO_TEST_SUITE(migration)

BOOST_FIXTURE_TEST_CASE(from_version_3, ledger_fixture) {
    std::optional<wxgate::test::postgres_schema> older_schema;
    if (schema)
        older_schema.emplace();
    auto const older_url = older_schema ? older_schema->url() : "sqlite:" + (folder / "older.db").string();
    auto older = store::open({older_url, {}, migrations().first(3)});
    for (auto const sql : older_rows) {
        store::batch b;
        b.push_back({sql, {}});
        BOOST_TEST_REQUIRE(run(older->write(std::move(b))).has_value(), sql);
    }
    older->close();
    older.reset(); // and its lock

    auto const newer = store::open({older_url, {}, migrations()});
    orders all(*newer, nobody);
    // What is open is looked at from now on; what has ended is not, and nobody is told of the past.
    auto const taken = run(all.claim("a", milliseconds(60'000), 10));
    BOOST_TEST_REQUIRE(taken->size() == 1U);
    BOOST_TEST(taken->front().out_trade_no == "older-open");
    BOOST_TEST(taken->front().due_at.value() == 1000);
    BOOST_TEST(taken->front().tries == 0);
    outbox out(*newer);
    BOOST_TEST(run(out.list({}))->empty());
    // A change of an older order is told like any other.
    audience shop;
    shop.set({"shop"});
    orders told(*newer, shop);
    BOOST_TEST(run(told.move({"shop", "10000100", "older-open"}, trade_state::CLOSED, why))->changed);
    BOOST_TEST(run(out.list({}))->size() == 1U);
    newer->close();
}

BOOST_AUTO_TEST_SUITE_END()
