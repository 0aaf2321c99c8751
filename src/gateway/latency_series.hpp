// How long WeChat and this gateway took to answer, minute by minute over the last day, from the metrics'
// histograms.
#pragma once

#include "base/metrics.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

namespace wxgate::gateway {

/// Calls in a span of time. A quantile lies within a bucket of the histogram: good to about a factor of two.
struct latency_span {
    std::uint64_t calls = 0;
    std::optional<std::int64_t> p50_us; // nothing when there was no call
    std::optional<std::int64_t> p95_us;
};

latency_span span_of(metrics::histogram::counts const& from, metrics::histogram::counts const& to);

/// Thread-safe. Holds a day: 400 KiB.
class latency_series {
public:
    /// Notes what is counted now; to be called once a minute.
    void take(unix_ms now);

    struct both {
        latency_span wechat;  // every call to it
        latency_span gateway; // every call of the merchants' API, what it waited for WeChat included
    };

    /// Between the last notes at or before these times, to now where `to` is not past.
    both between(unix_ms from, unix_ms to) const;

private:
    struct note {
        unix_ms at = 0;
        metrics::histogram::counts wechat{};
        metrics::histogram::counts gateway{};
    };

    static note count(unix_ms now);
    note at(unix_ms t) const;

    static constexpr std::size_t most_notes = 24 * 60 + 16;

    mutable std::mutex mutex_;
    std::deque<note> notes_; // oldest first
};

} // namespace wxgate::gateway
