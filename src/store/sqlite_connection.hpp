// One connection to a SQLite file, with its prepared statements. Used by one thread at a time.
#pragma once

#include "store/store.hpp"

#include <wxgate/error.hpp>
#include <wxgate/limits.hpp>

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace wxgate::store {

/// What a caller is told for SQLite's (extended) result code.
errc to_errc(int code) noexcept;

/// True for SQLITE_CONSTRAINT and its extended codes: the batch's fault.
bool is_constraint(int code) noexcept;

/// True when the code says that the database, and not the statement, is at fault: full, locked, read-only,
/// I/O, corrupt.
bool is_database_fault(int code) noexcept;

class sqlite_connection {
public:
    enum class access { read_only, read_write };

    /// Opens `path`, which must exist. Nothing of the file is read yet. Throws std::runtime_error.
    sqlite_connection(std::string const& path, access how, milliseconds busy_timeout);
    sqlite_connection(sqlite_connection const&) = delete;
    sqlite_connection& operator=(sqlite_connection const&) = delete;
    ~sqlite_connection() = default;

    /// Runs one statement to its end. SQLITE_OK, or the extended result code; `out` is then not to be looked
    /// at.
    int run(statement const& s, rows& out);

    /// The same for a statement without parameters whose rows nobody wants.
    int run(std::string_view sql);

    /// Runs all the statements of `b`, stops at the first that fails.
    int run(batch const& b, results& out);

    /// Runs any number of statements that are not kept (a migration, pragmas). Throws std::runtime_error.
    void execute(std::string const& sql);

    /// What `sql` yields. Throws std::runtime_error.
    rows query(std::string_view sql);

    /// False when no transaction is open: also when SQLite has rolled it back by itself (disk full, I/O
    /// error).
    bool in_transaction() const noexcept { return sqlite3_get_autocommit(db_.get()) == 0; }

    /// From now on this connection waits for a lock by looking for it each millisecond, and never
    /// checkpoints, not even when it is closed. Throws std::runtime_error.
    void become_guest(milliseconds busy_timeout);

    /// Rolls back whatever is open. A failure to do so leaves nothing open either.
    void roll_back() noexcept;

    /// SQLite's words for `code`, which must be that of the last call.
    std::string describe(int code) const;

    sqlite3* native() const noexcept { return db_.get(); }

private:
    struct close_connection {
        void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
    };

    struct finalize_statement {
        void operator()(sqlite3_stmt* s) const noexcept { sqlite3_finalize(s); }
    };

    struct prepared {
        std::string sql;
        std::unique_ptr<sqlite3_stmt, finalize_statement> handle;
        std::vector<std::size_t> sources; // SQLite's parameter i + 1 is params[sources[i]]
        std::size_t params = 0;           // how many the text names: the highest $n
    };

    int prepare(std::string_view sql, prepared const*& out);
    static int bind(prepared const& p, std::vector<value> const& params);
    static int step(sqlite3_stmt* s, rows& out);
    static int wait_briefly(void* self, int times) noexcept;

    milliseconds patience_{0};
    std::unique_ptr<sqlite3, close_connection> db_;
    // By the address of the text, a literal: to hash half a kilobyte costs as much as a step of the tree.
    std::unordered_map<char const*, prepared> statements_;
};

} // namespace wxgate::store
