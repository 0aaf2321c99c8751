// A second process beside the one that has the file: it reads and writes, and never checkpoints.
#include "fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace wxgate::store::test {

namespace {

std::shared_ptr<store>
open_guest(database_dir const& dir, std::span<migration const> steps = schema, milliseconds timeout = {}) {
    store_limits limits;
    limits.timeout = timeout.count() != 0 ? timeout : milliseconds(20'000);
    return wxgate::store::open(
        {.url = "sqlite:" + dir.file(), .limits = limits, .migrations = steps, .guest = true}
    );
}

std::string refusal_of_guest(database_dir const& dir, std::span<migration const> steps = schema) {
    try {
        open_guest(dir, steps);
        return "";
    } catch (std::runtime_error const& e) {
        return e.what();
    }
}

bool holds(std::string const& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

// The database's own file. (To read it would let go of SQLite's locks: they are the process's.)
auto shape_of(std::string const& file) {
    return std::pair(std::filesystem::file_size(file), std::filesystem::last_write_time(file));
}

batch insert_wide(std::string key) {
    return insert(std::move(key), 1, std::string(3000, 'x'));
}

// Writes `count` batches one after the other; how many were written.
awaitable<void> write_all(store& s, std::string who, int count, int& written) {
    for (int i = 0; i < count; ++i) {
        auto work = insert_wide(who + std::to_string(i));
        auto const done = co_await s.write(std::move(work));
        if (done)
            ++written;
    }
}

void must_not_throw(std::exception_ptr const& failed) {
    if (failed)
        std::rethrow_exception(failed);
}

int write_from_a_thread_of_its_own(store& s, std::string who, int count) {
    int written = 0;
    asio::io_context context(1);
    asio::co_spawn(context, write_all(s, std::move(who), count, written), must_not_throw);
    context.run();
    return written;
}

} // namespace

BOOST_AUTO_TEST_SUITE(guests)

BOOST_AUTO_TEST_CASE(a_guest_reads_and_writes_beside_the_holder) {
    database_dir const dir;
    auto const holder = dir.open();
    BOOST_TEST(write(*holder, insert("holder's")).has_value());
    auto const guest = open_guest(dir);
    BOOST_TEST(count(*guest) == 1);
    BOOST_TEST(write(*guest, insert("guest's")).has_value());
    BOOST_TEST(count(*holder) == 2);
    BOOST_TEST(write(*holder, insert("guest's")).error() == errc::store_constraint);
    BOOST_TEST(write(*guest, insert("holder's")).error() == errc::store_constraint);
    BOOST_TEST(guest->healthy());
    BOOST_TEST(write(*guest, {{"PRAGMA wal_autocheckpoint", {}}}).value().at(0).integer(0, 0) == 0);
    BOOST_TEST(write(*guest, {{"PRAGMA synchronous", {}}}).value().at(0).integer(0, 0) == 2); // FULL
    guest->close();
    BOOST_TEST(write(*holder, insert("more")).has_value()); // its locks are still there
    BOOST_TEST(holds(dir.refusal(), "another process"));
}

BOOST_AUTO_TEST_CASE(a_guest_never_checkpoints) {
    database_dir const dir;
    auto const holder = dir.open();
    BOOST_TEST(write(*holder, insert("first")).has_value());
    auto const before = shape_of(dir.file());
    {
        auto const guest = open_guest(dir);
        for (int i = 0; i < 2500; ++i) // more than what makes the holder checkpoint
            BOOST_REQUIRE(write(*guest, insert_wide("g" + std::to_string(i))).has_value());
        guest->close();
    }
    BOOST_TEST((shape_of(dir.file()) == before)); // all of it is in the log
    BOOST_TEST(std::filesystem::file_size(dir.file() + "-wal") > 4000U * 4120U);
    BOOST_TEST(count(*holder) == 2501);
    holder->close();
    BOOST_TEST(!std::filesystem::exists(dir.file() + "-wal"));
    BOOST_TEST(check_integrity("sqlite:" + dir.file()) == "");
    BOOST_TEST(count(*dir.open()) == 2501);
}

BOOST_AUTO_TEST_CASE(a_guest_that_outlives_the_holder_leaves_the_log) {
    database_dir const dir;
    auto holder = dir.open();
    auto guest = open_guest(dir);
    BOOST_TEST(write(*holder, insert("holder's")).has_value());
    holder->close();
    BOOST_TEST(write(*guest, insert("guest's")).has_value());
    auto const second = dir.open(); // the lock is free
    BOOST_TEST(count(*second) == 2);
    BOOST_TEST(write(*guest, insert("guest's again")).has_value());
    BOOST_TEST(write(*second, insert("second's")).has_value());
    second->close();
    guest->close();
    BOOST_TEST(std::filesystem::exists(dir.file() + "-wal"));
    BOOST_TEST(count(*dir.open()) == 4);
    BOOST_TEST(check_integrity("sqlite:" + dir.file()) == "");
}

BOOST_AUTO_TEST_CASE(without_a_holder_the_guest_is_one) {
    database_dir const dir;
    auto guest = open_guest(dir); // makes the file, too
    BOOST_TEST(write(*guest, insert("k")).has_value());
    BOOST_TEST(holds(dir.refusal(), "another process"));
    auto const second = open_guest(dir); // a guest of the guest
    BOOST_TEST(count(*second) == 1);
    second->close();
    guest->close();
    BOOST_TEST(!std::filesystem::exists(dir.file() + "-wal"));
    BOOST_TEST(dir.refusal() == "");
}

BOOST_AUTO_TEST_CASE(a_guest_does_not_migrate_under_the_holder) {
    database_dir const dir;
    auto const holder = dir.open({}, std::span(schema).first(1));
    auto const why = refusal_of_guest(dir);
    BOOST_TEST(holds(why, "version 1, older than this program's 2"), why);
    BOOST_TEST(holds(why, dir.file()), why);
    BOOST_TEST(refusal_of_guest(dir, std::span(schema).first(1)) == "");
    holder->close();
    BOOST_TEST(refusal_of_guest(dir) == ""); // now it does
    BOOST_TEST(holds(refusal_of_guest(dir, std::span(schema).first(1)), "newer"));
}

// Four threads write as fast as they can, one of them as a guest: each gets its turn, and nothing is lost,
// through several checkpoints.
BOOST_AUTO_TEST_CASE(both_write_at_the_same_time) {
    database_dir const dir;
    auto const holder = dir.open();
    auto const guest = open_guest(dir);
    constexpr int each = 1600;
    int of_holders[3] = {};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
        threads.emplace_back([&, t] {
            of_holders[t] =
                write_from_a_thread_of_its_own(*holder, std::string(1, static_cast<char>('a' + t)), each);
        });
    int const of_guest = write_from_a_thread_of_its_own(*guest, "guest", each / 4);
    for (auto& t : threads)
        t.join();
    BOOST_TEST(of_guest == each / 4);
    for (int const written : of_holders)
        BOOST_TEST(written == each);
    BOOST_TEST(count(*holder) == 3 * each + each / 4);
    guest->close();
    holder->close();
    BOOST_TEST(check_integrity("sqlite:" + dir.file()) == "");
    BOOST_TEST(count(*dir.open()) == 3 * each + each / 4);
}

// Somebody who holds the lock for good is told of, not waited for without end.
BOOST_AUTO_TEST_CASE(a_guests_patience_has_an_end) {
    database_dir const dir;
    auto const holder = dir.open();
    auto const guest = open_guest(dir, schema, milliseconds(400));
    stranger other(dir.file());
    other.run("BEGIN IMMEDIATE");
    auto const began = std::chrono::steady_clock::now();
    BOOST_TEST(write(*guest, insert("k")).error() == errc::store_unavailable);
    BOOST_TEST((std::chrono::steady_clock::now() - began < std::chrono::seconds(5)));
    other.run("ROLLBACK");
    BOOST_TEST(write(*guest, insert("k")).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace wxgate::store::test
