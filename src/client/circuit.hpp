// What is known of one host: whether it is worth a call. A pure state machine; who calls tells it the time.
//
// A few failures in a row make a host bad; after a while one call at a time tries it again, and the waits
// between such trials grow. As long as a bad host could at least be reached, a call may still go there when
// there is none better. One that could not be connected to gets none but the trials: else every call would
// wait for a connection that does not come.
#pragma once

#include <algorithm>
#include <chrono>

namespace wxgate {

struct circuit_limits {
    unsigned failures = 3; // in a row, that make a host bad
    /// Between one trial and the next: doubled from the first to the last.
    std::chrono::steady_clock::duration first_wait = std::chrono::seconds(1);
    std::chrono::steady_clock::duration last_wait = std::chrono::seconds(10);
};

/// One thread at a time.
class circuit {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using duration = std::chrono::steady_clock::duration;

    enum class standing {
        good, // … or due for a trial
        poor, // it answers badly: only when there is none better
        shut  // it could not be reached: not to be called
    };

    explicit circuit(circuit_limits const& limits = {}) : limits_(limits), wait_(limits.first_wait) {}

    standing at(time_point now) const noexcept {
        if (failures_ < limits_.failures || now >= next_trial_)
            return standing::good;
        return unreached_ >= limits_.failures ? standing::shut : standing::poor;
    }

    /// A call to the host begins, which ends within `patience`. That of a bad host is its trial: until it has
    /// ended, or the patience with it, there is no other.
    void begin(time_point now, duration patience) noexcept {
        if (failures_ < limits_.failures || now < next_trial_)
            return;
        trying_ = true;
        next_trial_ = now + patience;
    }

    /// A call was answered, whatever the answer said.
    void answered() noexcept {
        failures_ = unreached_ = 0;
        trying_ = false;
        wait_ = limits_.first_wait;
    }

    /// A call was not answered. `reached`: it got as far as being sent.
    void failed(time_point now, bool reached) noexcept {
        bool const was_bad = failures_ >= limits_.failures;
        failures_ = std::min(failures_ + 1, limits_.failures);
        unreached_ = reached ? 0 : std::min(unreached_ + 1, limits_.failures);
        if (failures_ < limits_.failures || (was_bad && !trying_))
            return; // not bad yet; or a call from before, which delays no trial
        trying_ = false;
        next_trial_ = now + wait_;
        wait_ = std::min(2 * wait_, limits_.last_wait);
    }

    /// A call ended without a word about the host: if it was the trial, the next one is.
    void withdrawn(time_point now) noexcept {
        if (!trying_)
            return;
        trying_ = false;
        next_trial_ = now;
    }

private:
    circuit_limits limits_;
    unsigned failures_ = 0;  // in a row
    unsigned unreached_ = 0; // in a row, without a connection
    bool trying_ = false;
    time_point next_trial_; // of a bad host
    duration wait_;
};

} // namespace wxgate
