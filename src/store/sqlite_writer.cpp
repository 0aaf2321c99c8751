#include "store/sqlite_writer.hpp"

#include "base/log.hpp"

#include <algorithm>
#include <chrono>

namespace wxgate::store {

group_writer::group_writer(sqlite_connection& db, std::atomic<bool>& healthy)
    : db_(db), healthy_(healthy),
      batches_(
          metrics::get_counter("wxgate_store_batches_total", "Batches that the store was asked to write.")
      ),
      commits_(metrics::get_counter("wxgate_store_commits_total", "Transactions that the store committed.")),
      failures_(metrics::get_counter(
          "wxgate_store_failures_total", "Batches that were not written for a reason other than a constraint."
      )),
      commit_seconds_(
          metrics::get_histogram("wxgate_store_commit_seconds", "Time of a COMMIT, its fsync included.")
      ),
      group_size_(metrics::get_size_histogram(
          "wxgate_store_commit_batches", "Batches that were written under one COMMIT."
      )),
      writes_well_(metrics::get_gauge(
          "wxgate_store_healthy", "1; 0 when the last write failed for a reason that is the database's."
      )) {
    writes_well_.set(1);
}

void group_writer::write(jobs& group) {
    if (group.empty())
        return;
    batches_.add(group.size());
    group_size_.observe(group.size());
    fault_.clear();
    int code = write_as_one(group, care::of_none);
    if (code != SQLITE_OK && by_a_batch_ && group.size() > 1) {
        fault_.clear();
        code = write_as_one(group, care::of_each);
    }
    // A constraint that ends the whole transaction (RAISE(ROLLBACK), a deferred foreign key) is one batch's
    // fault: the others must not pay for it, now or when they are written again.
    if (is_constraint(code) && group.size() > 1)
        write_one_by_one(group);
    else if (code != SQLITE_OK)
        void_all(group, code);
    note(group);
}

void group_writer::write_one_by_one(jobs& group) {
    for (auto& j : group) {
        jobs one;
        one.push_back(std::move(j));
        int const code = write_as_one(one, care::of_none);
        if (code != SQLITE_OK)
            void_all(one, code);
        j = std::move(one.front());
    }
}

/// Sets the outcome of each batch, as it is if this returns SQLITE_OK; if not, nothing of the group is there.
/// A savepoint a batch copies every page that the batch changes, and hardly a batch ever fails: so a group is
/// first tried without.
int group_writer::write_as_one(jobs& group, care how) {
    by_a_batch_ = false;
    if (int const code = db_.run("BEGIN IMMEDIATE"); code != SQLITE_OK) {
        blame(code);
        return code;
    }
    for (auto& j : group) {
        int const code = run_batch(*j, how);
        if (code != SQLITE_OK && how == care::of_none) {
            by_a_batch_ = true;
            db_.roll_back();
            return code;
        }
        // A full disk or an I/O error makes SQLite roll back everything by itself, earlier batches included.
        if (!db_.in_transaction())
            return code == SQLITE_OK ? SQLITE_ABORT : code;
    }
    int const code = commit();
    if (code != SQLITE_OK)
        blame(code);
    db_.roll_back(); // after some failures (a deferred foreign key) the transaction is still open
    return code;
}

int group_writer::run_batch(job& j, care how) {
    // One statement is atomic by itself.
    bool const nested = how == care::of_each && j.work.size() > 1;
    results out;
    int code = nested ? db_.run("SAVEPOINT batch") : SQLITE_OK;
    bool const begun = nested && code == SQLITE_OK;
    if (code == SQLITE_OK)
        code = db_.run(j.work, out);
    if (code == SQLITE_OK && nested)
        code = db_.run("RELEASE batch");
    if (code == SQLITE_OK) {
        j.outcome = std::move(out);
        return SQLITE_OK;
    }
    blame(code);
    j.fail(to_errc(code));
    if (begun)
        undo_batch();
    return code;
}

/// Back to where the batch began. If that fails, nothing of the transaction can be trusted.
void group_writer::undo_batch() {
    if (!db_.in_transaction())
        return;
    if (db_.run("ROLLBACK TO batch") != SQLITE_OK || db_.run("RELEASE batch") != SQLITE_OK)
        db_.roll_back();
}

int group_writer::commit() {
    auto const start = std::chrono::steady_clock::now();
    int const code = db_.run("COMMIT");
    commit_seconds_.observe(std::chrono::steady_clock::now() - start);
    if (code == SQLITE_OK)
        commits_.add();
    return code;
}

/// Nothing of the group is there. That goes for a batch that a constraint refused, too: what it ran into may
/// have been another batch's row that is now gone, so the refusal proves nothing.
void group_writer::void_all(jobs& group, int code) {
    bool const alone = group.size() == 1;
    for (auto& j : group)
        j->fail(alone ? to_errc(code) : errc::store_unavailable);
}

/// Keeps why a batch failed, in SQLite's words, before the next call replaces them.
void group_writer::blame(int code) {
    if (is_constraint(code))
        return;
    if (is_database_fault(code))
        fault_ = db_.describe(code);
    else
        log::error("the store was given a batch that it cannot run", {{"why", db_.describe(code)}});
}

void group_writer::note(jobs const& group) {
    auto const unwritten = std::ranges::count_if(group, [](auto const& j) {
        return j->outcome.has_error() && j->outcome.error() == errc::store_unavailable;
    });
    failures_.add(static_cast<std::uint64_t>(unwritten));
    // Whoever changes nothing writes nothing, however full the disk is.
    bool const good = std::ranges::any_of(group, [](auto const& j) {
        return j->outcome.has_value() &&
               std::ranges::any_of(*j->outcome, [](rows const& r) { return r.changed() > 0; });
    });
    // One line a change, not one a batch: a full disk fails thousands of them.
    if (!fault_.empty() && healthy_.exchange(false))
        log::error("the store cannot write", {{"why", fault_}});
    if (fault_.empty() && good && !healthy_.exchange(true))
        log::info("the store writes again");
    writes_well_.set(healthy_ ? 1 : 0);
}

} // namespace wxgate::store
