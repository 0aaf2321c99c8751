#include "load/timeline.hpp"

#include <utility>

namespace wxgate::bench {

namespace {

constexpr std::size_t most_slices = 600; // each has a histogram

double milliseconds_of(histogram::duration d) {
    return std::chrono::duration<double, std::milli>(d).count();
}

bool is_within(timeline::slice const& s, histogram::duration bound) {
    return s.latency.count() > 0 && s.latency.percentile(99) <= bound;
}

double value_of(timeline::slice const& s, shown what) {
    switch (what) {
    case shown::good:
        return static_cast<double>(s.good);
    case shown::refused:
        return static_cast<double>(s.refused);
    case shown::p99_ms:
        break;
    }
    return milliseconds_of(s.latency.percentile(99));
}

} // namespace

void timeline::add_good(load_clock::time_point intended, load_clock::time_point ended) {
    if (auto* const s = at(ended))
        ++s->good;
    if (auto* const s = at(intended))
        s->latency.record(ended - intended);
}

void timeline::add_refused(load_clock::time_point ended) {
    if (auto* const s = at(ended))
        ++s->refused;
}

timeline::slice* timeline::at(load_clock::time_point t) {
    if (t < start_)
        return nullptr;
    auto const second = static_cast<std::size_t>((t - start_) / std::chrono::seconds(1));
    if (second >= most_slices)
        return nullptr;
    if (second >= slices_.size())
        slices_.resize(second + 1);
    return &slices_[second];
}

double seconds_to_recover(timeline const& t, histogram::duration bound) {
    auto const& all = t.slices();
    for (std::size_t i = 0; i + 1 < all.size(); ++i)
        if (is_within(all[i], bound) && is_within(all[i + 1], bound))
            return static_cast<double>(i + 1); // its own second included
    return static_cast<double>(all.size());
}

series to_series(timeline const& t, shown what, std::string name, load_clock::time_point zero) {
    series s;
    s.name = std::move(name);
    s.unit = what == shown::p99_ms ? "ms" : "1/s";
    auto const offset = std::chrono::duration<double>(t.start() - zero).count();
    for (std::size_t i = 0; i < t.slices().size(); ++i)
        s.points.emplace_back(offset + static_cast<double>(i), value_of(t.slices()[i], what));
    return s;
}

} // namespace wxgate::bench
