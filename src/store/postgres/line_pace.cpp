#include "store/postgres/line_pace.hpp"

#include <algorithm>

namespace wxgate::store::postgres {

namespace {

std::int64_t ticks(std::chrono::steady_clock::time_point t) noexcept {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(t.time_since_epoch()).count();
}

} // namespace

void line_pace::sent(clock::time_point now) noexcept {
    if (since_.load(std::memory_order_relaxed) == 0)
        since_.store(ticks(now), std::memory_order_relaxed);
}

void line_pace::answered(clock::time_point now, std::size_t under_way) noexcept {
    auto const since = since_.load(std::memory_order_relaxed);
    if (since != 0) {
        auto const gap = gap_.load(std::memory_order_relaxed);
        gap_.store(gap + (ticks(now) - since - gap) / 16, std::memory_order_relaxed);
    }
    since_.store(under_way == 0 ? 0 : ticks(now), std::memory_order_relaxed);
}

std::chrono::nanoseconds line_pace::wait(std::size_t ahead, clock::time_point now) const noexcept {
    auto const since = since_.load(std::memory_order_relaxed);
    auto const silent = since == 0 ? 0 : std::max<std::int64_t>(0, ticks(now) - since);
    auto const gap = std::max<std::int64_t>(0, gap_.load(std::memory_order_relaxed));
    return std::chrono::nanoseconds(silent + static_cast<std::int64_t>(ahead) * gap);
}

} // namespace wxgate::store::postgres
