#include "base/metrics.hpp"
#include "base/password.hpp"
#include "gateway/operators/password_checker.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <deque>
#include <thread>

using namespace wxgate;
using namespace wxgate::gateway;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr scrypt_cost cheap{4, 1, 1};
constexpr scrypt_cost slow{15, 8, 2};     // a third of a second
constexpr scrypt_cost slowest{15, 8, 16}; // eight times that

struct asked {
    std::optional<bool> said;
    int order = 0; // 0: no answer yet
    clock_type::time_point at;
    std::thread::id where;
};

awaitable<void> ask_and_tell(
    password_checker& checker,
    std::string password,
    std::string stored,
    clock_type::time_point until,
    asked& a,
    int& answers
) {
    auto const said = co_await checker.check(std::move(password), std::move(stored), until);
    a.said = said;
    a.order = ++answers;
    a.at = clock_type::now();
    a.where = std::this_thread::get_id();
}

struct with_checker {
    void open(std::size_t max_hashes, std::size_t max_waiting) {
        login_limits limits;
        limits.max_hashes = max_hashes;
        limits.max_waiting = max_waiting;
        all.clear();
        answers = 0;
        checker.emplace(limits);
    }

    asked&
    ask(std::string password,
        std::string stored,
        clock_type::time_point until = clock_type::now() + std::chrono::hours(1)) {
        auto& a = all.emplace_back();
        asio::co_spawn(
            context,
            ask_and_tell(*checker, std::move(password), std::move(stored), until, a, answers),
            report("test")
        );
        return a;
    }

    // Runs the context until it is so; false when it is not within a minute.
    template <class Predicate>
    bool eventually(Predicate&& happened) {
        auto const bound = clock_type::now() + 60s;
        while (!happened()) {
            if (clock_type::now() >= bound)
                return false;
            context.restart();
            context.run_one_for(1ms);
        }
        return true;
    }

    bool all_answered() {
        return eventually([&] { return answers == static_cast<int>(all.size()); });
    }

    // What can run without waiting for anything.
    void poll() {
        context.restart();
        context.poll();
    }

    std::int64_t hashing() const { return hashing_.value() - hashing_before_; }

    std::int64_t waiting() const { return waiting_.value() - waiting_before_; }

