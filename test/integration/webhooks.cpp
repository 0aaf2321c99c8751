// What shops hear, and how it is signed (CONTRACT.md 5; RELIABILITY.md W1, W9, W10, I6).
#include "webhooks_common.hpp"

#include <algorithm>
#include <csignal>

using namespace wxgate::test;

namespace {

// The first delivery of this type about an order or a refund, waited for.
delivery arrived(webhook_receiver const& receiver, std::string const& number, std::string const& type) {
    std::optional<delivery> d;
    BOOST_TEST_REQUIRE(
        eventually(20s, [&] { return (d = receiver.first(number, type)).has_value(); }),
        type << " of " << number << " did not come: " << receiver.trouble()
    );
    BOOST_TEST(d->trouble == "");
    return *d;
}

// Exactly the contract's fields.
void check_payment_told(delivery const& d, json::value const& payment) {
    auto const data = d.data();
    check_payment_shape(data);
    BOOST_TEST(!data.as_object().contains("client_secret"));
    BOOST_TEST(!data.as_object().contains("request_payment"));
    BOOST_TEST((data == facts_of(payment)), json::serialize(data) << " is not " << json::serialize(payment));
}

void check_refund_told(delivery const& d, json::value const& refund) {
    auto const data = d.data();
    check_refund_shape(data);
    BOOST_TEST((data == refund), json::serialize(data) << " is not " << json::serialize(refund));
}

// Asks for a refund of 60 and gives its number.
std::string ask_for_refund(webhook_shops const& s, std::string const& number, std::string const& key) {
    auto const asked = s.system.refund_request(60, {{"reason", "尺码不合适"}});
    auto const r = s.system.refund(number, asked, key);
    BOOST_TEST_REQUIRE(one_of(r.status, {201, 202}), r.describe());
    return text_of(asked, "out_refund_no");
}

std::string paid_number(webhook_shops const& s, std::string const& key = "shop") {
    return text_of(s.system.paid({{"total_fee", 100}}, key), "out_trade_no");
}

void change_secrets(webhook_shops& s, std::vector<std::string> const& secrets) {
    auto const fresh = make_api_key("k" + random_hex(8), "shop");
    s.system.reconfigure([&](gateway_config& c) {
        merchant_of(c, "shop").webhook_secrets = secrets;
        c.api_keys.push_back(fresh); // by which one sees that it is read
    });
    s.system.gateway().signal(SIGHUP);
    BOOST_TEST_REQUIRE(eventually(10s, [&] {
        return api(s.system.port(), fresh.key).get("/v1/payments").status == 200;
    }));
}

} // namespace

BOOST_AUTO_TEST_SUITE(webhooks)

BOOST_AUTO_TEST_CASE(payments) {
    webhook_shops s;
    for (std::string const key : {"shop", "plain"}) {
        auto const& receiver = key == "shop" ? s.shop : s.plain;
        auto const payment =
            s.system.paid({{"attach", "table-7"}, {"metadata", json::object{{"cart", "8839"}}}}, key);
        auto const number = text_of(payment, "out_trade_no");
        auto const paid = arrived(receiver, number, "payment.succeeded");
        check_payment_told(paid, payment);
        BOOST_TEST(text_of(paid.data(), "trade_state") == "SUCCESS");

        auto const open = s.system.create({{"openid", nullptr}}, key); // and of one that nobody has opened
        auto const other = text_of(open, "out_trade_no");
        auto const shop = s.system.with_key(key);
        BOOST_TEST_REQUIRE(shop.post_text("/v1/payments/" + other + "/close").status == 200U);
        auto const closed = arrived(receiver, other, "payment.closed");
        check_payment_told(closed, s.system.payment(other, key));
        BOOST_TEST(text_of(closed.data(), "trade_state") == "CLOSED");
        BOOST_TEST(member(closed.data(), "openid").is_null());

        // What is told again changes nothing.
        auto const said = notification_of(payment, text_of(payment, "transaction_id"));
        for (int i = 0; i < 3; ++i)
            check_accepted(s.system.notify(said, key));
        shop.post_text("/v1/payments/" + other + "/close");
        check_order(receiver, s.system, number, key);
        check_order(receiver, s.system, other, key);
        BOOST_TEST(receiver.about(number).size() == 1U);
        BOOST_TEST(receiver.about(other).size() == 1U);
    }
    check_all_told(s);
}

