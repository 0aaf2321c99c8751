#include "gateway/operators/lockout.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::gateway;
using namespace std::chrono_literals;
using point = lockout::time_point;

namespace {

point const start = point() + 100h;

void fail(lockout& l, std::string const& name, int times, point at, bool is_known = true) {
    for (int i = 0; i < times; ++i)
        l.failed(name, is_known, at);
}

bool is_shut(lockout const& l, std::string const& name, point at) {
    return l.wait(name, at) > 0s;
}

// Shut for so long that it can be seen at any time.
login_limits long_ones(std::size_t names = 1000) {
    login_limits limits;
    limits.first_lockout = 24h;
    limits.longest_lockout = 24h;
    limits.max_unknown_names = names;
    return limits;
}

} // namespace

BOOST_AUTO_TEST_SUITE(lockout_test)

BOOST_AUTO_TEST_CASE(ten_failures_shut_an_account_for_a_second) {
    for (bool const is_known : {true, false}) { // so that the two cannot be told apart
        lockout l{login_limits()};
        BOOST_TEST(l.wait("alice", start).count() == 0);
        for (int i = 1; i <= 9; ++i) {
            l.failed("alice", is_known, start);
            BOOST_TEST(l.wait("alice", start).count() == 0, i);
        }
        l.failed("alice", is_known, start);
        BOOST_TEST(l.wait("alice", start).count() == 1);
        BOOST_TEST(l.wait("alice", start + 1ms).count() == 1); // rounded up: never told too little
        BOOST_TEST(l.wait("alice", start + 999ms).count() == 1);
        BOOST_TEST(l.wait("alice", start + 1s).count() == 0);
    }
}

BOOST_AUTO_TEST_CASE(each_further_failure_doubles_it_up_to_the_longest) {
    lockout l{login_limits()};
    fail(l, "alice", 9, start);
    auto at = start;
    for (int const seconds : {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900}) {
        l.failed("alice", true, at);
        BOOST_TEST(l.wait("alice", at).count() == seconds);
        auto const opens = at + std::chrono::seconds(seconds);
        BOOST_TEST(l.wait("alice", opens - 1ms).count() == 1, seconds);
        BOOST_TEST(l.wait("alice", opens).count() == 0, seconds);
        at = opens;
    }
    for (int i = 0; i < 100; ++i) { // doubled for ever, it would overflow
        l.failed("alice", true, at);
        BOOST_TEST(l.wait("alice", at).count() == 900, i);
        at += 900s;
    }
}

