// The work of delivering: what is due, who has it, how it ended, and what operators see and do of it.
#include "told_fixture.hpp"

using namespace refund_test;
using state = webhook_state;

namespace {

constexpr milliseconds a_minute{60'000};

// Three messages to `shop`, and one to `other`, which has an mch_id of its own.
struct with_messages : with_audience {
    with_messages() {
        shop.set({"shop", "other"});
        for (auto const* n : {"order-0002", "order-0003", "order-0004"})
            create_paid(n);
        auto theirs = new_order("order-0005");
        theirs.merchant = "other";
        theirs.mch_id = "10000200";
        BOOST_TEST_REQUIRE(run(orders_.create(theirs, why))->changed);
        order_key const key{"other", "10000200", "order-0005"};
        BOOST_TEST_REQUIRE(run(orders_.pay(key, payment_of("order-0005"), why))->changed);
    }

    std::vector<webhook>
    claim(std::string merchant, std::string by, std::int64_t most = 100, milliseconds lease = a_minute) {
        return *run(outbox_.claim(std::move(merchant), std::move(by), lease, most));
    }

    std::optional<unix_ms> next(std::vector<std::string> merchants) {
        return *run(outbox_.next_due(std::move(merchants)));
    }

    void ended(std::string const& id, std::string by, webhook_try t) {
        t.id = id;
        t.owner = std::move(by);
        BOOST_TEST_REQUIRE(run(outbox_.record({t})).has_value());
    }

    void
    later(std::string const& id, std::string by, unix_ms due_at, std::optional<std::int64_t> http = 500) {
        webhook_try t;
        t.due_at = due_at;
        t.status = http;
        t.error = http ? "HTTP " + std::to_string(*http) : "timed out";
        ended(id, std::move(by), std::move(t));
    }

    void finished(std::string const& id, std::string by, state s, std::int64_t http) {
        webhook_try t;
        t.state = s;
        t.status = http;
        t.error = s == state::delivered ? "" : "HTTP " + std::to_string(http);
        ended(id, std::move(by), std::move(t));
    }

    webhook now_is(std::string const& id) {
        for (auto const& w : messages())
            if (w.id == id)
                return w;
        BOOST_TEST_REQUIRE(false, "no message " << id);
        return {};
    }

    std::vector<std::string> listed(webhook_filter f) {
        std::vector<std::string> ids;
        for (auto const& w : *run(outbox_.list(std::move(f))))
            ids.push_back(w.id);
        return ids;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(outbox_work_test)

BOOST_AUTO_TEST_CASE(the_names_of_the_states) {
    for (auto const s : {state::pending, state::delivered, state::failed})
        BOOST_TEST((parse_webhook_state(to_string(s)) == s));
    BOOST_TEST(to_string(state::failed) == "failed");
    for (auto const* none : {"", "Pending", "dead", "pending "})
        BOOST_TEST(!parse_webhook_state(none).has_value(), none);
}

BOOST_FIXTURE_TEST_CASE(a_merchants_own_one_owners_alone, with_messages) {
    auto const first = claim("shop", "a");
    BOOST_TEST(first.size() == 3U);
    for (auto const& w : first) {
        BOOST_TEST(w.merchant == "shop");
        BOOST_TEST(w.type == "payment.succeeded");
        BOOST_TEST(w.attempts == 0);
        BOOST_TEST((w.state == state::pending));
    }
    BOOST_TEST(claim("shop", "b").empty(), "somebody has them");
    BOOST_TEST(claim("shop", "a").empty(), "not even who has them, twice");
    BOOST_TEST(claim("other", "b").size() == 1U);
    BOOST_TEST(claim("nobody", "b").empty());
}

BOOST_FIXTURE_TEST_CASE(so_many_at_a_time, with_messages) {
    BOOST_TEST(claim("shop", "a", 0).empty());
    BOOST_TEST(claim("shop", "a", 2).size() == 2U);
    BOOST_TEST(claim("shop", "b", 2).size() == 1U);
    BOOST_TEST(claim("shop", "c", 2).empty());
}

// The oldest first.
BOOST_FIXTURE_TEST_CASE(in_the_order_in_which_they_are_due, with_messages) {
    auto all_of_them = claim("shop", "a");
    BOOST_TEST_REQUIRE(all_of_them.size() == 3U);
    auto const past = now_ms() - 1'000'000;
    later(all_of_them[0].id, "a", past + 2);
    later(all_of_them[1].id, "a", past + 3);
    later(all_of_them[2].id, "a", past + 1);
    BOOST_TEST(claim("shop", "b", 1).front().id == all_of_them[2].id);
    BOOST_TEST(claim("shop", "c", 1).front().id == all_of_them[0].id);
    BOOST_TEST(claim("shop", "d", 1).front().id == all_of_them[1].id);
}

BOOST_FIXTURE_TEST_CASE(a_lease_ends, with_messages) {
    BOOST_TEST(claim("shop", "a", 1, milliseconds(-1)).size() == 1U); // over already
    auto const id = claim("shop", "b").front().id;
    BOOST_TEST(claim("shop", "c").empty(), "b has them all");
    // The time of `a` is over: what it says is void.
    finished(id, "a", state::delivered, 200);
    BOOST_TEST((now_is(id).state == state::pending));
    BOOST_TEST(now_is(id).attempts == 0);
    run(outbox_.forget_leases()); // as after kill -9
    BOOST_TEST(claim("shop", "c").size() == 3U);
    finished(id, "b", state::delivered, 200);
    BOOST_TEST((now_is(id).state == state::pending));
    finished(id, "c", state::delivered, 200);
    BOOST_TEST((now_is(id).state == state::delivered));
}

BOOST_FIXTURE_TEST_CASE(a_try_that_failed, with_messages) {
    auto const id = claim("shop", "a", 1).front().id;
    auto const soon = now_ms() + 5000;
    later(id, "a", soon, 503);
    auto const w = now_is(id);
    BOOST_TEST((w.state == state::pending));
    BOOST_TEST(w.attempts == 1);
    BOOST_TEST(w.due_at.value() == soon);
    BOOST_TEST(w.last_status.value() == 503);
    BOOST_TEST(w.last_error == "HTTP 503");
    BOOST_TEST(!w.delivered_at.has_value());
    BOOST_TEST(claim("shop", "b").size() == 2U, "it waits");
    // Without an answer there is no status, and the one before is not left standing.
    run(outbox_.redeliver(id));
    BOOST_TEST_REQUIRE(claim("shop", "c").size() == 1U);
    later(id, "c", soon, std::nullopt);
    BOOST_TEST(!now_is(id).last_status.has_value());
    BOOST_TEST(now_is(id).last_error == "timed out");
}

// Due again, it is anybody's.
BOOST_FIXTURE_TEST_CASE(a_try_gives_the_lease_back, with_messages) {
    auto const id = claim("shop", "a", 1).front().id;
    claim("shop", "x"); // the others
    later(id, "a", now_ms() - 1);
    auto const again = claim("shop", "b");
    BOOST_TEST_REQUIRE(again.size() == 1U);
    BOOST_TEST(again.front().id == id);
    BOOST_TEST(again.front().attempts == 1);
    BOOST_TEST(again.front().last_error == "HTTP 500");
}

BOOST_FIXTURE_TEST_CASE(delivered_is_over, with_messages) {
    auto const began = now_ms();
    auto const id = claim("shop", "a", 1).front().id;
    finished(id, "a", state::delivered, 204);
    auto const w = now_is(id);
    BOOST_TEST((w.state == state::delivered));
    BOOST_TEST(w.attempts == 1);
    BOOST_TEST(w.last_status.value() == 204);
    BOOST_TEST(w.last_error == "");
    BOOST_TEST(!w.due_at.has_value());
    BOOST_TEST(w.delivered_at.value() >= began);
    later(id, "a", now_ms()); // too late to fail
    BOOST_TEST((now_is(id).state == state::delivered));
    BOOST_TEST(now_is(id).attempts == 1);
    BOOST_TEST(claim("shop", "b").size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(failed_is_kept, with_messages) {
    auto const id = claim("shop", "a", 1).front().id;
    finished(id, "a", state::failed, 410);
    auto const w = now_is(id);
    BOOST_TEST((w.state == state::failed));
    BOOST_TEST(!w.due_at.has_value());
    BOOST_TEST(!w.delivered_at.has_value());
    BOOST_TEST(w.last_error == "HTTP 410");
    BOOST_TEST(claim("shop", "b").size() == 2U);
    store::batch b;
    b.push_back({"DELETE FROM outbox", {}});
    auto const gone = run(db->write(std::move(b)));
    BOOST_TEST_REQUIRE(!gone.has_value());
    BOOST_TEST((gone.error() == errc::store_constraint));
    BOOST_TEST(messages().size() == 4U);
}

BOOST_FIXTURE_TEST_CASE(redelivered_from_every_state, with_messages) {
    auto const taken = claim("shop", "a");
    BOOST_TEST_REQUIRE(taken.size() == 3U);
    finished(taken[0].id, "a", state::delivered, 200);
    finished(taken[1].id, "a", state::failed, 410);
    later(taken[2].id, "a", now_ms() + 3'600'000);
    for (auto const& each : taken) {
        auto const began = now_ms();
        auto const again = run(outbox_.redeliver(each.id));
        BOOST_TEST_REQUIRE(again->has_value());
        auto const& w = **again;
        BOOST_TEST(w.id == each.id);
        BOOST_TEST((w.state == state::pending));
        BOOST_TEST(w.attempts == 0, "the whole schedule is before it");
        BOOST_TEST(w.due_at.value() >= began);
        BOOST_TEST(w.due_at.value() <= now_ms());
        BOOST_TEST(!w.delivered_at.has_value());
        BOOST_TEST(w.created_at == each.created_at);
    }
    BOOST_TEST(claim("shop", "b").size() == 3U);
    BOOST_TEST(!run(outbox_.redeliver("evt_none"))->has_value());
    BOOST_TEST(!run(outbox_.redeliver(""))->has_value());
    BOOST_TEST(messages().size() == 4U);
}

// What the try under way says is of the time before.
BOOST_FIXTURE_TEST_CASE(redelivered_during_a_try, with_messages) {
    auto const id = claim("shop", "a", 1).front().id;
    BOOST_TEST(run(outbox_.redeliver(id))->has_value());
    finished(id, "a", state::failed, 410);
    BOOST_TEST((now_is(id).state == state::pending));
    BOOST_TEST(now_is(id).attempts == 0);
    BOOST_TEST(claim("shop", "b").size() == 3U);
    finished(id, "b", state::delivered, 200);
    BOOST_TEST((now_is(id).state == state::delivered));
}

BOOST_FIXTURE_TEST_CASE(when_the_next_is_due, with_messages) {
    BOOST_TEST(!next({}).has_value());
    BOOST_TEST(!next({"nobody"}).has_value());
    BOOST_TEST(next({"shop"}).value() <= now_ms());
    auto const mine = claim("shop", "a");
    BOOST_TEST(!next({"shop"}).has_value(), "somebody has them all");
    BOOST_TEST(next({"shop", "other"}).value() <= now_ms());
    auto const theirs = claim("other", "a");
    BOOST_TEST(!next({"shop", "other"}).has_value());
    auto const soon = now_ms() + 100'000;
    later(mine[0].id, "a", soon + 20);
    later(mine[1].id, "a", soon + 10);
    finished(mine[2].id, "a", state::delivered, 200);
    later(theirs[0].id, "a", soon);
    BOOST_TEST(next({"shop"}).value() == soon + 10);
    BOOST_TEST(next({"other"}).value() == soon);
    BOOST_TEST(next({"shop", "other"}).value() == soon);
    BOOST_TEST(next({"other", "shop", "nobody"}).value() == soon);
    BOOST_TEST(claim("shop", "b").empty());
    BOOST_TEST(claim("other", "b").empty());
}

BOOST_FIXTURE_TEST_CASE(lists, with_messages) {
    std::vector<std::string> seen;
    webhook_filter f;
    f.limit = 1;
    std::optional<webhook> last;
    for (int pages = 0; pages < 10; ++pages) {
        auto const page = *run(outbox_.list(f));
        if (page.empty())
            break;
        BOOST_TEST(page.size() == 1U);
        auto const& w = page.front();
        if (last)
            BOOST_TEST((std::tie(w.created_at, w.id) < std::tie(last->created_at, last->id)), "newest first");
        last = w;
        seen.push_back(w.id);
        f.before_created_at = w.created_at;
        f.before_id = w.id;
    }
    BOOST_TEST(seen.size() == 4U);

    auto const taken = claim("shop", "a");
    finished(taken[0].id, "a", state::failed, 410);
    finished(taken[1].id, "a", state::delivered, 200);
    webhook_filter only;
    only.merchant = "shop";
    BOOST_TEST(listed(only).size() == 3U);
    only.state = state::failed;
    BOOST_TEST((listed(only) == std::vector<std::string>{taken[0].id}));
    only.state = state::delivered;
    BOOST_TEST((listed(only) == std::vector<std::string>{taken[1].id}));
    only.state = state::pending;
    BOOST_TEST((listed(only) == std::vector<std::string>{taken[2].id}));
    only.merchant = "other";
    BOOST_TEST(listed(only).size() == 1U);
    only.merchant.clear();
    BOOST_TEST(listed(only).size() == 2U);
    only.state = state::failed;
    BOOST_TEST(listed(only).size() == 1U);
    only.merchant = "other";
    BOOST_TEST(listed(only).empty());
    // The page of what failed goes on in the same way.
    only.merchant = "shop";
    only.before_created_at = now_is(taken[0].id).created_at;
    only.before_id = taken[0].id;
    BOOST_TEST(listed(only).empty());
}

BOOST_AUTO_TEST_SUITE_END()
