// Two gateways on one PostgreSQL: whatever lands on either, the database keeps the promises.
#include "support/gateway_beside.hpp"
#include "webhooks_common.hpp"

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <stdexcept>

using namespace wxgate::test;

namespace {

struct two_gateways {
    explicit two_gateways(system_options const& options = refund_options())
        : system(options), other(system, "beside") {}

    // Through the one or the other.
    reply refund(std::size_t which, std::string const& number, json::object const& asked) const {
        return which % 2 == 0 ? system.refund(number, asked)
                              : other.with_key("shop").post("/v1/payments/" + number + "/refunds", asked);
    }

    system_under_test system;
    gateway_beside other;
};

system_options scripted_options() {
    system_options o;
    o.upstream = against::stand_in;
    return o;
}

} // namespace

BOOST_AUTO_TEST_SUITE(postgres_nodes)

BOOST_AUTO_TEST_CASE(sixty_four_refunds_of_one_order_through_both) {
    two_gateways two;
    for (int round = 0; round < 3; ++round) {
        auto const number = text_of(two.system.paid({{"total_fee", 100}}), "out_trade_no");
        std::mutex guard;
        std::map<unsigned, int> statuses;
        std::string strange;
        together(64, [&](std::size_t i) {
            auto const r = two.refund(i, number, two.system.refund_request(30));
            std::lock_guard const lock(guard);
            ++statuses[r.status];
            if (!one_of(r.status, {201, 202, 409}))
                strange = r.describe();
        });
        BOOST_TEST(strange == "");
        BOOST_TEST(statuses[201] + statuses[202] == 3);
        BOOST_TEST(statuses[409] == 61);
        BOOST_TEST(order_number(two.system, "refund_reserved", number) == 90);
        BOOST_TEST(eventually(60s, [&] { return order_number(two.system, "refunded_fee", number) == 90; }));
        BOOST_TEST(sandbox_refunds(two.system, number).size() == 3U);
    }
    check_store(two.system);
    check_both(two.system);
}

BOOST_AUTO_TEST_CASE(one_number_of_a_refund_through_both) {
    two_gateways two;
    auto const number = text_of(two.system.paid({{"total_fee", 100}}), "out_trade_no");
    auto const asked = two.system.refund_request(10);
    std::atomic<int> made{0};
    std::atomic<int> same{0};
    together(32, [&](std::size_t i) {
        auto const r = two.refund(i, number, asked);
        made += r.status == 201 || r.status == 202 ? 1 : 0;
        same += r.status == 200 ? 1 : 0;
    });
    BOOST_TEST(made == 1);
    BOOST_TEST(same == 31);
    BOOST_TEST(order_number(two.system, "refund_reserved", number) == 10);
    BOOST_TEST(two.system.refund_becomes(text_of(asked, "out_refund_no"), "SUCCESS"));
    BOOST_TEST(two.system.sandbox_calls("refund", text_of(asked, "out_refund_no")).size() == 1U);
}

BOOST_AUTO_TEST_CASE(sixteen_copies_of_a_notification_over_both) {
    two_gateways two(scripted_options());
    for (int round = 0; round < 10; ++round) {
        auto const payment = two.system.create();
        auto const number = text_of(payment, "out_trade_no");
        auto const said = notification_of(payment, new_transaction_id());
        std::array<reply, 16> replies;
        together(replies.size(), [&](std::size_t i) {
            replies[i] = i % 2 == 0 ? two.system.notify(said) : two.other.notify(said);
        });
        for (auto const& r : replies)
            check_accepted(r);
        BOOST_TEST(two.system.events(number, "SUCCESS") == 1);
        BOOST_TEST(
            text_of(two.other.with_key("shop").get("/v1/payments/" + number).parsed(), "trade_state") ==
            "SUCCESS"
        );
    }
    BOOST_TEST(two.system.anomalies() == 0);
}

// One transaction cannot pay two orders, whichever gateways hear of it.
BOOST_AUTO_TEST_CASE(one_transaction_for_two_orders_over_both) {
    two_gateways two(scripted_options());
    for (int round = 0; round < 10; ++round) {
        std::array<json::value, 2> const payments = {two.system.create(), two.system.create()};
        auto const transaction = new_transaction_id();
        std::array<reply, 2> replies;
        together(2, [&](std::size_t i) {
            auto const said = notification_of(payments[i], transaction);
            replies[i] = i == 0 ? two.system.notify(said) : two.other.notify(said);
        });
        BOOST_TEST((replies[0].status == 200) + (replies[1].status == 200) == 1, replies[0].describe());
        BOOST_TEST(
            two.system.store().number(
                "SELECT count(*) FROM orders WHERE transaction_id = '" + transaction + "'"
            ) == 1
        );
    }
}

