// A SQLite file as a thing of ours: who may have it open, whether it is ours, and which schema it has.
#pragma once

#include "store/sqlite_connection.hpp"

#include <span>
#include <stdexcept>
#include <string>

namespace wxgate::store {

/// Stands in every database of ours (PRAGMA application_id): "wxga".
inline constexpr std::int64_t application_id = 0x77786761;

/// Somebody else holds the lock.
struct file_is_locked : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// One process, one store a file: two writer threads of two processes would only wait for each other, and two
/// processes that checkpoint can damage the file (the "WAL-reset bug" of SQLite before 3.51.3,
/// https://sqlite.org/wal.html). Holds a lock on FILE.lock as long as it lives; the kernel lets go of it
/// however the process ends. (A guest is a second process that writes and never checkpoints:
/// sqlite_store.hpp.)
class file_lock {
public:
    /// Throws file_is_locked when another one holds it.
    explicit file_lock(std::string const& file);
    file_lock(file_lock const&) = delete;
    file_lock& operator=(file_lock const&) = delete;
    ~file_lock();

private:
    int descriptor_;
};

/// FILE without symbolic links and relative parts, so that one file has one lock. Throws std::runtime_error.
std::string canonical_path(std::string const& file);

/// Creates FILE for its owner only (0600, whatever the umask) unless it is there. Throws std::runtime_error.
void create_private_file(std::string const& file);

/// Throws std::runtime_error unless the database is ours or is empty. Changes nothing.
void require_ours(sqlite_connection& db);

/// Applies the steps that the database lacks, each in a transaction of its own. Throws std::runtime_error: a
/// step fails (those before it stay), or the schema is newer than the newest step.
void migrate(sqlite_connection& db, std::span<migration const> migrations);

/// Throws std::runtime_error unless the database has the newest step already. Changes nothing.
void require_newest(sqlite_connection& db, std::span<migration const> migrations);

} // namespace wxgate::store