BOOST_AUTO_TEST_CASE(only_failures_within_the_window_count) {
    struct row {
        std::chrono::milliseconds apart;
        int failures;
        bool shut;
    };

    row const table[] = {
        {0ms, 10, true},
        {1ms, 10, true},
        {99'999ms, 9, false},
        {99'999ms, 10, true},   // the first is 899.991 s old
        {100'000ms, 10, false}, // the first is as old as the window
        {100'000ms, 50, false},
        {900'000ms, 50, false},
        {3'600'000ms, 50, false},
    };
    for (auto const& r : table) {
        lockout l{login_limits()};
        auto at = start;
        for (int i = 0; i < r.failures; ++i) {
            at += r.apart;
            l.failed("alice", true, at);
        }
        BOOST_TEST(is_shut(l, "alice", at) == r.shut, r.failures << ", apart by ms " << r.apart.count());
    }
}

BOOST_AUTO_TEST_CASE(other_accounts_are_unaffected) {
    lockout l{login_limits()};
    fail(l, "alice", 10, start);
    BOOST_TEST(is_shut(l, "alice", start));
    for (auto const* other : {"bob", "Alice", "alice ", " alice", "alic", "alicea", ""})
        BOOST_TEST(!is_shut(l, other, start), other);
    fail(l, "bob", 9, start);
    BOOST_TEST(!is_shut(l, "bob", start));
    l.succeeded("bob");
    BOOST_TEST(is_shut(l, "alice", start));
}

BOOST_AUTO_TEST_CASE(a_success_clears) {
    lockout l{login_limits()};
    fail(l, "alice", 9, start);
    l.succeeded("alice");
    BOOST_TEST(l.size() == 0U);
    fail(l, "alice", 9, start);
    BOOST_TEST(!is_shut(l, "alice", start));
    fail(l, "alice", 1, start);
    fail(l, "alice", 1, start + 1s);
    BOOST_TEST(l.wait("alice", start + 1s).count() == 2);
    l.succeeded("alice"); // at 3 s, say: the next time begins with one second
    fail(l, "alice", 9, start + 3s);
    BOOST_TEST(!is_shut(l, "alice", start + 3s));
    fail(l, "alice", 1, start + 3s);
    BOOST_TEST(l.wait("alice", start + 3s).count() == 1);
    l.succeeded("nobody");
}

BOOST_AUTO_TEST_CASE(a_quiet_window_after_it_opened_forgets) {
    auto const opens = start + 1s;
    {
        lockout l{login_limits()};
        fail(l, "alice", 10, start);
        fail(l, "alice", 1, opens + 900s - 1ms); // a moment too early
        BOOST_TEST(l.wait("alice", opens + 900s - 1ms).count() == 2);
    }
    {
        lockout l{login_limits()};
        fail(l, "alice", 10, start);
        auto const later = opens + 900s;
        fail(l, "alice", 9, later);
        BOOST_TEST(!is_shut(l, "alice", later));
        fail(l, "alice", 1, later);
        BOOST_TEST(l.wait("alice", later).count() == 1);
    }
    { // the window begins when it opened, not when it failed: a quarter of an hour shut is no quiet one
        login_limits limits;
        limits.first_lockout = limits.longest_lockout;
        lockout l{limits};
        fail(l, "alice", 10, start);
        fail(l, "alice", 1, start + 900s);
        BOOST_TEST(l.wait("alice", start + 900s).count() == 900);
    }
}

BOOST_AUTO_TEST_CASE(names_that_nobody_has_are_so_many) {
    lockout l{login_limits()};
    for (int i = 0; i < 3000; ++i)
        l.failed("nobody-" + std::to_string(i), false, start + std::chrono::milliseconds(i));
    BOOST_TEST(l.size() == 1000U);
    fail(l, "alice", 1, start + 4s); // an operator's is counted beside them
    BOOST_TEST(l.size() == 1001U);
}

BOOST_AUTO_TEST_CASE(the_oldest_unknown_name_goes_first) {
    lockout l{long_ones(3)};
    fail(l, "x1", 10, start, false);
    fail(l, "x2", 10, start + 1s, false);
    fail(l, "x3", 10, start + 2s, false);
    fail(l, "x1", 1, start + 3s, false); // who is there already needs no room
    BOOST_TEST(l.size() == 3U);
    fail(l, "x4", 10, start + 4s, false);
    BOOST_TEST(l.size() == 3U);
    BOOST_TEST(!is_shut(l, "x2", start + 4s));
    for (auto const* name : {"x1", "x3", "x4"})
        BOOST_TEST(is_shut(l, name, start + 4s), name);
}

BOOST_AUTO_TEST_CASE(unknown_names_never_push_out_an_operators) {
    lockout l{long_ones(3)};
    fail(l, "alice", 10, start);
    fail(l, "bob", 9, start);
    fail(l, "carol", 5, start, false); // nobody's yet; then the configuration was read again
    fail(l, "carol", 4, start, true);
    for (int i = 0; i < 100; ++i)
        fail(l, "nobody-" + std::to_string(i), 10, start + 1s, false);
    BOOST_TEST(l.size() == 6U);
    BOOST_TEST(is_shut(l, "alice", start + 1s));
    for (auto const* name : {"bob", "carol"}) {
        BOOST_TEST(!is_shut(l, name, start + 1s), name);
        fail(l, name, 1, start + 1s); // the tenth
        BOOST_TEST(is_shut(l, name, start + 1s), name);
    }
}

BOOST_AUTO_TEST_CASE(what_is_over_makes_room_before_anybody_is_pushed_out) {
    login_limits limits;
    limits.max_unknown_names = 3;
    lockout l{limits};
    fail(l, "old-1", 1, start, false);
    fail(l, "old-2", 1, start, false);
    fail(l, "young", 9, start + 100s, false);
    fail(l, "new", 1, start + 900s, false);
    BOOST_TEST(l.size() == 2U);
    fail(l, "young", 1, start + 900s, false); // its nine are remembered
    BOOST_TEST(is_shut(l, "young", start + 900s));
}

BOOST_AUTO_TEST_SUITE_END()
