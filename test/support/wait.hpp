// Waiting for an event with a bound, never for a time to pass.
#pragma once

#include <chrono>
#include <thread>

namespace wxgate::test {

using namespace std::chrono_literals;
using milliseconds = std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

/// True as soon as `happened()` is; false when it is not within `bound`.
template <class Predicate>
bool eventually(milliseconds bound, Predicate&& happened) {
    auto const until = steady::now() + bound;
    while (steady::now() < until) {
        if (happened())
            return true;
        std::this_thread::sleep_for(5ms);
    }
    return happened();
}

} // namespace wxgate::test
