// After ten wrong passwords in a quarter of an hour an account is shut, for longer each time.
#pragma once

#include <wxgate/limits.hpp>

#include <chrono>
#include <deque>
#include <string>
#include <unordered_map>

namespace wxgate::gateway {

/// One thread. In memory, of this process: a restart forgets it, and each gateway of several counts its own.
class lockout {
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit lockout(login_limits const& limits) : limits_(limits) {}

    /// How long this name must wait before it may try again; zero: it may.
    std::chrono::seconds wait(std::string const& name, time_point now) const;

    /// A wrong password. Names that nobody has are counted like others, so that they cannot be told apart,
    /// but only so many of them, and they never push out an operator's.
    void failed(std::string const& name, bool is_known, time_point now);

    void succeeded(std::string const& name) { accounts_.erase(name); }

    std::size_t size() const noexcept { return accounts_.size(); }

private:
    struct account {
        std::deque<time_point> failures; // the last of them, at most max_failures
        unsigned times_shut = 0;
        time_point open_again;
        bool is_known = false;
    };

    bool is_over(account const& a, time_point now) const;
    void make_room(time_point now);

    login_limits limits_;
    std::unordered_map<std::string, account> accounts_;
};

} // namespace wxgate::gateway
