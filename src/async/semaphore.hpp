// So many at a time, the others in line. One single-threaded executor.
#pragma once

#include "async/task.hpp"

#include <boost/asio/steady_timer.hpp>

#include <list>
#include <utility>

namespace wxgate {

class semaphore {
public:
    semaphore(asio::any_io_executor e, std::size_t places) : executor_(std::move(e)), free_(places) {}

    semaphore(semaphore const&) = delete;
    semaphore& operator=(semaphore const&) = delete;

    /// Completes when a place is the caller's, who must give() it back.
    awaitable<void> take() {
        if (free_ == 0 || !waiting_.empty()) {
            asio::steady_timer turn(executor_, asio::steady_timer::time_point::max());
            waiting_.push_back(&turn);
            co_await turn.async_wait(use_tuple);
            co_return; // give() handed its place over
        }
        --free_;
    }

    void give() {
        if (waiting_.empty()) {
            ++free_;
            return;
        }
        auto* const next = waiting_.front();
        waiting_.pop_front();
        next->cancel();
    }

private:
    asio::any_io_executor executor_;
    std::size_t free_;
    std::list<asio::steady_timer*> waiting_;
};

} // namespace wxgate
