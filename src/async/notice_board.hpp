// Waiting for something that another coroutine, on whatever thread, will tell: a seat is taken under a name
// first, then what would be told is looked up, then the seat is waited on. So nothing is missed in between.
#pragma once

#include "async/task.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace wxgate {

/// Thread-safe. Must outlive its seats' waits.
class notice_board {
public:
    /// A place to wait at; belongs to one coroutine on a single-threaded executor.
    class seat {
    public:
        explicit seat(asio::any_io_executor const& e) : timer_(e) {}

        /// Until the name was told since the seat was taken, or `until` has passed. True when it was told.
        awaitable<bool> wait(std::chrono::steady_clock::time_point until);

    private:
        friend class notice_board;

        asio::steady_timer timer_; // touched on its own thread only
        bool told_ = false;
    };

    /// The name is remembered as long as a seat under it is.
    std::shared_ptr<seat> take_seat(std::string const& name, asio::any_io_executor const& e);

    /// Wakes all who have a seat under the name; each must take a new one to be told again.
    void tell(std::string const& name);

    /// Names under which somebody has a seat.
    std::size_t size() const;

private:
    void leave(std::string const& name);

    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::vector<std::weak_ptr<seat>>> seats_;
};

} // namespace wxgate
