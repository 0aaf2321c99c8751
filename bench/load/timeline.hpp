// What went on second by second, where the mean of a whole run says too little: a flood and what comes after.
#pragma once

#include "load/http_driver.hpp"
#include "report/report.hpp"

#include <string>
#include <vector>

namespace wxgate::bench {

class timeline {
public:
    struct slice {                 // one second
        std::uint64_t good = 0;    // that ended well in it
        std::uint64_t refused = 0; // that were refused in it
        histogram latency;         // of all that were due in it and ended well
    };

    /// Of what happens from `start` on, for ten minutes at most; what is earlier or later is not kept.
    explicit timeline(load_clock::time_point start) : start_(start) {}

    void add_good(load_clock::time_point intended, load_clock::time_point ended);
    void add_refused(load_clock::time_point ended);

    load_clock::time_point start() const noexcept { return start_; }

    std::vector<slice> const& slices() const noexcept { return slices_; }

private:
    slice* at(load_clock::time_point t);

    load_clock::time_point start_;
    std::vector<slice> slices_;
};

/// The seconds until the p99 is within `bound` again: until the first second that is, and is followed by one
/// that is, too. Seconds in which nothing was due are not. All of them when there is none.
double seconds_to_recover(timeline const& t, histogram::duration bound);

enum class shown { good, refused, p99_ms };

/// A timeline as a series, with its time counted from `zero`.
series to_series(timeline const& t, shown what, std::string name, load_clock::time_point zero);

} // namespace wxgate::bench
