// Keeps the write-ahead log short without holding up commits: the bulk is copied by a thread of its own, the
// rest by the writer between two groups.
#pragma once

#include "store/sqlite_connection.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace wxgate::store {

/// Two threads share the work, in turns that one variable hands over. A PASSIVE checkpoint beside a busy
/// writer never reaches the log's end, and only a log that was copied to its end starts anew; so after the
/// bulk is copied, the writer copies the few pages that came meanwhile.
///
/// The turns are also what keeps SQLite 3.40 from damaging the file (the "WAL-reset bug", fixed in 3.51.3: a
/// checkpoint that starts on a log already copied to its end while a commit resets that log): the bulk is
/// asked for, and the rest is copied, only right after a commit of the writer's that nobody has copied, and
/// whoever completes a checkpoint, the writer takes the next turn. This holds beside other writers of the
/// same file, too, as long as none of them checkpoints.
class checkpointer {
public:
    checkpointer(sqlite_connection& writer, sqlite_connection& own);
    checkpointer(checkpointer const&) = delete;
    checkpointer& operator=(checkpointer const&) = delete;

    /// The writer's thread, after each group.
    void after_group();

    /// The other thread's body: returns after stop().
    void run();
    void stop();

private:
    enum class turn { none, bulk, rest };

    static int count_pages(void* self, sqlite3* db, char const* schema, int pages) noexcept;
    void copy_rest(int pages);
    void copy_bulk();

    sqlite_connection& writer_;
    sqlite_connection& own_;
    int pages_ =
        0; // in the log after the commit of this group, 0 if it wrote nothing; the writer's thread only
    int due_at_ = 0; // pages at which the next bulk is asked for; the writer's thread only
    std::atomic<turn> turn_{turn::none};
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
};

} // namespace wxgate::store
