// When a host is worth a call: the rules by a clock of the test's own.
#include "client/circuit.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <string_view>

using namespace wxgate;
using namespace std::chrono_literals;
using standing = circuit::standing;

namespace {

constexpr auto patience = 8s; // of a call

struct bench {
    bench() : c(limits()) {}

    static circuit_limits limits() {
        circuit_limits l;
        l.failures = 3;
        l.first_wait = 1s;
        l.last_wait = 5s;
        return l;
    }

    standing now() const { return c.at(clock); }

    // Of calls that ended just now, a letter each: a answered, u unreached, s sent and not answered, w
    // withdrawn.
    void calls(std::string_view how) {
        for (char const each : how) {
            c.begin(clock, patience);
            end(each);
        }
    }

    void end(char how) {
        if (how == 'a')
            c.answered();
        else if (how == 'w')
            c.withdrawn(clock);
        else
            c.failed(clock, how == 's');
    }

    circuit c;
    circuit::time_point clock{100h};
};

} // namespace

BOOST_TEST_DONT_PRINT_LOG_VALUE(circuit::standing)

BOOST_AUTO_TEST_SUITE(circuit_test)

BOOST_AUTO_TEST_CASE(what_makes_a_host_bad) {
    struct row {
        std::string_view calls;
        standing then;
    };

    row const table[] = {
        {"", standing::good},
        {"a", standing::good},
        {"uu", standing::good},
        {"ss", standing::good},
        {"uuu", standing::shut},
        {"sss", standing::poor},
        {"uua", standing::good},
        {"uuauu", standing::good},
        {"uuuauu", standing::good},
        {"uus", standing::poor},
        {"ssu", standing::poor},
        {"suu", standing::poor},
        {"uwuwu", standing::shut},
        {"wwwww", standing::good},
    };
    for (auto const& each : table) {
        bench b;
        b.calls(each.calls);
        BOOST_TEST((b.now() == each.then), each.calls);
    }
}

// Calls go on to a poor host where there is none better: they may find that it is not even there.
BOOST_AUTO_TEST_CASE(from_poor_to_shut_and_back) {
    bench b;
    b.calls("sss");
    b.calls("uu");
    BOOST_TEST((b.now() == standing::poor));
    b.calls("u");
    BOOST_TEST((b.now() == standing::shut));
    b.clock += 1s;
    b.calls("s"); // the trial: it is there, and says nothing
    BOOST_TEST((b.now() == standing::poor));
    b.calls("a");
    BOOST_TEST((b.now() == standing::good));
}

BOOST_AUTO_TEST_CASE(the_waits_grow_to_their_bound_and_begin_anew) {
    bench b;
    b.calls("uuu");
    for (auto const wait : {1s, 2s, 4s, 5s, 5s}) {
        b.clock += wait - 1ms;
        BOOST_TEST((b.now() == standing::shut), wait.count());
        b.clock += 1ms;
        BOOST_TEST((b.now() == standing::good), wait.count());
        b.calls("u");
        BOOST_TEST((b.now() == standing::shut), wait.count());
    }
    b.clock += 5s;
    b.calls("a");
    BOOST_TEST((b.now() == standing::good));
    b.calls("uuu");
    b.clock += 1s;
    BOOST_TEST((b.now() == standing::good));
}

BOOST_AUTO_TEST_CASE(one_trial_at_a_time) {
    for (char const before : {'u', 's'}) {
        auto const bad = before == 'u' ? standing::shut : standing::poor;
        bench b;
        for (int i = 0; i < 3; ++i)
            b.calls({&before, 1});
        b.clock += 1s;
        BOOST_TEST((b.now() == standing::good));
        b.c.begin(b.clock, patience);
        BOOST_TEST((b.now() == bad), "the others wait for its end");
        b.clock += 7s;
        BOOST_TEST((b.now() == bad));
        b.end('a');
        BOOST_TEST((b.now() == standing::good));
    }
}

// Whoever made it is gone without a word.
BOOST_AUTO_TEST_CASE(a_trial_that_does_not_end_is_given_up) {
    bench b;
    b.calls("uuu");
    b.clock += 1s;
    b.c.begin(b.clock, patience);
    b.clock += patience - 1ms;
    BOOST_TEST((b.now() == standing::shut));
    b.clock += 1ms;
    BOOST_TEST((b.now() == standing::good));
}

BOOST_AUTO_TEST_CASE(a_trial_that_was_none_is_the_next_calls) {
    bench b;
    b.calls("uuu");
    b.clock += 1s;
    b.c.begin(b.clock, patience);
    b.end('w'); // the pool was full, say
    BOOST_TEST((b.now() == standing::good));
    b.calls("u");
    BOOST_TEST((b.now() == standing::shut));
}

// Calls that were under way when the host became bad end later: they hold off no trial, and one that was
// answered opens the way again.
BOOST_AUTO_TEST_CASE(calls_from_before) {
    bench b;
    b.calls("uuu");
    b.clock += 900ms;
    for (int i = 0; i < 20; ++i)
        b.end('u');
    BOOST_TEST((b.now() == standing::shut));
    b.clock += 100ms;
    BOOST_TEST((b.now() == standing::good));
    b.calls("u");
    BOOST_TEST((b.now() == standing::shut));
    b.end('a');
    BOOST_TEST((b.now() == standing::good));
}

BOOST_AUTO_TEST_SUITE_END()
