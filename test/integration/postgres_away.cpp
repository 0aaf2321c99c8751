// The database goes away under load for half a minute: everybody is told so at once, nothing grows, and all
// of it recovers by itself.
#include "refunds_common.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>

using namespace wxgate::test;

namespace {

constexpr auto at_once = 100ms;
constexpr std::size_t most_growth = std::size_t{48} << 20U;

// What a shop and WeChat meet meanwhile.
struct experience {
    std::mutex guard;
    std::vector<std::string> numbers; // that were answered 201
    std::vector<json::object> refused;
    std::string strange;
    milliseconds slowest{0};
    int answers_while_away = 0;
};

void trade(
    system_under_test const& system,
    std::atomic<bool> const& stop,
    std::atomic<bool> const& away,
    experience& seen
) {
    auto const shop = system.with_key("shop");
    while (!stop) {
        bool const before = away;
        auto const order = system.order({{"total_fee", 100}});
        auto const begin = steady::now();
        auto const r = shop.post("/v1/payments", order);
        auto const took = std::chrono::duration_cast<milliseconds>(steady::now() - begin);
        std::lock_guard const lock(seen.guard);
        if (r.status == 201) {
            seen.numbers.push_back(text_of(order, "out_trade_no"));
        } else if (r.status == 503 && !r.header("Retry-After").empty()) {
            seen.refused.push_back(order);
        } else {
            seen.strange = r.describe();
        }
        if (before && away) {
            ++seen.answers_while_away;
            seen.slowest = std::max(seen.slowest, took);
            if (r.status != 503)
                seen.strange = "while it is away: " + r.describe();
        }
        std::this_thread::sleep_for(5ms);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(postgres_away)

BOOST_AUTO_TEST_CASE(half_a_minute_under_load) {
    system_under_test system(refund_options());
    auto const paid = system.paid({{"total_fee", 100}});
    auto const unpaid = system.create();
    auto const said = notification_of(unpaid, new_transaction_id());
    experience seen;
    std::atomic<bool> stop{false};
    std::atomic<bool> away{false};
    std::vector<std::jthread> shops;
    for (int i = 0; i < 8; ++i)
        shops.emplace_back([&] { trade(system, stop, away, seen); });
    std::this_thread::sleep_for(2s);
    auto const before = system.gateway().rss_bytes();

    tell_server({"stop", "immediate"});
    BOOST_TEST(eventually(5s, [&] { return system.admin().get("/readyz").status == 503; }));
    away = true;
    auto const end = steady::now() + 30s;
    std::size_t most = 0;
    while (steady::now() < end) {
        auto const begin = steady::now();
        check_refused(system.notify(said), 503);
        BOOST_TEST((steady::now() - begin < at_once));
        auto const read = system.with_key("shop").get("/v1/payments/" + text_of(paid, "out_trade_no"));
        check_problem(read, 503, "store_unavailable");
        BOOST_TEST(!read.header("Retry-After").empty());
        most = std::max(most, system.gateway().rss_bytes());
        std::this_thread::sleep_for(100ms);
    }
    away = false;
    BOOST_TEST(system.admin().get("/healthz").status == 200U);
    tell_server({"again"});
    BOOST_TEST(eventually(15s, [&] { return system.admin().get("/readyz").status == 200; }));
    std::this_thread::sleep_for(2s);
    stop = true;
    shops.clear();

    BOOST_TEST(seen.strange == "");
    BOOST_TEST(seen.answers_while_away > 100);
    BOOST_TEST((seen.slowest < at_once), seen.slowest.count() << " ms");
    if (memory_is_measured)
        BOOST_TEST(most < before + most_growth);
    // Whatever was refused can be asked for again, under the same number.
    for (std::size_t i = 0; i < seen.refused.size(); i += 50) {
        auto const r = system.with_key("shop").post("/v1/payments", seen.refused[i]);
        BOOST_TEST(one_of(r.status, {200, 201}), r.describe());
    }
    // What was answered is there.
    for (auto const& n : seen.numbers)
        BOOST_TEST(system.with_key("shop").get("/v1/payments/" + n).status == 200U);
    BOOST_TEST(eventually(15s, [&] { return system.pay(unpaid).status == 200; }));
    BOOST_TEST(eventually(30s, [&] { return system.state(text_of(unpaid, "out_trade_no")) == "SUCCESS"; }));
    auto const refund = system.refund_request(60);
    BOOST_TEST(one_of(system.refund(text_of(paid, "out_trade_no"), refund).status, {201, 202}));
    BOOST_TEST(system.refund_becomes(text_of(refund, "out_refund_no"), "SUCCESS"));
    check_store(system);
    check_both(system);
    BOOST_TEST(system.leaked() == "");
}

BOOST_AUTO_TEST_SUITE_END()
