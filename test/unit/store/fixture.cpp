#include "fixture.hpp"

#include "base/metrics.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace wxgate::store::test {

std::vector<migration> const schema = {
    {1,
     "CREATE TABLE t (k TEXT PRIMARY KEY, n INTEGER NOT NULL CHECK (n >= 0), s TEXT) STRICT, WITHOUT ROWID;"},
    {2,
     "CREATE TABLE u (k TEXT PRIMARY KEY REFERENCES t (k) DEFERRABLE INITIALLY DEFERRED) STRICT;"
     "CREATE TABLE plain (s TEXT) STRICT;"
     "CREATE TRIGGER t_frozen BEFORE UPDATE ON t WHEN old.k = 'frozen'"
     " BEGIN SELECT RAISE(ABORT, 'frozen'); END;"
     "CREATE TRIGGER t_fatal BEFORE INSERT ON t WHEN new.k = 'fatal'"
     " BEGIN SELECT RAISE(ROLLBACK, 'fatal'); END;"},
};

database_dir::database_dir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "wxgate-store-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
        throw std::runtime_error("mkdtemp");
    path_ = pattern;
    if (wxgate::test::on_postgres())
        schema_ = std::make_unique<wxgate::test::postgres_schema>();
}

database_dir::~database_dir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::shared_ptr<store> database_dir::open(store_limits limits, std::span<migration const> steps) const {
    return wxgate::store::open({.url = url(), .limits = limits, .migrations = steps});
}

void database_dir::wait_until_alone() const {
    auto const give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (client().number("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'wxgate'") != 0) {
        BOOST_REQUIRE(std::chrono::steady_clock::now() < give_up);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

std::string database_dir::refusal(std::span<migration const> steps) const {
    try {
        open({}, steps);
        return "";
    } catch (std::runtime_error const& e) {
        return e.what();
    }
}

stranger::stranger(std::string const& file) {
    if (sqlite3_open(file.c_str(), &db_) != SQLITE_OK)
        throw std::runtime_error("stranger");
    sqlite3_busy_timeout(db_, 10'000);
}

stranger::~stranger() {
    sqlite3_close(db_);
}

void stranger::run(std::string const& sql) {
    if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        throw std::runtime_error(sqlite3_errmsg(db_));
}

std::int64_t stranger::number(std::string const& sql) {
    sqlite3_stmt* s = nullptr;
    BOOST_REQUIRE_EQUAL(sqlite3_prepare_v2(db_, sql.c_str(), -1, &s, nullptr), SQLITE_OK);
    BOOST_REQUIRE_EQUAL(sqlite3_step(s), SQLITE_ROW);
    auto const n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return n;
}

loop::place loop::start(awaitable<answer> op) {
    auto const p = std::make_shared<std::optional<answer>>();
    asio::co_spawn(context, std::move(op), [p](std::exception_ptr failed, answer a) {
        if (failed)
            std::rethrow_exception(failed);
        *p = std::move(a);
    });
    context.restart();
    context.poll(); // all: what completed meanwhile may stand before it
    return p;
}

void loop::finish() {
    context.restart();
    context.run_for(std::chrono::seconds(30));
    BOOST_REQUIRE_MESSAGE(context.stopped(), "still waiting after 30 s");
}

answer await(awaitable<answer> op) {
    loop l;
    auto const p = l.start(std::move(op));
    l.finish();
    BOOST_REQUIRE(p->has_value());
    return std::move(**p);
}

answer write(store& s, batch b) {
    return await(s.write(std::move(b)));
}

rows read(store& s, std::string_view sql, std::vector<value> params) {
    batch b;
    b.push_back({sql, std::move(params)});
    auto a = await(s.read(std::move(b)));
    BOOST_REQUIRE_MESSAGE(a.has_value(), sql);
    return a->at(0);
}

std::int64_t count(store& s) {
    return read(s, "SELECT count(*) FROM t").integer(0, 0);
}

batch insert(std::string key, std::int64_t n, value text) {
    batch b;
    b.push_back({"INSERT INTO t (k, n, s) VALUES ($1, $2, $3)", {std::move(key), n, std::move(text)}});
    return b;
}

void wait_until_queue_is(std::int64_t size) {
    auto const& queue = metrics::get_gauge(
        "wxgate_store_queue", "Batches that wait for the store's writer, or its reader.", "queue=\"write\""
    );
    auto const give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (queue.value() != size) {
        BOOST_REQUIRE(std::chrono::steady_clock::now() < give_up);
        std::this_thread::yield();
    }
}

std::vector<answer> write_as_group(database_dir const& dir, store& s, std::vector<batch> batches) {
    stranger other(dir.file());
    loop l;
    other.run("BEGIN IMMEDIATE");
    auto const first = l.start(s.write({}));
    wait_until_queue_is(0); // the writer now waits for the stranger's lock, with the empty batch alone
    std::vector<loop::place> places;
    for (auto& b : batches)
        places.push_back(l.start(s.write(std::move(b))));
    wait_until_queue_is(static_cast<std::int64_t>(places.size()));
    other.run("ROLLBACK");
    l.finish();
    BOOST_REQUIRE((*first)->has_value());
    std::vector<answer> answers;
    for (auto const& p : places)
        answers.push_back(std::move(p->value()));
    return answers;
}

} // namespace wxgate::store::test
