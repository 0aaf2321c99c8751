#include "support/database.hpp"

#include "support/config.hpp"
#include "support/postgres_schema.hpp"
#include "support/process.hpp"
#include "support/wait.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace wxgate::test {

namespace {

bool moves_on_its_own(std::string_view column) {
    constexpr std::array<std::string_view, 11> names = {
        "due_at",
        "last_seen_at",
        "attempts",
        "tries",
        "lease_owner",
        "lease",
        "lease_until",
        "leased_by",
        "leased_until",
        "next_query_at",
        "queried_at"};
    return std::find(names.begin(), names.end(), column) != names.end();
}

} // namespace

namespace {

using rows_of_text = std::vector<std::vector<std::string>>;

rows_of_text rows_of_file(std::string const& file, std::string const& sql) {
    sqlite3* opened = nullptr;
    auto const code = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READONLY, nullptr);
    std::unique_ptr<sqlite3, int (*)(sqlite3*)> const db(opened, sqlite3_close);
    if (code != SQLITE_OK)
        throw std::runtime_error("cannot open " + file);
    sqlite3_busy_timeout(db.get(), 5000);
    sqlite3_stmt* made = nullptr;
    if (sqlite3_prepare_v2(db.get(), sql.c_str(), -1, &made, nullptr) != SQLITE_OK)
        throw std::runtime_error(sql + ": " + sqlite3_errmsg(db.get()));
    std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> const statement(made, sqlite3_finalize);
    std::vector<std::vector<std::string>> all;
    int step = 0;
    while ((step = sqlite3_step(made)) == SQLITE_ROW) {
        auto& row = all.emplace_back();
        for (int i = 0; i < sqlite3_column_count(made); ++i) {
            auto const* text = reinterpret_cast<char const*>(sqlite3_column_text(made, i));
            row.emplace_back(text ? text : "");
        }
    }
    if (step != SQLITE_DONE)
        throw std::runtime_error(sql + ": " + sqlite3_errmsg(db.get()));
    return all;
}

using server_connection = std::unique_ptr<PGconn, void (*)(PGconn*)>;
using server_result = std::unique_ptr<PGresult, void (*)(PGresult*)>;

// One a thread, for the server that it asked last: some tests look at the whole store a thousand times.
server_connection& connection_to(std::string const& url) {
    thread_local server_connection kept{nullptr, PQfinish};
    thread_local std::string kept_for;
    if (kept == nullptr || kept_for != url)
        kept.reset(PQconnectdb(url.c_str()));
    kept_for = url;
    return kept;
}

server_result ask_server(std::string const& url, std::string const& sql) {
    auto& db = connection_to(url);
    server_result r(PQexec(db.get(), sql.c_str()), PQclear);
    if (PQstatus(db.get()) == CONNECTION_OK)
        return r;
    db.reset(PQconnectdb(url.c_str())); // the server was restarted meanwhile
    return {PQexec(db.get(), sql.c_str()), PQclear};
}

rows_of_text rows_of_server(std::string const& url, std::string const& sql) {
    auto const r = ask_server(url, sql);
    if (PQresultStatus(r.get()) != PGRES_TUPLES_OK)
        throw std::runtime_error(sql + ": " + PQerrorMessage(connection_to(url).get()));
    rows_of_text all(static_cast<std::size_t>(PQntuples(r.get())));
    for (int row = 0; row < PQntuples(r.get()); ++row)
        for (int column = 0; column < PQnfields(r.get()); ++column)
            all[static_cast<std::size_t>(row)].emplace_back(PQgetvalue(r.get(), row, column));
    return all;
}

// What differs in how either tells of itself.
struct words {
    char const* tables;
    char const* columns; // of the table whose name follows
    char const* quote_begin;
    char const* quote_end;
};

constexpr words of_file = {
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    "SELECT name FROM pragma_table_info('%') ORDER BY cid",
    "quote(\"",
    "\")"};
constexpr words of_server = {
    "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' "
    "ORDER BY relname",
    "SELECT attname FROM pg_attribute WHERE attrelid = '%'::regclass AND attnum > 0 AND NOT attisdropped "
    "ORDER BY attnum",
    "quote_nullable(\"",
    "\"::text)"};

std::string with_table(char const* sql, std::string const& table) {
    std::string text = sql;
    return text.replace(text.find('%'), 1, table);
}

} // namespace

void place_store(std::string const& file, std::string const& url) {
    std::ofstream(file + ".url") << url;
}

std::string url_of_store(std::string const& file) {
    return read_file(file + ".url");
}

