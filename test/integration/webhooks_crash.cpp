// Webhooks and the end of the program: kill -9 and SIGTERM with deliveries under way, and many that are due
// at the start (RELIABILITY.md W1, W2, W3, W11). WXGATE_KILLS says how often (5).
#include "webhooks_common.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>

using namespace wxgate::test;

namespace {

int kills() {
    auto const* text = std::getenv("WXGATE_KILLS");
    return text ? std::atoi(text) : 5;
}

std::string paid_number(webhook_shops const& s, std::string const& key = "shop") {
    return text_of(s.system.paid({{"total_fee", 100}}, key), "out_trade_no");
}

webhook_answer hanging(unsigned status = 204) {
    auto a = with_status(status);
    a.how = conduct::hang;
    return a;
}

// The same id and the same bytes at every try, signed by a clock that does not go back.
void check_tries(webhook_receiver const& receiver, std::string const& id, std::size_t least) {
    auto const tries = receiver.deliveries(id);
    BOOST_TEST(tries.size() >= least, id << " came " << tries.size() << " times");
    for (auto const& each : tries) {
        BOOST_TEST((each.body == tries[0].body));
        BOOST_TEST(each.version == tries[0].version);
        BOOST_TEST(each.timestamp >= tries[0].timestamp);
        BOOST_TEST(each.trouble == "");
    }
}

// Asks until it is done, while the gateway comes and goes.
class insisting {
public:
    explicit insisting(std::atomic<bool> const& stopping) : stopping_(stopping) {}

    bool operator()(std::function<reply()> const& call) {
        for (;;) {
            try {
                auto const r = call();
                if (one_of(r.status, {200, 201, 202}))
                    return true;
                std::lock_guard const lock(guard_);
                if (!one_of(r.status, {0, 409, 502, 503, 504}))
                    strange_ = r.describe();
            } catch (std::runtime_error const&) { // nobody listens
            }
            if (stopping_)
                return false;
            std::this_thread::sleep_for(10ms);
        }
    }

