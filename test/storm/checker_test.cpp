// The checker passes a good snapshot, and sees each way of breaking it.
#include "checker.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

using namespace wxgate::test;

namespace {

// A small world in which everything went well, with some of everything: an order that was paid and refunded,
// one that was closed, one of another merchant whose refund waits for a person, one paid after it was closed.
class world {
public:
    world() {
        s.listening = {"shop", "rival"};
        s.owner = {{"shop", "100"}, {"rival", "200"}};
        s.measures = {{"resident bytes", 50, 100}, {"not measured", 7, 0}};

        // order-1: created, a first call without an answer, paid, refunded.
        order("100", "shop", "order-1", 100, "REFUND", "tx-1");
        event("100", "order-1", "CREATED", "CREATED", "");
        event("100", "order-1", "UNKNOWN", "CREATED", "CREATED");
        event("100", "order-1", "PREPAY", "NOTPAY", "CREATED");
        event("100", "order-1", "SUCCESS", "SUCCESS", "NOTPAY");
        hook("shop", "100", "payment.succeeded", "order-1", 4);
        refund("100", "shop", "refund-1", "order-1", 60, "SUCCESS", "auto");
        refund_event("100", "order-1", "refund-1", "REQUESTED", "SUCCESS", "SUCCESS");
        hook("shop", "100", "refund.requested", "order-1", 5, "refund-1");
        refund_event("100", "order-1", "refund-1", "APPROVED", "SUCCESS", "SUCCESS");
        refund_event("100", "order-1", "refund-1", "APPROVED", "SUCCESS", "SUCCESS", "REFUND_ATTEMPT");
        refund_event("100", "order-1", "refund-1", "PROCESSING", "REFUND", "SUCCESS");
        refund_event("100", "order-1", "refund-1", "SUCCESS", "REFUND", "REFUND");
        hook("shop", "100", "refund.succeeded", "order-1", 9, "refund-1");
        // order-2: closed, and paid all the same.
        order("100", "shop", "order-2", 50, "SUCCESS", "tx-2");
        event("100", "order-2", "CREATED", "CREATED", "");
        event("100", "order-2", "PREPAY", "NOTPAY", "CREATED");
        event("100", "order-2", "CLOSED", "CLOSED", "NOTPAY");
        hook("shop", "100", "payment.closed", "order-2", 3);
        event("100", "order-2", "SUCCESS", "SUCCESS", "CLOSED");
        hook("shop", "100", "payment.succeeded", "order-2", 4);
        s.anomalies.push_back({"odd-1", "shop", "100", "order-2", "paid_after_close"});
        hook("shop", "100", "anomaly.detected", "order-2", 0);
        s.outbox.back().anomaly_id = "odd-1";
        // order-3: of the rival; a refund that an operator asked for and another one rejected, one that
        // waits.
        order("200", "rival", "order-3", 80, "SUCCESS", "tx-3");
        event("200", "order-3", "CREATED", "CREATED", "");
        event("200", "order-3", "PREPAY", "NOTPAY", "CREATED");
        event("200", "order-3", "SUCCESS", "SUCCESS", "NOTPAY");
        hook("rival", "200", "payment.succeeded", "order-3", 3);
        refund("200", "rival", "refund-2", "order-3", 30, "REJECTED", "bob", "operator");
        refund_event("200", "order-3", "refund-2", "REQUESTED", "SUCCESS", "SUCCESS");
        hook("rival", "200", "refund.requested", "order-3", 4, "refund-2");
        refund_event("200", "order-3", "refund-2", "REJECTED", "SUCCESS", "SUCCESS");
        hook("rival", "200", "refund.rejected", "order-3", 5, "refund-2");
        refund("200", "rival", "refund-3", "order-3", 80, "REQUESTED", "");
        refund_event("200", "order-3", "refund-3", "REQUESTED", "SUCCESS", "SUCCESS");
        hook("rival", "200", "refund.requested", "order-3", 6, "refund-3");

        s.wechat_orders = {
            {"order-1", 100, "REFUND", "tx-1", {{"refund-1", 60, "SUCCESS"}}},
            {"order-2", 50, "SUCCESS", "tx-2", {}},
            {"order-3", 80, "SUCCESS", "tx-3", {}}};
        s.notifications = {
            {"order-1", "", true},
            {"order-1", "refund-1", true},
            {"order-2", "", true},
            {"order-3", "", false}};
        call("unifiedorder", "order-1", "", answered::nothing);
        call("orderquery", "order-1", "", answered::nothing);
        call("orderquery", "order-1", "", answered::refused);
        call("unifiedorder", "order-1", "", answered::accepted);
        call("refund", "order-1", "refund-1", answered::ambiguous);
        call("unifiedorder", "order-2", "", answered::accepted);
        call("refundquery", "", "refund-1", answered::refused);
        call("refund", "order-1", "refund-1", answered::accepted);
        call("closeorder", "order-2", "", answered::accepted);
        call("unifiedorder", "order-3", "", answered::refused);
        call("unifiedorder", "order-3", "", answered::accepted);

        tell_payment("shop", "order-1", "NOTPAY", 100);
        tell_payment("shop", "order-1", "SUCCESS", 100);
        tell_payment("shop", "order-2", "CLOSED", 50);
        tell_payment("rival", "order-3", "SUCCESS", 80);
        s.acknowledged.insert({true, "shop", "refund-1", "order-1", "", "PROCESSING", 60});
        s.acknowledged.insert({true, "rival", "refund-2", "order-3", "", "REJECTED", 30});
        s.acknowledged.insert({true, "rival", "refund-3", "order-3", "", "REQUESTED", 80});
    }

