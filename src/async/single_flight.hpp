// One call for many who want the same at the same time: the first runs it, the others wait for its result.
#pragma once

#include "async/task.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace wxgate {

/// Shared by all workers; callers may be on different executors (each single-threaded). Must outlive its
/// calls.
template <class Result>
class single_flight {
public:
    using shared_result = std::shared_ptr<Result const>;

    /// Runs `work` if no call of this key is under way, else waits for the one that is. Completes with its
    /// result; null when `until` passed first or the call that was waited for ended with an exception. The
    /// leader's own exception leaves here.
    awaitable<shared_result>
    run(std::string key, std::function<awaitable<Result>()> work, std::chrono::steady_clock::time_point until
    ) {
        auto const executor = co_await asio::this_coro::executor;
        auto seat = std::make_shared<waiter>(executor, until);
        auto const mine = join(key, seat);
        if (mine->leader == seat.get()) {
            landing const ends(*this, key, mine); // wakes the others, whatever happens
            Result result = co_await work();
            mine->result = std::make_shared<Result const>(std::move(result));
            co_return mine->result;
        }
        co_await seat->timer.async_wait(use_tuple);
        std::lock_guard const lock(mutex_);
        co_return mine->landed ? mine->result : nullptr;
    }

private:
    struct waiter {
        waiter(asio::any_io_executor const& e, std::chrono::steady_clock::time_point until)
            : timer(e, until) {}

        asio::steady_timer timer;
    };

    struct flight {
        waiter const* leader = nullptr;
        std::vector<std::shared_ptr<waiter>> waiting;
        shared_result result;
        bool landed = false;
    };

    struct landing {
        landing(single_flight& a, std::string const& k, std::shared_ptr<flight> f)
            : all(a), key(k), mine(std::move(f)) {}

        ~landing() { all.land(key, *mine); }

        landing(landing const&) = delete;
        landing& operator=(landing const&) = delete;

        single_flight& all;
        std::string const& key;
        std::shared_ptr<flight> mine;
    };

    std::shared_ptr<flight> join(std::string const& key, std::shared_ptr<waiter> const& seat) {
        std::lock_guard const lock(mutex_);
        auto& f = flights_[key];
        if (!f) {
            f = std::make_shared<flight>();
            f->leader = seat.get();
        } else {
            f->waiting.push_back(seat);
        }
        return f;
    }

    void land(std::string const& key, flight& f) {
        std::lock_guard const lock(mutex_);
        f.landed = true;
        flights_.erase(key);
        for (auto& w : f.waiting) // a timer is touched on its own thread only
            asio::post(w->timer.get_executor(), [w] { w->timer.cancel(); });
    }

    std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<flight>> flights_;
};

} // namespace wxgate
