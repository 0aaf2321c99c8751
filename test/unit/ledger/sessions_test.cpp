#include "fixture.hpp"
#include "ledger/sessions.hpp"

using namespace wxgate;
using namespace wxgate::ledger;

namespace {

constexpr unix_ms t0 = 1'790'000'000'000;
constexpr unix_ms second = 1000;
constexpr unix_ms minute = 60 * second;

// 64 characters, as a SHA-256 in hex has.
std::string token(int n) {
    auto const digits = std::to_string(n);
    return std::string(64 - digits.size(), 'a') + digits;
}

operator_session made(int n, unix_ms at) {
    operator_session s;
    s.token_hash = token(n);
    s.name = "alice";
    s.fingerprint = "fingerprint-" + std::to_string(n);
    s.created_at = at;
    return s;
}

struct with_sessions : ledger_fixture {
    bool start(int n, unix_ms at, std::string replaced = {}) {
        return run(all.begin(made(n, at), std::move(replaced))).has_value();
    }

    std::optional<operator_session> look(int n, unix_ms at) {
        auto const r = run(all.find(token(n), at));
        BOOST_TEST_REQUIRE(r.has_value());
        return *r;
    }

    bool is_there(int n, unix_ms at) { return look(n, at).has_value(); }

    // As a request does it: what was found is in use.
    void use(int n, unix_ms at) {
        auto const s = look(n, at);
        BOOST_TEST_REQUIRE(s.has_value());
        BOOST_TEST(run(all.touch(*s, at)).has_value());
    }

    std::int64_t rows() { return count("SELECT COUNT(*) FROM operator_sessions"); }

    login_limits const limits{};
    unix_ms const idle = limits.session_idle.count();
    unix_ms const life = limits.session_life.count();
    sessions all{*db, limits};
};

// Three at most.
struct with_few : with_sessions {
    with_few() {
        few_limits.max_sessions = 3;
        few.emplace(*db, few_limits);
    }

    bool start_one(int n, unix_ms at, std::string replaced = {}) {
        return run(few->begin(made(n, at), std::move(replaced))).has_value();
    }

    login_limits few_limits;
    std::optional<sessions> few;
};

} // namespace

BOOST_AUTO_TEST_SUITE(sessions_test)

BOOST_FIXTURE_TEST_CASE(what_begins_is_found_by_its_token_only, with_sessions) {
    BOOST_TEST(start(1, t0));
    auto const s = look(1, t0);
    BOOST_TEST_REQUIRE(s.has_value());
    BOOST_TEST(s->token_hash == token(1));
    BOOST_TEST(s->name == "alice");
    BOOST_TEST(s->fingerprint == "fingerprint-1");
    BOOST_TEST(s->created_at == t0);
    BOOST_TEST(s->last_seen_at == t0);
    BOOST_TEST(!is_there(2, t0));
    for (auto const& other : {std::string(), std::string("%"), token(1).substr(1), token(1) + ' '}) {
        auto const none = run(all.find(other, t0));
        BOOST_TEST_REQUIRE(none.has_value());
        BOOST_TEST(!none->has_value(), other);
    }
}

BOOST_FIXTURE_TEST_CASE(an_operator_may_have_several, with_sessions) {
    BOOST_TEST(start(1, t0));
    BOOST_TEST(start(2, t0));
    BOOST_TEST(is_there(1, t0));
    BOOST_TEST(is_there(2, t0));
}

BOOST_FIXTURE_TEST_CASE(idle_for_too_long, with_sessions) {
    start(1, t0);
    BOOST_TEST(is_there(1, t0 + idle));
    BOOST_TEST(!is_there(1, t0 + idle + 1));
    use(1, t0 + idle); // the last moment
    BOOST_TEST(is_there(1, t0 + idle + 1));
    BOOST_TEST(is_there(1, t0 + 2 * idle));
    BOOST_TEST(!is_there(1, t0 + 2 * idle + 1));
}

BOOST_FIXTURE_TEST_CASE(lives_for_so_long_however_busy, with_sessions) {
    start(1, t0);
    for (unix_ms t = t0; t <= t0 + life; t += 10 * minute)
        use(1, t);
    use(1, t0 + life);
    BOOST_TEST(!is_there(1, t0 + life + 1));
}

BOOST_FIXTURE_TEST_CASE(last_seen_is_written_once_a_minute, with_sessions) {
    start(1, t0);
    start(2, t0);
    auto const seen = [&] { return look(1, t0)->last_seen_at; };
    use(1, t0);
    use(1, t0 + minute - 1);
    BOOST_TEST(seen() == t0);
    use(1, t0 + minute);
    BOOST_TEST(seen() == t0 + minute);
    use(1, t0 + 2 * minute - 1);
    BOOST_TEST(seen() == t0 + minute);
    use(1, t0 + 3 * minute);
    BOOST_TEST(seen() == t0 + 3 * minute);
    BOOST_TEST(look(1, t0)->created_at == t0);
    BOOST_TEST(look(2, t0)->last_seen_at == t0); // another's
}

BOOST_FIXTURE_TEST_CASE(last_seen_never_goes_back, with_sessions) {
    start(1, t0);
    auto const old = look(1, t0);
    use(1, t0 + 5 * minute);
    BOOST_TEST(run(all.touch(*old, t0 + 2 * minute)).has_value()); // a request that was slow
    BOOST_TEST(look(1, t0)->last_seen_at == t0 + 5 * minute);
    use(1, t0 - minute); // the clock was set back
    BOOST_TEST(look(1, t0)->last_seen_at == t0 + 5 * minute);
}

