// The PostgreSQL engine against a server, and against one that fails it. Run by conf/scratch-postgres.
#include "base/metrics.hpp"
#include "fixture.hpp"
#include "support/wait.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

namespace wxgate::store::test {

namespace {

using clock = std::chrono::steady_clock;
using wxgate::test::eventually;

boost::test_tools::assertion_result with_server(boost::unit_test::test_unit_id) {
    return wxgate::test::on_postgres();
}

std::uint64_t retries() {
    return metrics::get_counter(
               "wxgate_store_retries_total", "Batches that the database had undone and that were sent again."
    )
        .value();
}

batch one(std::string_view sql, std::vector<value> params = {}) {
    batch b;
    b.push_back({sql, std::move(params)});
    return b;
}

bool holds(std::string const& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::uint64_t commits() {
    return metrics::get_counter("wxgate_store_commits_total", "Transactions that the store committed.")
        .value();
}

/// How many of the program's statements wait for what others have locked.
std::int64_t waiting_for_a_row(database_dir const& dir) {
    return dir.client().number(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'wxgate' AND wait_event_type = 'Lock'"
    );
}

/// Ends every connection of the program.
void kill_backends(database_dir const& dir) {
    dir.client().run(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'wxgate'"
    );
}

/// Returns when writes and reads succeed again.
void wait_until_it_works(store& s) {
    auto const give_up = clock::now() + std::chrono::seconds(30);
    while (!write(s, one("UPDATE t SET n = n WHERE k = 'nobody'")).has_value() ||
           !await(s.read(one("SELECT 1"))).has_value())
        BOOST_REQUIRE(clock::now() < give_up);
}

/// Writes that stand in line until finish(), as somebody has locked the table.
struct held_line {
    explicit held_line(database_dir const& dir) : somebody(dir.url()) {
        somebody.run("BEGIN; LOCK TABLE t IN EXCLUSIVE MODE");
    }

    void add(awaitable<answer> op) { places.push_back(l.start(std::move(op))); }

    void finish() {
        somebody.run("COMMIT");
        l.finish();
    }

    wxgate::test::postgres_client somebody;
    loop l;
    std::vector<loop::place> places;
};

} // namespace

BOOST_AUTO_TEST_SUITE(postgres, *boost::unit_test::precondition(with_server))

BOOST_AUTO_TEST_CASE(a_batch_is_there_or_not) {
    database_dir const dir;
    auto const s = dir.open();
    batch b = insert("a");
    b.push_back(insert("b", -1).front());
    b.push_back(insert("c").front());
    BOOST_TEST(write(*s, b).error() == errc::store_constraint); // CHECK
    BOOST_TEST(count(*s) == 0);
    BOOST_TEST(write(*s, insert("a")).has_value());
    BOOST_TEST(write(*s, insert("a")).error() == errc::store_constraint); // UNIQUE
    batch dangling = insert("y");
    dangling.push_back({"INSERT INTO u VALUES ('nobody')", {}});
    BOOST_TEST(write(*s, dangling).error() == errc::store_constraint); // at the commit
    BOOST_TEST(write(*s, insert("frozen")).has_value());
    BOOST_TEST(write(*s, one("UPDATE t SET n = 6")).error() == errc::store_constraint); // a trigger
    BOOST_TEST(write(*s, insert("fatal")).error() == errc::store_constraint);
    BOOST_TEST(count(*s) == 2);
    BOOST_TEST(s->healthy());
    BOOST_TEST(s->shared());
}

BOOST_AUTO_TEST_CASE(what_changed_is_counted) {
    database_dir const dir;
    auto const s = dir.open();
    batch b = insert("a");
    b.push_back({"INSERT INTO t (k, n) VALUES ('a', 1) ON CONFLICT DO NOTHING", {}});
    b.push_back({"UPDATE t SET n = n + 1", {}});
    b.push_back({"SELECT k FROM t", {}});
    b.push_back({"SELECT n = 1, sum(n), 1.5 FROM t GROUP BY n", {}});
    auto const r = write(*s, std::move(b)).value();
    BOOST_TEST(r[0].changed() == 1);
    BOOST_TEST(r[1].changed() == 0);
    BOOST_TEST(r[2].changed() == 1);
    BOOST_TEST(r[3].changed() == 0);
    BOOST_TEST(r[4].integer(0, 0) == 1); // a truth value
    BOOST_TEST(r[4].integer(0, 1) == 1); // what SUM makes of bigint
    BOOST_TEST(r[4].text(0, 2) == "1.5");
}

BOOST_AUTO_TEST_CASE(a_guard_lets_one_of_many_through) {
    database_dir const dir;
    auto const s = dir.open();
    BOOST_REQUIRE(write(*s, insert("order")).has_value());
    loop l;
    std::vector<loop::place> places;
    for (int i = 0; i < 64; ++i) {
        std::string const event = "event-" + std::to_string(i);
        batch b = one("UPDATE t SET n = 1, s = $2 WHERE k = $1 AND n = 0", {std::string("order"), event});
        b.push_back(
            {"INSERT INTO t (k, n) SELECT $2, 7 FROM t WHERE k = $1 AND s = $2",
             {std::string("order"), event}}
        );
        places.push_back(l.start(s->write(std::move(b))));
    }
    l.finish();
    std::int64_t through = 0;
    for (auto const& p : places)
        through += p->value().value().front().changed();
    BOOST_TEST(through == 1);
    BOOST_TEST(count(*s) == 2);
}

// Two that lock the same rows in another order: the server ends one of them, which is run again.
BOOST_AUTO_TEST_CASE(a_deadlock_is_tried_again) {
    database_dir const dir;
    auto const s = dir.open();
    BOOST_REQUIRE(write(*s, insert("a")).has_value());
    BOOST_REQUIRE(write(*s, insert("b")).has_value());
    auto const before = retries();
    wxgate::test::postgres_client other(dir.url());
    other.run("BEGIN; UPDATE t SET n = n + 1 WHERE k = 'b'");
    batch b = one("UPDATE t SET n = n + 1 WHERE k = 'a'");
    b.push_back({"UPDATE t SET n = n + 1 WHERE k = 'b'", {}});
    loop l;
    auto const mine = l.start(s->write(std::move(b)));
    BOOST_REQUIRE(eventually(std::chrono::seconds(10), [&] { return waiting_for_a_row(dir) == 1; })); // for b
    auto theirs = std::async(std::launch::async, [&] {
        try {
            other.run("UPDATE t SET n = n + 1 WHERE k = 'a'");
            other.run("COMMIT");
            return 1;
        } catch (std::runtime_error const&) { // it was the one that was ended
            other.run("ROLLBACK");
            return 0;
        }
    });
    l.finish();
    auto const added = theirs.get();
    BOOST_TEST(mine->value().has_value());
    BOOST_TEST(read(*s, "SELECT n FROM t WHERE k = 'a'").integer(0, 0) == 1 + added);
    BOOST_TEST(
        retries() - before == static_cast<std::uint64_t>(added)
    ); // theirs got through, so ours was ended
}

// What is in line when a lane is free goes together, and is committed together.
BOOST_AUTO_TEST_CASE(what_is_in_line_is_one_transaction) {
    database_dir const dir;
    auto const s = dir.open();
    held_line line(dir);
    auto const before = commits();
    for (int i = 0; i < 300; ++i) {
        auto b = insert("k" + std::to_string(i), i);
        if (i % 2 == 0) // names no row
            b.insert(b.begin(), {"DELETE FROM t WHERE n < $1", {std::int64_t{-1}}});
        line.add(s->write(std::move(b)));
    }
    line.finish();
    for (auto const& p : line.places)
        BOOST_TEST((*p)->has_value());
    BOOST_TEST(count(*s) == 300);
    BOOST_TEST(commits() - before < 100U);
}

// … but for what goes alone.
BOOST_AUTO_TEST_CASE(what_goes_alone_shares_no_transaction) {
    database_dir const dir;
    auto const s = dir.open();
    held_line line(dir);
    for (int i = 0; i < 60; ++i) {
        auto const key = "k" + std::to_string(i);
        bool const alone = i % 20 == 10;
        line.add(alone ? s->write_alone(insert(key, 1)) : s->write(insert(key)));
    }
    line.finish();
    for (auto const& p : line.places)
        BOOST_TEST((*p)->has_value());
    std::string const together = "SELECT count(*) FROM t AS a JOIN t AS b ON a.xmin = b.xmin AND a.k <> b.k";
    BOOST_TEST(dir.client().number(together) > 0);
    BOOST_TEST(dir.client().number(together + " WHERE a.n = 1") == 0);
}

// Like statements of many are run as one, and each hears of its own row.
BOOST_AUTO_TEST_CASE(like_statements_are_run_as_one) {
    database_dir const dir;
    auto const s = dir.open();
    for (int i = 0; i < 120; i += 2)
        BOOST_REQUIRE(write(*s, insert("k" + std::to_string(i))).has_value());
    dir.client().run(
        "CREATE SEQUENCE runs; CREATE FUNCTION note_run() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM "
        "nextval(''runs''); RETURN NULL; END'; CREATE TRIGGER noted AFTER UPDATE ON t FOR EACH STATEMENT "
        "EXECUTE FUNCTION note_run()"
    );
    held_line line(dir);
    auto const start = [&](int row, std::int64_t n) {
        value const text = n % 4 == 0 ? value{} : value{"\"{" + std::to_string(n) + ",NULL}\\ \xE5\xBE\xAE"};
        std::string const name = "k"; // the row's first half
        std::string const number = std::to_string(row);
        batch b =
            one("UPDATE t SET n = $3, s = $4/*each FROM*/ WHERE k = $1 || $2/*pg  RETURNING n + 1, s*//*told "
                "substr(k, 2) = $2*/",
                {name, number, n, text});
        b.push_back(
            {"INSERT INTO u SELECT k FROM t/*each ,*/ WHERE k = $1 || $2 AND n = $3 ON CONFLICT DO NOTHING",
             {name, number, n}}
        );
        line.add(s->write(std::move(b)));
        return text;
    };
    std::vector<value> texts;
    for (int i = 0; i < 120; ++i)
        texts.push_back(start(i, i));
    start(0, 500); // a row that another one of them changes
    line.finish();
    for (std::size_t i = 0; i < 120; ++i) {
        auto const& r = line.places[i]->value();
        BOOST_TEST_REQUIRE(r.has_value());
        auto const& mine = r.value().front();
        BOOST_TEST(mine.changed() == (i % 2 == 0 ? 1 : 0));
        BOOST_TEST_REQUIRE(mine.size() == (i % 2 == 0 ? 1U : 0U));
        if (mine.empty())
            continue;
        BOOST_TEST(mine.columns() == 2U);
        BOOST_TEST(mine.integer(0, 0) == static_cast<std::int64_t>(i) + 1);
        BOOST_TEST((mine.at(0, 1) == texts[i]));
    }
    BOOST_TEST(line.places.back()->value().value().front().integer(0, 0) == 501);
    BOOST_TEST(read(*s, "SELECT count(*) FROM u").integer(0, 0) == 60);
    BOOST_TEST(dir.client().number("SELECT last_value FROM runs") < 30); // of 121
}

// One that is refused undoes what went with it; the others are then done, and each hears its own outcome.
BOOST_AUTO_TEST_CASE(what_goes_together_does_not_pay_for_one) {
    database_dir const dir;
    auto const s = dir.open();
    BOOST_REQUIRE(write(*s, insert("taken")).has_value());
    held_line line(dir);
    for (int i = 0; i < 120; ++i) {
        auto const key = "k" + std::to_string(i);
        batch b = insert(i % 20 == 7 ? "taken" : key, i % 20 == 9 ? -1 : i); // taken; against the CHECK
        if (i % 20 == 11)
            b = one("INSERT INTO t (k, n) VALUES ($1, 0)", {std::string("k\0x", 3)});
        if (i % 20 == 13)
            b = one("INSERT INTO no_such_table VALUES (1)");
        b.push_back({"SELECT n FROM t WHERE k = $1", {key}});
        b.push_back({"SELECT 'told' FROM t WHERE k = $1", {key}, wanted::unless_changed});
        line.add(s->write(std::move(b)));
    }
    line.finish();
    std::int64_t done = 1;
    for (int i = 0; i < 120; ++i) {
        auto const& r = **line.places[static_cast<std::size_t>(i)];
        auto const kind = i % 20;
        if (kind == 13) {
            BOOST_TEST((r.error() == errc::store_unavailable), i);
        } else if (kind == 7 || kind == 9 || kind == 11) {
            BOOST_TEST((r.error() == errc::store_constraint), i);
        } else {
            BOOST_TEST_REQUIRE(r.has_value(), i);
            BOOST_TEST(r.value().at(1).integer(0, 0) == i); // its own rows, and not its neighbour's
            BOOST_TEST(r.value().at(2).empty());
            ++done;
        }
    }
    BOOST_TEST(count(*s) == done);
    BOOST_TEST(s->healthy());
}

// Somebody keeps a row: who wants it hears so in time, and what went with it is done before.
BOOST_AUTO_TEST_CASE(a_locked_row_holds_up_itself_alone) {
    database_dir const dir;
    store_limits limits;
    limits.timeout = milliseconds(4000);
    auto const s = dir.open(limits);
    BOOST_REQUIRE(write(*s, insert("kept")).has_value());
    wxgate::test::postgres_client other(dir.url());
    wxgate::test::postgres_client keeper(dir.url());
    keeper.run("BEGIN; SELECT n FROM t WHERE k = 'kept' FOR UPDATE");
    other.run("BEGIN; LOCK TABLE t IN SHARE MODE");
    loop l;
    std::vector<loop::place> places;
    for (int i = 0; i < 60; ++i)
        places.push_back(l.start(s->write(insert("k" + std::to_string(i)))));
    auto const mine = l.start(s->write(one("UPDATE t SET n = 6 WHERE k = 'kept'")));
    other.run("COMMIT");
    l.finish();
    for (auto const& p : places)
        BOOST_TEST((*p)->has_value());
    BOOST_TEST((mine->value().error() == errc::store_unavailable));
    keeper.run("ROLLBACK");
    BOOST_TEST(count(*s) == 61);
    BOOST_TEST(write(*s, one("UPDATE t SET n = 6 WHERE k = 'kept'")).has_value());
}

// A lane that is stuck behind such a row holds up nobody who comes later.
BOOST_AUTO_TEST_CASE(a_lane_that_is_stuck_is_passed_by) {
    database_dir const dir;
    store_limits limits;
    limits.timeout = std::chrono::seconds(20); // so it would be stuck for five
    auto const s = dir.open(limits);
    BOOST_REQUIRE(write(*s, insert("kept")).has_value());
    BOOST_REQUIRE(eventually(std::chrono::seconds(10), [] {
        return metrics::get_gauge("wxgate_store_connections", "Connections to the database.").value() >= 6;
    }));
    wxgate::test::postgres_client keeper(dir.url());
    keeper.run("BEGIN; SELECT n FROM t WHERE k = 'kept' FOR UPDATE");
    loop l;
    auto const mine = l.start(s->write(one("UPDATE t SET n = 6 WHERE k = 'kept'")));
    BOOST_REQUIRE(eventually(std::chrono::seconds(10), [&] { return waiting_for_a_row(dir) == 1; }));
    auto const behind = l.start(s->write(insert("behind"))); // perhaps: nobody can know yet
    wait_until_queue_is(0);
    for (int i = 0; i < 10; ++i)
        BOOST_TEST(write(*s, insert("k" + std::to_string(i))).has_value());
    BOOST_TEST(waiting_for_a_row(dir) == 1); // still
    keeper.run("ROLLBACK");
    l.finish();
    BOOST_TEST(mine->value().has_value());
    BOOST_TEST(behind->value().has_value());
}

// A guard that looked before somebody else's commit runs into a unique key; looking again, it sees.
BOOST_AUTO_TEST_CASE(a_guard_that_was_overtaken_looks_again) {
    database_dir const dir;
    auto const s = dir.open();
    wxgate::test::postgres_client other(dir.url());
    other.run("BEGIN; INSERT INTO t (k, n) VALUES ('taken', 1)");
    loop l;
    auto const mine =
        l.start(s->write(one("INSERT INTO t (k, n) SELECT 'taken', 2 WHERE NOT EXISTS (SELECT 1 FROM t "
                             "WHERE k = 'taken')")));
    BOOST_REQUIRE(eventually(std::chrono::seconds(10), [&] { return waiting_for_a_row(dir) == 1; }));
    other.run("COMMIT");
    l.finish();
    BOOST_REQUIRE(mine->value().has_value());
    BOOST_TEST(mine->value()->front().changed() == 0);
    BOOST_TEST(read(*s, "SELECT n FROM t").integer(0, 0) == 1);
}

BOOST_AUTO_TEST_CASE(a_row_that_stays_locked_is_told_in_time) {
    database_dir const dir;
    store_limits limits;
    limits.timeout = milliseconds(800);
    auto const s = dir.open(limits);
    BOOST_REQUIRE(write(*s, insert("a")).has_value());
    wxgate::test::postgres_client other(dir.url());
    other.run("BEGIN; UPDATE t SET n = 5");
    auto const start = clock::now();
    BOOST_TEST(write(*s, one("UPDATE t SET n = 6")).error() == errc::store_unavailable);
    BOOST_TEST((clock::now() - start < milliseconds(1500)));
    other.run("ROLLBACK");
    BOOST_TEST(write(*s, one("UPDATE t SET n = 7")).has_value());
    BOOST_TEST(read(*s, "SELECT n FROM t").integer(0, 0) == 7);
}

BOOST_AUTO_TEST_CASE(backends_are_killed_under_load) {
    database_dir const dir;
    auto const s = dir.open();
    std::atomic<bool> stop{false};
    std::atomic<int> acknowledged{0};
    std::atomic<int> unknown{0};
    std::thread writers([&] {
        for (int round = 0; !stop; ++round) {
            loop l;
            std::vector<loop::place> places;
            for (int i = 0; i < 50; ++i) {
                auto const key = std::to_string(round) + '/' + std::to_string(i);
                batch b = insert(key);
                b.push_back(insert("second " + key).front());
                places.push_back(l.start(s->write(std::move(b))));
            }
            l.context.restart();
            l.context.run();
            for (auto const& p : places)
                ++((*p)->has_value() ? acknowledged : unknown);
        }
    });
    for (int i = 0; i < 20; ++i) {
        std::this_thread::sleep_for(milliseconds(100));
        kill_backends(dir);
    }
    stop = true;
    writers.join();
    wait_until_it_works(*s);
    BOOST_TEST(s->healthy());
    BOOST_TEST(acknowledged > 0);
    auto const there = count(*s);
    BOOST_TEST(there % 2 == 0); // no half of a batch
    BOOST_TEST(there / 2 >= acknowledged);
    BOOST_TEST(there / 2 <= acknowledged + unknown);
}

BOOST_AUTO_TEST_CASE(reads_outlive_their_connection) {
    database_dir const dir;
    auto const s = dir.open();
    loop l;
    auto const slow = l.start(s->read(one("SELECT pg_sleep(0.5), 7")));
    std::this_thread::sleep_for(milliseconds(200));
    dir.client().run(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(0.5)%' "
        "AND pid <> pg_backend_pid()"
    );
    l.finish();
    BOOST_REQUIRE(slow->value().has_value());
    BOOST_TEST(slow->value()->front().integer(0, 1) == 7);
}

// While the server is away, everybody is told so at once.
BOOST_AUTO_TEST_CASE(a_server_that_is_away_is_told_at_once_and_comes_back) {
    database_dir const dir;
    auto const s = dir.open();
    std::string other_database = wxgate::test::postgres_url(); // nobody shuts the one that he is in
    other_database.replace(other_database.rfind('/'), std::string::npos, "/postgres");
    wxgate::test::postgres_client outside(other_database);
    outside.run("ALTER DATABASE wxgate ALLOW_CONNECTIONS false");
    kill_backends(dir);
    auto const give_up = clock::now() + std::chrono::seconds(10);
    while (s->healthy() && clock::now() < give_up)
        std::this_thread::sleep_for(milliseconds(5));
    BOOST_TEST(!s->healthy());
    for (int i = 0; i < 100; ++i) {
        auto const start = clock::now();
        BOOST_TEST(write(*s, insert("k")).error() == errc::store_unavailable);
        BOOST_TEST((clock::now() - start < milliseconds(100)));
    }
    outside.run("ALTER DATABASE wxgate ALLOW_CONNECTIONS true");
    wait_until_it_works(*s);
    BOOST_TEST(s->healthy());
    BOOST_TEST(write(*s, insert("k")).has_value());
}

BOOST_AUTO_TEST_CASE(close_ends_what_is_in_line_and_takes_no_more) {
    database_dir const dir;
    auto const s = dir.open();
    loop l;
    std::vector<loop::place> places;
    for (int i = 0; i < 200; ++i)
        places.push_back(l.start(s->write(insert(std::to_string(i)))));
    s->close();
    l.finish();
    for (auto const& p : places)
        BOOST_TEST(p->value().has_value());
    BOOST_TEST(write(*s, insert("late")).error() == errc::shutting_down);
    auto const again = dir.open();
    BOOST_TEST(count(*again) == 200);
}

BOOST_AUTO_TEST_CASE(a_full_line_refuses_at_once) {
    database_dir const dir;
    store_limits limits;
    limits.max_queue = 3;
    auto const s = dir.open(limits);
    BOOST_REQUIRE(write(*s, insert("a")).has_value());
    wxgate::test::postgres_client other(dir.url());
    other.run("BEGIN; UPDATE t SET n = 5");
    loop l;
    std::vector<loop::place> places;
    for (int i = 0; i < 200; ++i) // more than may be under way on all lanes
        places.push_back(l.start(s->write(one("UPDATE t SET n = n + 1 WHERE k = 'a'"))));
    other.run("ROLLBACK");
    l.finish();
    std::int64_t done = 0;
    for (auto const& p : places)
        done += (*p)->has_value() ? 1 : 0;
    BOOST_TEST(done > 0);
    BOOST_TEST(done < 200);
    BOOST_TEST(read(*s, "SELECT n FROM t").integer(0, 0) == done);
}

// ---- the schema

BOOST_AUTO_TEST_CASE(schemas_grow_and_are_refused) {
    database_dir const dir;
    auto const first = std::span(schema).first(1);
    dir.open({}, first)->close();
    store_options as_serve;
    as_serve.url = dir.url();
    as_serve.migrations = schema;
    as_serve.upgrade = false;
    try {
        open(as_serve)->close();
        BOOST_ERROR("an older schema was changed");
    } catch (std::runtime_error const& e) {
        BOOST_TEST(holds(e.what(), "wxgate migrate"), e.what());
    }
    dir.open()->close(); // as migrate does
    open(as_serve)->close();
    BOOST_TEST(holds(dir.refusal(first), "newer than this program's 1"));
    BOOST_TEST(check_integrity(dir.url()) == "");
    dir.client().run("ALTER TABLE t DISABLE TRIGGER t_frozen");
    BOOST_TEST(holds(check_integrity(dir.url()), "t_frozen"));
}

BOOST_AUTO_TEST_CASE(a_step_that_fails_leaves_the_one_before) {
    database_dir const dir;
    auto broken = schema;
    broken[1].sql = "CREATE TABLE half (k TEXT); INSERT INTO nowhere VALUES (1)";
    for (int i = 0; i < 2; ++i)
        BOOST_TEST(holds(dir.refusal(broken), "migration 2 failed"));
    wxgate::test::postgres_client other(dir.url());
    BOOST_TEST(other.number("SELECT max(version) FROM schema_version") == 1);
    BOOST_TEST(other.number("SELECT count(to_regclass('half'))") == 0);
    BOOST_TEST(dir.refusal() == "");
}

BOOST_AUTO_TEST_CASE(many_that_open_at_once_make_one_schema) {
    database_dir const dir;
    std::vector<std::future<std::string>> openers;
    for (int i = 0; i < 4; ++i)
        openers.push_back(std::async(std::launch::async, [&] { return dir.refusal(); }));
    for (auto& o : openers)
        BOOST_TEST(o.get() == "");
}

BOOST_AUTO_TEST_CASE(a_foreign_database_is_refused_and_left_alone) {
    database_dir const dir;
    wxgate::test::postgres_client other(dir.url());
    other.run("CREATE TABLE customers (id bigint)");
    BOOST_TEST(holds(dir.refusal(), "another program"));
    other.run("DROP TABLE customers; CREATE TABLE schema_version (version bigint)"
    ); // Flyway's has the name, too
    BOOST_TEST(holds(dir.refusal(), "another program"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace wxgate::store::test
