// One timer for all the deadlines of a connection: a deadline variable and one sleeping wait that looks at
// it. Moving the deadline costs an assignment, not a timer operation.
#pragma once

#include "async/task.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>

namespace wxgate {

/// Closes a socket when its deadline passes, so that whatever waits on it ends. The socket must outlive this
/// object; both belong to one thread.
class deadline {
public:
    using clock = std::chrono::steady_clock;

    explicit deadline(asio::ip::tcp::socket& socket);
    ~deadline();
    deadline(deadline const&) = delete;
    deadline& operator=(deadline const&) = delete;

    /// From now on the socket is closed at `when`, unless armed again or disarmed before.
    void arm(clock::time_point when);

    void arm(clock::duration in) { arm(clock::now() + in); }

    void disarm() noexcept { state_->when = clock::time_point::max(); }

    /// True when the deadline passed and the socket was closed: the I/O's error then means "timed out".
    bool expired() const noexcept { return state_->expired; }

private:
    struct state {
        asio::steady_timer timer;
        asio::ip::tcp::socket* socket;
        clock::time_point when = clock::time_point::max();
        clock::time_point waking =
            clock::time_point::max(); // when the pending wait ends; max: none is pending
        bool expired = false;
    };

    static void wait(std::shared_ptr<state> s);

    std::shared_ptr<state> state_;
};

} // namespace wxgate