BOOST_AUTO_TEST_CASE(the_request) {
    webhook_shops s;
    auto const number = paid_number(s);
    auto const d = arrived(s.shop, number, "payment.succeeded");
    BOOST_TEST(d.target == "/hook");
    BOOST_TEST(d.header("Host") == "127.0.0.1:" + std::to_string(s.shop.port()));
    BOOST_TEST(d.header("User-Agent") == "wxgate/1");
    BOOST_TEST(d.header("Content-Type") == "application/json");
    BOOST_TEST(d.header("Content-Length") == std::to_string(d.body.size()));
    BOOST_TEST(d.signatures().size() == 1U);
    BOOST_TEST(d.version > 1);
    for (auto const* name : {"Authorization", "Cookie", "Transfer-Encoding", "Expect"})
        BOOST_TEST(d.count(name) == 0U, name);
    BOOST_TEST(outbox_id(s.system, number, "payment.succeeded") == d.id, "the id is the row's");
    BOOST_TEST(d.id.find('.') == std::string::npos, "it stands between dots in what is signed");
    for (auto const* name : {"type", "timestamp", "data"})
        BOOST_TEST(d.event.as_object().contains(name), name);
    BOOST_TEST(eventually(5s, [&] {
        return metric(s.system, "wxgate_webhooks_total{result=\"delivered\"}") >=
               1; // counted after it was heard
    }));
    check_all_told(s);
    BOOST_TEST(eventually(5s, [&] { return metric(s.system, "wxgate_webhooks_under_way") == 0; }));
}

BOOST_AUTO_TEST_CASE(refunds_by_themselves) {
    webhook_shops s;
    auto const number = paid_number(s);
    auto const refund_no = ask_for_refund(s, number, "shop");
    BOOST_TEST_REQUIRE(s.system.refund_becomes(refund_no, "SUCCESS"));
    auto const asked = arrived(s.shop, refund_no, "refund.requested");
    check_refund_shape(asked.data());
    BOOST_TEST(text_of(asked.data(), "requested_by") == "shop");
    check_refund_told(arrived(s.shop, refund_no, "refund.succeeded"), s.system.refund_of(refund_no));
    check_order(s.shop, s.system, number);

    // FAILED and REFUNDCLOSE.
    auto const refused = paid_number(s);
    auto const first = s.system.refund_request(60);
    auto const failed_no = text_of(first, "out_refund_no");
    s.desk.on_refund(failed_no, [&s](call const& c, int) {
        answer a;
        a.body = s.system.upstream().refused(c, "TRADE_OVERDUE", "订单已经超过退款期限");
        return std::optional(a);
    });
    BOOST_TEST_REQUIRE(s.system.refund(refused, first).status == 202U);
    BOOST_TEST_REQUIRE(s.system.refund_becomes(failed_no, "FAILED"));
    auto const failed = arrived(s.shop, failed_no, "refund.failed");
    check_refund_told(failed, s.system.refund_of(failed_no));
    BOOST_TEST(text_of(failed.data(), "err_code") == "TRADE_OVERDUE");

    auto const turned_back = paid_number(s);
    auto const second = s.system.refund_request(60);
    auto const closed_no = text_of(second, "out_refund_no");
    s.desk.settle(closed_no, "REFUNDCLOSE");
    BOOST_TEST_REQUIRE(one_of(s.system.refund(turned_back, second).status, {201, 202}));
    BOOST_TEST_REQUIRE(s.system.refund_becomes(closed_no, "REFUNDCLOSE"));
    check_refund_told(arrived(s.shop, closed_no, "refund.failed"), s.system.refund_of(closed_no));

    // CHANGE is not an end; that a person must see to it is told.
    auto const stuck = paid_number(s);
    auto const third = s.system.refund_request(60);
    auto const stuck_no = text_of(third, "out_refund_no");
    s.desk.settle(stuck_no, "CHANGE");
    BOOST_TEST_REQUIRE(one_of(s.system.refund(stuck, third).status, {201, 202}));
    BOOST_TEST_REQUIRE(s.system.refund_becomes(stuck_no, "CHANGE"));
    for (auto const& each : {refused, turned_back, stuck})
        check_order(s.shop, s.system, each);
    BOOST_TEST(!s.shop.first(stuck_no, "refund.failed").has_value());
    check_all_told(s);
}