    order_row& order_named(std::string const& number) {
        return *std::find_if(s.orders.begin(), s.orders.end(), [&](auto const& o) {
            return o.out_trade_no == number;
        });
    }

    refund_row& refund_named(std::string const& number) {
        return *std::find_if(s.refunds.begin(), s.refunds.end(), [&](auto const& r) {
            return r.out_refund_no == number;
        });
    }

    event_row& event_at(std::string const& number, std::int64_t version) {
        return *std::find_if(s.events.begin(), s.events.end(), [&](auto const& e) {
            return e.out_trade_no == number && e.version == version;
        });
    }

    outbox_row& message_at(std::string const& number, std::int64_t version) {
        return *std::find_if(s.outbox.begin(), s.outbox.end(), [&](auto const& m) {
            return m.out_trade_no == number && m.order_version == version;
        });
    }

    received_hook& hook_at(std::string const& number, std::int64_t version) {
        return *std::find_if(s.received.begin(), s.received.end(), [&](auto const& h) {
            return h.out_trade_no == number && h.version == version;
        });
    }

    wechat_call& nth_call(std::string const& operation, int n) {
        return *std::find_if(s.calls.begin(), s.calls.end(), [&](auto const& c) {
            return c.operation == operation && n-- == 0;
        });
    }

    void erase_event(std::string const& number, std::int64_t version) {
        std::erase_if(s.events, [&](auto const& e) {
            return e.out_trade_no == number && e.version == version;
        });
    }

    void erase_message(std::string const& number, std::int64_t version) {
        std::erase_if(s.outbox, [&](auto const& m) {
            return m.out_trade_no == number && m.order_version == version;
        });
    }

    void tell_payment(
        std::string const& merchant, std::string const& number, std::string const& state, std::int64_t fee
    ) {
        s.acknowledged.insert({false, merchant, number, "", "story of " + number, state, fee});
    }

    void call(
        std::string const& operation,
        std::string const& number,
        std::string const& refund_no,
        answered outcome
    ) {
        wechat_call c;
        c.operation = operation;
        c.out_trade_no = number;
        c.out_refund_no = refund_no;
        c.parameters = "about " + number + refund_no;
        c.purpose = operation == "refund" ? "story of " + refund_no : "";
        c.outcome = outcome;
        s.calls.push_back(c);
    }

    void event(
        std::string const& mch_id,
        std::string const& number,
        std::string const& type,
        std::string const& to,
        std::string const& from
    ) {
        event_row e;
        e.mch_id = mch_id;
        e.out_trade_no = number;
        e.version = ++order_named(number).version;
        e.id = "event-" + number + "-" + std::to_string(e.version);
        e.type = type;
        e.trade_state = to;
        e.previous_state = from;
        s.events.push_back(e);
    }

    void hook(
        std::string const& merchant,
        std::string const& mch_id,
        std::string const& type,
        std::string const& number,
        std::int64_t version,
        std::string const& refund_no = {}
    ) {
        outbox_row m;
        m.id = "message-" + std::to_string(s.outbox.size());
        m.merchant = merchant;
        m.mch_id = mch_id;
        m.type = type;
        m.out_trade_no = number;
        m.out_refund_no = refund_no;
        m.order_version = version;
        m.state = "delivered";
        s.outbox.push_back(m);
        received_hook h;
        h.merchant = merchant;
        h.id = m.id;
        h.type = type;
        h.out_trade_no = number;
        h.version = version;
        h.body = "{\"type\":\"" + type + "\"}";
        h.taken = true;
        s.received.push_back(h);
    }

