// Batches on their way to an engine's thread and their outcomes on the way back: a bounded queue, and
// completions that are posted to the executor of whoever awaits. Knows no database.
#pragma once

#include "async/task.hpp"
#include "base/metrics.hpp"
#include "store/store.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace wxgate::store {

/// One batch and the coroutine that waits for it.
class job {
public:
    using clock = std::chrono::steady_clock;

    explicit job(batch b) : work(std::move(b)) {}

    job(job const&) = delete;
    job& operator=(job const&) = delete;
    virtual ~job() = default;

    /// Where the waiting coroutine runs. Kept alive (it counts as work) by this object.
    virtual asio::any_io_executor executor() const = 0;

    /// Resumes the waiting coroutine with `outcome`. Called once, on executor(); `self` is used up.
    virtual void complete(std::unique_ptr<job> self) = 0;

    void fail(errc e) { outcome = make_error_code(e); }

    batch work;
    /// An outcome that nobody set must not read as success.
    result<results> outcome = make_error_code(errc::store_unavailable);
    clock::time_point queued = clock::now();
    int answered = 0;   // of its parts, by an engine that sends it in two
    bool alone = false; // it is not to be committed with others
};

using jobs = std::vector<std::unique_ptr<job>>;

/// Posts the outcomes of `done` to their executors: one post for all the jobs of an executor, so that a
/// worker is woken once a group. To be called when all that the outcomes promise is durable.
void post_completions(jobs done);

/// How long a job that comes now will wait, judged by the group under way and the one before it. An engine's
/// thread tells, any thread asks. With nothing in line and nothing under way the wait is zero, whatever the
/// last group took: a spell of slowness must not outlive itself because nobody is let in any more.
class group_pace {
public:
    using clock = std::chrono::steady_clock;

    explicit group_pace(std::size_t max_group) : max_group_(max_group) {}

    void begin(clock::time_point now) noexcept { began_.store(ticks(now), std::memory_order_relaxed); }

    void end(clock::time_point now) noexcept {
        last_.store(ticks(now) - began_.load(std::memory_order_relaxed), std::memory_order_relaxed);
        began_.store(0, std::memory_order_relaxed);
    }

    /// `queued`: how many are in line.
    std::chrono::nanoseconds wait(std::size_t queued, clock::time_point now) const noexcept;

private:
    static std::int64_t ticks(clock::time_point t) noexcept {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(t.time_since_epoch()).count();
    }

    std::size_t const max_group_;
    std::atomic<std::int64_t> began_{0}; // the group under way; 0: none
    std::atomic<std::int64_t> last_{0};  // how long the one before took
};

/// Jobs that wait for one engine thread.
class job_queue {
public:
    /// A job that has waited longer than `patience` when its turn comes is not tried but completes with
    /// store_overloaded: whoever awaits it must have its answer in time, and would soon have given up. `name`
    /// is for the metrics.
    job_queue(std::size_t max_size, job::clock::duration patience, std::string_view name);

    /// Completes with the outcome of `b`; at once with store_overloaded when the queue is full, with
    /// shutting_down when it is closed. The queue must outlive the awaitable.
    awaitable<result<results>> submit(batch b, bool alone = false);

    /// Waits for jobs and moves up to `max` of them, oldest first, into `group` (emptied first). False:
    /// closed and empty, there will be no more.
    bool take(jobs& group, std::size_t max);

    /// The same for an engine that does not wait: false when nothing is in line.
    bool try_take(jobs& group, std::size_t max);

    /// Called when a job has come into an empty line, by whoever brought it. Set before anybody does; may be
    /// empty.
    std::function<void()> on_filled;

    /// Jobs in line, as of a moment ago; without the lock.
    std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

    /// Refuses further jobs. Those that are queued are still given out.
    void close();

private:
    void push(std::unique_ptr<job> j);
    void move_out(jobs& group, std::size_t max);
    void give_out(jobs& group);
    jobs shed(jobs& group) const;

    std::size_t const max_size_;
    job::clock::duration const patience_;
    metrics::gauge& waiting_;
    std::mutex mutex_;
    std::condition_variable filled_;
    std::deque<std::unique_ptr<job>> queue_;
    std::atomic<std::size_t> size_{0}; // the queue's
    bool closed_ = false;
};

} // namespace wxgate::store