BOOST_AUTO_TEST_CASE(refunds_by_people) {
    webhook_shops s;
    auto const alice = s.system.sign_in("alice");
    auto const number = paid_number(s, "plain");
    auto const refund_no = ask_for_refund(s, number, "plain");
    auto const asked = arrived(s.plain, refund_no, "refund.requested");
    check_refund_told(asked, s.system.refund_of(refund_no, "plain"));
    BOOST_TEST(text_of(asked.data(), "refund_status") == "REQUESTED");
    json::object const why = {{"reason", "退货未到"}};
    BOOST_TEST_REQUIRE(alice.post("/admin/v1/refunds/" + refund_no + "/reject", why).status == 200U);
    auto const rejected = arrived(s.plain, refund_no, "refund.rejected");
    check_refund_told(rejected, s.system.refund_of(refund_no, "plain"));
    BOOST_TEST(text_of(rejected.data(), "refund_status") == "REJECTED");
    BOOST_TEST(text_of(rejected.data(), "decided_by") == "alice");

    auto const again = ask_for_refund(s, number, "plain");
    BOOST_TEST_REQUIRE(alice.post("/admin/v1/refunds/" + again + "/approve", json::object()).status < 300U);
    BOOST_TEST_REQUIRE(s.system.refund_becomes(again, "SUCCESS", "plain"));
    check_refund_told(arrived(s.plain, again, "refund.succeeded"), s.system.refund_of(again, "plain"));
    check_order(s.plain, s.system, number, "plain");
    BOOST_TEST(s.plain.about(number).size() == 5U);
    // What the payment was when it was paid is what was told of it.
    BOOST_TEST(number_of(arrived(s.plain, number, "payment.succeeded").data(), "refunded_fee") == 0);
    BOOST_TEST(s.shop.taken() == 0U, "nobody hears of another's");
    check_all_told(s);
}

BOOST_AUTO_TEST_CASE(anomalies) {
    webhook_shops s;
    auto const payment = s.system.create();
    auto const number = text_of(payment, "out_trade_no");
    auto const transaction = new_transaction_id();
    for (int i = 0; i < 3; ++i) // WeChat repeats itself: it is one finding
        tell_wrong_amount(s.system, payment, transaction);
    auto const d = arrived(s.shop, number, "anomaly.detected");
    auto const data = d.data();
    check_members(data, {"id", "merchant", "out_trade_no", "kind", "detail", "created_at"});
    BOOST_TEST(text_of(data, "merchant") == "shop");
    BOOST_TEST(text_of(data, "kind") == "amount_mismatch");
    BOOST_TEST(text_of(member(data, "detail"), "transaction_id") == transaction);
    BOOST_TEST(
        s.system.store().number("SELECT seen FROM anomalies WHERE id = '" + text_of(data, "id") + "'") == 3
    );

    // An order that is not there.
    auto unknown = notification_of(payment, new_transaction_id());
    auto const nobodys = fresh_number();
    set(unknown, "out_trade_no", nobodys);
    check_refused(s.system.notify(unknown));
    BOOST_TEST(text_of(arrived(s.shop, nobodys, "anomaly.detected").data(), "kind") == "unknown_order");

    // Paid after it was closed: both are told, of one change.
    auto const late = s.system.create({}, "plain");
    auto const late_no = text_of(late, "out_trade_no");
    auto const plain = s.system.with_key("plain");
    BOOST_TEST_REQUIRE(plain.post_text("/v1/payments/" + late_no + "/close").status == 200U);
    check_accepted(s.system.notify(notification_of(late, new_transaction_id()), "plain"));
    check_order(s.plain, s.system, late_no, "plain");
    BOOST_TEST(text_of(arrived(s.plain, late_no, "anomaly.detected").data(), "kind") == "paid_after_close");
    // And the money's way back, which waits for a person.
    BOOST_TEST(text_of(arrived(s.plain, late_no, "refund.requested").data(), "requested_by") == "wxgate");
    BOOST_TEST(eventually(5s, [&] { return s.plain.about(late_no).size() == 4; }));
    check_all_told(s);
    BOOST_TEST(s.shop.about(number).size() == 1U);
}

// No webhook, no rows; and one that is given later hears nothing of the past.
BOOST_AUTO_TEST_CASE(without_a_webhook) {
    webhook_receiver const theirs;
    webhook_shops s;
    auto const rows = [&] {
        return s.system.store().number("SELECT count(*) FROM outbox WHERE merchant = 'rival'");
    };
    auto const before = paid_number(s, "rival");
    ask_for_refund(s, before, "rival");
    auto const rival = s.system.with_key("rival");
    auto const closed = text_of(s.system.create({}, "rival"), "out_trade_no");
    BOOST_TEST(rival.post_text("/v1/payments/" + closed + "/close").status == 200U);
    auto const open = s.system.create({}, "rival");
    tell_wrong_amount(s.system, open, new_transaction_id());
    BOOST_TEST(rows() == 0);

    s.system.reconfigure([&](gateway_config& c) {
        auto& m = merchant_of(c, "rival");
        m.webhook_url = theirs.url();
        m.webhook_secrets = theirs.secrets();
        m.webhook_allow_private = true;
    });
    BOOST_TEST_REQUIRE((s.system.stop_gateway().value_or(exit_status{}).code == 0));
    s.system.start_gateway();
    auto const after = paid_number(s, "rival");
    arrived(theirs, after, "payment.succeeded");
    BOOST_TEST(theirs.deliveries().size() == 1U);
    BOOST_TEST(rows() == 1);
}