    std::string const right = hash_password("tea", cheap);
    std::string const long_one = nobodys_password(slow);
    asio::io_context context{1}; // must outlive the checker
    std::deque<asked> all;
    int answers = 0;
    std::optional<password_checker> checker;

private:
    metrics::gauge& hashing_ =
        metrics::get_gauge("wxgate_passwords_hashing", "Passwords that are being hashed.");
    metrics::gauge& waiting_ =
        metrics::get_gauge("wxgate_passwords_waiting", "Passwords that wait to be hashed.");
    std::int64_t hashing_before_ = hashing_.value();
    std::int64_t waiting_before_ = waiting_.value();
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(password_checker_test, with_checker)

BOOST_AUTO_TEST_CASE(right_and_wrong) {
    struct row {
        std::string password;
        std::string stored;
        bool right;
    };

    row const table[] = {
        {"tea", right, true},
        {"Tea", right, false},
        {"tea ", right, false},
        {"", right, false},
        {right, right, false},
        {"tea", nobodys_password(cheap), false},
        {"tea", "tea", false},
        {"", "", false},
    };
    open(2, 32);
    for (auto const& r : table)
        ask(r.password, r.stored);
    BOOST_TEST_REQUIRE(all_answered());
    for (std::size_t i = 0; i < std::size(table); ++i) {
        BOOST_TEST_REQUIRE(all[i].said.has_value(), i);
        BOOST_TEST(*all[i].said == table[i].right, i << ' ' << table[i].password);
        BOOST_TEST((all[i].where == std::this_thread::get_id()), i); // on the caller's executor
    }
    BOOST_TEST(hashing() == 0);
    BOOST_TEST(waiting() == 0);
}

BOOST_AUTO_TEST_CASE(so_many_at_once_and_no_more) {
    for (std::size_t const at_once : {std::size_t{1}, std::size_t{2}}) {
        open(at_once, 8);
        for (std::size_t i = 0; i < at_once * 3; ++i)
            ask("tea", long_one);
        std::int64_t most = 0;
        bool const ended = eventually([&] {
            most = std::max(most, hashing());
            return answers == static_cast<int>(all.size());
        });
        BOOST_TEST_REQUIRE(ended);
        BOOST_TEST(most == static_cast<std::int64_t>(at_once));
        for (auto const& a : all)
            BOOST_TEST((a.said == std::optional<bool>(false))); // each had its turn
    }
    BOOST_TEST(hashing() == 0);
    BOOST_TEST(waiting() == 0);
}

BOOST_AUTO_TEST_CASE(who_waits_has_a_turn) {
    open(1, 3);
    auto const& first = ask("tea", long_one);
    auto const& second = ask("tea", right);
    auto const& third = ask("coffee", right);
    BOOST_TEST(eventually([&] { return hashing() == 1 && waiting() == 2; }));
    BOOST_TEST_REQUIRE(all_answered());
    BOOST_TEST((first.said == std::optional<bool>(false)));
    BOOST_TEST((second.said == std::optional<bool>(true)));
    BOOST_TEST((third.said == std::optional<bool>(false)));
    BOOST_TEST(first.order == 1);
    BOOST_TEST(second.order == 2);
    BOOST_TEST(third.order == 3);
}

// Without a thread that hashes nothing gets its turn: what fills the room stays there.
BOOST_AUTO_TEST_CASE(over_the_room_there_is_nothing_at_once) {
    for (std::size_t const room : {std::size_t{0}, std::size_t{1}, std::size_t{3}}) {
        open(0, room);
        auto const until = clock_type::now() + 50ms;
        for (std::size_t i = 0; i < room; ++i)
            ask("tea", right, until);
        auto const& over = ask("tea", right);
        auto const& further = ask("tea", right);
        poll();
        BOOST_TEST(over.order != 0, room); // did not wait: its own deadline is an hour away
        BOOST_TEST(further.order != 0, room);
        BOOST_TEST(!over.said.has_value(), room);
        BOOST_TEST(!further.said.has_value(), room);
        BOOST_TEST_REQUIRE(all_answered(), room);
        for (std::size_t i = 0; i < room; ++i) {
            BOOST_TEST(!all[i].said.has_value(), i);
            BOOST_TEST((all[i].at >= until), i); // these were let in
        }
    }
}

BOOST_AUTO_TEST_CASE(whoever_is_done_makes_room) {
    open(1, 0);
    for (int i = 0; i < 50; ++i) {
        auto const& a = ask("tea", right);
        BOOST_TEST_REQUIRE(all_answered(), i);
        BOOST_TEST((a.said == std::optional<bool>(true)), i);
    }
    BOOST_TEST(hashing() == 0);
    BOOST_TEST(waiting() == 0);
}

BOOST_AUTO_TEST_CASE(a_deadline_that_passes_before_its_turn) {
    open(0, 3);
    auto const until = clock_type::now() + 20ms;
    auto const& soon = ask("tea", right, until);
    auto const& past = ask("tea", right, clock_type::now() - 1s);
    auto const& long_past = ask("tea", right, clock_type::time_point());
    BOOST_TEST_REQUIRE(all_answered());
    for (auto const* a : {&soon, &past, &long_past})
        BOOST_TEST(!a->said.has_value());
    BOOST_TEST((soon.at >= until));
}

BOOST_AUTO_TEST_CASE(a_deadline_that_passes_while_it_is_hashed) {
    open(1, 1);
    auto const& late = ask("tea", nobodys_password(slow), clock_type::now());
    BOOST_TEST_REQUIRE(eventually([&] { return late.order != 0; }));
    BOOST_TEST(!late.said.has_value());
    auto const& next = ask("tea", right); // the late result is nobody's, and disturbs nobody
    BOOST_TEST_REQUIRE(all_answered());
    BOOST_TEST((next.said == std::optional<bool>(true)));
    BOOST_TEST(!late.said.has_value());
    BOOST_TEST(eventually([&] { return hashing() == 0 && waiting() == 0; }));
}

// Compared with what a hash takes here and now, so that a slow machine passes too.
BOOST_AUTO_TEST_CASE(what_was_given_up_costs_nobody_time) {
    open(1, 3);
    auto const began = clock_type::now();
    auto const& first = ask("tea", long_one);
    auto const& given_up = ask("tea", nobodys_password(slowest), clock_type::now());
    auto const& last = ask("tea", right);
    BOOST_TEST_REQUIRE(all_answered());
    BOOST_TEST(!given_up.said.has_value());
    BOOST_TEST((last.said == std::optional<bool>(true)));
    auto const a_hash = first.at - began;
    BOOST_TEST((last.at - first.at < 4 * a_hash)); // hashed, it would be eight
}

BOOST_AUTO_TEST_CASE(after_stop_nothing_is_hashed_but_what_is_being_hashed) {
    open(1, 3);
    auto const& under_way = ask("tea", long_one);
    auto const& waits = ask("tea", right);
    auto const& waits_too = ask("tea", right);
    BOOST_TEST_REQUIRE(eventually([&] { return hashing() == 1 && waiting() == 2; }));
    checker->stop();
    auto const& after = ask("tea", right);
    poll();
    BOOST_TEST(after.order != 0); // at once
    BOOST_TEST(!after.said.has_value());
    BOOST_TEST_REQUIRE(all_answered()); // an hour before anybody's deadline
    BOOST_TEST((under_way.said == std::optional<bool>(false)));
    BOOST_TEST(!waits.said.has_value());
    BOOST_TEST(!waits_too.said.has_value());
    BOOST_TEST(hashing() == 0);
    BOOST_TEST(waiting() == 0);
    checker->stop();
    auto const& for_ever = ask("tea", right);
    BOOST_TEST_REQUIRE(all_answered());
    BOOST_TEST(!for_ever.said.has_value());
}

BOOST_AUTO_TEST_CASE(it_may_end_while_somebody_asks) {
    open(1, 2);
    auto const& under_way = ask("tea", long_one);
    ask("tea", right, clock_type::now() + 50ms);
    BOOST_TEST_REQUIRE(eventually([&] { return hashing() == 1; }));
    checker.reset(); // waits for the hash
    BOOST_TEST(hashing() == 0);
    BOOST_TEST_REQUIRE(all_answered());
    BOOST_TEST((under_way.said == std::optional<bool>(false)));
}

BOOST_AUTO_TEST_SUITE_END()
