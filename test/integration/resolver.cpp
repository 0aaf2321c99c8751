// Orders that nobody tells us about (RELIABILITY.md N16, N12, C2, P15; B-09): asked about on a schedule,
// closed when their time is over, and what is paid all the same is kept.
#include "refunds_common.hpp"

using namespace wxgate::test;

namespace {

system_options resolver_options(against upstream) {
    auto o = refund_options(upstream);
    auto const adjust = o.adjust;
    o.adjust = [adjust](gateway_config& c) {
        adjust(c);
        c.background = {{"time_scale", "60"}};
    };
    return o;
}

void put_faults(system_under_test const& system, json::array const& rules) {
    auto const r = system.control().put("/control/faults", {{"seed", 1}, {"rules", rules}});
    BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
}

json::object rule(char const* on, char const* what, int times = 0) {
    json::object o = {{"on", on}, {"do", what}, {"p", 1.0}};
    if (times != 0)
        o["times"] = times;
    return o;
}

// The order's time is over, as if it had been made ten minutes ago to live for five.
void let_expire(system_under_test& system, std::string const& out_trade_no) {
    BOOST_TEST_REQUIRE((system.stop_gateway().value_or(exit_status{}).code == 0));
    change_offline(
        system.dir().path("wxgate.db"),
        "UPDATE orders SET created_at = created_at - 600000, expires_at = created_at - 300000, due_at = 1 "
        "WHERE "
        "out_trade_no = '" +
            out_trade_no + "'"
    );
    system.start_gateway();
}

bool becomes(system_under_test const& system, std::string const& out_trade_no, std::string const& state) {
    return eventually(15s, [&] { return system.state(out_trade_no) == state; });
}

std::string
cell_of(system_under_test const& system, std::string const& column, std::string const& out_trade_no) {
    auto const rows =
        system.store().rows("SELECT " + column + " FROM orders WHERE out_trade_no = '" + out_trade_no + "'");
    return rows.empty() ? "no row" : rows[0][0];
}

} // namespace

BOOST_AUTO_TEST_SUITE(resolver)

// N16: no notification comes, ever. A minute is a second here.
BOOST_AUTO_TEST_CASE(every_paid_order_is_found) {
    system_under_test system(resolver_options(against::sandbox));
    put_faults(system, {rule("notify", "drop")});
    constexpr std::size_t orders = 30;
    std::vector<std::string> numbers(orders);
    std::vector<steady::time_point> paid(orders);
    std::vector<milliseconds> took(orders);
    together(8, [&](std::size_t w) {
        for (std::size_t i = w; i < orders; i += 8) {
            auto const made = system.create({}, i % 3 == 0 ? "plain" : "shop");
            numbers[i] = text_of(made, "out_trade_no");
            if (system.pay(made).status == 200)
                paid[i] = steady::now();
        }
    });
    for (std::size_t i = 0; i < orders; ++i) {
        auto const key = i % 3 == 0 ? "plain" : "shop";
        BOOST_TEST(eventually(15s, [&] { return system.state(numbers[i], key) == "SUCCESS"; }), numbers[i]);
        BOOST_TEST(cell_of(system, "due_at", numbers[i]) == "", "not asked about any more");
    }
    auto const late = system.store().number(
        "SELECT count(*) FROM orders AS o JOIN events AS e ON e.mch_id = o.mch_id AND e.out_trade_no = "
        "o.out_trade_no WHERE e.type = 'SUCCESS' AND e.source = 'query' AND e.created_at > o.created_at + "
        "10000"
    );
    BOOST_TEST(late == 0, late << " were found later than ten of these minutes after they were made");
    check_store(system);
    BOOST_TEST(system.anomalies() == 0);
}

