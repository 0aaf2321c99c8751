// The small pure rules: which notification agrees with which order, the rate limit, the client's secret, what
// a caller hears of WeChat's silence.
#include "gateway/api/api_keys.hpp"
#include "gateway/api/problem.hpp"
#include "gateway/payments/notifications.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::gateway;
using namespace std::chrono_literals;

namespace {

ledger::order some_order() {
    ledger::order o;
    o.merchant = "shop";
    o.mch_id = "10000100";
    o.appid = "wx1";
    o.out_trade_no = "order-0001";
    o.openid = "oUser";
    o.total_fee = fen(100);
    o.trade_type = "JSAPI";
    return o;
}

payment_notification some_notification() {
    payment_notification n;
    n.appid = "wx1";
    n.mch_id = "10000100";
    n.out_trade_no = "order-0001";
    n.transaction_id = "4200";
    n.openid = "oUser";
    n.total_fee = fen(100);
    n.fee_type = "CNY";
    n.trade_type = "JSAPI";
    n.sign_type = sign_type::hmac_sha256;
    n.paid = true;
    return n;
}

} // namespace

BOOST_AUTO_TEST_SUITE(rules)

BOOST_AUTO_TEST_CASE(what_does_not_agree_is_named) {
    struct row {
        char const* kind;
        void (*spoil)(ledger::order&, payment_notification&);
    };

    row const table[] = {
        {"amount_mismatch", [](ledger::order&, payment_notification& n) { n.total_fee = fen(99); }},
        {"openid_mismatch", [](ledger::order&, payment_notification& n) { n.openid = "oOther"; }},
        {"openid_mismatch", [](ledger::order&, payment_notification& n) { n.openid.clear(); }},
        {"appid_mismatch", [](ledger::order&, payment_notification& n) { n.appid = "wx2"; }},
        {"currency_mismatch", [](ledger::order&, payment_notification& n) { n.fee_type = "USD"; }},
        {"trade_type_mismatch", [](ledger::order&, payment_notification& n) { n.trade_type = "NATIVE"; }},
        {"sign_type_mismatch", [](ledger::order&, payment_notification& n) { n.sign_type = sign_type::md5; }},
        {"paid_twice", [](ledger::order& o, payment_notification&) { o.transaction_id = "4199"; }},
    };
    BOOST_TEST(mismatch(some_order(), some_notification()) == nullptr);
    for (auto const& r : table) {
        auto o = some_order();
        auto n = some_notification();
        r.spoil(o, n);
        auto const* kind = mismatch(o, n);
        BOOST_TEST_REQUIRE(kind != nullptr, r.kind);
        BOOST_TEST(std::string_view(kind) == r.kind);
    }
    auto unknown_customer = some_order();
    unknown_customer.openid.clear();
    BOOST_TEST(mismatch(unknown_customer, some_notification()) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_rate_lets_a_seconds_worth_through_and_then_its_pace) {
    rate_limit limit(10);
    auto const t = std::chrono::steady_clock::now();
    int through = 0;
    for (int i = 0; i < 100; ++i)
        through += limit.take(t) ? 1 : 0;
    BOOST_TEST(through == 10);
    BOOST_TEST(!limit.take(t + 50ms));
    BOOST_TEST(limit.take(t + 150ms));
    through = 0;
    for (int ms = 0; ms < 10'000; ++ms)
        through += limit.take(t + 2s + std::chrono::milliseconds(ms)) ? 1 : 0;
    BOOST_TEST(through >= 108);
    BOOST_TEST(through <= 111);
    rate_limit none(0);
    for (int i = 0; i < 1000; ++i)
        BOOST_TEST(none.take(t));
}

BOOST_AUTO_TEST_CASE(a_client_secret_is_its_orders_and_its_keys) {
    account who;
    who.api_key = "0123456789abcdef0123456789abcdef";
    auto const o = some_order();
    auto const secret = client_secret(o, who);
    BOOST_TEST(secret.size() == 67U);
    BOOST_TEST(secret == client_secret(o, who));
    auto other = o;
    other.out_trade_no = "order-0002";
    BOOST_TEST(secret != client_secret(other, who));
    other = o;
    other.merchant = "shop2";
    BOOST_TEST(secret != client_secret(other, who));
    who.api_key.back() = 'e';
    BOOST_TEST(secret != client_secret(o, who));
}

BOOST_AUTO_TEST_CASE(a_pace_lets_each_key_through_once_in_a_while) {
    pace p(1h);
    BOOST_TEST(p.take("a"));
    BOOST_TEST(!p.take("a"));
    BOOST_TEST(p.take("b"));
    pace quick(0ms);
    BOOST_TEST(quick.take("a"));
    BOOST_TEST(quick.take("a"));
}

// What was not sent is 503, and nothing is in doubt; what may have been done is 504 or 502.
BOOST_AUTO_TEST_CASE(what_wechat_did_not_do) {
    struct row {
        errc code;
        bool sent;
        unsigned status;
        std::string_view name;
    };

    row const table[] = {
        {errc::connect_failed, false, 503, "overloaded"},
        {errc::resolve_failed, false, 503, "overloaded"},
        {errc::tls_failed, false, 503, "overloaded"},
        {errc::timed_out, false, 503, "overloaded"},
        {errc::pool_exhausted, false, 503, "overloaded"},
        {errc::shutting_down, false, 503, "overloaded"},
        {errc::timed_out, true, 504, "upstream_timeout"},
        {errc::tls_failed, true, 504, "upstream_timeout"},
        {errc::connection_lost, true, 504, "upstream_timeout"},
        {errc::connection_lost, false, 503, "overloaded"},
        {errc::upstream_busy, true, 504, "upstream_timeout"},
        {errc::unsigned_failure, true, 422, "upstream_rejected"},
        {errc::bad_signature, true, 502, "upstream_invalid"},
        {errc::bad_status, true, 502, "upstream_invalid"},
        {errc::malformed_xml, true, 502, "upstream_invalid"},
    };
    for (auto const& each : table) {
        BOOST_TEST_CONTEXT(make_error_code(each.code).message() << ", sent " << each.sent) {
            auto const p = from_upstream(unknown{make_error_code(each.code), {}, each.sent, {}});
            BOOST_TEST(p.status == each.status);
            BOOST_TEST(p.code == each.name);
            BOOST_TEST((p.status < 500 || p.retry_after > 0));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
