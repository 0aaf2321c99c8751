// Done-when 5: kill -9 of the gateway at random moments of a loop of payments, and a restart on the same
// store. What WeChat was told is recorded; in the end everything paid is. WXGATE_KILLS says how often (10;
// 100 for the full run).
#include "fixture.hpp"

#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>

using namespace wxgate::test;

namespace {

int kills() {
    auto const* text = std::getenv("WXGATE_KILLS");
    return text ? std::atoi(text) : 10;
}

// Shops that never stop: each order is repeated until it is answered, then paid, then the next.
class shops {
public:
    explicit shops(system_under_test& system) : system_(system) {
        for (int i = 0; i < 4; ++i)
            threads_.emplace_back([this] { trade(); });
    }

    ~shops() { stop(); }

    void stop() {
        stopping_ = true;
        threads_.clear();
    }

    /// Numbers whose creation was acknowledged, and how many payments went through.
    std::vector<std::string> acknowledged() const {
        std::lock_guard const lock(guard_);
        return numbers_;
    }

    std::string strange() const {
        std::lock_guard const lock(guard_);
        return strange_;
    }

    std::atomic<int> paid{0};

private:
    void trade() {
        while (!stopping_) {
            auto const order = system_.order();
            json::value created;
            while (!stopping_ && created.is_null())
                created = place(order);
            if (created.is_object() && system_.pay(created).status == 200)
                ++paid;
        }
    }

    // The payment, or null when the gateway is away or does not know.
    json::value place(json::object const& order) {
        try {
            auto const r = system_.with_key("shop").post("/v1/payments", order);
            if (r.status == 200 || r.status == 201) {
                std::lock_guard const lock(guard_);
                numbers_.push_back(text_of(order, "out_trade_no"));
                return r.parsed();
            }
            if (r.status != 0 && r.status != 409 && r.status != 503 && r.status != 504) {
                std::lock_guard const lock(guard_);
                strange_ = r.describe();
            }
        } catch (std::runtime_error const&) { // nobody listens
        }
        std::this_thread::sleep_for(10ms);
        return {};
    }

    system_under_test& system_;
    std::atomic<bool> stopping_{false};
    mutable std::mutex guard_;
    std::vector<std::string> numbers_;
    std::string strange_;
    std::vector<std::jthread> threads_;
};

std::map<std::string, std::string> states(system_under_test const& system) {
    std::map<std::string, std::string> all;
    for (auto const& row : system.store().rows("SELECT out_trade_no, trade_state FROM orders"))
        all[row[0]] = row[1];
    return all;
}

// Orders of the sandbox's ledger that were acknowledged but are not SUCCESS in the store.
std::vector<std::string> lost(system_under_test const& system) {
    auto const told = member(system.control().get("/control/ledger").parsed(), "notifications");
    auto const known = states(system);
    std::vector<std::string> missing;
    if (told.is_array())
        for (auto const& each : told.as_array()) {
            auto const number = text_of(each, "out_trade_no");
            auto const found = known.find(number);
            if (member(each, "acknowledged") == json::value(true) &&
                (found == known.end() || found->second != "SUCCESS"))
                missing.push_back(number);
        }
    return missing;
}

std::vector<std::string> paid_there_not_here(system_under_test const& system) {
    auto const orders = member(system.control().get("/control/ledger").parsed(), "orders");
    auto const known = states(system);
    std::vector<std::string> missing;
    if (orders.is_array())
        for (auto const& each : orders.as_array()) {
            auto const found = known.find(text_of(each, "out_trade_no"));
            if (text_of(each, "trade_state") == "SUCCESS" &&
                (found == known.end() || found->second != "SUCCESS"))
                missing.push_back(text_of(each, "out_trade_no"));
        }
    return missing;
}

} // namespace

BOOST_AUTO_TEST_SUITE(crash)