    snapshot s;

private:
    void order(
        std::string const& mch_id,
        std::string const& merchant,
        std::string const& number,
        std::int64_t fee,
        std::string const& state,
        std::string const& transaction
    ) {
        order_row o;
        o.mch_id = mch_id;
        o.out_trade_no = number;
        o.merchant = merchant;
        o.trade_state = state;
        o.transaction_id = transaction;
        o.token = "story of " + number;
        o.total_fee = fee;
        s.orders.push_back(o);
    }

    void refund(
        std::string const& mch_id,
        std::string const& merchant,
        std::string const& number,
        std::string const& of,
        std::int64_t fee,
        std::string const& status,
        std::string const& decided_by,
        std::string const& kind = "api"
    ) {
        refund_row r;
        r.mch_id = mch_id;
        r.out_refund_no = number;
        r.merchant = merchant;
        r.out_trade_no = of;
        r.refund_status = status;
        r.requested_kind = kind;
        r.requested_by = kind == "api" ? "key" : "alice";
        r.decided_by = decided_by;
        r.reason = "story of " + number;
        r.refund_fee = fee;
        s.refunds.push_back(r);
        auto& o = order_named(of);
        o.refund_reserved += status == "REJECTED" ? 0 : fee;
        o.refunded_fee += status == "SUCCESS" ? fee : 0;
    }

