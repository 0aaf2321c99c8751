#include "store/job.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <iterator>
#include <type_traits>

namespace wxgate::store {

namespace {

template <class Handler>
class waiting_job final : public job {
public:
    waiting_job(Handler handler, batch b)
        : job(std::move(b)), handler_(std::move(handler)), work_(asio::get_associated_executor(handler_)) {}

    asio::any_io_executor executor() const override { return work_.get_executor(); }

    void complete(std::unique_ptr<job> self) override {
        auto const guard = std::move(work_);
        auto handler = std::move(handler_);
        auto outcome_here = std::move(outcome);
        self.reset(); // the batch's memory is free before the coroutine goes on
        std::move(handler)(std::move(outcome_here));
    }

private:
    Handler handler_;
    asio::executor_work_guard<asio::any_io_executor> work_;
};

/// What is posted: completes jobs of one executor, one after the other. What a resumed coroutine throws does
/// not come by here (Asio keeps it and throws it out of run() after this handler), so no job is lost behind
/// another.
class completions {
public:
    explicit completions(jobs done) : done_(std::move(done)) {}

    void operator()() {
        for (auto& j : done_) {
            auto& waiting = *j;
            waiting.complete(std::move(j));
        }
    }

private:
    jobs done_;
};

} // namespace

void post_completions(jobs done) {
    while (!done.empty()) {
        auto const executor = done.front()->executor();
        // Asio unlocks its queue before it signals: without work of our own, the executor's context could run
        // the job, be out of work and be destroyed before post() has returned.
        auto const work = asio::make_work_guard(executor);
        auto const others = std::stable_partition(done.begin(), done.end(), [&](auto const& j) {
            return j->executor() == executor;
        });
        jobs rest(std::make_move_iterator(others), std::make_move_iterator(done.end()));
        done.erase(others, done.end());
        asio::post(executor, completions(std::move(done)));
        done = std::move(rest);
    }
}

std::chrono::nanoseconds group_pace::wait(std::size_t queued, clock::time_point now) const noexcept {
    auto const began = began_.load(std::memory_order_relaxed);
    auto const so_far = began == 0 ? 0 : std::max<std::int64_t>(0, ticks(now) - began);
    auto const groups_ahead = static_cast<std::int64_t>(queued / max_group_);
    return std::chrono::nanoseconds(so_far + groups_ahead * last_.load(std::memory_order_relaxed));
}

job_queue::job_queue(std::size_t max_size, job::clock::duration patience, std::string_view name)
    : max_size_(max_size), patience_(patience),
      waiting_(metrics::get_gauge(
          "wxgate_store_queue",
          "Batches that wait for the store's writer, or its reader.",
          metrics::label("queue", name)
      )) {
}

// No coroutine, on purpose: g++ 12 breaks a capturing lambda that stands beside a co_await.
awaitable<result<results>> job_queue::submit(batch b, bool alone) {
    auto initiate = [](auto handler, job_queue* queue, batch work, bool by_itself) {
        using handler_type = std::decay_t<decltype(handler)>;
        auto j = std::make_unique<waiting_job<handler_type>>(std::move(handler), std::move(work));
        j->alone = by_itself;
        queue->push(std::move(j));
    };
    return asio::async_initiate<asio::use_awaitable_t<> const, void(result<results>)>(
        initiate, asio::use_awaitable, this, std::move(b), alone
    );
}

void job_queue::push(std::unique_ptr<job> j) {
    bool was_empty = false;
    {
        std::lock_guard const lock(mutex_);
        if (closed_) {
            j->fail(errc::shutting_down);
        } else if (queue_.size() >= max_size_) {
            j->fail(errc::store_overloaded);
        } else {
            was_empty = queue_.empty();
            queue_.push_back(std::move(j));
            size_.store(queue_.size(), std::memory_order_relaxed);
            waiting_.add(1);
        }
    }
    if (was_empty) {
        filled_.notify_one();
        if (on_filled)
            on_filled();
    }
    if (!j)
        return;
    jobs refused;
    refused.push_back(std::move(j));
    post_completions(std::move(refused));
}

bool job_queue::take(jobs& group, std::size_t max) {
    group.clear();
    {
        std::unique_lock lock(mutex_);
        filled_.wait(lock, [this] { return closed_ || !queue_.empty(); });
        if (queue_.empty())
            return false;
        move_out(group, max);
    }
    give_out(group);
    return true;
}

bool job_queue::try_take(jobs& group, std::size_t max) {
    group.clear();
    {
        std::lock_guard const lock(mutex_);
        if (queue_.empty())
            return false;
        move_out(group, max);
    }
    give_out(group);
    return true;
}

/// Under the lock.
void job_queue::move_out(jobs& group, std::size_t max) {
    auto const end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(max, queue_.size()));
    std::move(queue_.begin(), end, std::back_inserter(group));
    queue_.erase(queue_.begin(), end);
    size_.store(queue_.size(), std::memory_order_relaxed);
}

/// Without it.
void job_queue::give_out(jobs& group) {
    waiting_.add(-static_cast<std::int64_t>(group.size()));
    post_completions(shed(group));
}

jobs job_queue::shed(jobs& group) const {
    auto const oldest = job::clock::now() - patience_;
    auto const late =
        std::stable_partition(group.begin(), group.end(), [&](auto const& j) { return j->queued >= oldest; });
    jobs gone(std::make_move_iterator(late), std::make_move_iterator(group.end()));
    group.erase(late, group.end());
    for (auto& j : gone)
        j->fail(errc::store_overloaded);
    return gone;
}

void job_queue::close() {
    {
        std::lock_guard const lock(mutex_);
        closed_ = true;
    }
    filled_.notify_all();
}

} // namespace wxgate::store
