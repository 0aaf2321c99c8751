// What the load verbs have in common: how load is offered (closed and open loop), and what is counted of it.
//
// A verb is a `workload`: it begins units (a payment, a notification, a refund) when the loop says so, and
// tells the loop how each ended. The loop has the customers or the schedule, the window that is measured, the
// bound of each unit's time, and the numbers.
#pragma once

#include "load/http_driver.hpp"
#include "report/report.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace wxgate::bench {

// ---- options
// -------------------------------------------------------------------------------------------------

struct load_options {
    std::size_t connections = 64;         // to the gateway; in a closed loop also the customers
    double rate = 0;                      // units a second that are offered; 0: closed loop
    bool poisson = false;                 // arrivals of an open loop: else evenly
    std::size_t max_outstanding = 10'000; // units of an open loop that are under way; over it they are shed
    std::chrono::nanoseconds warmup = std::chrono::seconds(2);
    std::chrono::nanoseconds measured = std::chrono::seconds(10);
    std::chrono::milliseconds timeout{10'000}; // of a unit, from its intended start
};

/// Adds --connections, --rate, --arrivals, --max-outstanding, --seconds, --warmup, --timeout.
void add_load_options(boost::program_options::options_description& to);

/// Throws usage_error.
load_options read_load_options(boost::program_options::variables_map const& with);

/// Adds them to the report's configuration.
void describe(load_options const& o, report& r);

// ---- numbers
// -------------------------------------------------------------------------------------------------

/// A prefix that no other run has: seven characters, for numbers that begin with it.
std::string make_run_tag(char kind);

/// The tag and ten digits.
std::string numbered(std::string_view tag, std::uint64_t number);

/// The reverse; nothing when the text does not begin with the tag or does not end in ten digits.
std::optional<std::uint64_t> number_of(std::string_view tag, std::string_view text) noexcept;

// ---- arrivals
// ------------------------------------------------------------------------------------------------

/// When the units of an open loop are due, as times since its start, ever growing. The same for the same
/// seed.
class arrivals {
public:
    /// `rate` a second, above 0.
    arrivals(double rate, bool poisson, std::uint64_t seed = 1);

    std::chrono::nanoseconds next();

private:
    double rate_;
    bool poisson_;
    std::uint64_t count_ = 0;
    double at_ = 0; // seconds
    std::mt19937_64 random_;
};

// ---- the loop
// ------------------------------------------------------------------------------------------------

enum class ending {
    done,      // as it should
    refused,   // an answer, but not the one it should be
    failed,    // no answer: a connection that broke, or nonsense
    timed_out, // the loop itself ends these
    shed       // never begun: too many were outstanding
};
inline constexpr std::size_t endings = 5;

char const* to_string(ending e) noexcept;

/// One of what the load is made of.
struct unit {
    std::uint64_t number = 0; // from 0, in the order they begin; also over several runs of one workload
    load_clock::time_point intended; // its latency counts from here
    bool counts = false;             // open loop: it was due inside the window
    unsigned steps = 0;              // the workload's own
};

class workload {
public:
    workload() = default;
    workload(workload const&) = delete;
    workload& operator=(workload const&) = delete;
    virtual ~workload() = default;

    /// Begins a unit. Must not end it before it returns. What it starts comes back by the unit's number, and
    /// must be prepared to find that the unit has ended (timed out) meanwhile.
    virtual void begin(unit& u) = 0;
};

struct load_result {
    double seconds = 0;          // that the window really had
    std::uint64_t offered = 0;   // open loop: due inside the window
    std::uint64_t completed = 0; // done, at a time inside the window
    /// How units ended: closed loop, those that ended inside the window; open loop, those that were due
    /// inside.
    std::array<std::uint64_t, endings> ended{};
    histogram latency;         // of the same units, however they ended; the timeout for timed_out and shed
    series throughput;         // done, a second
    series errors;             // all others, a second
    series p99;                // ms, of all that ended in that second
    double generator_busy = 0; // CPU time of this thread to the window's length
    std::chrono::nanoseconds generator_cpu{0};
    bool interrupted = false;

    double rate() const noexcept { return seconds > 0 ? static_cast<double>(completed) / seconds : 0; }

    std::uint64_t errors_in_all() const noexcept;
};

class load_loop {
public:
    /// All on the thread that calls run().
    load_loop(asio::io_context& context, load_options options);
    ~load_loop();
    load_loop(load_loop const&) = delete;
    load_loop& operator=(load_loop const&) = delete;

    /// Offers the load, waits for what is under way at its end (bounded by the timeout) and gives what was
    /// counted. Writes a line a second to standard error, `name` first. Runs the context; an interrupt ends
    /// it early. May be called again; the units' numbers go on.
    load_result run(workload& what, std::string const& name);

    /// The same with other options.
    load_result run(workload& what, std::string const& name, load_options const& options);

    /// Called at the beginning and the end of the window: for what is measured over the same time.
    void at_window(std::function<void()> begin, std::function<void()> end);

    /// Inside the window: for what a workload records on its own.
    bool measuring() const noexcept;

    /// A unit that is under way; null when it has ended.
    unit* find(std::uint64_t number) noexcept;

    /// The unit has ended. False (and nothing is counted) when it had before.
    bool end(std::uint64_t number, ending how, load_clock::time_point at = load_clock::now());

    /// True when what a unit has just done is to be recorded: closed loop, now is inside the window; open
    /// loop, it was due inside.
    bool counts(unit const& u) const noexcept;

private:
    class impl;
    std::shared_ptr<impl> impl_;
};

/// Of the two in the middle, the mean; 0 when there is none.
double median(std::vector<double> values);

/// Runs the context until `happened()`, at most `bound`; false when it did not. An interrupt ends it, too.
bool run_until(
    asio::io_context& context, std::function<bool()> const& happened, std::chrono::milliseconds bound
);

/// Adds what every load has to a report: the figures NAME.throughput, .offered, .errors and .generator_busy,
/// the table of endings, the distribution NAME.latency, the series, and the warnings "overload" (below 99 %
/// of what was offered), "errors", "the load generator was the bottleneck" and "interrupted".
void add_result(report& r, std::string const& name, load_result const& result, load_options const& options);

/// The warnings alone.
void add_warnings(report& r, std::string const& name, load_result const& result, load_options const& options);

/// The table "latency" of some distributions.
table latency_table(std::vector<distribution> const& all);

} // namespace wxgate::bench