    void refund_event(
        std::string const& mch_id,
        std::string const& number,
        std::string const& refund_no,
        std::string const& status,
        std::string const& to,
        std::string const& from,
        std::string const& type = {}
    ) {
        event(mch_id, number, type.empty() ? "REFUND_" + status : type, to, from);
        s.events.back().out_refund_no = refund_no;
        s.events.back().refund_status = status;
        ++refund_named(refund_no).version;
    }
};

std::string listed(std::vector<violation> const& found) {
    std::string all;
    for (auto const& v : found)
        all += v.invariant + ": " + v.what + "\n";
    return all;
}

bool has(std::vector<violation> const& found, std::string const& invariant) {
    return std::any_of(found.begin(), found.end(), [&](auto const& v) { return v.invariant == invariant; });
}

struct breach {
    char const* what;
    char const* invariant;
    std::function<void(world&)> make;
};

void check_seen(std::vector<breach> const& breaches) {
    for (auto const& b : breaches) {
        world w;
        b.make(w);
        auto const found = check(w.s);
        BOOST_TEST(
            has(found, b.invariant),
            b.what << " is not seen as " << b.invariant << "\n"
                   << listed(found)
        );
        BOOST_TEST((judge(w.s, found) == verdict::invalid), b.what);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(checker)

BOOST_AUTO_TEST_CASE(a_good_one) {
    world const w;
    BOOST_TEST(listed(check(w.s)) == "");
    BOOST_TEST(listed(check_durable(w.s)) == "");
    BOOST_TEST((judge(w.s, check(w.s)) == verdict::valid));
    snapshot const nothing{};
    BOOST_TEST(listed(check(nothing)) == "");
}

BOOST_AUTO_TEST_CASE(what_was_not_read_is_not_known) {
    world w;
    w.s.unread.emplace_back("the ledger");
    BOOST_TEST((judge(w.s, check(w.s)) == verdict::unknown));
    w.s.trouble.emplace_back("500");
    BOOST_TEST((judge(w.s, check(w.s)) == verdict::invalid), "a breach is one whatever was not read");
    BOOST_TEST(std::string(to_string(verdict::unknown)) == "unknown");
}

BOOST_AUTO_TEST_CASE(charged_once) {
    check_seen({
        {"two rows of one number",
         "I1",
         [](world& w) {
             auto const twin = w.order_named("order-2");
             w.s.orders.push_back(twin);
         }},
        {"one transaction for two orders",
         "I1",
         [](world& w) { w.order_named("order-2").transaction_id = "tx-1"; }},
        {"charged twice by the log",
         "I1",
         [](world& w) { w.event("100", "order-2", "SUCCESS", "SUCCESS", "SUCCESS"); }},
        {"two orders at WeChat",
         "I1",
         [](world& w) {
             auto const twin = w.s.wechat_orders[1];
             w.s.wechat_orders.push_back(twin);
         }},
    });
}

BOOST_AUTO_TEST_CASE(never_more_than_was_paid) {
    check_seen({
        {"over-refund here",
         "I2",
         [](world& w) {
             w.refund_named("refund-3").refund_fee = 81;
             w.order_named("order-3").refund_reserved = 81;
         }},
        {"over-refund at WeChat",
         "I2",
         [](world& w) {
             w.s.wechat_orders[0].refunds.push_back({"refund-9", 41, "PROCESSING"});
         }},
        {"a reservation that was given back",
         "I2",
         [](world& w) { w.order_named("order-3").refund_reserved = 0; }},
        {"a reservation that was kept",
         "I2",
         [](world& w) { w.order_named("order-3").refund_reserved = 110; }},
        {"refunded_fee", "I2", [](world& w) { w.order_named("order-1").refunded_fee = 0; }},
    });
}

// N5, I15: what was told before it was durable is told of nothing.
BOOST_AUTO_TEST_CASE(acknowledged_before_commit) {
    world w;
    w.s.wechat_orders.push_back({"order-9", 10, "SUCCESS", "tx-9", {}});
    w.s.notifications.push_back({"order-9", "", true});
    BOOST_TEST(has(check_durable(w.s), "I3"));
    BOOST_TEST(has(check(w.s), "I3"));

    world unknown;
    unknown.s.notifications.push_back({"order-2", "refund-4", true});
    BOOST_TEST(has(check_durable(unknown.s), "I3"));

    world pending;
    pending.s.notifications.push_back({"order-3", "refund-3", true});
    BOOST_TEST(has(check_durable(pending.s), "I3"), "acknowledged, and only requested here");

    world untold;
    untold.tell_payment("shop", "order-7", "CREATED", 10);
    BOOST_TEST(has(check_durable(untold.s), "I12"));
    world never;
    never.tell_payment("rival", "order-3", "CLOSED", 80);
    BOOST_TEST(has(check_durable(never.s), "I12"));
}

BOOST_AUTO_TEST_CASE(one_event_a_change) {
    check_seen({
        {"a version gap", "I4", [](world& w) { w.erase_event("order-1", 2); }},
        {"a state without its event",
         "I4",
         [](world& w) { w.order_named("order-3").trade_state = "REFUND"; }},
        {"a version without its event", "I4", [](world& w) { ++w.order_named("order-2").version; }},
        {"an event that was changed",
         "I4",
         [](world& w) { w.event_at("order-1", 3).trade_state = "CLOSED"; }},
        {"an event of no order",
         "I4",
         [](world& w) {
             auto stray = w.event_at("order-1", 1);
             stray.out_trade_no = "order-8";
             stray.id = "stray";
             w.s.events.push_back(stray);
         }},
        {"a refund's state without its event",
         "I4",
         [](world& w) { w.refund_named("refund-3").refund_status = "APPROVED"; }},
        {"an id twice", "I4", [](world& w) { w.event_at("order-1", 2).id = w.event_at("order-1", 1).id; }},
        {"damage", "I4", [](world& w) { w.s.integrity = "row 7 missing from index"; }},
    });
}

BOOST_AUTO_TEST_CASE(legal_moves_only) {
    check_seen({
        {"a beginning that is none", "I5", [](world& w) { w.event_at("order-1", 1).trade_state = "NOTPAY"; }},
        {"back to CREATED", "I5", [](world& w) { w.event_at("order-2", 3).trade_state = "CREATED"; }},
        {"CLOSED to NOTPAY", "I5", [](world& w) { w.event_at("order-2", 4).trade_state = "NOTPAY"; }},
        {"paid is undone", "I11", [](world& w) { w.event("200", "order-3", "CLOSED", "CLOSED", "SUCCESS"); }},
        {"refunded is undone",
         "I11",
         [](world& w) { w.event("100", "order-1", "NOTPAY", "NOTPAY", "REFUND"); }},
        {"paid after close, and nobody is told", "I11", [](world& w) { w.s.anomalies.clear(); }},
        {"a refund that was never asked for",
         "I5",
         [](world& w) { w.event_at("order-3", 6).refund_status = "APPROVED"; }},
        {"a refund that was sent and not approved",
         "I5",
         [](world& w) { w.event_at("order-3", 5).refund_status = "SUCCESS"; }},
        {"approved by nobody", "I5", [](world& w) { w.refund_named("refund-1").decided_by = ""; }},
        {"approved by who asked for it",
         "I5",
         [](world& w) {
             auto& r = w.refund_named("refund-1");
             r.requested_kind = "operator";
             r.requested_by = r.decided_by = "alice";
         }},
    });
}

BOOST_AUTO_TEST_CASE(every_webhook) {
    check_seen({
        {"not in the outbox", "I6", [](world& w) { w.erase_message("order-1", 4); }},
        {"a refund's is not in the outbox", "I6", [](world& w) { w.erase_message("order-1", 9); }},
        {"an anomaly's is not in the outbox",
         "I6",
         [](world& w) { std::erase_if(w.s.outbox, [](auto const& m) { return !m.anomaly_id.empty(); }); }},
        {"twice in the outbox",
         "I6",
         [](world& w) {
             auto twin = w.message_at("order-1", 4);
             twin.id = "twin";
             w.s.outbox.push_back(twin);
         }},
        {"written outside the batch: of a change that did not take place",
         "I6",
         [](world& w) { w.hook("shop", "100", "payment.succeeded", "order-1", 12); }},
        {"written outside the batch: with another version",
         "I6",
         [](world& w) { w.message_at("order-3", 3).order_version = 2; }},
        {"of an anomaly that is not there",
         "I6",
         [](world& w) {
             w.hook("shop", "100", "anomaly.detected", "order-1", 0);
             w.s.outbox.back().anomaly_id = "odd-9";
         }},
        {"not delivered in the end", "I6", [](world& w) { w.message_at("order-3", 3).state = "pending"; }},
        {"given up", "I6", [](world& w) { w.message_at("order-3", 3).state = "failed"; }},
        {"lost: delivered, says the outbox",
         "I6",
         [](world& w) {
             std::erase_if(w.s.received, [](auto const& h) { return h.out_trade_no == "order-2"; });
         }},
        {"lost: it was refused", "I6", [](world& w) { w.hook_at("order-3", 3).taken = false; }},
        {"again with other bytes",
         "I6",
         [](world& w) {
             auto again = w.hook_at("order-3", 3);
             again.body += " ";
             w.s.received.push_back(again);
         }},
        {"with another type", "I6", [](world& w) { w.hook_at("order-3", 3).type = "payment.closed"; }},
        {"badly signed", "I6", [](world& w) { w.hook_at("order-3", 3).trouble = "the signature"; }},
        {"of nobody",
         "I6",
         [](world& w) {
             auto stray = w.hook_at("order-3", 3);
             stray.id = "stray";
             w.s.received.push_back(stray);
         }},
        {"to a merchant without a webhook", "I6", [](world& w) { w.s.listening.erase("rival"); }},
    });
    // At least once is enough, and the same bytes again are no breach.
    world w;
    auto const again = w.hook_at("order-3", 3);
    w.s.received.push_back(again);
    auto refused = again;
    refused.taken = false;
    w.s.received.push_back(refused);
    BOOST_TEST(listed(check(w.s)) == "");
}

BOOST_AUTO_TEST_CASE(asked_before_again) {
    check_seen({
        {"unifiedorder again after silence",
         "I7",
         [](world& w) { w.nth_call("orderquery", 1).outcome = answered::nothing; }},
        {"unifiedorder again after a query that said nothing sure",
         "I7",
         [](world& w) { w.nth_call("orderquery", 1).outcome = answered::ambiguous; }},
        {"refund again after an answer in doubt",
         "I7",
         [](world& w) {
             std::erase_if(w.s.calls, [](auto const& c) { return c.operation == "refundquery"; });
         }},
        {"closeorder after silence",
         "I7",
         [](world& w) { w.nth_call("unifiedorder", 2).outcome = answered::nothing; }},
        {"asked about another one",
         "I7",
         [](world& w) { w.nth_call("refundquery", 0).out_refund_no = "refund-2"; }},
    });
    world w; // an answer, and a refusal, need no question
    w.call("unifiedorder", "order-3", "", answered::accepted);
    BOOST_TEST(listed(check(w.s)) == "");
}

BOOST_AUTO_TEST_CASE(one_number) {
    check_seen({
        {"a new number on the second try",
         "I8",
         [](world& w) {
             auto& again = w.nth_call("refund", 1);
             again.out_refund_no = "refund-1b";
             w.s.wechat_orders[0].refunds[0].out_refund_no = "refund-1b";
         }},
        {"a new number for the same purpose",
         "I8",
         [](world& w) {
             w.call("refund", "order-1", "refund-1b", answered::refused);
             w.s.calls.back().purpose = "story of refund-1";
         }},
        {"another amount on the second try",
         "I8",
         [](world& w) { w.nth_call("refund", 1).parameters += "1"; }},
        {"another unifiedorder under the number",
         "I8",
         [](world& w) { w.nth_call("unifiedorder", 1).parameters += "1"; }},
        {"two refunds of one number at WeChat",
         "I8",
         [](world& w) {
             w.s.wechat_orders[0].refunds.push_back({"refund-1", 10, "SUCCESS"});
         }},
    });
}

BOOST_AUTO_TEST_CASE(money) {
    check_seen({
        {"paid there, not here",
         "I9",
         [](world& w) {
             w.s.wechat_orders.push_back({"order-9", 10, "SUCCESS", "tx-9", {}});
         }},
        {"paid here, not there", "I9", [](world& w) { w.s.wechat_orders.pop_back(); }},
        {"not paid there", "I9", [](world& w) { w.s.wechat_orders[1].trade_state = "CLOSED"; }},
        {"another amount", "I9", [](world& w) { w.s.wechat_orders[1].total_fee = 51; }},
        {"another transaction", "I9", [](world& w) { w.s.wechat_orders[1].transaction_id = "tx-8"; }},
        {"refunded here, not there", "I9", [](world& w) { w.s.wechat_orders[0].refunds.clear(); }},
        {"another end of a refund",
         "I9",
         [](world& w) { w.s.wechat_orders[0].refunds[0].refund_status = "CHANGE"; }},
        {"refunded, and rejected here",
         "I9",
         [](world& w) {
             w.s.wechat_orders[2].refunds.push_back({"refund-2", 30, "SUCCESS"});
         }},
    });
}

BOOST_AUTO_TEST_CASE(of_one_merchant) {
    check_seen({
        {"an order under another mch_id",
         "I10",
         [](world& w) { w.order_named("order-3").merchant = "shop"; }},
        {"a refund of another merchant's order",
         "I10",
         [](world& w) { w.refund_named("refund-3").out_trade_no = "order-1"; }},
        {"a message of another merchant",
         "I10",
         [](world& w) { w.message_at("order-3", 3).merchant = "shop"; }},
        {"a message to another merchant", "I10", [](world& w) { w.hook_at("order-3", 3).merchant = "shop"; }},
        {"an anomaly of another merchant", "I10", [](world& w) { w.s.anomalies[0].mch_id = "200"; }},
        {"told to another merchant",
         "I10",
         [](world& w) { w.tell_payment("rival", "order-1", "SUCCESS", 100); }},
        {"let at it",
         "I10",
         [](world& w) {
             w.s.trespasses.push_back({"rival", "order-1", "close: 200"});
         }},
    });
}

BOOST_AUTO_TEST_CASE(told_is_true) {
    check_seen({
        {"an order is gone", "I12", [](world& w) { w.tell_payment("shop", "order-9", "CREATED", 5); }},
        {"a refund is gone",
         "I12",
         [](world& w) {
             w.s.acknowledged.insert({true, "shop", "refund-9", "order-1", "", "REQUESTED", 5});
         }},
        {"another amount", "I12", [](world& w) { w.tell_payment("shop", "order-1", "SUCCESS", 99); }},
        {"a state that never was",
         "I12",
         [](world& w) { w.tell_payment("shop", "order-1", "REVOKED", 100); }},
        {"a refund's state that never was",
         "I12",
         [](world& w) {
             w.s.acknowledged.insert({true, "rival", "refund-3", "order-3", "", "SUCCESS", 80});
         }},
        {"one request, two orders",
         "I12",
         [](world& w) { w.order_named("order-2").token = "story of order-1"; }},
        {"one request, two answers",
         "I12",
         [](world& w) {
             w.order_named("order-2").token = "";
             w.s.acknowledged.insert({false, "shop", "order-2", "", "story of order-1", "SUCCESS", 50});
         }},
    });
}

BOOST_AUTO_TEST_CASE(leaks_bounds_and_the_run) {
    check_seen({
        {"a leak", "I13", [](world& w) { w.s.leaks = "log: CANARYkey"; }},
        {"a secret in a message",
         "I13",
         [](world& w) { w.hook_at("order-3", 3).body += "\"client_secret\""; }},
        {"too much memory", "I14", [](world& w) { w.s.measures[0].most = 101; }},
        {"an answer nobody expects", "run", [](world& w) { w.s.trouble.emplace_back("500 to a GET"); }},
    });
}

BOOST_AUTO_TEST_SUITE_END()