void wait_until_gone(std::string const& url, std::string const& application) {
    postgres_client server(url);
    auto const gone = [&] {
        return server.number(
                   "SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + application + "'"
               ) == 0;
    };
    if (!eventually(30s, gone))
        throw std::runtime_error("the database still has connections of " + application);
}

void tell_server(std::vector<std::string> words) {
    auto const* const folder = std::getenv("WXGATE_TEST_POSTGRES_FOLDER");
    if (folder == nullptr)
        throw std::runtime_error("conf/scratch-postgres does not run this test");
    words.insert(words.begin() + 1, folder);
    words.insert(words.begin(), std::string(WXGATE_SOURCE_DIR) + "/conf/scratch-postgres");
    auto const done = run("/bin/bash", words, {}, 90s);
    if (!done.ended || done.status.code != 0)
        throw std::runtime_error("conf/scratch-postgres " + words[1] + ": " + done.err);
}

database::database(std::string file) : file_(std::move(file)), url_(url_of_store(file_)) {
}

std::vector<std::vector<std::string>> database::rows(std::string const& sql) const {
    return url_.empty() ? rows_of_file(file_, sql) : rows_of_server(url_, sql);
}

std::int64_t database::number(std::string const& sql) const {
    auto const all = rows(sql);
    return all.empty() || all[0].empty() || all[0][0].empty() ? 0 : std::stoll(all[0][0]);
}

std::string database::integrity() const {
    if (!url_.empty())
        return number("SELECT max(version) FROM schema_version") > 0 ? "ok" : "no schema";
    auto const all = rows("PRAGMA integrity_check");
    return all.empty() ? "no answer" : all[0][0];
}

// A line a row, in an order of their own.
std::string database::lines_of(std::string const& table) const {
    auto const& say = url_.empty() ? of_file : of_server;
    std::string columns;
    for (auto const& column : rows(with_table(say.columns, table)))
        if (!moves_on_its_own(column[0]))
            columns += (columns.empty() ? "" : " || '|' || ") + std::string(say.quote_begin) + column[0] +
                       say.quote_end;
    std::string text;
    for (auto const& row : rows("SELECT " + columns + " AS line FROM \"" + table + "\" ORDER BY line"))
        text += table + ":" + row[0] + "\n";
    return text;
}

std::string database::digest(std::vector<std::string> const& except) const {
    std::string text;
    for (auto const& table : rows(url_.empty() ? of_file.tables : of_server.tables))
        if (std::find(except.begin(), except.end(), table[0]) == except.end())
            text += lines_of(table[0]);
    return sha256_hex(text);
}

std::string database::dump() const {
    std::string text;
    for (auto const& table : rows(url_.empty() ? of_file.tables : of_server.tables))
        for (auto const& row : rows("SELECT * FROM \"" + table[0] + "\"")) {
            text += table[0];
            for (auto const& cell : row)
                text += "|" + cell;
            text += "\n";
        }
    return text;
}

one_moment::one_moment(database const& of) : url_(of.url_) {
    if (!url_.empty())
        ask_server(url_, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
}

one_moment::~one_moment() {
    if (!url_.empty())
        ask_server(url_, "COMMIT");
}

void change_offline(std::string const& file, std::string const& sql) {
    if (auto const url = url_of_store(file); !url.empty()) {
        postgres_client(url).run(sql);
        return;
    }
    sqlite3* opened = nullptr;
    auto const code = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
    std::unique_ptr<sqlite3, int (*)(sqlite3*)> const db(opened, sqlite3_close);
    if (code != SQLITE_OK || sqlite3_exec(opened, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        throw std::runtime_error(sql + ": " + sqlite3_errmsg(opened));
}

exclusive_lock::exclusive_lock(std::string const& file) {
    if (auto const url = url_of_store(file); !url.empty()) {
        server_ = std::make_unique<postgres_client>(url);
        std::string tables;
        for (auto const& table : rows_of_server(url, of_server.tables))
            tables += (tables.empty() ? "" : ", ") + table[0];
        server_->run("BEGIN; LOCK TABLE " + tables + " IN EXCLUSIVE MODE");
        return;
    }
    if (sqlite3_open_v2(file.c_str(), &db_, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK)
        throw std::runtime_error("cannot open " + file);
    sqlite3_busy_timeout(db_, 5000);
    if (sqlite3_exec(db_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) != SQLITE_OK)
        throw std::runtime_error("cannot lock " + file);
}

exclusive_lock::~exclusive_lock() {
    if (server_) // whose end rolls back
        return;
    sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
    sqlite3_close(db_);
}

} // namespace wxgate::test
