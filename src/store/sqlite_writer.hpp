// The group commit: many batches, one transaction, one fsync; each batch still whole or not there at all.
#pragma once

#include "store/job.hpp"
#include "store/sqlite_connection.hpp"

#include <atomic>
#include <string>

namespace wxgate::store {

class group_writer {
public:
    /// `healthy` becomes false when the database fails a batch, and true when one succeeds.
    group_writer(sqlite_connection& db, std::atomic<bool>& healthy);
    group_writer(group_writer const&) = delete;
    group_writer& operator=(group_writer const&) = delete;

    /// Runs the batches of `group` and sets their outcomes. Those that are good are durable when this
    /// returns.
    void write(jobs& group);

private:
    /// Whether a batch that fails may take the group with it, or is undone alone.
    enum class care { of_none, of_each };

    int write_as_one(jobs& group, care how);
    void write_one_by_one(jobs& group);
    int run_batch(job& j, care how);
    void undo_batch();
    int commit();
    static void void_all(jobs& group, int code);
    void blame(int code);
    void note(jobs const& group);

    sqlite_connection& db_;
    std::atomic<bool>& healthy_;
    bool by_a_batch_ = false; // what failed last was a batch, and neither BEGIN nor COMMIT
    std::string fault_;       // why this group, or a batch of it, failed, if the database is at fault
    metrics::counter& batches_;
    metrics::counter& commits_;
    metrics::counter& failures_;
    metrics::histogram& commit_seconds_;
    metrics::size_histogram& group_size_;
    metrics::gauge& writes_well_;
};

} // namespace wxgate::store