BOOST_FIXTURE_TEST_CASE(what_has_ended_stays_ended, with_sessions) {
    start(1, t0);
    start(2, t0);
    auto const s = look(1, t0);
    BOOST_TEST(run(all.end(token(1))).has_value());
    BOOST_TEST(!is_there(1, t0));
    BOOST_TEST(is_there(2, t0));
    BOOST_TEST(run(all.touch(*s, t0 + 5 * minute)).has_value()); // a request that was under way
    BOOST_TEST(!is_there(1, t0 + 5 * minute));
    BOOST_TEST(run(all.end(token(1))).has_value()); // again
    BOOST_TEST(run(all.end("")).has_value());
    BOOST_TEST(rows() == 1);
}

BOOST_FIXTURE_TEST_CASE(beginning_ends_the_one_it_replaces, with_sessions) {
    start(1, t0);
    start(2, t0);
    BOOST_TEST(start(3, t0, token(1)));
    BOOST_TEST(!is_there(1, t0));
    BOOST_TEST(is_there(2, t0));
    BOOST_TEST(is_there(3, t0));
    BOOST_TEST(start(4, t0, token(99))); // nobody's
    BOOST_TEST(start(5, t0, ""));
    BOOST_TEST(rows() == 4);
}

BOOST_FIXTURE_TEST_CASE(beginning_forgets_what_has_ended, with_sessions) {
    start(1, t0);
    start(2, t0 + idle);
    BOOST_TEST(rows() == 2); // the first one's last moment
    start(3, t0 + idle + 1);
    BOOST_TEST(rows() == 2);
    BOOST_TEST(is_there(2, t0 + idle + 1));

    auto const end_of_life = t0 + idle + life; // of the second
    BOOST_TEST(run(all.touch(made(2, t0 + idle), end_of_life)).has_value());
    start(4, end_of_life);
    BOOST_TEST(rows() == 2); // 2 and 4; 3 was idle
    BOOST_TEST(is_there(2, end_of_life));
    start(5, end_of_life + 1);
    BOOST_TEST(rows() == 2);
    BOOST_TEST(is_there(4, end_of_life + 1));
    BOOST_TEST(is_there(5, end_of_life + 1));
}

BOOST_FIXTURE_TEST_CASE(over_so_many_the_one_unseen_for_longest_ends, with_few) {
    for (int n = 1; n <= 3; ++n)
        BOOST_TEST(start_one(n, t0 + n));
    BOOST_TEST(rows() == 3);
    use(1, t0 + 2 * minute);
    BOOST_TEST(start_one(4, t0 + 3 * minute));
    BOOST_TEST(rows() == 3);
    BOOST_TEST(!is_there(2, t0 + 3 * minute));
    for (int const n : {1, 3, 4})
        BOOST_TEST(is_there(n, t0 + 3 * minute), n);
    for (int n = 5; n <= 20; ++n) {
        BOOST_TEST(start_one(n, t0 + 3 * minute + n));
        BOOST_TEST(rows() == 3, n);
        BOOST_TEST(is_there(n, t0 + 3 * minute + n), n);
    }
}

BOOST_FIXTURE_TEST_CASE(what_is_replaced_makes_the_room, with_few) {
    for (int n = 1; n <= 3; ++n)
        start_one(n, t0 + n);
    BOOST_TEST(start_one(4, t0 + minute, token(3)));
    BOOST_TEST(!is_there(3, t0 + minute));
    for (int const n : {1, 2, 4}) // nobody else had to go
        BOOST_TEST(is_there(n, t0 + minute), n);
}

BOOST_FIXTURE_TEST_CASE(a_lower_bound_ends_all_that_are_too_many, with_few) {
    for (int n = 1; n <= 10; ++n)
        start(n, t0 + n);
    BOOST_TEST(rows() == 10);
    BOOST_TEST(start_one(11, t0 + minute));
    BOOST_TEST(rows() == 3);
    for (int const n : {9, 10, 11})
        BOOST_TEST(is_there(n, t0 + minute), n);
}

BOOST_FIXTURE_TEST_CASE(a_token_is_one_sessions_and_a_failure_changes_nothing, with_sessions) {
    start(1, t0);
    start(2, t0);
    auto const again = run(all.begin(made(1, t0 + 1), token(2)));
    BOOST_TEST((again.error() == errc::store_constraint));
    BOOST_TEST(look(1, t0)->created_at == t0);
    BOOST_TEST(is_there(2, t0));
    for (auto const& bad : {std::string(), std::string(63, 'a'), std::string(65, 'a')}) {
        auto s = made(3, t0);
        s.token_hash = bad;
        BOOST_TEST((run(all.begin(std::move(s), "")).error() == errc::store_constraint), bad);
    }
    BOOST_TEST(rows() == 2);
}

BOOST_FIXTURE_TEST_CASE(they_outlive_the_program, with_sessions) {
    start(1, t0);
    start(2, t0);
    run(all.end(token(2)));
    db->close();
    db.reset();
    db = store::open({url(), {}, migrations()});
    sessions later(*db, limits);
    BOOST_TEST(run(later.find(token(1), t0))->has_value());
    BOOST_TEST(!run(later.find(token(2), t0))->has_value());
}

BOOST_FIXTURE_TEST_CASE(a_closed_store_is_told_apart_from_no_session, with_sessions) {
    start(1, t0);
    db->close();
    BOOST_TEST(run(all.find(token(1), t0)).has_error());
    BOOST_TEST(run(all.begin(made(2, t0), "")).has_error());
    BOOST_TEST(run(all.touch(made(1, t0), t0 + 5 * minute)).has_error());
    BOOST_TEST(run(all.end(token(1))).has_error());
}

BOOST_AUTO_TEST_SUITE_END()