    std::string strange() const {
        std::lock_guard const lock(guard_);
        return strange_;
    }

private:
    std::atomic<bool> const& stopping_;
    mutable std::mutex guard_;
    std::string strange_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(webhooks_crash)

// Killed while nobody has heard, and killed while the shop has taken it in and not said so.
BOOST_AUTO_TEST_CASE(killed_around_a_delivery) {
    webhook_shops s;
    s.shop.go_away();
    auto const before = outbox_id(s.system, paid_number(s), "payment.succeeded");
    BOOST_TEST(eventually(10s, [&] { return outbox_cell(s.system, "attempts", before) != "0"; }));
    s.system.kill_gateway();
    BOOST_TEST(outbox_cell(s.system, "state", before) == "pending");
    s.shop.come_back();
    s.system.start_gateway();
    BOOST_TEST(outbox_becomes(s.system, before, "delivered", 150s));

    s.shop.behave([](delivery const&) { return hanging(); });
    auto const during = outbox_id(s.system, paid_number(s), "payment.succeeded");
    BOOST_TEST(eventually(10s, [&] { return s.shop.has_taken(during); }));
    s.system.kill_gateway();
    BOOST_TEST(outbox_cell(s.system, "state", during) == "pending");
    check_outbox(s.system);
    s.shop.behave_well();
    s.system.start_gateway();
    BOOST_TEST(outbox_becomes(s.system, during, "delivered", 150s));
    check_tries(s.shop, during, 2);
    BOOST_TEST(s.shop.deliveries().back().repeated);
    check_all_told(s);
    BOOST_TEST(s.shop.taken() == 2U, "each is taken in once");
}

// The answer is lost on its way, again and again.
BOOST_AUTO_TEST_CASE(answers_are_lost) {
    int n = 0;
    webhook_shops s;
    auto const number = fresh_number();
    s.shop.behave([&n](delivery const&) {
        constexpr conduct how[] = {conduct::reset, conduct::close, conduct::cut};
        return ++n <= 3 ? with_conduct(how[n - 1]) : with_status(200);
    });
    s.system.paid({{"out_trade_no", number}});
    auto const id = outbox_id(s.system, number, "payment.succeeded");
    BOOST_TEST(outbox_becomes(s.system, id, "delivered"));
    check_tries(s.shop, id, 4);
    BOOST_TEST(s.shop.about(number).size() == 1U);
    s.shop.behave_well();
    check_all_told(s);
}

// SIGTERM does not wait for a shop that hangs, and what was under way is told after the restart.
BOOST_AUTO_TEST_CASE(stopped_while_delivering) {
    webhook_shops s;
    s.shop.behave([](delivery const&) { return hanging(503); });
    for (int i = 0; i < 6; ++i)
        paid_number(s);
    BOOST_TEST(eventually(10s, [&] { return s.shop.under_way() >= 4; }));
    auto const begin = steady::now();
    auto const ended = s.system.stop_gateway();
    BOOST_TEST((ended && ended->code == 0));
    BOOST_TEST((steady::now() - begin < 10s), "the drain's five seconds, and some");
    check_outbox(s.system);
    s.shop.behave_well();
    s.shop.cut_connections();
    s.system.start_gateway();
    check_all_told(s, 150s);
    BOOST_TEST(s.shop.taken() == 6U);
}

BOOST_AUTO_TEST_CASE(killed_in_a_stream) {
    webhook_shops s;
    auto const& system = s.system;
    std::random_device seed;
    auto const seeded = seed();
    BOOST_TEST_MESSAGE("seed " << seeded);
    std::mt19937 random(seeded);
    std::uniform_int_distribution<int> moment(20, 400);
    s.shop.behave([dice = std::make_shared<std::mt19937>(seeded)](delivery const&) {
        auto const n = (*dice)() % 100;
        if (n < 10)
            return with_conduct(conduct::reset); // taken in, and not said
        if (n < 15)
            return with_conduct(conduct::close);
        if (n < 30)
            return with_status(500);
        auto a = with_status(204);
        a.delay = milliseconds(n % 20);
        return a;
    });
    std::atomic<bool> stopping{false};
    std::atomic<int> done{0};
    insisting until_done(stopping);
    {
        std::vector<std::jthread> customers;
        for (int i = 0; i < 3; ++i)
            customers.emplace_back([&] {
                while (!stopping) {
                    auto const order = system.order({{"total_fee", 100}});
                    auto const number = text_of(order, "out_trade_no");
                    json::value made;
                    auto const place = [&] {
                        auto r = system.with_key("shop").post("/v1/payments", order);
                        made = r.parsed();
                        return r;
                    };
                    if (!until_done(place))
                        return;
                    auto const said = notification_of(made, new_transaction_id());
                    auto const asked = system.refund_request(60);
                    if (until_done([&] { return system.notify(said); }) &&
                        until_done([&] { return system.refund(number, asked); }))
                        ++done;
                }
            });
        BOOST_TEST(eventually(20s, [&] { return done > 5; }));
        for (int i = 0; i < kills(); ++i) {
            std::this_thread::sleep_for(milliseconds(moment(random))); // the moment is what is random
            s.system.kill_gateway();
            check_outbox(system);
            auto const before = done.load();
            s.system.start_gateway();
            BOOST_TEST(eventually(20s, [&] { return done > before; }), "nothing after restart " << i);
        }
        stopping = true;
    }
    BOOST_TEST(until_done.strange() == "");
    s.shop.behave_well();
    auto const live = [&] {
        return system.store().number("SELECT count(*) FROM refunds WHERE refund_status <> 'SUCCESS'");
    };
    BOOST_TEST(eventually(90s, [&] { return live() == 0; }), live() << " refunds are not SUCCESS");
    check_all_told(s, 180s);
    auto const rows = system.store().rows("SELECT id FROM outbox");
    BOOST_TEST_MESSAGE(rows.size() << " events, " << s.shop.deliveries().size() << " deliveries");
    BOOST_TEST(s.shop.taken() == rows.size(), "every event, and nothing else");
    for (auto const& row : rows)
        check_tries(s.shop, row[0], 1);
    BOOST_TEST(system.anomalies() == 0);
}

// W11: they all come, and the shop is not run over.
BOOST_AUTO_TEST_CASE(many_are_due_at_the_start) {
    constexpr std::size_t many = 500;
    constexpr std::size_t buyers = 10;
    webhook_shops s(1);
    s.shop.go_away();
    together(buyers, [&](std::size_t) {
        for (std::size_t i = 0; i < many / buyers; ++i)
            paid_number(s);
    });
    auto const pending = [&] {
        return s.system.store().number("SELECT count(*) FROM outbox WHERE state = 'pending'");
    };
    BOOST_TEST(pending() == static_cast<std::int64_t>(many));
    auto const before = s.system.mark();
    BOOST_TEST_REQUIRE((s.system.stop_gateway().value_or(exit_status{}).code == 0));
    change_offline(s.system.dir().path("wxgate.db"), "UPDATE outbox SET due_at = 1 WHERE state = 'pending'");
    s.shop.come_back();
    s.shop.behave([](delivery const&) {
        auto a = with_status(204);
        a.delay = 5ms;
        return a;
    });
    s.system.start_gateway();
    auto const begin = steady::now();
    while (pending() != 0 && steady::now() - begin < 60s) { // payments go on meanwhile
        auto const one = steady::now();
        auto const number = paid_number(s, "plain");
        BOOST_TEST(eventually(2s, [&] { return !s.plain.about(number).empty(); }), "another shop waits");
        BOOST_TEST((steady::now() - one < 4s));
    }
    check_all_told(s);
    BOOST_TEST(s.shop.taken() == many);
    BOOST_TEST(s.shop.deliveries().size() == many, "each once");
    BOOST_TEST(s.shop.most_connections() <= 8U, "four of each worker");
    BOOST_TEST(s.system.leaks_since(before) == "");
}

BOOST_AUTO_TEST_SUITE_END()
