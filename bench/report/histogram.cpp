#include "report/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace wxgate::bench {

namespace {

// Values below 2048 have a counter each. From there on every power of two is cut into 1024 equal parts, so
// that a part is less than a thousandth of what counts there.
constexpr unsigned part_bits = 10;
constexpr std::uint64_t parts = 1U << part_bits;
constexpr std::uint64_t longest = 3'600'000'000'000; // an hour

constexpr unsigned width_bits(std::uint64_t value) noexcept {
    return static_cast<unsigned>(std::bit_width(value | parts)) - part_bits - 1;
}

constexpr std::size_t index_of(std::uint64_t value) noexcept {
    unsigned const bits = width_bits(value);
    return bits * parts + (value >> bits);
}

constexpr std::uint64_t largest_at(std::size_t index) noexcept {
    if (index < 2 * parts)
        return index;
    std::uint64_t const bits = index / parts - 1;
    return ((parts + index % parts + 1) << bits) - 1;
}

static_assert(largest_at(index_of(2047)) == 2047 && largest_at(index_of(2048)) == 2049);
static_assert(index_of(longest) + 1 == index_of(largest_at(index_of(longest)) + 1));

std::uint64_t clamped(histogram::duration value) noexcept {
    return static_cast<std::uint64_t>(
        std::clamp<std::int64_t>(value.count(), 1, static_cast<std::int64_t>(longest))
    );
}

histogram::duration to_duration(std::uint64_t ns) noexcept {
    return histogram::duration(static_cast<std::int64_t>(ns));
}

// How many values the `percent` smallest are, at least one. What a double cannot say exactly (99.9) must not
// be rounded up to one more.
std::uint64_t rank_of(double percent, std::uint64_t count) noexcept {
    double const share = std::clamp(percent, 0.0, 100.0) / 100 * static_cast<double>(count);
    double const rank = std::ceil(share * (1 - 1e-12));
    return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(rank), 1, count);
}

} // namespace

histogram::histogram() : counts_(index_of(longest) + 1) {
}

void histogram::record(duration value, std::uint64_t times) noexcept {
    if (times == 0)
        return;
    std::uint64_t const ns = clamped(value);
    counts_[index_of(ns)] += times;
    min_ = count_ == 0 ? ns : std::min(min_, ns);
    max_ = std::max(max_, ns);
    sum_ += static_cast<double>(ns) * static_cast<double>(times);
    count_ += times;
}

void histogram::merge(histogram const& other) noexcept {
    if (other.count_ == 0)
        return;
    for (std::size_t i = 0; i < counts_.size(); ++i)
        counts_[i] += other.counts_[i];
    min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
    sum_ += other.sum_;
    count_ += other.count_;
}

void histogram::clear() noexcept {
    std::fill(counts_.begin(), counts_.end(), 0);
    count_ = 0;
    sum_ = 0;
    min_ = 0;
    max_ = 0;
}

histogram::duration histogram::min() const noexcept {
    return to_duration(min_);
}

histogram::duration histogram::max() const noexcept {
    return to_duration(max_);
}

histogram::duration histogram::mean() const noexcept {
    return count_ == 0 ? duration(0) : duration(std::llround(sum_ / static_cast<double>(count_)));
}

histogram::duration histogram::percentile(double percent) const noexcept {
    if (count_ == 0)
        return duration(0);
    std::uint64_t const rank = rank_of(percent, count_);
    if (rank == 1)
        return min();
    std::uint64_t seen = 0;
    for (std::size_t i = index_of(min_); i < counts_.size(); ++i) {
        seen += counts_[i];
        if (seen >= rank)
            return to_duration(std::min(largest_at(i), max_));
    }
    return max();
}

std::vector<histogram::bucket> histogram::buckets() const {
    std::vector<bucket> list;
    for (std::size_t i = 0; i < counts_.size(); ++i)
        if (counts_[i] != 0)
            list.push_back({to_duration(largest_at(i)), counts_[i]});
    return list;
}

histogram histogram::restored(std::vector<bucket> const& buckets, duration min, duration max, duration mean) {
    histogram h;
    for (bucket const& b : buckets)
        h.record(b.upto, b.count);
    if (h.count_ == 0)
        return h;
    h.min_ = clamped(min);
    h.max_ = clamped(max);
    h.sum_ = static_cast<double>(mean.count()) * static_cast<double>(h.count_);
    return h;
}

} // namespace wxgate::bench