BOOST_AUTO_TEST_CASE(killed_in_a_loop_of_payments) {
    system_options options;
    options.time_scale = 60;
    system_under_test system(options);
    std::random_device seed;
    auto const seeded = seed();
    BOOST_TEST_MESSAGE("seed " << seeded);
    std::mt19937 random(seeded);
    std::uniform_int_distribution<int> moment(30, 500);
    {
        shops trading(system);
        BOOST_TEST_REQUIRE(eventually(20s, [&] { return trading.paid > 5; }));
        for (int i = 0; i < kills(); ++i) {
            std::this_thread::sleep_for(milliseconds(moment(random))); // the moment is what is random
            system.kill_gateway();
            auto const missing = lost(system);
            BOOST_TEST_CONTEXT("kill " << i)
            BOOST_TEST_REQUIRE(missing == std::vector<std::string>(), boost::test_tools::per_element());
            auto const before = trading.paid.load();
            system.start_gateway();
            BOOST_TEST_REQUIRE(
                eventually(20s, [&] { return trading.paid > before; }), "no payment after restart " << i
            );
        }
        trading.stop();
        BOOST_TEST(trading.strange() == "");
        auto const known = states(system);
        for (auto const& number : trading.acknowledged())
            BOOST_TEST(known.contains(number), number << " was answered and is gone");
        BOOST_TEST_MESSAGE(trading.paid << " payments, " << kills() << " kills");
    }
    // WeChat comes again until it is heard.
    BOOST_TEST(
        eventually(90s, [&] { return paid_there_not_here(system).empty(); }),
        paid_there_not_here(system).size() << " paid and not SUCCESS"
    );
    BOOST_TEST(lost(system).empty());

    auto const db = system.store();
    BOOST_TEST(db.integrity() == "ok");
    // Every change has its event, and no event is without its change.
    BOOST_TEST(
        db.number("SELECT count(*) FROM orders o WHERE o.version <> (SELECT count(*) FROM events e WHERE "
                  "e.mch_id = o.mch_id "
                  "AND e.out_trade_no = o.out_trade_no)") == 0
    );
    BOOST_TEST(
        db.number("SELECT count(*) FROM orders o WHERE o.trade_state <> (SELECT e.trade_state FROM events e "
                  "WHERE e.mch_id = o.mch_id "
                  "AND e.out_trade_no = o.out_trade_no ORDER BY e.version DESC LIMIT 1)") == 0
    );
    BOOST_TEST(
        db.number("SELECT count(*) FROM (SELECT 1 FROM events WHERE trade_state = 'SUCCESS' AND "
                  "previous_state <> 'SUCCESS' "
                  "GROUP BY out_trade_no HAVING count(*) > 1) AS twice") == 0
    );
    BOOST_TEST(system.anomalies() == 0);
    // The money agrees.
    auto const orders = member(system.control().get("/control/ledger").parsed(), "orders");
    BOOST_TEST_REQUIRE(orders.is_array());
    std::int64_t paid = 0;
    for (auto const& each : orders.as_array())
        if (text_of(each, "trade_state") == "SUCCESS")
            paid += number_of(each, "total_fee");
    BOOST_TEST(paid == db.number("SELECT sum(total_fee) FROM orders WHERE trade_state = 'SUCCESS'"));
    BOOST_TEST(system.leaked() == "");
}

// P2, P9: killed while WeChat is asked. The order is there after the restart, and the same request completes
// it.
BOOST_AUTO_TEST_CASE(killed_while_wechat_is_asked) {
    system_options options;
    options.upstream = against::stand_in;
    system_under_test system(options);
    auto& wechat = system.upstream();
    for (bool const keyed : {false, true}) {
        auto const order = keyed ? system.order({{"out_trade_no", nullptr}}) : system.order();
        header_list const key = {{"Idempotency-Key", "killed-" + random_hex(16)}};
        wechat.forget();
        wechat.behave([&](call const& c) {
            auto a = wechat.well_behaved(c);
            a.how = c.path == "/pay/unifiedorder" ? manner::hang : manner::answer;
            return a;
        });
        reply first;
        {
            std::jthread const asking([&] {
                first = system.with_key("shop").post("/v1/payments", order, keyed ? key : header_list{});
            });
            BOOST_TEST(eventually(10s, [&] { return !wechat.calls("/pay/unifiedorder").empty(); }));
            system.kill_gateway();
        }
        BOOST_TEST(first.status == 0U);
        auto const number = value_of(wechat.calls("/pay/unifiedorder").front().fields, "out_trade_no");
        BOOST_TEST(states(system).at(number) == "CREATED", "recorded before it was asked");
        wechat.behave([&](call const& c) { return wechat.well_behaved(c); });
        system.start_gateway();
        BOOST_TEST(system.state(number) == "CREATED");
        reply again;
        // The key may be held until the dead request's time is over.
        BOOST_TEST(
            eventually(
                40s,
                [&] {
                    again = system.with_key("shop").post("/v1/payments", order, keyed ? key : header_list{});
                    return again.status == 200 || again.status == 201;
                }
            ),
            again.describe()
        );
        BOOST_TEST(text_of(again.parsed(), "out_trade_no") == number);
        for (auto const& c : wechat.calls("/pay/unifiedorder"))
            BOOST_TEST(value_of(c.fields, "out_trade_no") == number);
    }
    BOOST_TEST(system.store().integrity() == "ok");
}

BOOST_AUTO_TEST_SUITE_END()
