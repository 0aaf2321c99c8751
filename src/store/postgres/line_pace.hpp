// How a line moves: how long what comes now is likely to wait.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace wxgate::store::postgres {

/// The engine's thread tells, any thread asks.
class line_pace {
public:
    using clock = std::chrono::steady_clock;

    /// Something was sent, or answered; `under_way` is left.
    void sent(clock::time_point now) noexcept;
    void answered(clock::time_point now, std::size_t under_way) noexcept;

    /// All that was under way is gone.
    void forget() noexcept { since_.store(0, std::memory_order_relaxed); }

    /// `ahead`: groups in line.
    std::chrono::nanoseconds wait(std::size_t ahead, clock::time_point now) const noexcept;

private:
    std::atomic<std::int64_t> since_{0}; // the last answer, while something is under way; 0: nothing is
    std::atomic<std::int64_t> gap_{0};   // between answers, smoothed
};

} // namespace wxgate::store::postgres
