#include "base/failpoint.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

using namespace wxgate;

BOOST_AUTO_TEST_SUITE(failpoint)

#ifdef WXGATE_FAILPOINTS

namespace {

// Whatever a test sets is gone with it.
struct disarmed {
    ~disarmed() { failpoints::configure(""); }
};

bool throws(char const* name) {
    try {
        WXGATE_FAILPOINT(name);
        return false;
    } catch (std::runtime_error const&) {
        return true;
    }
}

std::vector<bool> passages(std::string const& spec, std::uint64_t seed, char const* name, int n) {
    failpoints::configure(spec, seed);
    std::vector<bool> struck;
    for (int i = 0; i < n; ++i)
        struck.push_back(throws(name));
    return struck;
}

// How a child ended that did this.
template <class F>
int status_of(F work) {
    auto const child = ::fork();
    BOOST_TEST_REQUIRE(child >= 0);
    if (child == 0) {
        work();
        ::_exit(0);
    }
    int status = 0;
    BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

} // namespace

BOOST_AUTO_TEST_CASE(nothing_is_set) {
    disarmed const after;
    failpoints::configure("");
    BOOST_TEST(!failpoints::armed.load());
    BOOST_TEST(!throws("a.b"));
    failpoints::configure("other=throw");
    BOOST_TEST(failpoints::armed.load());
    BOOST_TEST(!throws("a.b"));
    BOOST_TEST(!throws("othe"));
    BOOST_TEST(throws("other"));
}

BOOST_AUTO_TEST_CASE(throwing) {
    disarmed const after;
    failpoints::configure("a=throw,b=throw*once");
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(throws("a"));
        BOOST_TEST(throws("b") == (i == 0));
    }
    BOOST_CHECK_EXCEPTION(WXGATE_FAILPOINT("a"), std::runtime_error, [](std::runtime_error const& e) {
        return std::string(e.what()) == "failpoint a";
    });
}

BOOST_AUTO_TEST_CASE(waiting) {
    disarmed const after;
    failpoints::configure("a=sleep:30*once");
    auto const begin = std::chrono::steady_clock::now();
    WXGATE_FAILPOINT("a");
    BOOST_TEST((std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(30)));
}

BOOST_AUTO_TEST_CASE(killing) {
    disarmed const after;
    auto const killed = status_of([] {
        failpoints::configure("here=kill");
        WXGATE_FAILPOINT("not.here");
        WXGATE_FAILPOINT("here");
    });
    BOOST_TEST(WTERMSIG(killed) == SIGKILL);
    auto const spared = status_of([] {
        failpoints::configure("here=kill%0");
        WXGATE_FAILPOINT("here");
    });
    BOOST_TEST(WIFEXITED(spared));
}

BOOST_AUTO_TEST_CASE(probability) {
    disarmed const after;
    auto const one = passages("a=throw%0.3,b=throw%0.3", 7, "a", 1000);
    auto const same = passages("a=throw%0.3", 7, "a", 1000);
    BOOST_TEST((one == same), "the same seed, whatever else is set");
    BOOST_TEST((one != passages("a=throw%0.3", 8, "a", 1000)));
    BOOST_TEST((one != passages("b=throw%0.3", 7, "b", 1000)), "each point draws for itself");
    auto const struck = std::count(one.begin(), one.end(), true);
    BOOST_TEST(struck > 230);
    BOOST_TEST(struck < 370);
    auto const once = passages("a=throw%0.3*once", 7, "a", 1000);
    BOOST_TEST(std::count(once.begin(), once.end(), true) == 1);
    BOOST_TEST(
        (std::find(once.begin(), once.end(), true) - once.begin()) ==
        (std::find(one.begin(), one.end(), true) - one.begin())
    );
}

BOOST_AUTO_TEST_CASE(environment) {
    disarmed const after;
    auto const killed = status_of([] {
        ::setenv("WXGATE_FAILPOINT", "a=throw%0,b=kill", 1);
        ::setenv("WXGATE_FAILPOINT_SEED", "12", 1);
        failpoints::configure_from_environment();
        WXGATE_FAILPOINT("a");
        WXGATE_FAILPOINT("b");
    });
    BOOST_TEST(WTERMSIG(killed) == SIGKILL);
    auto const refused = status_of([] {
        ::setenv("WXGATE_FAILPOINT", "a=kill", 1);
        ::setenv("WXGATE_FAILPOINT_SEED", "-1", 1);
        try {
            failpoints::configure_from_environment();
        } catch (std::invalid_argument const&) {
            ::_exit(9);
        }
    });
    BOOST_TEST(WEXITSTATUS(refused) == 9);
}

BOOST_AUTO_TEST_CASE(mistakes) {
    disarmed const after;
    failpoints::configure("kept=throw");
    for (auto const* bad :
         {"a",
          "a=",
          "=kill",
          "a=killed",
          "a=kill,",
          "a=kill,,b=kill",
          "a=kill,a=throw",
          "a=sleep",
          "a=sleep:",
          "a=sleep:-1",
          "a=sleep:1s",
          "a=sleep:600001",
          "a=kill%",
          "a=kill%1.5",
          "a=kill%-0.1",
          "a=kill%nan",
          "a=kill%0.1x",
          "a=kill*",
          "a=kill*twice",
          "a=kill*once%0.1"})
        BOOST_CHECK_THROW(failpoints::configure(bad), std::invalid_argument);
    BOOST_TEST(throws("kept"), "a mistake changes nothing");
}

#else

BOOST_AUTO_TEST_CASE(not_compiled_in) {
    WXGATE_FAILPOINT("nothing");
    BOOST_TEST(true);
}

#endif

BOOST_AUTO_TEST_SUITE_END()
