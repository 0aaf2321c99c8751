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
#include <string>
#include <thread>

namespace wxgate::store {

class sqlite_store final : public store {
public:
    /// Throws std::runtime_error, which does not name the file.
    sqlite_store(std::string const& file, store_options const& options);
    ~sqlite_store() override;

    awaitable<result<results>> write(batch b) override;
    awaitable<result<results>> read(batch b) override;
    bool healthy() const noexcept override;
    void close() override;

private:
    /// What has the file open. In this order: the writer makes the file what the others expect.
    struct engine {
        engine(std::string const& path, store_options const& options, std::atomic<bool>& healthy);

        file_lock lock;
        std::unique_ptr<sqlite_connection> writing;
        sqlite_connection reading;
        sqlite_connection copying;
        group_writer writer;
        checkpointer log;
    };

    void start();
    void shut();
    void write_loop();
    void read_loop();

    std::size_t const max_group_;
    job_queue writes_;
    job_queue reads_;
    std::atomic<bool> healthy_{true};
    std::once_flag shut_;
    std::unique_ptr<engine> engine_;
    std::thread writer_thread_;
    std::thread reader_thread_;
    std::thread checkpoint_thread_;
};

/// See check_integrity() in store.hpp.
std::string check_sqlite(std::string const& file);

} // namespace wxgate::store