// W10: whatever the order in which they come, the latest version is the order's state.
BOOST_AUTO_TEST_CASE(out_of_order) {
    webhook_shops s;
    auto const number = fresh_number();
    s.shop.behave([&receiver = s.shop, number](delivery const& d) {
        auto const latest = receiver.latest(number);
        bool const refunded = latest && latest->type == "refund.succeeded";
        return with_status(d.type == "payment.succeeded" && !refunded ? 503 : 204);
    });
    s.system.paid({{"out_trade_no", number}, {"total_fee", 100}});
    auto const refund_no = ask_for_refund(s, number, "shop");
    BOOST_TEST_REQUIRE(s.system.refund_becomes(refund_no, "SUCCESS"));
    check_order(s.shop, s.system, number);
    auto const all = s.shop.about(number);
    BOOST_TEST_REQUIRE(all.size() == 3U);
    BOOST_TEST(all.back().type == "payment.succeeded", "the first is the last");
    auto const latest = s.shop.latest(number);
    BOOST_TEST_REQUIRE(latest.has_value());
    BOOST_TEST(latest->type == "refund.succeeded");
    BOOST_TEST(text_of(latest->data(), "refund_status") == s.system.refund_status(refund_no));
    auto const id = outbox_id(s.system, number, "payment.succeeded");
    auto const tries = s.shop.deliveries(id);
    BOOST_TEST(tries.size() > 1U);
    for (auto const& each : tries) // the same bytes, signed afresh
        BOOST_TEST((each.body == tries[0].body && each.timestamp >= tries[0].timestamp));
    check_all_told(s);
}

// W9: while a secret is changed, both sign.
BOOST_AUTO_TEST_CASE(two_secrets) {
    webhook_shops s;
    auto const old_one = s.shop.secrets()[0];
    auto const new_one = make_webhook_secret();
    auto const told = [&] { return arrived(s.shop, paid_number(s), "payment.succeeded"); };
    BOOST_TEST(told().signatures().size() == 1U);

    change_secrets(s, {old_one, new_one});
    s.shop.trust({new_one}); // who has changed already
    auto const first = told();
    s.shop.trust({old_one}); // who has not
    auto const second = told();
    for (auto const& d : {first, second}) {
        auto const all = d.signatures();
        BOOST_TEST_REQUIRE(all.size() == 2U);
        for (auto const& secret : {old_one, new_one}) {
            auto const wanted = webhook_signature(secret, d.id, d.header("webhook-timestamp"), d.body);
            BOOST_TEST(std::count(all.begin(), all.end(), wanted) == 1);
        }
    }

    change_secrets(s, {new_one});
    s.shop.trust({new_one});
    auto const last = told();
    BOOST_TEST(last.signatures().size() == 1U);
    BOOST_TEST(!is_signed(last, {old_one}));
    check_all_told(s);
}

// Over TLS, with roots of the endpoint's own; and a server that those do not vouch for hears nothing.
BOOST_AUTO_TEST_CASE(over_tls) {
    scratch const dir;
    auto const known = make_certificates(dir, "known");
    auto const other = make_certificates(dir, "other");
    webhook_receiver const good({make_webhook_secret()}, known);
    webhook_receiver const bad({make_webhook_secret()}, other);
    webhook_shops s(600, [&](gateway_config& c) {
        for (auto const& [name, receiver] : {std::pair("shop", &good), std::pair("plain", &bad)}) {
            auto& m = merchant_of(c, name);
            m.webhook_url = receiver->url();
            m.webhook_secrets = receiver->secrets();
            m.webhook_ca = known.ca;
        }
    });
    auto const number = paid_number(s);
    arrived(good, number, "payment.succeeded");
    BOOST_TEST(outbox_becomes(s.system, outbox_id(s.system, number, "payment.succeeded"), "delivered"));
    auto const id = outbox_id(s.system, paid_number(s, "plain"), "payment.succeeded");
    BOOST_TEST(eventually(20s, [&] { return !outbox_cell(s.system, "last_error", id).empty(); }));
    BOOST_TEST(outbox_cell(s.system, "state", id) == "pending");
    BOOST_TEST(outbox_cell(s.system, "last_status", id) == "");
    BOOST_TEST(bad.connections() >= 1U);
    BOOST_TEST(bad.deliveries().empty());
    BOOST_TEST(good.trouble() == "");
    check_outbox(s.system);
}

BOOST_AUTO_TEST_SUITE_END()
