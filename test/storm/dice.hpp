// Random numbers that are the same wherever the seed is the same: the standard's distributions are not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace wxgate::test {

class dice {
public:
    explicit dice(std::uint64_t seed) : state_(seed) {}

    /// splitmix64.
    std::uint64_t next() noexcept {
        state_ += 0x9e3779b97f4a7c15U;
        auto x = state_;
        x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
        x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
        return x ^ (x >> 31U);
    }

    /// From 0 to n - 1; n is not 0.
    std::uint64_t below(std::uint64_t n) noexcept { return next() % n; }

    std::int64_t between(std::int64_t lowest, std::int64_t highest) noexcept {
        return lowest + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(highest - lowest + 1)));
    }

    bool percent(std::uint64_t p) noexcept { return below(100) < p; }

    template <class T>
    T const& one_of(std::vector<T> const& all) noexcept {
        return all[static_cast<std::size_t>(below(all.size()))];
    }

    /// Another stream, which does not depend on how far this one is used later.
    dice fork() noexcept { return dice(next()); }

private:
    std::uint64_t state_;
};

} // namespace wxgate::test