// What is not paid is asked about again and again, less and less often, and stays what it is.
BOOST_AUTO_TEST_CASE(an_unpaid_order_is_asked_about) {
    system_under_test system(resolver_options(against::stand_in));
    auto const made = system.create();
    auto const number = text_of(made, "out_trade_no");
    auto const asked = [&] { return system.upstream().count("/pay/orderquery", number); };
    BOOST_TEST_REQUIRE(eventually(15s, [&] { return asked() >= 5U; }));
    BOOST_TEST(system.state(number) == "NOTPAY");
    std::vector<milliseconds> ages;
    auto const begun = system.upstream().calls("/pay/unifiedorder").back().at;
    for (auto const& c : system.upstream().calls("/pay/orderquery"))
        if (value_of(c.fields, "out_trade_no") == number)
            ages.push_back(std::chrono::duration_cast<milliseconds>(c.at - begun));
    // 10, 20, 30, 60 s and 3 min, sixty times as short; never early but for what the creation itself took.
    constexpr int due[] = {166, 333, 500, 1000, 3000};
    for (std::size_t i = 0; i < 5; ++i)
        BOOST_TEST((ages[i].count() >= due[i] - 60), i << ": " << ages[i].count());
    BOOST_TEST(system.events(number) == 2, "questions are no events");
}

BOOST_AUTO_TEST_CASE(an_expired_order_is_closed_at_wechat_and_here) {
    system_under_test system(resolver_options(against::sandbox));
    auto const number = text_of(system.create(), "out_trade_no");
    let_expire(system, number);
    BOOST_TEST(becomes(system, number, "CLOSED"));
    BOOST_TEST(system.sandbox_received("orderquery", number) >= 1U, "asked before it was closed");
    BOOST_TEST(system.sandbox_received("closeorder", number) == 1U);
    BOOST_TEST(
        system.store().number(
            "SELECT count(*) FROM events WHERE out_trade_no = '" + number +
            "' AND type = 'CLOSED' AND source = 'resolver'"
        ) == 1
    );
    check_problem(system.with_key("shop").post("/v1/payments", {}), 400);
    check_store(system);
}

// Nobody ever said who pays: WeChat never heard of it.
BOOST_AUTO_TEST_CASE(an_order_without_a_customer_ends_here) {
    system_under_test system(resolver_options(against::sandbox));
    auto const number = text_of(system.create({{"openid", nullptr}}), "out_trade_no");
    let_expire(system, number);
    BOOST_TEST(becomes(system, number, "CLOSED"));
    BOOST_TEST(system.sandbox_received("orderquery", number) == 0U);
    BOOST_TEST(system.sandbox_received("closeorder", number) == 0U);
}

// P15: the customer is quicker.
BOOST_AUTO_TEST_CASE(paid_while_it_is_being_closed) {
    system_under_test system(resolver_options(against::stand_in));
    auto& wechat = system.upstream();
    auto const made = system.create();
    auto const number = text_of(made, "out_trade_no");
    std::atomic<bool> paid{false};
    auto const transaction = new_transaction_id();
    wechat.behave([&](call const& c) {
        answer a = wechat.well_behaved(c);
        if (c.path == "/pay/closeorder") {
            paid = true;
            a.body = wechat.refused(c, "ORDERPAID", "order paid");
        } else if (c.path == "/pay/orderquery" && paid) {
            a.body = wechat.accepted(
                c,
                {{"trade_state", "SUCCESS"},
                 {"out_trade_no", value_of(c.fields, "out_trade_no")},
                 {"transaction_id", transaction},
                 {"openid", text_of(made, "openid")},
                 {"total_fee", std::to_string(number_of(made, "total_fee"))},
                 {"fee_type", "CNY"},
                 {"time_end", "20261125101010"}}
            );
        }
        return a;
    });
    let_expire(system, number);
    BOOST_TEST(becomes(system, number, "SUCCESS"));
    BOOST_TEST(text_of(system.payment(number), "transaction_id") == transaction);
    BOOST_TEST(cell_of(system, "due_at", number) == "");
    BOOST_TEST(system.events(number, "CLOSED") == 0);
    BOOST_TEST(system.anomalies(number) == 0);
}

