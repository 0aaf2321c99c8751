#include "store/postgres/schema.hpp"

#include "base/assert.hpp"
#include "base/time.hpp"
#include "store/postgres/dialect.hpp"
#include "store/postgres/values.hpp"
#include "store/schema_version.hpp"

namespace wxgate::store::postgres {

namespace {

// Others wait behind a step that waits for a table; so it waits briefly and is tried again by whoever runs
// it.
constexpr char const* begin_step = "BEGIN; SET LOCAL lock_timeout = '10s'";

rows execute(PGconn* db, std::string const& sql) {
    result_set const r(PQexec(db, sql.c_str()));
    auto const status = PQresultStatus(r.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        throw std::runtime_error(one_line(r != nullptr ? PQresultErrorMessage(r.get()) : PQerrorMessage(db)));
    return read_rows(r.get());
}

std::int64_t number(PGconn* db, std::string const& sql) {
    return execute(db, sql).integer(0, 0);
}

/// Runs `work` as one transaction.
void in_transaction(PGconn* db, char const* begin, std::string const& work) {
    try {
        execute(db, begin);
        execute(db, work);
        execute(db, "COMMIT");
    } catch (...) {
        PQclear(PQexec(db, "ROLLBACK"));
        throw;
    }
}

/// Held until the connection ends or unlock() was called; of this schema alone.
void lock(PGconn* db) {
    if (execute(db, "SELECT current_schema()").is_null(0, 0))
        throw std::runtime_error("its search_path names no schema that is there");
    execute(db, "SELECT pg_advisory_lock(hashtext('wxgate'), hashtext(current_schema()))");
}

void unlock(PGconn* db) {
    execute(db, "SELECT pg_advisory_unlock(hashtext('wxgate'), hashtext(current_schema()))");
}

/// False: there is nothing in it yet.
bool is_ours(PGconn* db) {
    if (number(db, "SELECT to_regclass('schema_version') IS NOT NULL") != 0) {
        auto const mark = execute(db, "SELECT obj_description(to_regclass('schema_version'), 'pg_class')");
        if (mark.text(0, 0) == "wxgate")
            return true;
        throw std::runtime_error("it is the database of another program");
    }
    auto const tables = number(
        db,
        "SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname "
        "= "
        "current_schema() AND c.relkind IN ('r', 'p')"
    );
    if (tables != 0)
        throw std::runtime_error("it is the database of another program");
    return false;
}

void mark(PGconn* db) {
    in_transaction(
        db,
        "BEGIN",
        "CREATE TABLE schema_version (version bigint PRIMARY KEY, applied_at bigint NOT NULL); COMMENT ON "
        "TABLE "
        "schema_version IS 'wxgate'; " +
            std::string(make_refuse)
    );
}

std::int64_t current_version(PGconn* db) {
    return read_version(execute(db, std::string(select_version)));
}

[[noreturn]] void refuse_older(std::int64_t have, std::span<migration const> migrations) {
    throw std::runtime_error(
        "its schema has version " + std::to_string(have) + ", older than this program's " +
        std::to_string(migrations.size()) + ": run wxgate migrate"
    );
}

void apply(PGconn* db, migration const& step) {
    auto const record = "; INSERT INTO schema_version (version, applied_at) VALUES (" +
                        std::to_string(step.version) + ", " + std::to_string(now_ms()) + ")";
    try {
        in_transaction(db, begin_step, schema_to_postgresql(step.sql) + record);
    } catch (std::runtime_error const& e) {
        throw std::runtime_error("migration " + std::to_string(step.version) + " failed: " + e.what());
    }
}

} // namespace

void prepare_schema(PGconn* db, std::span<migration const> migrations, upgrade older) {
    for (std::size_t i = 0; i < migrations.size(); ++i)
        WXGATE_ASSERT(migrations[i].version == static_cast<std::int64_t>(i) + 1);
    lock(db);
    if (!is_ours(db))
        mark(db);
    auto const have = current_version(db);
    refuse_newer(have, migrations);
    auto const lacking = migrations.subspan(static_cast<std::size_t>(have));
    if (!lacking.empty() && have != 0 && older == upgrade::no)
        refuse_older(have, migrations);
    for (auto const& step : lacking)
        apply(db, step);
    unlock(db);
}

void require_newest(PGconn* db, std::span<migration const> migrations) {
    auto const have = version_of(db);
    refuse_newer(have, migrations);
    if (have < static_cast<std::int64_t>(migrations.size()))
        refuse_older(have, migrations);
}

std::int64_t version_of(PGconn* db) {
    return is_ours(db) ? current_version(db) : 0;
}

std::string find_damage(PGconn* db) {
    std::string findings;
    if (version_of(db) == 0)
        return "it has no tables yet\n";
    auto const off = execute(
        db,
        "SELECT t.tgname, c.relname FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN "
        "pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND NOT "
        "t.tgisinternal "
        "AND t.tgenabled = 'D'"
    );
    for (std::size_t i = 0; i < off.size(); ++i)
        findings += "the trigger " + off.text(i, 0) + " of " + off.text(i, 1) + " is disabled\n";
    auto const invalid = execute(
        db,
        "SELECT i.indexrelid::regclass::text FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid "
        "JOIN "
        "pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND NOT i.indisvalid"
    );
    for (std::size_t i = 0; i < invalid.size(); ++i)
        findings += "the index " + invalid.text(i, 0) + " is not valid\n";
    return findings;
}

} // namespace wxgate::store::postgres