// Messages that wait are carried by whichever gateway takes them, each by one.
BOOST_AUTO_TEST_CASE(each_webhook_is_sent_by_one_node) {
    webhook_shops shops;
    gateway_beside const other(shops.system, "beside");
    shops.shop.go_away();
    constexpr std::size_t orders = 60;
    std::atomic<std::size_t> next{0};
    together(6, [&](std::size_t who) {
        for (auto i = next++; i < orders; i = next++) {
            auto const via = who % 2 == 0 ? shops.system.with_key("shop") : other.with_key("shop");
            auto const made = via.post("/v1/payments", shops.system.order());
            if (made.status != 201)
                throw std::runtime_error(made.describe());
            auto const said = notification_of(made.parsed(), new_transaction_id());
            auto const r = who % 2 == 0 ? shops.system.notify(said) : other.notify(said);
            if (r.status != 200)
                throw std::runtime_error(r.describe());
        }
    });
    shops.shop.behave([](delivery const&) {
        webhook_answer slow;
        slow.delay = 100ms;
        return slow;
    });
    shops.shop.come_back();
    auto const left = [&] {
        return shops.system.store().number("SELECT count(*) FROM outbox WHERE state <> 'delivered'");
    };
    BOOST_TEST(eventually(90s, [&] { return left() == 0; }), left() << " are not delivered");
    BOOST_TEST(shops.shop.taken() == orders);
    BOOST_TEST(shops.shop.deliveries().size() == orders, "none came twice");
    BOOST_TEST(shops.shop.trouble() == "");
}

// What a gateway dies over is found by the other, and asked about before anything is done again.
BOOST_AUTO_TEST_CASE(a_gateway_that_is_killed_is_outlived) {
    two_gateways two;
    std::vector<std::string> numbers;
    for (int i = 0; i < 8; ++i) {
        auto const made =
            two.other.with_key("shop").post("/v1/payments", two.system.order({{"total_fee", 100}}));
        BOOST_TEST_REQUIRE(made.status == 201U, made.describe());
        BOOST_TEST(two.system.pay(made.parsed()).status == 200U);
        numbers.push_back(text_of(made.parsed(), "out_trade_no"));
    }
    two.other.kill();
    // WeChat's notifications go to the one that is gone; the resolver of the other asks.
    for (auto const& n : numbers)
        BOOST_TEST(eventually(90s, [&] { return two.system.state(n) == "SUCCESS"; }), n);
    two.other.start();
    auto const r = two.refund(1, numbers[0], two.system.refund_request(40));
    BOOST_TEST(one_of(r.status, {201, 202}), r.describe());
    check_store(two.system);
}

BOOST_AUTO_TEST_CASE(operators_and_keys_are_of_both) {
    two_gateways two;
    auto const number = text_of(two.system.paid({{"total_fee", 100}}, "rival"), "out_trade_no");
    auto const asked = two.system.refund_request(10);
    BOOST_TEST(two.system.refund(number, asked, "rival").status == 202U);
    // Who has signed in at one is signed in at the other.
    auto const alice = two.system.sign_in("alice");
    header_list const cookie = {{"Cookie", "wxgate_session=" + alice.session()}};
    auto const seen = two.other.admin().get("/admin/v1/refunds", cookie);
    BOOST_TEST(seen.status == 200U, seen.describe());
    // An Idempotency-Key means the same at both.
    header_list const key = {{"Idempotency-Key", "both-" + random_hex(16)}};
    auto order = two.system.order();
    order.erase("out_trade_no");
    auto const first = two.system.with_key("shop").post("/v1/payments", order, key);
    auto const second = two.other.with_key("shop").post("/v1/payments", order, key);
    BOOST_TEST(first.status == 201U, first.describe());
    BOOST_TEST(second.status == 200U, second.describe());
    BOOST_TEST(text_of(first.parsed(), "out_trade_no") == text_of(second.parsed(), "out_trade_no"));
}

BOOST_AUTO_TEST_SUITE_END()
