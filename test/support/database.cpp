#include "support/database.hpp"

#include "support/config.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
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

database::database(std::string file) : file_(std::move(file)) {
}

std::vector<std::vector<std::string>> database::rows(std::string const& sql) const {
    sqlite3* opened = nullptr;
    auto const code = sqlite3_open_v2(file_.c_str(), &opened, SQLITE_OPEN_READONLY, nullptr);
    std::unique_ptr<sqlite3, int (*)(sqlite3*)> const db(opened, sqlite3_close);
    if (code != SQLITE_OK)
        throw std::runtime_error("cannot open " + file_);
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

std::int64_t database::number(std::string const& sql) const {
    auto const all = rows(sql);
    return all.empty() || all[0].empty() || all[0][0].empty() ? 0 : std::stoll(all[0][0]);
}

std::string database::integrity() const {
    auto const all = rows("PRAGMA integrity_check");
    return all.empty() ? "no answer" : all[0][0];
}

std::string database::digest(std::vector<std::string> const& except) const {
    std::string text;
    for (auto const& table :
         rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
         )) {
        if (std::find(except.begin(), except.end(), table[0]) != except.end())
            continue;
        std::string columns;
        for (auto const& column : rows("SELECT name FROM pragma_table_info('" + table[0] + "') ORDER BY cid"))
            if (!moves_on_its_own(column[0]))
                columns += (columns.empty() ? "quote(\"" : " || '|' || quote(\"") + column[0] + "\")";
        for (auto const& row : rows("SELECT " + columns + " AS line FROM \"" + table[0] + "\" ORDER BY line"))
            text += table[0] + ":" + row[0] + "\n";
    }
    return sha256_hex(text);
}

std::string database::dump() const {
    std::string text;
    for (auto const& table :
         rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
         ))
        for (auto const& row : rows("SELECT * FROM \"" + table[0] + "\"")) {
            text += table[0];
            for (auto const& cell : row)
                text += "|" + cell;
            text += "\n";
        }
    return text;
}

void change_offline(std::string const& file, std::string const& sql) {
    sqlite3* opened = nullptr;
    auto const code = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
    std::unique_ptr<sqlite3, int (*)(sqlite3*)> const db(opened, sqlite3_close);
    if (code != SQLITE_OK || sqlite3_exec(opened, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        throw std::runtime_error(sql + ": " + sqlite3_errmsg(opened));
}

exclusive_lock::exclusive_lock(std::string const& file) {
    if (sqlite3_open_v2(file.c_str(), &db_, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK)
        throw std::runtime_error("cannot open " + file);
    sqlite3_busy_timeout(db_, 5000);
    if (sqlite3_exec(db_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) != SQLITE_OK)
        throw std::runtime_error("cannot lock " + file);
}

exclusive_lock::~exclusive_lock() {
    sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
    sqlite3_close(db_);
}

} // namespace wxgate::test
