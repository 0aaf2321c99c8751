// What the shop is sent, and what its answer means.
#include "base/text.hpp"
#include "gateway/webhooks/webhook_message.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <set>

using namespace wxgate;
using namespace wxgate::gateway;
namespace json = boost::json;
using state = ledger::webhook_state;

namespace {

constexpr unix_ms now = 1'790'000'000'000; // Mon, 21 Sep 2026 14:13:20 GMT
webhook_limits const limits;

std::string key_of_whsec(std::string_view secret) {
    return from_base64(secret.substr(6)).value();
}

// The bytes that a message's secret, id, timestamp and body make in Standard Webhooks' own libraries.
std::string const known_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
std::string const known_id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
std::string const known_time = "1614265330";
std::string const known_body = R"({"test": 2432232314})";
std::string const known_signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

std::string signature(std::vector<std::string> const& secrets, std::string const& body = known_body) {
    return webhook_signature(secrets, known_id, known_time, body);
}

ledger::webhook_message of_type(std::string type) {
    ledger::webhook_message m;
    m.about.id = "evt_01";
    m.about.merchant = "shop";
    m.about.mch_id = "10000100";
    m.about.out_trade_no = "order-0001";
    m.about.created_at = now;
    m.about.type = std::move(type);
    return m;
}

ledger::order some_order() {
    ledger::order o;
    o.mch_id = "10000100";
    o.out_trade_no = "order-0001";
    o.merchant = "shop";
    o.appid = "wx2421b1c4370ec43b";
    o.openid = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
    o.total_fee = fen(1299);
    o.body = "茶 \"both\"";
    o.detail = "not told";
    o.spbill_create_ip = "203.0.113.7";
    o.notify_url = "https://pay.example.com/notify/shop/payment";
    o.trade_type = "JSAPI";
    o.metadata = R"({"cart":"8839"})";
    o.trade_state = trade_state::SUCCESS;
    o.prepay_id = "wx201410272009395522657a690389285100";
    o.transaction_id = "4200000001";
    o.paid_at = now;
    o.created_at = now - 60'000;
    o.expires_at = now + 60'000;
    return o;
}

ledger::webhook_message of_order(std::string type) {
    auto m = of_type(std::move(type));
    m.order = std::make_shared<ledger::order const>(some_order());
    return m;
}

ledger::webhook_message of_refund(std::string type) {
    auto m = of_type(std::move(type));
    m.about.out_refund_no = "R1";
    ledger::refund r;
    r.mch_id = "10000100";
    r.merchant = "shop";
    r.out_refund_no = "R1";
    r.out_trade_no = "order-0001";
    r.refund_fee = fen(30);
    r.total_fee = fen(1299);
    r.reason = "尺码不合适";
    r.requested_by = "shop-backend";
    r.decision_reason = "not told";
    r.created_at = now;
    m.refund = r;
    return m;
}

ledger::webhook_message of_anomaly() {
    auto m = of_type("anomaly.detected");
    m.about.anomaly_id = "01JDANOMALY";
    ledger::anomaly_row a;
    a.id = "01JDANOMALY";
    a.merchant = "shop";
    a.out_trade_no = "order-0001";
    a.kind = "amount_mismatch";
    a.detail = R"({"transaction_id":"4200000001","total_fee":1})";
    a.seen = 3;
    a.created_at = now;
    a.settled_by = "alice";
    m.anomaly = a;
    return m;
}

std::set<std::string> const payment_fields = {
    "out_trade_no",
    "merchant",
    "appid",
    "mch_id",
    "openid",
    "total_fee",
    "fee_type",
    "body",
    "attach",
    "trade_type",
    "trade_state",
    "prepay_id",
    "transaction_id",
    "refunded_fee",
    "metadata",
    "created_at",
    "paid_at",
    "expires_at"};

std::set<std::string> const refund_fields = {
    "out_refund_no",
    "out_trade_no",
    "refund_fee",
    "total_fee",
    "refund_status",
    "reason",
    "requested_by",
    "decided_by",
    "refund_id",
    "err_code",
    "created_at",
    "decided_at",
    "succeeded_at"};

std::set<std::string> const anomaly_fields = {
    "id", "merchant", "out_trade_no", "kind", "detail", "created_at"};

std::set<std::string> names_of(json::object const& o) {
    std::set<std::string> names;
    for (auto const& each : o)
        names.insert(std::string(each.key()));
    return names;
}

json::object parsed(ledger::webhook_message const& m) {
    return json::parse(webhook_body(m)).as_object();
}

std::string text_of(json::object const& o, std::string_view name) {
    return o.at(name).as_string().c_str();
}

net::exchange_result answered(unsigned status, std::string retry_after = {}, std::string body = {}) {
    net::exchange_reply r;
    r.status = status;
    r.retry_after = std::move(retry_after);
    r.body = std::move(body);
    return r;
}

net::exchange_result not_answered(errc code, std::string detail = {}) {
    return net::exchange_failure{make_error_code(code), std::move(detail), true};
}

ledger::webhook_try
tried(net::exchange_result const& answer, std::int64_t attempts = 0, double spread = 0.5) {
    ledger::webhook w;
    w.attempts = attempts;
    return after_try(w, answer, limits, now, spread);
}

// What the table of the outbox demands of every end of a try.
bool fits_the_table(ledger::webhook_try const& t) {
    return (t.state == state::pending) == t.due_at.has_value() &&
           (t.state == state::delivered) == t.error.empty();
}

bool is_clean(std::string const& text) {
    return is_utf8(text) && !has_control(text);
}

} // namespace

