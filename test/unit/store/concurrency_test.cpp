// Many writers, two event loops, one file.
#include "base/metrics.hpp"
#include "fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>

namespace wxgate::store::test {

namespace {

std::uint64_t counted(std::string_view name, std::string_view help) {
    return metrics::get_counter(name, help).value();
}

struct tally {
    std::atomic<int> good{0};
    std::atomic<int> bad{0};
    std::atomic<int> strayed{0}; // resumed on a thread that is not its executor's
};

batch event(int writer, int i) {
    std::string const key = std::to_string(i * 7919 % 10'007) + '/' + std::to_string(writer);
    batch b = insert(key, i, std::string(60, 'e'));
    b.push_back({"UPDATE t SET n = n + 1 WHERE k = $1", {key}});
    return b;
}

awaitable<void> write_events(store& s, int writer, int events, tally& t) {
    auto const home = std::this_thread::get_id();
    for (int i = 0; i < events; ++i) {
        batch b = event(writer, i);
        auto const a = co_await s.write(std::move(b));
        ++(a.has_value() ? t.good : t.bad);
        if (std::this_thread::get_id() != home)
            ++t.strayed;
    }
}

/// Moves from one account to the other, for ever the same sum.
awaitable<void> transfer(store& s, int times, std::atomic<int>& running) {
    for (int i = 0; i < times; ++i) {
        batch b;
        b.push_back({"UPDATE t SET n = n - 1 WHERE k = 'a'", {}});
        b.push_back({"UPDATE t SET n = n + 1 WHERE k = 'b'", {}});
        co_await s.write(std::move(b));
    }
    --running;
}

awaitable<void> audit(store& s, std::atomic<int>& running, tally& t) {
    while (running > 0) {
        batch b;
        b.push_back({"SELECT n FROM t WHERE k = 'a'", {}});
        b.push_back({"SELECT n FROM t WHERE k = 'b'", {}});
        auto const a = co_await s.read(std::move(b));
        bool const right = a.has_value() && a->at(0).integer(0, 0) + a->at(1).integer(0, 0) == 1000;
        ++(right ? t.good : t.bad);
    }
}

/// Boost.Test's checks are for one thread; a coroutine that throws must not pass for one that ended.
void must_not_throw(std::exception_ptr const& failed) {
    if (failed)
        std::terminate();
}

} // namespace

BOOST_AUTO_TEST_SUITE(concurrency)

BOOST_AUTO_TEST_CASE(writers_of_two_loops_share_commits) {
    database_dir const dir;
    auto const s = dir.open();
    auto const batches = [] {
        return counted("wxgate_store_batches_total", "Batches that the store was asked to write.");
    };
    auto const commits = [] {
        return counted("wxgate_store_commits_total", "Transactions that the store committed.");
    };
    auto const batches_before = batches();
    auto const commits_before = commits();
    tally t;
    auto const work = [&](int first) {
        asio::io_context context(1);
        for (int w = first; w < first + 20; ++w)
            asio::co_spawn(context, write_events(*s, w, 50, t), must_not_throw);
        context.run();
    };
    std::thread other(work, 100);
    work(0);
    other.join();
    BOOST_TEST(t.good == 2000);
    BOOST_TEST(t.bad == 0);
    BOOST_TEST(t.strayed == 0);
    BOOST_TEST(count(*s) == 2000);
    BOOST_TEST(read(*s, "SELECT count(*) FROM t WHERE n < 1").integer(0, 0) == 0);
    BOOST_TEST(batches() - batches_before == 2000U);
    if (!wxgate::test::on_postgres()) // there each batch is a transaction; they share the flush
        BOOST_TEST(commits() - commits_before < 1500U);
}

BOOST_AUTO_TEST_CASE(a_read_sees_one_snapshot) {
    database_dir const dir;
    auto const s = dir.open();
    BOOST_REQUIRE(write(*s, insert("a", 1000)).has_value());
    BOOST_REQUIRE(write(*s, insert("b", 0)).has_value());
    std::atomic<int> running{4};
    tally t;
    std::thread writers([&] {
        asio::io_context context(1);
        for (int i = 0; i < 4; ++i)
            asio::co_spawn(context, transfer(*s, 100, running), must_not_throw);
        context.run();
    });
    asio::io_context context(1);
    for (int i = 0; i < 2; ++i)
        asio::co_spawn(context, audit(*s, running, t), must_not_throw);
    context.run();
    writers.join();
    BOOST_TEST(t.good > 0);
    BOOST_TEST(t.bad == 0);
    BOOST_TEST(read(*s, "SELECT n FROM t WHERE k = 'b'").integer(0, 0) == 400);
}

// 20 000 batches leave some 20 000 pages in a log that is never checkpointed.
BOOST_AUTO_TEST_CASE(the_log_stays_short_under_load) {
    database_dir const dir;
    auto const s = dir.open();
    tally t;
    asio::io_context context(1);
    for (int w = 0; w < 8; ++w)
        asio::co_spawn(context, write_events(*s, w, 2500, t), must_not_throw);
    context.run();
    BOOST_TEST(t.good == 20'000);
    // The file keeps the length of the longest log there was.
    auto const length = std::filesystem::file_size(dir.file() + "-wal");
    BOOST_TEST_MESSAGE(
        "the log is " << length / 1024 << " KiB, the database "
                      << std::filesystem::file_size(dir.file()) / 1024
    );
    BOOST_TEST(length < 40U * 1024 * 1024);
    s->close();
    BOOST_TEST(!std::filesystem::exists(dir.file() + "-wal"));
    BOOST_TEST(check_integrity("sqlite:" + dir.file()) == "");
}

// Jobs of one executor are completed by one post; a handler that throws out of it must not lose those behind
// it.
BOOST_AUTO_TEST_CASE(a_handler_that_throws_loses_no_other) {
    database_dir const dir;
    auto const s = dir.open();
    stranger other(dir.file());
    other.run("BEGIN IMMEDIATE");
    asio::io_context context(1);
    int done = 0;
    int thrown = 0;
    for (int i = 0; i < 6; ++i)
        asio::co_spawn(
            context,
            s->write(insert(std::to_string(i))),
            [&, i](std::exception_ptr const&, answer const& a) {
                done += a.has_value() ? 1 : 0;
                if (i % 2 == 0)
                    throw std::runtime_error("a handler");
            }
        );
    context.poll();
    other.run("ROLLBACK");
    for (;;) {
        try {
            context.run_for(std::chrono::seconds(30));
            break;
        } catch (std::exception const&) { // Asio makes one of several
            ++thrown;
        }
    }
    BOOST_TEST(done == 6);
    BOOST_TEST(thrown > 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace wxgate::store::test
