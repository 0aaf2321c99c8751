// Done-when 4: many at once.
#include "fixture.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <set>

using namespace wxgate::test;

namespace {

// What a crowd of requests was answered.
class tally {
public:
    void add(reply const& r) {
        std::lock_guard const lock(guard_);
        ++statuses[r.status];
        replies.push_back(r);
    }

    std::set<std::string> distinct(std::string_view name) const {
        std::set<std::string> all;
        for (auto const& r : replies)
            all.insert(text_of(r.parsed(), name));
        return all;
    }

    std::string describe() const {
        std::string text;
        for (auto const& [status, n] : statuses)
            text += std::to_string(status) + " × " + std::to_string(n) + "  ";
        return text;
    }

    std::map<unsigned, int> statuses;
    std::vector<reply> replies;

private:
    std::mutex guard_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(concurrency)

// P12
BOOST_AUTO_TEST_CASE(two_hundred_identical_payments) {
    for (auto* system : {&the_system(), &scripted_system()}) {
        auto const slow = system == &scripted_system();
        if (slow)
            system->upstream().behave([&w = system->upstream()](call const& c) {
                auto a = w.well_behaved(c);
                a.delay = 300ms;
                return a;
            });
        auto const order = system->order();
        auto const number = text_of(order, "out_trade_no");
        tally t;
        together(200, [&](std::size_t) { t.add(system->with_key("shop").post("/v1/payments", order)); });
        BOOST_TEST_CONTEXT(t.describe() << t.replies.front().describe()) {
            BOOST_TEST(t.statuses[200] + t.statuses[201] == 200);
            BOOST_TEST(t.statuses[201] == 1);
            BOOST_TEST(t.distinct("prepay_id").size() == 1U);
            BOOST_TEST(t.distinct("client_secret").size() == 1U);
            BOOST_TEST(t.distinct("out_trade_no").size() == 1U);
        }
        auto const asked = slow ? system->upstream().count("/pay/unifiedorder", number)
                                : system->sandbox_received("unifiedorder", number);
        BOOST_TEST(asked == 1U);
        BOOST_TEST(
            system->store().number("SELECT count(*) FROM orders WHERE out_trade_no = '" + number + "'") == 1
        );
        BOOST_TEST(
            system->store().number(
                "SELECT count(*) FROM events WHERE out_trade_no = '" + number + "' AND type = 'PREPAY'"
            ) == 1
        );
        for (auto const& r : t.replies)
            BOOST_TEST(verifies(member(r.parsed(), "request_payment"), system->merchant("shop").key));
        if (slow)
            system->upstream().behave([&w = system->upstream()](call const& c) { return w.well_behaved(c); });
    }
}

BOOST_AUTO_TEST_CASE(one_number_many_bodies) {
    auto& system = the_system();
    auto const order = system.order();
    tally t;
    together(50, [&](std::size_t i) {
        auto const changed = with(order, {{"total_fee", 1000 + static_cast<std::int64_t>(i % 5)}});
        t.add(system.with_key("shop").post("/v1/payments", changed));
    });
    BOOST_TEST_CONTEXT(t.describe()) {
        BOOST_TEST(t.statuses[201] == 1);
        BOOST_TEST(t.statuses[200] == 9);
        BOOST_TEST(t.statuses[409] == 40);
    }
    BOOST_TEST(system.sandbox_received("unifiedorder", text_of(order, "out_trade_no")) == 1U);
}

BOOST_AUTO_TEST_CASE(one_idempotency_key_many_times) {
    scripted const s;
    s.wechat.behave([&](call const& c) {
        auto a = s.wechat.well_behaved(c);
        a.delay = 200ms;
        return a;
    });
    header_list const key = {{"Idempotency-Key", "crowd-" + random_hex(16)}};
    auto const order = s.system.order({{"out_trade_no", nullptr}});
    tally t;
    together(50, [&](std::size_t) { t.add(s.system.with_key("shop").post("/v1/payments", order, key)); });
    BOOST_TEST_CONTEXT(t.describe()) {
        BOOST_TEST(t.statuses[201] == 1);
        BOOST_TEST(t.statuses[200] + t.statuses[201] + t.statuses[409] == 50);
    }
    for (auto const& r : t.replies)
        if (r.status == 409)
            check_problem(r, 409, "in_progress");
    BOOST_TEST(s.wechat.calls("/pay/unifiedorder").size() == 1U);
}

// N10
BOOST_AUTO_TEST_CASE(sixteen_copies_of_a_notification) {
    auto& system = the_system();
    auto const& shop = system.merchant("shop");
    for (int round = 0; round < 10; ++round) {
        auto const payment = system.create();
        auto const number = text_of(payment, "out_trade_no");
        auto const document =
            to_xml(signed_with(notification_of(payment, new_transaction_id()), shop.sign_type, shop.key));
        tally t;
        together(16, [&](std::size_t) { t.add(system.notify_text(document)); });
        BOOST_TEST(t.statuses[200] == 16, t.describe());
        for (auto const& r : t.replies)
            check_accepted(r);
        BOOST_TEST(system.events(number, "SUCCESS") == 1);
        BOOST_TEST(
            system.store().number(
                "SELECT count(*) FROM events WHERE out_trade_no = '" + number +
                "' AND trade_state = 'SUCCESS'"
            ) == 1
        );
        BOOST_TEST(system.state(number) == "SUCCESS");
    }
    BOOST_TEST(system.anomalies() == 0);
}

// Two transactions for one order at the same instant: one is believed, the other is somebody's to settle.
BOOST_AUTO_TEST_CASE(two_transactions_at_once) {
    auto& system = the_system();
    for (int round = 0; round < 5; ++round) {
        auto const payment = system.create();
        auto const number = text_of(payment, "out_trade_no");
        auto const before = system.anomalies();
        together(16, [&, a = new_transaction_id(), b = new_transaction_id()](std::size_t i) {
            system.notify(notification_of(payment, i % 2 ? a : b));
        });
        BOOST_TEST(system.events(number, "SUCCESS") == 1);
        BOOST_TEST(system.anomalies() == before + 1);
    }
}

BOOST_AUTO_TEST_CASE(close_against_notification) {
    auto& system = the_system();
    for (int round = 0; round < 10; ++round) {
        auto const payment = system.create();
        auto const number = text_of(payment, "out_trade_no");
        auto const said = notification_of(payment, new_transaction_id());
        together(2, [&](std::size_t i) {
            if (i == 0)
                check_accepted(system.notify(said));
            else
                system.with_key("shop").post_text("/v1/payments/" + number + "/close");
        });
        // Whoever was first, the money is not lost.
        auto const now = system.payment(number);
        BOOST_TEST(text_of(now, "transaction_id") == value_of(said, "transaction_id"));
        BOOST_TEST(text_of(now, "trade_state") != "NOTPAY");
    }
}

// ?sync=1 of many is one question.
BOOST_AUTO_TEST_CASE(single_flight_of_sync) {
    scripted const s;
    auto const payment = s.system.create();
    auto const number = text_of(payment, "out_trade_no");
    s.wechat.behave([&](call const& c) {
        auto a = s.wechat.well_behaved(c);
        a.delay = 300ms;
        return a;
    });
    tally t;
    together(50, [&](std::size_t) {
        t.add(s.system.with_key("shop").get("/v1/payments/" + number + "?sync=1"));
    });
    BOOST_TEST(t.statuses[200] == 50, t.describe());
    auto const asked = s.wechat.count("/pay/orderquery", number);
    BOOST_TEST(asked >= 1U);
    BOOST_TEST(asked <= 4U, asked << " questions for one order at once"); // at most one a worker, twice
}

// P16: WeChat hangs; what waits is bounded, and everybody else is served.
BOOST_AUTO_TEST_CASE(others_are_served_while_wechat_hangs) {
    scripted const s;
    auto const payment = s.system.create();
    s.wechat.behave([&](call const& c) {
        auto a = s.wechat.well_behaved(c);
        a.how = manner::hang;
        return a;
    });
    auto const before = s.system.gateway().rss_bytes();
    std::atomic<int> answered{0};
    tally t;
    {
        std::jthread const crowd([&] {
            together(150, [&](std::size_t) {
                t.add(s.system.with_key("shop").post("/v1/payments", s.system.order()));
                ++answered;
            });
        });
        BOOST_TEST(eventually(5s, [&] { return !s.wechat.calls("/pay/unifiedorder").empty(); }));
        for (int i = 0; i < 10; ++i) {
            auto const begin = steady::now();
            BOOST_TEST(
                s.system.with_key("shop").get("/v1/payments/" + text_of(payment, "out_trade_no")).status ==
                200U
            );
            BOOST_TEST((steady::now() - begin < 3000ms));
        }
        check_accepted(s.system.notify(notification_of(payment, new_transaction_id())));
        BOOST_TEST(answered.load() < 150, "the crowd still waits");
    }
    for (auto const& r : t.replies) {
        BOOST_TEST(one_of(r.status, {503, 504}), r.describe());
        if (r.status == 503)
            BOOST_TEST(!r.header("Retry-After").empty());
    }
    BOOST_TEST((!memory_is_measured || s.system.gateway().rss_bytes() < before + (std::size_t{48} << 20U)));
}

// A mixed crowd: afterwards sandbox, store and answers agree on the money.
BOOST_AUTO_TEST_CASE(crowd_of_payments) {
    auto& system = the_system();
    std::mutex guard;
    std::vector<std::string> numbers;
    together(24, [&](std::size_t) {
        auto const shop = system.with_key("shop", true);
        for (int i = 0; i < 6; ++i) {
            auto const created = shop.post("/v1/payments", system.order());
            BOOST_TEST(created.status == 201U, created.describe());
            BOOST_TEST(system.pay(created.parsed()).status == 200U);
            std::lock_guard const lock(guard);
            numbers.push_back(text_of(created.parsed(), "out_trade_no"));
        }
    });
    BOOST_TEST(eventually(30s, [&] {
        return system.store().number(
                   "SELECT count(*) FROM orders WHERE trade_state = 'NOTPAY' AND body = '测试商店-短袖'"
               ) == 0 ||
               std::all_of(numbers.begin(), numbers.end(), [&](auto const& n) {
                   return system.state(n) == "SUCCESS";
               });
    }));
    for (auto const& number : numbers)
        BOOST_TEST(system.state(number) == "SUCCESS");
    BOOST_TEST(system.store().integrity() == "ok");
}

BOOST_AUTO_TEST_CASE(no_secret_leaves) {
    BOOST_TEST(the_system().leaked() == "");
    BOOST_TEST(scripted_system().leaked() == "");
    BOOST_TEST(scripted_system().upstream().badly_signed() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
