// The SQLite engine: one thread that writes, one that reads, one that checkpoints.
#pragma once

#include "store/job.hpp"
#include "store/sqlite_checkpoint.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_file.hpp"
#include "store/sqlite_writer.hpp"
#include "store/store.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace wxgate::store {

/// Beside the one process that holds the file's lock there may be guests (store_options::guest). They share
/// its write-ahead log, and the WAL-reset bug of SQLite before 3.51.3 is about that: a checkpoint which
/// begins on a log that is copied to its end, while a commit of another connection begins the log anew, takes
/// the new log's pages for copied. What keeps this from happening:
///
/// - Only the lock's holder checkpoints. A guest has wal_autocheckpoint=0 and no checkpointer, and does not
///   even at its end (NO_CKPT_ON_CLOSE).
/// - The holder begins a checkpoint only right after a commit of its own, whose pages nobody can have copied
///   (checkpointer). So the log is not copied to its end when it begins, and no commit can begin it anew.
/// - The checkpoint at the holder's end is that of SQLite's last close, under an exclusive lock of the file,
///   which it does not get while a guest has it open.
///
/// A guest's commits come under the holder's turns like any other writer's: BEGIN IMMEDIATE, one group,
/// COMMIT.
class sqlite_store final : public store {
public:
    /// Throws std::runtime_error, which does not name the file.
    sqlite_store(std::string const& file, store_options const& options);
    ~sqlite_store() override;

    awaitable<result<results>> write(batch b) override;
    awaitable<result<results>> read(batch b) override;
    bool healthy() const noexcept override;
    store_load load(std::chrono::steady_clock::time_point now) const noexcept override;
    void close() override;

private:
    /// What has the file open. In this order: the writer makes the file what the others expect.
    struct engine {
        engine(std::string const& path, store_options const& options, std::atomic<bool>& healthy);

        std::unique_ptr<file_lock> lock; // null: a guest, who has no checkpointer
        std::unique_ptr<sqlite_connection> writing;
        std::unique_ptr<sqlite_connection> reading;
        std::unique_ptr<sqlite_connection> copying;
        group_writer writer;
        std::optional<checkpointer> log;
    };

    void start();
    void shut();
    void write_loop();
    void read_loop();

    std::size_t const max_group_;
    std::size_t const max_queue_;
    group_pace pace_;
    job_queue writes_;
    job_queue reads_;
    std::atomic<bool> healthy_{true};
    std::once_flag shut_;
    std::unique_ptr<engine> engine_;
    std::thread writer_thread_;
    std::thread reader_thread_;
    std::thread checkpoint_thread_;
};

/// See check_integrity() and schema_version() in store.hpp.
std::string check_sqlite(std::string const& file, depth how);
std::int64_t sqlite_schema_version(std::string const& file);

} // namespace wxgate::store
