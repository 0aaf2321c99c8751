// A payment that comes after the close: recorded, found to be one, and the way back of its money proposed,
// all in one batch.
#include "told_fixture.hpp"

using namespace refund_test;
using status = refund_status;

namespace {

struct with_closed_order : with_audience {
    with_closed_order() {
        create("order-0002");
        BOOST_TEST_REQUIRE(move("order-0002", trade_state::CLOSED));
        told = 0;
    }

    bool is_proposed(std::string const& n) { return run(all.find(key_of_refund("late-" + n)))->has_value(); }

    std::vector<std::string> log_of(std::string const& n) {
        std::vector<std::string> list;
        for (auto const& e : *run(events_of(*db, key_of_order(n))))
            list.push_back(e.type);
        return list;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(late_payment)

BOOST_FIXTURE_TEST_CASE(the_whole_of_it_is_to_go_back, with_closed_order) {
    auto const paid = run(orders_.pay(key_of_order("order-0002"), payment_of("order-0002"), why));
    BOOST_TEST_REQUIRE(paid->changed);
    auto const& o = *paid->now;
    BOOST_TEST((o.trade_state == trade_state::SUCCESS));
    BOOST_TEST(o.transaction_id == "42order-0002");
    BOOST_TEST(o.refund_reserved.count() == 100);
    BOOST_TEST(o.refund_count == 1);
    BOOST_TEST(o.refunded_fee.count() == 0);
    BOOST_TEST(!o.due_at.has_value());

    auto const r = the_refund("late-order-0002");
    BOOST_TEST((r.refund_status == status::REQUESTED));
    BOOST_TEST(r.out_trade_no == "order-0002");
    BOOST_TEST(r.merchant == "shop");
    BOOST_TEST(r.refund_fee.count() == 100);
    BOOST_TEST(r.total_fee.count() == 100);
    BOOST_TEST((r.requested_kind == requester_kind::api));
    BOOST_TEST(r.requested_by == "wxgate");
    BOOST_TEST(!r.reason.empty());
    BOOST_TEST(r.reason.size() <= 80U, "WeChat takes no more");
    BOOST_TEST(r.decided_by == "");
    BOOST_TEST(!r.due_at.has_value(), "it waits for a person");
    BOOST_TEST(r.version == 1);
    BOOST_TEST(run(all.claim(owner, 10))->empty());

    BOOST_TEST((log_of("order-0002") == type_list{"CREATED", "CLOSED", "SUCCESS", "REFUND_REQUESTED"}));
    check_log("order-0002");
    BOOST_TEST(
        count(
            "SELECT COUNT(*) FROM anomalies WHERE kind = 'paid_after_close' AND out_trade_no = 'order-0002' "
            "AND fingerprint = '42order-0002'"
        ) == 1
    );
    auto const events = *run(events_of(*db, key_of_order("order-0002")));
    BOOST_TEST(events[2].previous_state == "CLOSED");
    BOOST_TEST(events[3].trade_state == "SUCCESS");
    BOOST_TEST(events[3].previous_state == "SUCCESS");
    BOOST_TEST(events[3].out_refund_no == "late-order-0002");
    BOOST_TEST(events[3].refund_status == "REQUESTED");
    BOOST_TEST(events[3].source == why.source);
    BOOST_TEST(events[3].request_id == why.request_id);
    BOOST_TEST(events[3].detail == R"({"by":"wxgate"})");
}

BOOST_FIXTURE_TEST_CASE(all_of_it_is_told, with_closed_order) {
    BOOST_TEST(pay("order-0002"));
    type_list const wanted{"anomaly.detected", "payment.closed", "payment.succeeded", "refund.requested"};
    BOOST_TEST((types("order-0002") == wanted));
    BOOST_TEST(told == 1, "they are one batch");
    check_of_events("order-0002");
    auto const paid = content("order-0002", "payment.succeeded");
    BOOST_TEST(paid.about.order_version == 3);
    BOOST_TEST((paid.order->trade_state == trade_state::SUCCESS));
    auto const asked = content("order-0002", "refund.requested");
    BOOST_TEST(asked.about.order_version == 4);
    BOOST_TEST(asked.about.out_refund_no == "late-order-0002");
    BOOST_TEST(asked.refund.value().refund_fee.count() == 100);
    BOOST_TEST(content("order-0002", "anomaly.detected").anomaly.value().kind == "paid_after_close");
}

BOOST_FIXTURE_TEST_CASE(once, with_closed_order) {
    BOOST_TEST(pay("order-0002"));
    auto const version = the_order("order-0002").version;
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(!pay("order-0002"));
    auto second = payment_of("order-0002");
    second.transaction_id = "another payment of it";
    BOOST_TEST(!run(orders_.pay(key_of_order("order-0002"), second, why))->changed);
    BOOST_TEST(the_order("order-0002").version == version);
    BOOST_TEST(count("SELECT COUNT(*) FROM refunds") == 1);
    BOOST_TEST(count("SELECT COUNT(*) FROM anomalies") == 1);
    BOOST_TEST(messages().size() == 4U);
    BOOST_TEST(told == 1);
    // Nor when a query says REFUND later: somebody gave it back by hand.
    BOOST_TEST(pay("order-0002", trade_state::REFUND));
    BOOST_TEST(count("SELECT COUNT(*) FROM refunds") == 1);
    BOOST_TEST(messages().size() == 4U);
    check_log("order-0002");
}

// What was proposed is a refund like any other.
BOOST_FIXTURE_TEST_CASE(a_person_decides, with_closed_order) {
    BOOST_TEST(pay("order-0002"));
    BOOST_TEST(approve("late-order-0002"));
    BOOST_TEST(run(all.claim(owner, 10))->size() == 1U);
    BOOST_TEST(record("late-order-0002", status::SUCCESS));
    BOOST_TEST(the_order("order-0002").refunded_fee.count() == 100);
    BOOST_TEST((the_order("order-0002").trade_state == trade_state::REFUND));
    check_log("order-0002");

    // Rejected, the amount is free for a refund of the shop's own.
    create("order-0003");
    BOOST_TEST(move("order-0003", trade_state::REVOKED));
    BOOST_TEST(pay("order-0003"));
    BOOST_TEST(!run(all.create(new_refund("R1", 1, "order-0003"), false, why))->changed);
    BOOST_TEST(reject("late-order-0003"));
    BOOST_TEST(the_order("order-0003").refund_reserved.count() == 0);
    BOOST_TEST(the_order("order-0003").refund_count == 0);
    BOOST_TEST(run(all.create(new_refund("R1", 60, "order-0003"), false, why))->changed);
    check_log("order-0003");
}

// WeChat says that it has gone back already.
BOOST_FIXTURE_TEST_CASE(not_when_it_was_refunded, with_closed_order) {
    BOOST_TEST(pay("order-0002", trade_state::REFUND));
    auto const o = the_order("order-0002");
    BOOST_TEST((o.trade_state == trade_state::REFUND));
    BOOST_TEST(o.refund_reserved.count() == 0);
    BOOST_TEST(o.refund_count == 0);
    BOOST_TEST(!is_proposed("order-0002"));
    BOOST_TEST((types("order-0002") == type_list{"anomaly.detected", "payment.closed", "payment.succeeded"}));
    BOOST_TEST((log_of("order-0002") == type_list{"CREATED", "CLOSED", "REFUND"}));
    BOOST_TEST(count("SELECT COUNT(*) FROM anomalies") == 1);
    check_log("order-0002");
}

BOOST_FIXTURE_TEST_CASE(not_for_a_payment_in_time, with_closed_order) {
    create_paid("order-0003");
    BOOST_TEST(!is_proposed("order-0003"));
    BOOST_TEST(the_order("order-0003").refund_reserved.count() == 0);
    BOOST_TEST(count("SELECT COUNT(*) FROM anomalies") == 0);
}

BOOST_FIXTURE_TEST_CASE(not_for_what_is_not_the_orders, with_closed_order) {
    auto wrong = payment_of("order-0002");
    wrong.total_fee = fen(99);
    auto const refused = run(orders_.pay(key_of_order("order-0002"), wrong, why));
    BOOST_TEST(!refused->changed);
    BOOST_TEST((refused->now->trade_state == trade_state::CLOSED));
    auto taken = payment_of("order-0001"); // another order's transaction
    BOOST_TEST(!run(orders_.pay(key_of_order("order-0002"), taken, why))->changed);
    BOOST_TEST(!is_proposed("order-0002"));
    BOOST_TEST(count("SELECT COUNT(*) FROM anomalies") == 0);
    BOOST_TEST((log_of("order-0002") == type_list{"CREATED", "CLOSED"}));
    BOOST_TEST(told == 0);
}

// The number is somebody's: the payment and the finding are recorded all the same.
BOOST_FIXTURE_TEST_CASE(the_number_is_taken, with_closed_order) {
    BOOST_TEST(make("late-order-0002", 30)); // of order-0001
    told = 0;
    BOOST_TEST(pay("order-0002"));
    auto const o = the_order("order-0002");
    BOOST_TEST((o.trade_state == trade_state::SUCCESS));
    BOOST_TEST(o.refund_reserved.count() == 0);
    BOOST_TEST(o.refund_count == 0);
    BOOST_TEST(the_refund("late-order-0002").out_trade_no == "order-0001");
    BOOST_TEST(the_refund("late-order-0002").refund_fee.count() == 30);
    BOOST_TEST((types("order-0002") == type_list{"anomaly.detected", "payment.closed", "payment.succeeded"}));
    BOOST_TEST((types("order-0001") == type_list{"refund.requested"}), "not told again");
    BOOST_TEST(told == 1);
    check_log("order-0002");
    check_log("order-0001");
}

// The longest number there is.
BOOST_FIXTURE_TEST_CASE(a_long_number, with_closed_order) {
    std::string const n = "order-" + std::string(26, '9');
    create(n);
    BOOST_TEST(move(n, trade_state::CLOSED));
    BOOST_TEST(pay(n));
    BOOST_TEST(is_proposed(n));
}

BOOST_FIXTURE_TEST_CASE(without_a_webhook, with_closed_order) {
    shop.set({});
    auto const before = messages().size();
    BOOST_TEST(pay("order-0002"));
    BOOST_TEST(is_proposed("order-0002"));
    BOOST_TEST(count("SELECT COUNT(*) FROM anomalies") == 1);
    BOOST_TEST(messages().size() == before);
    BOOST_TEST(told == 0);
    check_log("order-0002");
}

BOOST_AUTO_TEST_SUITE_END()
