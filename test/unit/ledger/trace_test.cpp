// Under which trace the shop hears of a change: the one that a caller told, of the change, of the refund or
// of the order; else the one that was begun here.
#include "told_fixture.hpp"

using namespace refund_test;

namespace {

// 32 times this digit.
trace trace_of(char digit, bool given) {
    trace t;
    t.id.fill(digit);
    t.given = given;
    t.sampled = given;
    return t;
}

trace const nobodys;
trace const given_a = trace_of('a', true);
trace const given_b = trace_of('b', true);
trace const begun_1 = trace_of('1', false);
trace const begun_2 = trace_of('2', false);

cause because(trace const& t) {
    return {"test", "request-1", "{}", t};
}

struct with_traces : with_audience {
    void create_under(std::string n, trace const& t) {
        BOOST_TEST_REQUIRE(run(orders_.create(new_order(std::move(n)), because(t)))->changed);
    }

    void pay_under(std::string const& n, trace const& t) {
        BOOST_TEST_REQUIRE(run(orders_.pay(key_of_order(n), payment_of(n), because(t)))->changed);
    }

    void close_under(std::string const& n, trace const& t) {
        BOOST_TEST_REQUIRE(run(orders_.move(key_of_order(n), trade_state::CLOSED, because(t)))->changed);
    }

    std::string under(std::string const& n, std::string const& type) {
        return to_text(the_message(n, type).trace);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(trace_of_messages)

BOOST_FIXTURE_TEST_CASE(of_a_payment, with_traces) {
    struct row {
        char const* number;
        trace created;
        trace paid;
        std::string under;
    };

    row const table[] = {
        {"order-1001", given_a, begun_1, to_text(given_a)}, // WeChat's notification tells none
        {"order-1002", given_a, given_b, to_text(given_b)},
        {"order-1003", begun_1, begun_2, to_text(begun_2)},
        {"order-1004", begun_1, given_b, to_text(given_b)},
        {"order-1005", given_a, nobodys, to_text(given_a)}, // the resolver
        {"order-1006", nobodys, nobodys, ""},
        {"order-1007", begun_1, nobodys, ""}};
    for (auto const& r : table) {
        create_under(r.number, r.created);
        pay_under(r.number, r.paid);
        BOOST_TEST(under(r.number, "payment.succeeded") == r.under, r.number);
        check_of_events(r.number);
    }
    BOOST_TEST(to_text(given_a) == std::string(32, 'a') + "-01");
    BOOST_TEST(to_text(begun_1) == std::string(32, '1') + "-00");
}

BOOST_FIXTURE_TEST_CASE(of_a_close, with_traces) {
    create_under("order-1001", given_a);
    close_under("order-1001", given_b);
    BOOST_TEST(under("order-1001", "payment.closed") == to_text(given_b));
    create_under("order-1002", given_a);
    close_under("order-1002", begun_1);
    BOOST_TEST(under("order-1002", "payment.closed") == to_text(given_a));
}

BOOST_FIXTURE_TEST_CASE(of_a_refund, with_traces) {
    struct row {
        char const* number;
        trace ordered;
        trace asked;
        std::string requested_under;
        std::string succeeded_under;
    };

    row const table[] = {
        {"order-1001", given_a, given_b, to_text(given_b), to_text(given_b)},
        {"order-1002", given_a, begun_1, to_text(given_a), to_text(given_a)},
        {"order-1003", begun_1, given_b, to_text(given_b), to_text(given_b)},
        {"order-1004", begun_1, begun_2, to_text(begun_2), ""}};
    for (auto const& r : table) {
        create_under(r.number, r.ordered);
        pay_under(r.number, nobodys);
        auto const refund_no = "R-" + std::string(r.number);
        BOOST_TEST_REQUIRE(
            run(all.create(new_refund(refund_no, 60, r.number), true, because(r.asked)))->changed
        );
        refund_step done;
        done.to = refund_status::SUCCESS;
        BOOST_TEST_REQUIRE(run(all.adopt(key_of_refund(refund_no), done, because(nobodys)))->changed);
        BOOST_TEST(under(r.number, "refund.requested") == r.requested_under, r.number);
        BOOST_TEST(under(r.number, "refund.succeeded") == r.succeeded_under, r.number);
    }
}

// Paid after it was closed: three messages of one batch.
BOOST_FIXTURE_TEST_CASE(of_a_late_payment, with_traces) {
    create_under("order-1001", given_a);
    close_under("order-1001", begun_1);
    pay_under("order-1001", begun_2);
    for (auto const* type : {"payment.closed", "payment.succeeded", "anomaly.detected", "refund.requested"})
        BOOST_TEST(under("order-1001", type) == to_text(given_a), type);
}

BOOST_FIXTURE_TEST_CASE(of_a_finding, with_traces) {
    create_under("order-1001", given_a);
    create_under("order-1002", begun_1);
    for (auto const* n : {"order-1001", "order-1002", "order-9999"}) { // the last is unknown
        anomaly found{key_of_order(n), "amount_mismatch", "42", "{}", begun_2};
        BOOST_TEST_REQUIRE(run(record_all(*db, shop, {found})).has_value());
    }
    BOOST_TEST(under("order-1001", "anomaly.detected") == to_text(given_a));
    BOOST_TEST(under("order-1002", "anomaly.detected") == to_text(begun_2));
    BOOST_TEST(under("order-9999", "anomaly.detected") == to_text(begun_2));
}

// What claims a message gets its trace, at every try.
BOOST_FIXTURE_TEST_CASE(at_every_try, with_traces) {
    create_under("order-1001", given_a);
    pay_under("order-1001", begun_1);
    for (int i = 0; i < 2; ++i) {
        auto const taken = run(outbox_.claim("shop", "a", milliseconds(60'000), 10));
        BOOST_TEST_REQUIRE(taken->size() == 1U);
        BOOST_TEST(taken->front().trace.id_text() == given_a.id_text());
        BOOST_TEST(taken->front().trace.sampled);
        webhook_try later;
        later.id = taken->front().id;
        later.owner = "a";
        later.due_at = 0;
        BOOST_TEST_REQUIRE(run(outbox_.record({later})).has_value());
    }
}

BOOST_AUTO_TEST_SUITE_END()
