// How long things took, as a distribution: every value is kept to three significant digits, whatever its
// size.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace wxgate::bench {

/// From 1 ns to an hour; what is shorter or longer counts as one of these. The layout is HdrHistogram's
/// (hdrhistogram.org): powers of two, each cut into equal parts, so a value is off by less than 0.1 %.
/// Recording allocates nothing. Not synchronised: one a thread, merged in the end.
class histogram {
public:
    using duration = std::chrono::nanoseconds;

    histogram();

    void record(duration value, std::uint64_t times = 1) noexcept;
    void merge(histogram const& other) noexcept;
    void clear() noexcept;

    std::uint64_t count() const noexcept { return count_; }

    duration min() const noexcept; // 0 when empty, like the rest
    duration max() const noexcept;
    duration mean() const noexcept;

    /// The smallest value that at least `percent` (0 to 100) of all values do not exceed.
    duration percentile(double percent) const noexcept;

    struct bucket {
        duration upto; // the largest value that counts here
        std::uint64_t count;
    };

    /// Those with something in them, smallest first.
    std::vector<bucket> buckets() const;

    /// The histogram whose buckets() and other figures these were: how one comes back from a file.
    static histogram restored(std::vector<bucket> const& buckets, duration min, duration max, duration mean);

private:
    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    double sum_ = 0; // ns
    std::uint64_t min_ = 0;
    std::uint64_t max_ = 0;
};

} // namespace wxgate::bench
