// The store: a list of prepared statements, run atomically. It knows SQL and nothing of WeChat.
//
// There is no conversation inside a transaction: guards stand in the SQL (`WHERE trade_state IN (…)`),
// results come back as rows. So SQLite's one writer can put many batches under one fsync, and PostgreSQL can
// send a batch as one round trip.
#pragma once

#include "async/task.hpp"

#include <wxgate/error.hpp>
#include <wxgate/limits.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace wxgate::store {

/// NULL, INTEGER or TEXT: all that the schema uses.
using value = std::variant<std::monostate, std::int64_t, std::string>;

/// When a statement of a batch is to run.
enum class wanted : std::uint8_t {
    always,
    unless_changed, // not when the first of its batch has changed something
    unless_told,    // not when the first of its batch has yielded a row
};

/// One statement. `sql` is a literal (it must live as long as the store: prepared statements are kept by it);
/// its parameters are $1, $2, …, each of which may stand in the text more than once.
struct statement {
    std::string_view sql;
    std::vector<value> params;
    /// What is not wanted always only reads: PostgreSQL is asked for it when the rest has been committed.
    wanted when = wanted::always;
};

using batch = std::vector<statement>;

/// The rows of one statement: what a SELECT or a RETURNING clause yields.
class rows {
public:
    rows() = default;

    rows(std::size_t columns, std::vector<value> cells, std::int64_t changed = 0)
        : columns_(columns), cells_(std::move(cells)), changed_(changed) {}

    std::size_t size() const noexcept { return columns_ == 0 ? 0 : cells_.size() / columns_; }

    bool empty() const noexcept { return size() == 0; }

    std::size_t columns() const noexcept { return columns_; }

    /// How many rows an INSERT, UPDATE or DELETE changed. SQLite keeps what RETURNING yields in a table of
    /// its own that it makes for each run: where this will do, it costs half.
    std::int64_t changed() const noexcept { return changed_; }

    bool is_null(std::size_t row, std::size_t column) const;

    /// The cell as a number; asserts that it is one.
    std::int64_t integer(std::size_t row, std::size_t column) const;

    /// The cell as text; NULL gives "".
    std::string const& text(std::size_t row, std::size_t column) const;

    /// The cell, whatever it is.
    value const& at(std::size_t row, std::size_t column) const;

private:
    std::size_t columns_ = 0;
    std::vector<value> cells_;
    std::int64_t changed_ = 0;
};

bool is_wanted(wanted when, rows const& first) noexcept;

/// One `rows` a statement, in order; none of what was not wanted.
using results = std::vector<rows>;

/// One step of the schema; steps are only ever added. `sql` holds any number of statements.
struct migration {
    std::int64_t version; // 1, 2, 3, … without a gap
    std::string_view sql;
};

/// What waits for a database at a moment: for whoever decides whether to bring it more.
struct store_load {
    std::size_t writes = 0; // batches in line
    std::size_t reads = 0;
    std::size_t room = 0; // of each line; 0: not told
    /// About how long a batch that comes now waits until the writer takes it.
    std::chrono::nanoseconds write_wait{0};
};

/// A database. Thread-safe: any coroutine on any executor may await it; it resumes there.
class store {
public:
    store() = default;
    store(store const&) = delete;
    store& operator=(store const&) = delete;
    virtual ~store() = default;

    /// Runs the batch atomically and completes when it is durable (SQLite: WAL and synchronous=FULL, so after
    /// fsync; PostgreSQL: after the commit's answer). Errors: store_constraint (this batch only; nothing of
    /// it is there), store_unavailable (nothing is known to be there; write again with the same keys),
    /// store_overloaded (not tried), shutting_down.
    ///
    /// With PostgreSQL a batch sees what others commit between its statements: a guard on a row that the
    /// statement itself changes holds whatever they do (READ COMMITTED looks at the row again, under its
    /// lock); one that looks at another table's row must lock it (FOR UPDATE, postgres/dialect.hpp) or be
    /// backed by a unique key.
    virtual awaitable<result<results>> write(batch b) = 0;

    /// The same, for what locks rows beside the one that its first statement names. PostgreSQL commits
    /// batches together, in the order of those: one of these would hold rows of its own while it waits behind
    /// others, and they for it.
    virtual awaitable<result<results>> write_alone(batch b) { return write(std::move(b)); }

    /// Runs statements that only read, on one snapshot. Errors: store_unavailable, store_overloaded,
    /// shutting_down.
    virtual awaitable<result<results>> read(batch b) = 0;

    /// False after a write failed for a reason that is the database's (full, read-only, I/O), until one
    /// succeeds.
    virtual bool healthy() const noexcept = 0;

    /// True when other programs may be at work on the database at the same time: a lease in it may be theirs.
    virtual bool shared() const noexcept { return false; }

    /// A cheap look, without a lock. An engine that tells nothing gives an empty one.
    virtual store_load load(std::chrono::steady_clock::time_point now) const noexcept;

    /// Takes no more batches, ends those that are queued, and returns when the engine's threads have ended.
    /// To be called from no coroutine's thread that others wait on; completions are still posted to their
    /// executors.
    virtual void close() = 0;
};

struct store_options {
    std::string url; // sqlite:FILE or postgresql://user:password@host:port/database
    store_limits limits;
    std::span<migration const> migrations;
    /// Opens the database also when another process has it, beside that one: for a program that does a piece
    /// of work and ends. It is then written in short turns, of which `limits.timeout` should allow for many,
    /// and its schema must be the newest already. When nobody has it, this is nothing but an open() that
    /// keeps the others away until it is closed.
    bool guest = false;
    /// A PostgreSQL database whose schema is older is brought to the newest; without this it is refused, as
    /// other programs may be at work on it. (An empty one is always filled; an SQLite file is one program's.)
    bool upgrade = true;
};

/// Opens (and creates) the database, checks it, and brings its schema to the newest migration. Throws
/// std::runtime_error with a line that says what is wrong: the file cannot be opened, is no database of ours,
/// has a newer schema than this program, or fails its integrity check.
std::shared_ptr<store> open(store_options options);

/// The URL as it may be shown: without user and password.
std::string display_name(std::string const& url);

/// True for the URL of a database on a server, which several programs may use at once.
bool is_server(std::string_view url) noexcept;

enum class depth {
    quick, // every page, but not that indexes and tables agree
    whole,
};

/// Reads the whole database and looks for damage; beside a running gateway, too, and changes nothing. "" when
/// it is sound, else what was found, a finding a line. Takes as long as reading the file takes. Throws
/// std::runtime_error when it cannot be opened or is not ours. (PostgreSQL looks after its pages itself:
/// there it is looked whether the schema's triggers and indexes are in force, whatever the depth.)
std::string check_integrity(std::string const& url, depth how = depth::whole);

/// The schema's version of a database that is there; 0 when it has none yet. Throws as check_integrity()
/// does.
std::int64_t schema_version(std::string const& url);

} // namespace wxgate::store
