// The database is full, locked or broken; the queue is full; the store is closed.
#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <thread>

namespace wxgate::store::test {

namespace {

using clock = std::chrono::steady_clock;

/// No file of the process may grow beyond this, as if the disk were broken: write() gives EFBIG.
class file_size_limit {
public:
    explicit file_size_limit(std::uintmax_t size) {
        std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &before_);
        rlimit now = before_;
        now.rlim_cur = size;
        ::setrlimit(RLIMIT_FSIZE, &now);
    }

    file_size_limit(file_size_limit const&) = delete;
    file_size_limit& operator=(file_size_limit const&) = delete;

    ~file_size_limit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

private:
    rlimit before_{};
};

/// A patience of 800 ms makes the wait for a lock 300 ms.
store_limits impatient() {
    store_limits limits;
    limits.timeout = milliseconds(800);
    return limits;
}

} // namespace

BOOST_AUTO_TEST_SUITE(trouble)

BOOST_AUTO_TEST_CASE(a_full_database_refuses_and_recovers) {
    database_dir const dir;
    auto const s = dir.open();
    BOOST_REQUIRE(write(*s, {{"PRAGMA max_page_count=40", {}}}).has_value());
    int written = 0;
    answer a;
    for (; written < 1000 && a.has_value(); ++written)
        a = write(*s, insert(std::to_string(written), written, std::string(1500, 'x')));
    BOOST_TEST(a.error() == errc::store_unavailable);
    BOOST_TEST(!s->healthy());
    BOOST_TEST(count(*s) == written - 1); // reading goes on
    BOOST_REQUIRE(write(*s, {{"PRAGMA max_page_count=100000", {}}}).has_value());
    BOOST_TEST(write(*s, insert(std::to_string(written - 1), 0, std::string(1500, 'x'))).has_value());
    BOOST_TEST(s->healthy());
    BOOST_TEST(count(*s) == written);
}

// The pages reach the log with COMMIT, so here it is COMMIT that fails.
BOOST_AUTO_TEST_CASE(a_commit_that_fails_acknowledges_nobody_and_recovers) {
    database_dir const dir;
    auto const s = dir.open();
    BOOST_REQUIRE(write(*s, insert("before")).has_value());
    std::vector<batch> group;
    group.push_back(insert("a", 0, std::string(100'000, 'a')));
    group.push_back(insert("a"));
    group.push_back(insert("b", 0, std::string(100'000, 'b')));
    std::vector<answer> answers;
    {
        file_size_limit const broken(std::filesystem::file_size(dir.file() + "-wal") + 8192);
        answers = write_as_group(dir, *s, group);
    }
    for (auto const& a : answers)
        BOOST_TEST(a.error() == errc::store_unavailable);
    BOOST_TEST(!s->healthy());
    BOOST_TEST(count(*s) == 1);
    BOOST_TEST(write(*s, group[0]).has_value());
    BOOST_TEST(write(*s, group[1]).error() == errc::store_constraint);
    BOOST_TEST(s->healthy());
    s->close();
    BOOST_TEST(check_integrity("sqlite:" + dir.file()) == "");
}

BOOST_AUTO_TEST_CASE(a_locked_database_is_reported_in_time_and_recovers) {
    database_dir const dir;
    auto limits = impatient();
    limits.max_group = 2;
    auto const s = dir.open(limits);
    stranger other(dir.file());
    other.run("BEGIN IMMEDIATE");
    auto const start = clock::now();
    BOOST_TEST(write(*s, insert("k")).error() == errc::store_unavailable);
    auto const took = clock::now() - start;
    BOOST_TEST((took >= milliseconds(150) && took < milliseconds(1500)));
    BOOST_TEST(!s->healthy());
    BOOST_TEST(read(*s, "SELECT 1").integer(0, 0) == 1); // reading goes on
    // However many wait, each has its answer within its patience.
    loop l;
    std::vector<loop::place> places;
    auto const many = clock::now();
    for (int i = 0; i < 20; ++i)
        places.push_back(l.start(s->write(insert(std::to_string(i)))));
    l.finish();
    BOOST_TEST((clock::now() - many < milliseconds(2500)));
    for (auto const& p : places) {
        auto const code = p->value().error();
        BOOST_TEST((code == errc::store_unavailable || code == errc::store_overloaded));
    }
    BOOST_TEST((places.front()->value().error() == errc::store_unavailable));
    BOOST_TEST((places.back()->value().error() == errc::store_overloaded));
    other.run("ROLLBACK");
    BOOST_TEST(write(*s, insert("k")).has_value());
    BOOST_TEST(s->healthy());
    BOOST_TEST(count(*s) == 1);
}

BOOST_AUTO_TEST_CASE(a_full_queue_refuses_at_once) {
    database_dir const dir;
    store_limits limits;
    limits.max_queue = 3;
    auto const s = dir.open(limits);
    stranger other(dir.file());
    other.run("BEGIN IMMEDIATE");
    loop l;
    auto const taken = l.start(s->write(insert("taken")));
    wait_until_queue_is(0);
    std::vector<loop::place> queued;
    for (int i = 0; i < 3; ++i)
        queued.push_back(l.start(s->write(insert(std::to_string(i)))));
    auto const start = clock::now();
    auto const refused = write(*s, insert("one too many"));
    BOOST_TEST(refused.error() == errc::store_overloaded);
    BOOST_TEST((clock::now() - start < milliseconds(1000)));
    other.run("ROLLBACK");
    l.finish();
    BOOST_TEST(taken->value().has_value());
    for (auto const& p : queued)
        BOOST_TEST(p->value().has_value());
    BOOST_TEST(count(*s) == 4);
}

BOOST_AUTO_TEST_CASE(close_ends_what_is_queued_and_takes_no_more) {
    database_dir const dir;
    auto const s = dir.open();
    stranger other(dir.file());
    other.run("BEGIN IMMEDIATE");
    loop l;
    std::vector<loop::place> places;
    for (int i = 0; i < 10; ++i)
        places.push_back(l.start(s->write(insert(std::to_string(i)))));
    places.push_back(l.start(s->read({{"SELECT 1", {}}})));
    std::thread closer([&] { s->close(); });
    other.run("ROLLBACK");
    closer.join();
    l.finish(); // completions were posted, although the threads have ended
    for (auto const& p : places)
        BOOST_TEST(p->value().has_value());
    BOOST_TEST(write(*s, insert("late")).error() == errc::shutting_down);
    BOOST_TEST(await(s->read({{"SELECT 1", {}}})).error() == errc::shutting_down);
    s->close();
    auto const again = dir.open(); // although the closed one is still held
    BOOST_TEST(count(*again) == 10);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace wxgate::store::test
