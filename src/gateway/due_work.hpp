// Work that is data in the store: what is due, who has it, until when. This is the loop that takes what is
// due, so much at a time, and sleeps until more is or somebody tells of some. What the process dies over, the
// next one finds.
#pragma once

#include "gateway/shared.hpp"

#include <string>

namespace wxgate::gateway {

/// One kind of work, on one worker of the process.
class due_work {
public:
    due_work(due_work const&) = delete;
    due_work& operator=(due_work const&) = delete;

    /// Starts the loop. `this` must live until ended() has completed.
    void start();

    /// Takes nothing more; what is under way goes on to its end.
    void stop();

    /// Completes when nothing is under way any more, or `until` has passed.
    awaitable<void> ended(std::chrono::steady_clock::time_point until);

protected:
    struct options {
        char const* name;   // in logs; a literal
        char const* notice; // what the board is told when there is more; a literal
        std::size_t most;   // looks at a time
        /// Work that nobody tells of is found after this at the latest.
        std::chrono::steady_clock::duration longest_sleep = std::chrono::seconds(30);
    };

    due_work(asio::any_io_executor e, shared_state& shared, options const& o);
    ~due_work() = default;

    /// Before the first round; again until it has gone well. False: the store did not answer.
    virtual awaitable<bool> prepare() = 0;

    /// Takes what is due, at most `room`, and begins a look at each (begin_look()). False: the store did not
    /// answer.
    virtual awaitable<bool> take(std::size_t room) = 0;

    /// When there is more to take; nothing when none waits.
    virtual awaitable<result<std::optional<unix_ms>>> next_due() = 0;

    /// Runs a look on its own, counted until it ends; drops it when the loop has been stopped.
    void begin_look(awaitable<void> look);

    /// The same for one that the loop did not take: it has no part of the loop's room, and its end wakes
    /// nobody.
    void begin_beside(awaitable<void> look);

    awaitable<void> pause(std::chrono::steady_clock::duration d);

    asio::any_io_executor const& executor() const noexcept { return executor_; }

    shared_state& shared_;

private:
    awaitable<void> run();
    awaitable<void> round();
    awaitable<void> counted(awaitable<void> look);
    awaitable<void> counted_beside(awaitable<void> look);

    asio::any_io_executor executor_;
    options options_;
    std::string notice_;
    std::size_t under_way_ = 0;
    std::size_t beside_ = 0;
    metrics::gauge& looks_; // the same, for those who watch
    bool prepared_ = false;
    bool stopped_ = false;
};

/// So many a second at most, evenly. One single-threaded executor.
class even_pace {
public:
    explicit even_pace(std::size_t a_second)
        : gap_(std::chrono::nanoseconds(std::chrono::seconds(1)) / static_cast<std::int64_t>(a_second)) {}

    /// How long the caller must wait for its turn.
    std::chrono::steady_clock::duration take(std::chrono::steady_clock::time_point now);

private:
    std::chrono::steady_clock::duration gap_;
    std::chrono::steady_clock::time_point next_;
};

/// In [0, 1): moves waits apart, so that many do not come back at the same moment.
double random_spread();

} // namespace wxgate::gateway