BOOST_AUTO_TEST_SUITE(webhook_message_test)

// ---- the signature --------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_vector_of_standard_webhooks) {
    BOOST_TEST(signature({key_of_whsec(known_secret)}) == known_signature);
}

BOOST_AUTO_TEST_CASE(everything_is_signed) {
    std::vector<std::string> const secrets = {key_of_whsec(known_secret)};
    BOOST_TEST(signature(secrets, known_body + " ") != known_signature);
    BOOST_TEST(webhook_signature(secrets, "msg_other", known_time, known_body) != known_signature);
    BOOST_TEST(webhook_signature(secrets, known_id, "1614265331", known_body) != known_signature);
    BOOST_TEST(signature({"another secret"}) != known_signature);
}

BOOST_AUTO_TEST_CASE(one_signature_a_secret) {
    auto const known = key_of_whsec(known_secret);
    std::string const other = "another secret";
    auto const others = signature({other});
    BOOST_TEST(signature({known, other}) == known_signature + " " + others);
    BOOST_TEST(signature({other, known}) == others + " " + known_signature);
    BOOST_TEST(signature({}) == "");
}

// ---- the body -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_body_is_the_contracts) {
    struct row {
        ledger::webhook_message message;
        std::set<std::string> const& fields;
    };

    row const table[] = {
        {of_order("payment.succeeded"), payment_fields},
        {of_order("payment.closed"), payment_fields},
        {of_refund("refund.requested"), refund_fields},
        {of_refund("refund.rejected"), refund_fields},
        {of_refund("refund.succeeded"), refund_fields},
        {of_refund("refund.failed"), refund_fields},
        {of_anomaly(), anomaly_fields},
    };
    std::set<std::string> const of_event = {"type", "timestamp", "data"};
    for (auto const& [message, fields] : table) {
        auto const& type = message.about.type;
        auto const event = parsed(message);
        BOOST_TEST((names_of(event) == of_event), type);
        BOOST_TEST(text_of(event, "type") == type);
        BOOST_TEST(text_of(event, "timestamp") == "2026-09-21T14:13:20.000Z", type);
        BOOST_TEST((names_of(event.at("data").as_object()) == fields), json::serialize(event));
    }
}

BOOST_AUTO_TEST_CASE(a_payment_as_the_api_tells_it) {
    auto m = of_order("payment.succeeded");
    auto const data = parsed(m).at("data").as_object();
    BOOST_TEST(text_of(data, "openid") == "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", "whole: it is the shop's customer");
    BOOST_TEST(text_of(data, "body") == "茶 \"both\"");
    BOOST_TEST(data.at("total_fee").as_int64() == 1299);
    BOOST_TEST(data.at("refunded_fee").as_int64() == 0);
    BOOST_TEST(text_of(data, "trade_state") == "SUCCESS");
    BOOST_TEST(text_of(data.at("metadata").as_object(), "cart") == "8839");
    BOOST_TEST(data.at("attach").is_null());
    BOOST_TEST(text_of(data, "paid_at") == "2026-09-21T14:13:20.000Z");
    auto with_less = some_order();
    with_less.openid.clear();
    with_less.prepay_id.clear();
    with_less.transaction_id.clear();
    with_less.paid_at.reset();
    m.order = std::make_shared<ledger::order const>(with_less);
    auto const bare = parsed(m).at("data").as_object();
    for (auto const* name : {"openid", "prepay_id", "transaction_id", "paid_at"})
        BOOST_TEST(bare.at(name).is_null(), name);
}