// B-09, N12: kept, told as a finding, and a refund of all of it waits for a person, even where they approve
// themselves.
BOOST_AUTO_TEST_CASE(a_payment_for_a_closed_order_is_proposed_as_a_refund) {
    system_under_test system(resolver_options(against::stand_in));
    refund_desk desk(system.upstream());
    desk.open();
    auto const made = system.create();
    auto const number = text_of(made, "out_trade_no");
    BOOST_TEST_REQUIRE(system.with_key("shop").post_text("/v1/payments/" + number + "/close").status == 200U);
    auto const told = notification_of(made, new_transaction_id());
    for (int i = 0; i < 3; ++i)
        check_accepted(system.notify(told));
    BOOST_TEST(system.state(number) == "SUCCESS");
    BOOST_TEST(anomalies_of(system, number, "paid_after_close") == 1);
    auto const refund_no = "late-" + number;
    auto const proposed = system.refund_of(refund_no);
    check_refund_shape(proposed);
    BOOST_TEST(text_of(proposed, "refund_status") == "REQUESTED");
    BOOST_TEST(number_of(proposed, "refund_fee") == number_of(made, "total_fee"));
    BOOST_TEST(text_of(proposed, "requested_by") == "wxgate");
    BOOST_TEST(order_number(system, "refund_reserved", number) == number_of(made, "total_fee"));
    check_problem(system.refund(number, system.refund_request(1)), 409, "refund_exceeds_payment");
    BOOST_TEST(desk.asked(refund_no) == 0U);
    auto const alice = system.sign_in("alice");
    BOOST_TEST(alice.post_text("/admin/v1/refunds/" + refund_no + "/approve").status == 200U);
    BOOST_TEST(system.refund_becomes(refund_no, "SUCCESS"));
    BOOST_TEST(number_of(system.payment(number), "refunded_fee") == number_of(made, "total_fee"));
    check_store(system);
}

// A crash left it CREATED: WeChat has it, or has not.
BOOST_AUTO_TEST_CASE(what_a_crash_left_is_settled) {
    for (auto const* fault : {"hang_before", "hang_after"}) {
        BOOST_TEST_CONTEXT(fault) {
            system_under_test system(resolver_options(against::sandbox));
            put_faults(system, {rule("unifiedorder", fault, 1)});
            auto const order = system.order();
            auto const number = text_of(order, "out_trade_no");
            {
                std::jthread const asking([&] {
                    try {
                        system.with_key("shop").post("/v1/payments", order);
                    } catch (std::runtime_error const&) { // nobody listens
                    }
                });
                BOOST_TEST(eventually(10s, [&] {
                    return system.sandbox_received("unifiedorder", number) == 1U;
                }));
                system.kill_gateway();
            }
            BOOST_TEST(cell_of(system, "trade_state", number) == "CREATED");
            system.start_gateway();
            BOOST_TEST(eventually(10s, [&] { return system.sandbox_received("orderquery", number) >= 1U; }));
            if (std::string_view(fault) == "hang_after")
                BOOST_TEST(becomes(system, number, "NOTPAY"));
            BOOST_TEST(system.sandbox_received("unifiedorder", number) == 1U, "not sent again unasked");
            auto const again = system.with_key("shop").post("/v1/payments", order);
            BOOST_TEST(again.status == 200U, again.describe());
            BOOST_TEST(system.pay(again.parsed()).status == 200U);
            BOOST_TEST(becomes(system, number, "SUCCESS"));
        }
    }
}

// C2: WeChat cannot be asked for a while, then can.
BOOST_AUTO_TEST_CASE(an_outage_is_outlived) {
    system_under_test system(resolver_options(against::sandbox));
    put_faults(system, {rule("notify", "drop"), rule("orderquery", "http_500")});
    auto const made = system.create();
    auto const number = text_of(made, "out_trade_no");
    BOOST_TEST(system.pay(made).status == 200U);
    BOOST_TEST(eventually(10s, [&] { return system.sandbox_received("orderquery", number) >= 3U; }));
    BOOST_TEST(system.state(number) == "NOTPAY", "nothing is guessed");
    put_faults(system, {rule("notify", "drop")});
    BOOST_TEST(becomes(system, number, "SUCCESS"));
}

BOOST_AUTO_TEST_SUITE_END()
