// Done-when 2, R9: many at once, and never more than was paid.
#include "refunds_common.hpp"

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <random>

using namespace wxgate::test;

BOOST_AUTO_TEST_SUITE(refunds_concurrency)

BOOST_AUTO_TEST_CASE(sixty_four_of_thirty_out_of_a_hundred) {
    auto& system = refund_system();
    for (std::string const key : {"shop", "rival"}) {
        auto const number = text_of(system.paid({{"total_fee", 100}}, key), "out_trade_no");
        std::mutex guard;
        std::map<unsigned, int> statuses;
        std::vector<reply> refused;
        std::vector<std::string> taken;
        together(64, [&](std::size_t) {
            auto const asked = system.refund_request(30);
            auto const r = system.refund(number, asked, key);
            std::lock_guard const lock(guard);
            ++statuses[r.status];
            if (r.status == 201 || r.status == 202)
                taken.push_back(text_of(asked, "out_refund_no"));
            else
                refused.push_back(r);
        });
        BOOST_TEST(taken.size() == 3U);
        BOOST_TEST(statuses[409] == 61);
        BOOST_TEST(statuses[201] == (key == "shop" ? 1 : 0), "the others have to wait for their minute");
        for (auto const& r : refused)
            check_problem(r, 409, "refund_exceeds_payment", "refund_fee");
        BOOST_TEST(order_number(system, "refund_reserved", number) == 90);
        if (key != "shop")
            continue;
        for (auto const& refund_no : taken)
            BOOST_TEST(system.refund_becomes(refund_no, "SUCCESS"));
        BOOST_TEST(sandbox_refunds(system, number).size() == 3U);
        BOOST_TEST(order_number(system, "refunded_fee", number) == 90);
    }
}

// R9: 40 and 70 of 100.
BOOST_AUTO_TEST_CASE(two_that_do_not_fit_together) {
    auto& system = refund_system();
    for (int round = 0; round < 20; ++round) {
        auto const number = text_of(system.paid({{"total_fee", 100}}, "rival"), "out_trade_no");
        std::array<reply, 2> replies;
        together(2, [&](std::size_t i) {
            replies[i] = system.refund(number, system.refund_request(i == 0 ? 40 : 70), "rival");
        });
        auto const first = replies[0].status == 202 ? 0U : 1U;
        BOOST_TEST(replies[first].status == 202U);
        check_problem(replies[1 - first], 409, "refund_exceeds_payment");
    }
}

BOOST_AUTO_TEST_CASE(thirty_two_workers_of_two_hundred_random_refunds) {
    auto options = refund_options();
    options.time_scale = 600; // the sandbox's minute is 100 ms
    auto const shorten = options.adjust;
    options.adjust = [shorten](gateway_config& c) {
        shorten(c);
        for (auto& [key, value] : c.refunds)
            if (key == "order_interval")
                value = "150ms";
    };
    system_under_test system(options);
    constexpr std::size_t orders = 40;
    std::vector<std::string> numbers(orders);
    std::atomic<std::size_t> next{0};
    together(8, [&](std::size_t) {
        for (auto i = next++; i < orders; i = next++)
            numbers[i] = text_of(system.paid({{"total_fee", 1000}}), "out_trade_no");
    });
    std::random_device seed;
    auto const seeded = seed();
    BOOST_TEST_MESSAGE("seed " << seeded);
    std::mutex guard;
    std::map<unsigned, int> statuses;
    std::string strange;
    std::int64_t live = 0;
    together(32, [&](std::size_t worker) {
        std::mt19937 random(seeded + static_cast<unsigned>(worker));
        auto const shop = system.with_key("shop", true);
        for (int i = 0; i < 200; ++i) {
            auto const fee = static_cast<std::int64_t>(random() % 300 + 1);
            auto const r = shop.post(
                "/v1/payments/" + numbers[random() % orders] + "/refunds", system.refund_request(fee)
            );
            std::lock_guard const lock(guard);
            ++statuses[r.status];
            if (r.status == 201 || r.status == 202)
                live += fee;
            else if (r.status != 409)
                strange = r.describe();
        }
    });
    BOOST_TEST(strange == "");
    BOOST_TEST(statuses[201] + statuses[202] + statuses[409] == 6400);
    auto const left = [&] {
        return system.store().number("SELECT count(*) FROM refunds WHERE refund_status <> 'SUCCESS'");
    };
    BOOST_TEST(eventually(90s, [&] { return left() == 0; }), left() << " refunds are not SUCCESS");
    BOOST_TEST(system.store().number("SELECT sum(refund_fee) FROM refunds") == live);
    BOOST_TEST(system.store().number("SELECT sum(refunded_fee) FROM orders") == live);
    BOOST_TEST(system.store().number("SELECT count(*) FROM orders WHERE refunded_fee > total_fee") == 0);
    check_store(system);
    check_both(system);
    BOOST_TEST(system.leaked() == "");
}

BOOST_AUTO_TEST_CASE(one_number_sixty_four_times) {
    auto& system = refund_system();
    auto const number = text_of(system.paid(), "out_trade_no");
    auto const asked = system.refund_request(10);
    auto const refund_no = text_of(asked, "out_refund_no");
    std::mutex guard;
    std::map<unsigned, int> statuses;
    together(64, [&](std::size_t) {
        auto const r = system.refund(number, asked);
        std::lock_guard const lock(guard);
        ++statuses[r.status];
    });
    BOOST_TEST(statuses[201] == 1);
    BOOST_TEST(statuses[200] == 63);
    BOOST_TEST(system.refund_becomes(refund_no, "SUCCESS"));
    BOOST_TEST(system.sandbox_calls("refund", refund_no).size() == 1U);
    BOOST_TEST(order_number(system, "refund_reserved", number) == 10);
    BOOST_TEST(sandbox_refunds(system, number).size() == 1U);
}

BOOST_AUTO_TEST_CASE(one_idempotency_key_sixty_four_times) {
    auto& system = refund_system();
    auto const number = text_of(system.paid(), "out_trade_no");
    header_list const key = {{"Idempotency-Key", "refund-" + random_hex(16)}};
    std::mutex guard;
    std::map<unsigned, int> statuses;
    together(64, [&](std::size_t) {
        auto const r =
            system.with_key("shop").post("/v1/payments/" + number + "/refunds", {{"refund_fee", 10}}, key);
        std::lock_guard const lock(guard);
        ++statuses[r.status];
    });
    BOOST_TEST(statuses[201] == 1);
    BOOST_TEST(statuses[200] + statuses[409] == 63);
    BOOST_TEST(order_number(system, "refund_count", number) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
