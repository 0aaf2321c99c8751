// Passwords are checked on threads of their own: scrypt takes half a second, and the workers' threads serve
// payments.
#pragma once

#include "async/task.hpp"
#include "base/metrics.hpp"

#include <wxgate/limits.hpp>

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace wxgate::gateway {

class password_checker {
public:
    explicit password_checker(login_limits const& limits);

    /// Whether this is the password; nothing when too many wait already, when `until` passed before its turn
    /// came or ended, or after stop(). Completes on the caller's executor, which must outlive this object.
    awaitable<std::optional<bool>>
    check(std::string password, std::string stored, std::chrono::steady_clock::time_point until);

    /// From now on nothing is hashed but what is being hashed; who waits is told when that has ended.
    void stop() noexcept { stopped_ = true; }

private:
    struct pending;

    void work(std::shared_ptr<pending> const& p);

    std::size_t room_;
    metrics::gauge& hashing_;
    metrics::gauge& waiting_;
    std::atomic<std::size_t> inside_{0}; // being hashed, or waiting for it
    std::atomic<bool> stopped_{false};
    asio::thread_pool threads_; // last: its destructor waits for the hash in progress
};

} // namespace wxgate::gateway
