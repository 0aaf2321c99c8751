#include "store/sqlite_file.hpp"

#include "base/assert.hpp"
#include "base/time.hpp"
#include "store/schema_version.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace wxgate::store {

namespace {

[[noreturn]] void throw_errno(std::string const& what) {
    throw std::runtime_error(what + ": " + std::generic_category().message(errno));
}

/// Opens FILE, or creates it with exactly 0600: open() alone would take the umask's bits away.
int open_private(std::string const& file) {
    int const fresh = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fresh < 0)
        return errno == EEXIST ? ::open(file.c_str(), O_RDWR | O_CLOEXEC) : -1;
    if (::fchmod(fresh, 0600) == 0)
        return fresh;
    int const error = errno;
    ::close(fresh);
    errno = error;
    return -1;
}

/// Throws, with what is open rolled back, unless `code` says OK.
void check(sqlite_connection& db, int code) {
    if (code == SQLITE_OK)
        return;
    auto const why = db.describe(code);
    db.roll_back();
    throw std::runtime_error(why);
}

void apply(sqlite_connection& db, migration const& step) {
    check(db, db.run("BEGIN IMMEDIATE"));
    try {
        db.execute(std::string(step.sql));
    } catch (...) {
        db.roll_back();
        throw;
    }
    if (!db.in_transaction())
        throw std::runtime_error("its SQL ends the transaction that it runs in");
    statement const record{
        "INSERT INTO schema_version (version, applied_at) VALUES ($1, $2)", {step.version, now_ms()}};
    rows none;
    check(db, db.run(record, none));
    check(db, db.run("COMMIT"));
}

/// Marks an empty database as ours. Both in one transaction: there is no half of it.
void mark(sqlite_connection& db) {
    check(db, db.run("BEGIN IMMEDIATE"));
    try {
        db.execute("PRAGMA application_id=" + std::to_string(application_id));
        db.execute("CREATE TABLE IF NOT EXISTS schema_version"
                   " (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL)");
    } catch (...) {
        db.roll_back();
        throw;
    }
    check(db, db.run("COMMIT"));
}

} // namespace

file_lock::file_lock(std::string const& file) : descriptor_(open_private(file + ".lock")) {
    if (descriptor_ < 0)
        throw_errno("cannot open " + file + ".lock");
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0)
        return;
    int const error = errno;
    ::close(descriptor_);
    if (error == EWOULDBLOCK)
        throw file_is_locked("another process has it open (" + file + ".lock is locked)");
    errno = error;
    throw_errno("cannot lock " + file + ".lock");
}

// The lock file stays: to remove it would let two openers lock two files of one name.
file_lock::~file_lock() {
    ::close(descriptor_);
}

std::string canonical_path(std::string const& file) {
    std::error_code failed;
    auto const path = std::filesystem::weakly_canonical(std::filesystem::absolute(file), failed);
    if (failed)
        throw std::runtime_error("cannot find it: " + failed.message());
    return path.string();
}

// To be called before SQLite opens the file: closing any descriptor of it lets go of SQLite's POSIX locks.
void create_private_file(std::string const& file) {
    int const descriptor = open_private(file);
    if (descriptor < 0)
        throw_errno("cannot open the database");

    struct stat about {};

    int const failed = ::fstat(descriptor, &about);
    ::close(descriptor);
    if (failed != 0)
        throw_errno("cannot open the database");
    if (!S_ISREG(about.st_mode))
        throw std::runtime_error("it is not a regular file");
}

void require_ours(sqlite_connection& db) {
    auto const id = db.query("PRAGMA application_id").integer(0, 0);
    if (id == application_id)
        return;
    if (id != 0 || db.query("SELECT count(*) FROM sqlite_schema").integer(0, 0) != 0)
        throw std::runtime_error("it is the database of another program");
}

void migrate(sqlite_connection& db, std::span<migration const> migrations) {
    for (std::size_t i = 0; i < migrations.size(); ++i)
        WXGATE_ASSERT(migrations[i].version == static_cast<std::int64_t>(i) + 1);
    mark(db);
    auto const have = read_version(db.query(select_version));
    refuse_newer(have, migrations);
    for (auto const& step : migrations.subspan(static_cast<std::size_t>(have))) {
        try {
            apply(db, step);
        } catch (std::runtime_error const& e) {
            throw std::runtime_error("migration " + std::to_string(step.version) + " failed: " + e.what());
        }
    }
}

void require_newest(sqlite_connection& db, std::span<migration const> migrations) {
    auto const have = read_version(db.query(select_version));
    refuse_newer(have, migrations);
    if (have < static_cast<std::int64_t>(migrations.size()))
        throw std::runtime_error(
            "another process has it open, and its schema has version " + std::to_string(have) +
            ", older than this program's " + std::to_string(migrations.size()) +
            ": restart that process with this version"
        );
}

} // namespace wxgate::store