BOOST_AUTO_TEST_CASE(a_refund_and_a_finding) {
    auto const refund = parsed(of_refund("refund.requested")).at("data").as_object();
    BOOST_TEST(text_of(refund, "refund_status") == "REQUESTED");
    BOOST_TEST(text_of(refund, "reason") == "尺码不合适");
    BOOST_TEST(refund.at("refund_fee").as_int64() == 30);
    for (auto const* name : {"decided_by", "refund_id", "err_code", "decided_at", "succeeded_at"})
        BOOST_TEST(refund.at(name).is_null(), name);
    auto const finding = parsed(of_anomaly()).at("data").as_object();
    BOOST_TEST(text_of(finding, "kind") == "amount_mismatch");
    BOOST_TEST(finding.at("detail").as_object().at("total_fee").as_int64() == 1);
}

// Whatever has become of the delivery meanwhile.
BOOST_AUTO_TEST_CASE(the_same_bytes_at_every_try) {
    for (auto m : {of_order("payment.succeeded"), of_refund("refund.failed"), of_anomaly()}) {
        auto const first = webhook_body(m);
        BOOST_TEST((webhook_body(m) == first), m.about.type);
        m.about.attempts = 7;
        m.about.state = state::failed;
        m.about.due_at = now + 1;
        m.about.last_status = 500;
        m.about.last_error = "HTTP 500";
        m.about.order_version += 9;
        if (m.anomaly) {
            m.anomaly->seen = 99;
            m.anomaly->last_seen_at = now + 5;
            m.anomaly->settled_at = now + 5;
            m.anomaly->note = "done";
        }
        BOOST_TEST((webhook_body(m) == first), m.about.type);
    }
}

// ---- what an answer means -------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(any_2xx_delivers) {
    for (unsigned const status : {200U, 201U, 202U, 204U, 206U, 299U})
        for (std::int64_t const attempts : {0, 5, 9, 100}) {
            auto const t = tried(answered(status, "120", "thanks"), attempts);
            BOOST_TEST((t.state == state::delivered), status);
            BOOST_TEST(t.status.value() == status);
            BOOST_TEST(t.error == "");
            BOOST_TEST(!t.due_at.has_value());
        }
}

