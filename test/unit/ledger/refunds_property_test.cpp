// Random work on refunds, by many at once, against what must always hold.
#include "refunds_fixture.hpp"

#include <boost/asio/this_coro.hpp>

#include <atomic>
#include <map>
#include <random>
#include <thread>

using namespace refund_test;
using status = refund_status;

namespace {

// Everything that must hold of a store, whatever was done to it.
void check_invariants(ledger_fixture& f) {
    BOOST_TEST(
        f.count(
            "SELECT COUNT(*) FROM orders AS o WHERE refund_reserved <> (SELECT COALESCE(SUM(refund_fee), 0) "
            "FROM refunds AS r WHERE r.mch_id = o.mch_id AND r.out_trade_no = o.out_trade_no AND "
            "r.refund_status NOT IN ('REJECTED', 'FAILED', 'REFUNDCLOSE'))"
        ) == 0
    );
    BOOST_TEST(
        f.count("SELECT COUNT(*) FROM orders AS o WHERE refunded_fee <> (SELECT COALESCE(SUM(refund_fee), 0) "
                "FROM refunds AS r WHERE r.mch_id = o.mch_id AND r.out_trade_no = o.out_trade_no AND "
                "r.refund_status = 'SUCCESS')") == 0
    );
    BOOST_TEST(f.count("SELECT COUNT(*) FROM orders WHERE refund_reserved > total_fee") == 0);
    // One event a version, without a gap, and the last of them is where the rows are.
    BOOST_TEST(
        f.count("SELECT COUNT(*) FROM orders AS o WHERE version <> (SELECT COUNT(*) FROM events AS e WHERE "
                "e.mch_id = o.mch_id AND e.out_trade_no = o.out_trade_no)") == 0
    );
    BOOST_TEST(
        f.count(
            "SELECT COUNT(*) FROM refunds AS r WHERE refund_status <> (SELECT e.refund_status FROM events "
            "AS e WHERE e.mch_id = r.mch_id AND e.out_refund_no = r.out_refund_no ORDER BY version DESC "
            "LIMIT 1)"
        ) == 0
    );
    BOOST_TEST(
        f.count("SELECT COUNT(*) FROM refunds AS r WHERE version <> (SELECT COUNT(*) FROM events AS e WHERE "
                "e.mch_id = r.mch_id AND e.out_refund_no = r.out_refund_no)") == 0
    );
}

// Boost.Test's checks are for one thread: what goes wrong is counted.
std::atomic<int> not_taken{0};

awaitable<void> ask_for_many(store::store& s, unsigned seed, int requests) {
    refunds all(s, {}, nobody);
    std::mt19937 random(seed);
    for (int i = 0; i < requests; ++i) {
        std::string const of = "order-000" + std::to_string(random() % 5 + 1);
        auto const fee = static_cast<std::int64_t>(random() % 40 + 1);
        auto const n = "R" + std::to_string(seed) + '-' + std::to_string(i);
        auto const made = co_await all.create(new_refund(n, fee, of), random() % 2 == 0, why);
        not_taken += made ? 0 : 1;
        if (!made || !made->changed)
            continue;
        auto const to = std::array{status::REJECTED, status::SUCCESS, status::REFUNDCLOSE}[random() % 3];
        if (random() % 2 == 0)
            co_await all.decide(key_of_refund(n), status::REJECTED, "alice", "", why);
        refund_step step;
        step.to = to;
        if (to != status::REJECTED)
            co_await all.adopt(key_of_refund(n), step, why);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(refunds_property_test)

BOOST_FIXTURE_TEST_CASE(thirty_two_at_once_never_refund_too_much, with_paid_order) {
    for (int i = 2; i <= 5; ++i)
        make_paid("order-000" + std::to_string(i), now_ms());
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            boost::asio::io_context mine{1};
            for (unsigned c = 0; c < 8; ++c)
                boost::asio::co_spawn(mine, ask_for_many(*db, t * 8 + c, 200), report("ask for many"));
            mine.run();
        });
    for (auto& t : threads)
        t.join();
    BOOST_TEST(not_taken == 0);
    check_invariants(*this);
    BOOST_TEST(count("SELECT COUNT(*) FROM refunds") > 50);
}

// One at a time, every operation in every state, with the sums kept beside in a model.
BOOST_FIXTURE_TEST_CASE(random_sequences_agree_with_a_model, with_paid_order) {
    std::mt19937 random(7);
    std::map<std::string, std::pair<std::int64_t, status>> model;
    auto const live = [&] {
        std::int64_t sum = 0;
        for (auto const& [n, r] : model)
            sum += releases(r.second) ? 0 : r.first;
        return sum;
    };
    for (int i = 0; i < 600; ++i) {
        std::string const n = "R" + std::to_string(random() % 40);
        auto const known = model.find(n);
        if (random() % 3 == 0) {
            auto const fee = static_cast<std::int64_t>(random() % 60 + 1);
            bool const expected = known == model.end() && live() + fee <= 100;
            BOOST_TEST_REQUIRE(make(n, fee) == expected);
            if (expected)
                model[n] = {fee, status::REQUESTED};
            continue;
        }
        auto const to = all_refund_statuses[random() % all_refund_statuses.size()];
        bool const legal = known != model.end() && may_move(known->second.second, to);
        bool moved = false;
        if (to == status::APPROVED || to == status::REJECTED) {
            moved = run(all.decide(key_of_refund(n), to, "alice", "", why))->changed;
        } else if (to == status::REQUESTED) {
            run(all.forget_leases());
            run(all.claim(owner, 100));
            moved = run(all.expire(key_of_refund(n), owner, why))->changed;
        } else {
            run(all.forget_leases());
            run(all.claim(owner, 100));
            moved = record(n, to, owner);
        }
        BOOST_TEST_REQUIRE(moved == legal);
        if (legal)
            known->second.second = to;
        BOOST_TEST_REQUIRE(the_order().refund_reserved.count() == live());
    }
    check_invariants(*this);
}

BOOST_AUTO_TEST_SUITE_END()
