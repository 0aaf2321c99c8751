// The loop of the micro verbs: contestants take turns in rounds of one run, so that whatever else goes on in
// the machine meets all of them alike, and each one's figure is the median of its rounds.
#pragma once

#include "micro/allocations.hpp"
#include "verb.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace wxgate::bench {

/// The compiler must have `value` ready here, and believes that anything in memory may be read and changed.
template <class T>
inline void keep(T const& value) noexcept {
    asm volatile("" : : "g"(&value) : "memory");
}

struct contestant {
    std::string name;
    std::function<void(std::uint64_t times)> run; // does its work so many times
};

/// The contestant that does `once` each time.
template <class Once>
contestant repeated(std::string name, Once once) {
    return {std::move(name), [once = std::move(once)](std::uint64_t times) mutable {
                for (std::uint64_t i = 0; i < times; ++i)
                    once();
            }};
}

struct timing {
    std::string name;
    double ns = 0;           // CPU time of one operation: the median of the rounds
    double blocks = 0;       // taken from the heap by one operation in the steady state
    double own_blocks = 0;   // … of these by operator new
    double other_blocks = 0; // … and by the libraries below, OpenSSL above all
};

/// How much of it. What is measured are CPU times of the thread: what others do on the machine disturbs less.
struct measure_plan {
    std::chrono::nanoseconds total; // for all there is to measure
    unsigned rounds;
};

/// Adds --seconds and --rounds.
void add_measure_options(boost::program_options::options_description& to);

/// Throws usage_error.
measure_plan read_measure_plan(boost::program_options::variables_map const& with);

/// Measures them, in their order, within `share` of the plan's time.
std::vector<timing>
measure(std::vector<contestant> const& contestants, measure_plan const& plan, double share);

/// "3", "0", "2.5", for a table.
std::string show_blocks(double blocks);

} // namespace wxgate::bench
