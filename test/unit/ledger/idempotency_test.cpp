#include "fixture.hpp"
#include "ledger/idempotency.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::ledger;
using state = key_claim::state;

BOOST_FIXTURE_TEST_SUITE(idempotency, ledger_fixture)

BOOST_AUTO_TEST_CASE(a_key_stands_for_one_body_and_one_order) {
    idempotency_keys keys(*db);
    auto const later = now_ms() + 60'000;
    auto const first = run(keys.claim("shop", "k", "hash", "order-1", "owner-1", later));
    BOOST_TEST((first->what == state::claimed));
    BOOST_TEST((run(keys.claim("shop", "k", "hash", "order-2", "owner-2", later))->what == state::in_progress)
    );
    BOOST_TEST((run(keys.claim("shop", "k", "other", "order-2", "owner-2", later))->what == state::mismatch));
    BOOST_TEST((run(keys.claim("other", "k", "hash", "order-9", "owner-9", later))->what == state::claimed));
    BOOST_TEST(run(keys.release("shop", "k", "owner-1", true)).has_value());
    auto const again = run(keys.claim("shop", "k", "hash", "order-3", "owner-3", later));
    BOOST_TEST((again->what == state::done));
    BOOST_TEST(again->number == "order-1");
    BOOST_TEST((run(keys.claim("shop", "k", "other", "order-2", "owner-2", later))->what == state::mismatch));
}

BOOST_AUTO_TEST_CASE(a_claim_that_failed_or_ran_out_is_taken_over_with_its_number) {
    idempotency_keys keys(*db);
    auto const later = now_ms() + 60'000;
    run(keys.claim("shop", "failed", "hash", "order-1", "owner-1", later));
    run(keys.release("shop", "failed", "owner-1", false));
    run(keys.claim("shop", "ran out", "hash", "order-2", "owner-1", now_ms() - 1)); // its process died
    for (auto const& [key, had] : {std::pair{"failed", "order-1"}, std::pair{"ran out", "order-2"}}) {
        auto const c = run(keys.claim("shop", key, "hash", "order-9", "owner-2", later));
        BOOST_TEST((c->what == state::claimed));
        BOOST_TEST(c->number == had);
    }
    run(keys.release("shop", "failed", "owner-1", true)); // no longer its own
    BOOST_TEST(
        (run(keys.claim("shop", "failed", "hash", "order-9", "owner-3", later))->what == state::in_progress)
    );
}

BOOST_AUTO_TEST_SUITE_END()
