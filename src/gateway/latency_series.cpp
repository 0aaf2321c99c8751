#include "gateway/latency_series.hpp"

#include <algorithm>
#include <numeric>

namespace wxgate::gateway {

namespace {

using counts = metrics::histogram::counts;

// Where in its bucket the value stands is taken from how many of the bucket are below it.
std::int64_t quantile_us(counts const& n, std::uint64_t calls, double part) {
    auto const& bounds = metrics::histogram::bounds;
    double const wanted = part * static_cast<double>(calls);
    double below = 0;
    for (std::size_t i = 0; i < n.size(); ++i) {
        auto const here = static_cast<double>(n[i]);
        if (below + here < wanted || n[i] == 0) {
            below += here;
            continue;
        }
        double const low = i == 0 ? 0 : bounds[i - 1];
        double const high = i < bounds.size() ? bounds[i] : low;
        return static_cast<std::int64_t>((low + (high - low) * (wanted - below) / here) * 1e6);
    }
    return static_cast<std::int64_t>(bounds.back() * 1e6);
}

} // namespace

latency_span span_of(counts const& from, counts const& to) {
    counts n{};
    for (std::size_t i = 0; i < n.size(); ++i)
        n[i] = to[i] - from[i];
    latency_span s;
    s.calls = std::accumulate(n.begin(), n.end(), std::uint64_t{0});
    if (s.calls == 0)
        return s;
    s.p50_us = quantile_us(n, s.calls, 0.5);
    s.p95_us = quantile_us(n, s.calls, 0.95);
    return s;
}

latency_series::note latency_series::count(unix_ms now) {
    note n;
    n.at = now;
    n.wechat = metrics::counts_of("wxgate_upstream_call_seconds", "");
    n.gateway = metrics::counts_of("wxgate_http_request_seconds", "route=\"/v1/");
    return n;
}

void latency_series::take(unix_ms now) {
    auto n = count(now);
    std::lock_guard const lock(mutex_);
    notes_.push_back(n);
    if (notes_.size() > most_notes)
        notes_.pop_front();
}

// Before the first note nothing was counted.
latency_series::note latency_series::at(unix_ms t) const {
    std::lock_guard const lock(mutex_);
    auto const after = std::upper_bound(notes_.begin(), notes_.end(), t, [](unix_ms value, note const& n) {
        return value < n.at;
    });
    return after == notes_.begin() ? note() : *std::prev(after);
}

latency_series::both latency_series::between(unix_ms from, unix_ms to) const {
    auto const now = now_ms();
    auto const first = at(from);
    auto const last = to >= now ? count(now) : at(to);
    return {span_of(first.wechat, last.wechat), span_of(first.gateway, last.gateway)};
}

} // namespace wxgate::gateway
