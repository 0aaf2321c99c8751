// The work on orders that are not paid: what is due, who has it, and that a look which was overtaken
// concludes nothing.
#include "told_fixture.hpp"

using namespace refund_test;

namespace {

constexpr milliseconds a_minute{60'000};

struct with_due_orders : with_audience {
    with_due_orders() {
        due("order-0002", now_ms() - 30);
        due("order-0003", now_ms() - 20);
    }

    void due(std::string n, std::optional<unix_ms> at) {
        auto o = new_order(std::move(n));
        o.due_at = at;
        BOOST_TEST_REQUIRE(run(orders_.create(o, why))->changed);
    }

    std::vector<std::string> claim(std::string by, std::int64_t most = 100, milliseconds lease = a_minute) {
        std::vector<std::string> numbers;
        for (auto const& o : *run(orders_.claim(std::move(by), lease, most)))
            numbers.push_back(o.out_trade_no);
        std::sort(numbers.begin(), numbers.end());
        return numbers;
    }

    std::optional<unix_ms> next() { return *run(orders_.next_due()); }

    order_look seen_by(std::string by, std::string n = "order-0002") {
        return {std::move(by), the_order(std::move(n)).version};
    }

    void postpone(order_look look, unix_ms due_at, std::int64_t tries, std::string n = "order-0002") {
        BOOST_TEST_REQUIRE(
            run(orders_.postpone(key_of_order(std::move(n)), std::move(look), due_at, tries)).has_value()
        );
    }
};

using numbers = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(orders_work)

BOOST_FIXTURE_TEST_CASE(what_is_due_is_one_looks_alone, with_due_orders) {
    due("order-0004", now_ms() + 3'600'000); // not yet
    due("order-0005", std::nullopt);         // never
    auto const taken = *run(orders_.claim("a", a_minute, 100));
    BOOST_TEST(taken.size() == 2U);
    for (auto const& o : taken) {
        BOOST_TEST(o.due_at.value() <= now_ms());
        BOOST_TEST(o.tries == 0);
        BOOST_TEST(o.version == 1, "a lease is no change");
    }
    BOOST_TEST(claim("b").empty());
    BOOST_TEST(claim("a").empty());
    run(orders_.forget_leases()); // as after kill -9
    BOOST_TEST((claim("b") == numbers{"order-0002", "order-0003"}));
    check_log("order-0002");
}

BOOST_FIXTURE_TEST_CASE(so_many_at_a_time_the_oldest_first, with_due_orders) {
    BOOST_TEST(claim("a", 0).empty());
    BOOST_TEST((claim("a", 1) == numbers{"order-0002"}));
    BOOST_TEST((claim("b", 1) == numbers{"order-0003"}));
    BOOST_TEST(claim("c", 1).empty());
}

BOOST_FIXTURE_TEST_CASE(a_lease_ends, with_due_orders) {
    BOOST_TEST(claim("a", 100, milliseconds(-1)).size() == 2U); // over already
    auto const seen = seen_by("a");
    BOOST_TEST((claim("b") == numbers{"order-0002", "order-0003"}));
    postpone(seen, now_ms() + 1000, 7);
    BOOST_TEST(the_order("order-0002").tries == 0, "its time was over");
    BOOST_TEST(claim("c").empty(), "and b has it still");
}

BOOST_FIXTURE_TEST_CASE(postponed, with_due_orders) {
    claim("a");
    auto const soon = now_ms() + 100'000;
    postpone(seen_by("a"), soon, 3);
    auto const o = the_order("order-0002");
    BOOST_TEST(o.due_at.value() == soon);
    BOOST_TEST(o.tries == 3);
    BOOST_TEST(o.version == 1, "no change, no event");
    check_log("order-0002");
    BOOST_TEST(next().value() == soon, "the other is somebody's");
    BOOST_TEST(claim("b").empty());
    // Given back: it may be taken when it is due.
    postpone(seen_by("a", "order-0003"), now_ms() - 1, 1, "order-0003");
    BOOST_TEST(next().value() < now_ms());
    BOOST_TEST((claim("b") == numbers{"order-0003"}));
    // … and it was given back for good.
    postpone(seen_by("a", "order-0003"), now_ms() - 1, 9, "order-0003");
    BOOST_TEST(the_order("order-0003").tries == 1);
    BOOST_TEST(claim("c").empty());
}

BOOST_FIXTURE_TEST_CASE(a_look_that_was_overtaken_is_void, with_due_orders) {
    claim("a");
    auto const seen = seen_by("a");
    auto const was_due = the_order("order-0002").due_at.value();
    BOOST_TEST(run(orders_.set_prepay(unseen(key_of_order("order-0002")), "wx1", why))->changed);
    postpone(seen, now_ms() + 100'000, 3);
    BOOST_TEST(the_order("order-0002").due_at.value() == was_due);
    BOOST_TEST(the_order("order-0002").tries == 0);
    // With what it sees now, it is good.
    auto const soon = now_ms() + 100'000;
    postpone(seen_by("a"), soon, 3);
    BOOST_TEST(the_order("order-0002").due_at.value() == soon);
}

BOOST_FIXTURE_TEST_CASE(another_owner_or_merchant_postpones_nothing, with_due_orders) {
    claim("a");
    auto const was_due = the_order("order-0002").due_at.value();
    postpone(seen_by("b"), now_ms() + 100'000, 3);
    postpone(seen_by(""), now_ms() + 100'000, 3);
    order_key const foreign{"other", "10000100", "order-0002"};
    run(orders_.postpone(foreign, seen_by("a"), now_ms() + 100'000, 3));
    BOOST_TEST(the_order("order-0002").due_at.value() == was_due);
    BOOST_TEST(claim("b").empty(), "nor gives it back");
}

BOOST_FIXTURE_TEST_CASE(what_has_ended_is_due_no_more, with_due_orders) {
    struct row {
        char const* number;
        trade_state to;
        bool due;
    };

    for (auto const& [n, to, stays] :
         {row{"order-1001", trade_state::NOTPAY, true},
          row{"order-1002", trade_state::USERPAYING, true},
          row{"order-1003", trade_state::PAYERROR, true},
          row{"order-1004", trade_state::CLOSED, false},
          row{"order-1005", trade_state::REVOKED, false}}) {
        due(n, now_ms() - 1);
        BOOST_TEST(move(n, to));
        BOOST_TEST(the_order(n).due_at.has_value() == stays, n);
    }
    due("order-1006", now_ms() - 1);
    BOOST_TEST(pay("order-1006"));
    BOOST_TEST(!the_order("order-1006").due_at.has_value());
    due("order-1007", now_ms() - 1);
    BOOST_TEST(pay("order-1007", trade_state::REFUND));
    BOOST_TEST(!the_order("order-1007").due_at.has_value());
    due("order-1008", now_ms() - 1);
    BOOST_TEST(move("order-1008", trade_state::CLOSED));
    BOOST_TEST(pay("order-1008")); // late
    BOOST_TEST(!the_order("order-1008").due_at.has_value());
    numbers const open{"order-0002", "order-0003", "order-1001", "order-1002", "order-1003"};
    BOOST_TEST((claim("a") == open));
}

// Somebody else ends the order while a look is under way: the look does not make it due again.
BOOST_FIXTURE_TEST_CASE(an_end_during_a_look, with_due_orders) {
    claim("a");
    auto const seen = seen_by("a");
    BOOST_TEST(pay("order-0002"));
    postpone(seen, now_ms(), 1);
    postpone(seen_by("a"), now_ms(), 1); // not even with what is there now
    BOOST_TEST(!the_order("order-0002").due_at.has_value());
    BOOST_TEST(move("order-0003", trade_state::CLOSED));
    postpone(seen_by("a", "order-0003"), now_ms(), 1, "order-0003");
    BOOST_TEST(!the_order("order-0003").due_at.has_value());
    BOOST_TEST(claim("b").empty());
    BOOST_TEST(!next().has_value());
}

// The customer of an order that nobody had opened: from then on it is looked at.
BOOST_FIXTURE_TEST_CASE(due_when_its_customer_is_known, with_due_orders) {
    claim("a");
    auto o = new_order("order-0004");
    o.openid.clear();
    o.due_at = now_ms() + 3'600'000; // its end
    BOOST_TEST_REQUIRE(run(orders_.create(o, why))->changed);
    auto const key = key_of_order("order-0004");
    auto const soon = now_ms() + 10'000;
    BOOST_TEST(run(orders_.set_openid(key, "oFirst", soon, why))->changed);
    BOOST_TEST(the_order("order-0004").due_at.value() == soon);
    BOOST_TEST(!run(orders_.set_openid(key, "oSecond", soon + 1, why))->changed);
    BOOST_TEST(the_order("order-0004").due_at.value() == soon);
    BOOST_TEST(next().value() == soon);
}

BOOST_FIXTURE_TEST_CASE(when_the_next_is_due, with_due_orders) {
    BOOST_TEST(next().value() == the_order("order-0002").due_at.value());
    claim("a", 1);
    BOOST_TEST(next().value() == the_order("order-0003").due_at.value());
    claim("b", 1);
    BOOST_TEST(!next().has_value(), "somebody has them all");
}

BOOST_AUTO_TEST_SUITE_END()