// From the answer alone, at the first try: what follows, and after how long.
BOOST_AUTO_TEST_CASE(what_follows_a_try) {
    struct row {
        net::exchange_result answer;
        state then;
        unix_ms wait; // of the next try
    };

    auto const usual = limits.waits[0].count();
    auto const longest = limits.longest_retry_after.count();
    row const table[] = {
        {answered(100), state::pending, usual},
        {answered(199), state::pending, usual},
        {answered(300), state::pending, usual},
        {answered(301), state::pending, usual},
        {answered(302), state::pending, usual},
        {answered(307, "120"), state::pending, usual},
        {answered(400), state::pending, usual},
        {answered(401), state::pending, usual},
        {answered(404), state::pending, usual},
        {answered(409, "120"), state::pending, usual},
        {answered(410), state::failed, 0},
        {answered(410, "120"), state::failed, 0},
        {answered(422), state::pending, usual},
        {answered(500), state::pending, usual},
        {answered(500, "120"), state::pending, usual}, // only 429 and 503 are asked for patience
        {answered(502), state::pending, usual},
        {answered(599), state::pending, usual},
        {answered(429), state::pending, usual},
        {answered(503), state::pending, usual},
        {answered(429, "120"), state::pending, 120'000},
        {answered(503, "120"), state::pending, 120'000},
        {answered(503, "Mon, 21 Sep 2026 14:14:50 GMT"), state::pending, 90'000},
        {answered(429, "Mon, 21 Sep 2026 13:13:20 GMT"), state::pending, usual}, // an hour ago
        {answered(503, "0"), state::pending, usual},
        {answered(503, "1"), state::pending, usual}, // sooner than the schedule: the schedule's
        {answered(503, "soon"), state::pending, usual},
        {answered(503, "-120"), state::pending, usual},
        {answered(503, "1e9"), state::pending, usual},
        {answered(503, "3601"), state::pending, longest},
        {answered(503, "10000000"), state::pending, longest},
        {answered(429, "Fri, 31 Dec 2100 23:59:59 GMT"), state::pending, longest},
        {not_answered(errc::timed_out), state::pending, usual},
        {not_answered(errc::resolve_failed), state::pending, usual},
        {not_answered(errc::connect_failed), state::pending, usual},
        {not_answered(errc::tls_failed), state::pending, usual},
        {not_answered(errc::connection_lost), state::pending, usual},
        {not_answered(errc::response_too_large), state::pending, usual},
        {not_answered(errc::address_not_allowed), state::pending, usual},
        {not_answered(errc::pool_exhausted), state::pending, usual},
    };
    for (auto const& r : table) {
        auto const t = tried(r.answer);
        BOOST_TEST_CONTEXT(t.error << " " << (r.answer ? r.answer->retry_after : "")) {
            BOOST_TEST((t.state == r.then));
            BOOST_TEST(fits_the_table(t));
            BOOST_TEST(t.status.has_value() == r.answer.has_value());
            if (r.answer && t.status)
                BOOST_TEST(*t.status == r.answer->status);
            if (r.then == state::pending)
                BOOST_TEST(std::abs(t.due_at.value() - now - r.wait) <= 1); // a fraction of a millisecond
        }
    }
}

// However large what it asks for.
BOOST_AUTO_TEST_CASE(nobody_asks_for_more_than_an_hour) {
    for (auto const* text :
         {"10000001",
          "99999999999",
          "18446744073709551616",
          "99999999999999999999999999999999",
          "Fri, 31 Dec 9999 23:59:59 GMT"}) {
        auto const t = tried(answered(503, text));
        BOOST_TEST((t.state == state::pending), text);
        BOOST_TEST(t.due_at.value() > now, text);
        BOOST_TEST(t.due_at.value() <= now + limits.longest_retry_after.count() + 1, text);
    }
}

BOOST_AUTO_TEST_CASE(the_schedule) {
    auto const last = static_cast<std::int64_t>(limits.waits.size());
    unix_ms whole = 0;
    for (std::int64_t attempts = 0; attempts < last; ++attempts) {
        auto const wait = limits.waits[static_cast<std::size_t>(attempts)].count();
        whole += wait;
        for (auto const& answer : {answered(500), not_answered(errc::timed_out)}) {
            auto const t = tried(answer, attempts);
            BOOST_TEST((t.state == state::pending), attempts);
            BOOST_TEST(std::abs(t.due_at.value() - now - wait) <= 1, attempts);
        }
        auto const sooner = tried(answered(500), attempts, 0).due_at.value() - now;
        auto const later = tried(answered(500), attempts, 0.999).due_at.value() - now;
        BOOST_TEST(sooner < later, attempts);
        BOOST_TEST(sooner >= wait * 9 / 10, attempts);
        BOOST_TEST(later <= wait * 11 / 10, attempts);
        BOOST_TEST(later - sooner <= wait / 10 + 1, attempts); // apart by a tenth at most
    }
    BOOST_TEST(whole >= 24LL * 3600 * 1000, "the contract's 24 hours and more");
    for (auto const attempts : {last, last + 1, last + 1000}) {
        for (auto const& answer : {answered(500), answered(503, "120"), not_answered(errc::timed_out)}) {
            auto const t = tried(answer, attempts);
            BOOST_TEST((t.state == state::failed), attempts);
            BOOST_TEST(!t.due_at.has_value(), attempts);
            BOOST_TEST(!t.error.empty(), attempts);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_kept_of_a_failure) {
    BOOST_TEST(tried(answered(500)).error == "HTTP 500");
    BOOST_TEST(tried(answered(500, {}, "out of order")).error == "HTTP 500: out of order");
    BOOST_TEST(tried(answered(418, {}, "我是茶壶")).error == "HTTP 418: 我是茶壶");
    BOOST_TEST(
        tried(answered(500, {}, std::string("a\0b\r\nc\x1b[31md\x7f", 13))).error == "HTTP 500: a?b??c?[31md?"
    );
    auto const lost = tried(not_answered(errc::connect_failed, "shop.example.com"));
    BOOST_TEST(lost.error == "cannot connect: shop.example.com");
    BOOST_TEST(tried(not_answered(errc::timed_out)).error == "timed out");
    BOOST_TEST(!tried(not_answered(errc::timed_out)).status.has_value());
}

// A stranger wrote it: whatever it is, it is text, and not much of it.
BOOST_AUTO_TEST_CASE(a_strangers_words_are_bounded_and_clean) {
    std::string signs;
    for (int i = 0; i < 1000; ++i)
        signs += "核";
    std::string bytes;
    for (int i = 0; i < 1024; ++i)
        bytes += static_cast<char>(i);
    std::string const all[] = {
        std::string(100'000, 'x'),
        signs,
        " " + signs,  // cut within a sign
        "  " + signs, // … or another way
        bytes,
        std::string(1000, '\0'),
        std::string(1000, '\xff'),
        "\xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80", // overlong, a surrogate, too high
        "\xe6\xa0",                               // half a sign
    };
    constexpr std::size_t head = 16; // "HTTP 500: "
    for (auto const& text : all) {
        auto const answer = tried(answered(500, {}, text)).error;
        BOOST_TEST(answer.starts_with("HTTP 500: "));
        BOOST_TEST(answer.size() <= limits.max_kept_reply + head);
        BOOST_TEST(is_clean(answer), to_hex(answer));
        auto const failure = tried(not_answered(errc::connection_lost, text)).error;
        BOOST_TEST(failure.size() <= limits.max_kept_reply);
        BOOST_TEST(is_clean(failure), to_hex(failure));
    }
}

BOOST_AUTO_TEST_CASE(retry_after) {
    struct row {
        char const* text;
        std::optional<unix_ms> wait;
    };

    row const table[] = {
        {"0", 0},
        {"1", 1000},
        {"120", 120'000},
        {"3600", 3'600'000},
        {"10000000", 10'000'000'000},
        {"", {}},
        {" ", {}},
        {"-1", {}},
        {"+1", {}},
        {"1.5", {}},
        {"0x10", {}},
        {"1 ", {}},
        {" 1", {}},
        {"1s", {}},
        {"120, 240", {}},
        {"soon", {}},
        {"１２０", {}}, // digits, but not ASCII's
        {"Mon, 21 Sep 2026 14:13:20 GMT", 0},
        {"Mon, 21 Sep 2026 14:13:21 GMT", 1000},
        {"Mon, 21 Sep 2026 15:13:20 GMT", 3'600'000},
        {"Tue, 22 Sep 2026 14:13:20 GMT", 86'400'000},
        {"Mon, 21 Sep 2026 14:13:19 GMT", 0}, // it is over
        {"Fri, 31 Dec 1999 23:59:59 GMT", 0},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Mon, 21 Sep 2026 14:13:20", {}},
        {"Mon, 21 Sep 2026 14:13:20 +0800", {}},
        {"Mon, 21 Sep 2026 14:13:20 GMT and more", {}},
        {"Mon, 21 Sep 2026 25:13:20 GMT", {}},
        {"Mon, 32 Sep 2026 14:13:20 GMT", {}},
        {"Mon, 21 Foo 2026 14:13:20 GMT", {}},
        {"2026-09-21T14:13:20Z", {}},
        {"GMT", {}},
    };
    for (auto const& r : table) {
        auto const got = parse_retry_after(r.text, now);
        BOOST_TEST(got.has_value() == r.wait.has_value(), r.text);
        if (got && r.wait)
            BOOST_TEST(got->count() == *r.wait, r.text);
    }
}

// A message that nobody's trace is known of has one all the same: of its own, and the same at every try.
BOOST_AUTO_TEST_CASE(under_which_trace) {
    ledger::webhook w;
    w.id = "evt_01";
    auto const own = trace_of(w);
    BOOST_TEST(!own.empty());
    BOOST_TEST(!own.sampled);
    BOOST_TEST(trace_of(w).id_text() == own.id_text());
    BOOST_TEST(parse_traceparent(to_traceparent(own)).has_value());
    w.id = "evt_02";
    BOOST_TEST(trace_of(w).id_text() != own.id_text());
    w.trace = *parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    BOOST_TEST(trace_of(w).id_text() == "0af7651916cd43dd8448eb211c80319c");
    BOOST_TEST(trace_of(w).sampled);
}

BOOST_AUTO_TEST_SUITE_END()
