// What processes and the gateway's counters did over the window that is measured.
#pragma once

#include "load/cpu.hpp"
#include "report/report.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace wxgate::bench {

/// Processes that are watched from begin() to end(), again and again.
class process_watch {
public:
    struct spent {
        std::string name;
        pid_t process = 0;
        cpu_usage used;
        std::size_t resident = 0; // at the end, in bytes
        std::size_t files = 0;
    };

    void add(std::string name, pid_t process);

    void begin();
    void end();

    std::vector<spent> const& all() const noexcept { return all_; }

    /// Throws std::out_of_range for a name that is not watched.
    spent const& of(std::string_view name) const;

private:
    std::vector<spent> all_;
    std::vector<cpu_usage> before_;
};

/// Microseconds of CPU time a unit.
double micros_per(std::chrono::nanoseconds used, std::uint64_t units) noexcept;

/// The table of what each spent a unit (a `what`: "payment"), the load generator's thread last.
table spent_table(
    process_watch const& watch,
    std::chrono::nanoseconds generator,
    std::uint64_t units,
    double seconds,
    std::string const& what
);

/// Adds the figures NAME.cpu.PROCESS, .user and .system (µs a unit) of each, and NAME.cpu.generator.
void add_spent(
    report& r,
    std::string const& name,
    process_watch const& watch,
    std::chrono::nanoseconds generator,
    std::uint64_t units
);

using counter_values = std::map<std::string, double>; // stage::metrics()

/// The table of the counters and sums that moved between the two, a unit.
table counters_table(
    counter_values const& before, counter_values const& after, std::uint64_t units, std::string const& what
);

/// How far one moved; 0 when it is not there.
double moved(counter_values const& before, counter_values const& after, std::string const& name);

} // namespace wxgate::bench
