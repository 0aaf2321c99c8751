// What a run found: one object that a verb fills, and the three ways to show it.
#pragma once

#include "report/histogram.hpp"

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace wxgate::bench {

struct table {
    std::string title;
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows; // as wide as `columns`; the first cell names the row
};

/// A number that `compare` and scripts find by its name, e.g. {"pay.throughput", 1234.5, "1/s"}.
struct figure {
    std::string name;
    double value = 0;
    std::string unit;
};

/// A figure that is judged: `value` against what is demanded of it.
struct verdict {
    std::string name;
    double value = 0;
    std::string unit; // "×" for a ratio
    double demanded = 0;
    bool at_least = true;       // else at most
    std::optional<double> goal; // better than demanded
    bool always = false;        // missing it is a failure of the run, whatever the machine

    bool held() const noexcept { return at_least ? value >= demanded : value <= demanded; }
};

struct distribution {
    std::string name;
    histogram values;
};

/// Something over the time of the run: seconds since its start, and the value then.
struct series {
    std::string name;
    std::string unit;
    std::vector<std::pair<double, double>> points;
};

struct report {
    std::string verb;
    std::vector<std::pair<std::string, std::string>> machine;       // describe_machine()
    std::vector<std::pair<std::string, std::string>> configuration; // the verb's options as they were used
    std::vector<table> tables;
    std::vector<figure> figures;
    std::vector<verdict> verdicts;
    std::vector<distribution> distributions;
    std::vector<series> over_time;
    std::vector<std::string> warnings; // "overload: …", "the load generator was the bottleneck: …"
    bool interrupted = false;          // it is of a part of the run
};

/// Machine, cores, kernel, compiler, flags, build type, commit and version, and the time of the run.
std::vector<std::pair<std::string, std::string>> describe_machine();

/// Tables, verdicts and warnings, for a terminal.
void print(report const& r, std::ostream& out);

/// The title and a line a pair, for a terminal: the machine, the configuration.
void print(
    std::string const& title, std::vector<std::pair<std::string, std::string>> const& pairs, std::ostream& out
);

/// Everything, distributions with their percentiles and buckets. `read_json` reads it back (for `compare`).
/// Both throw std::runtime_error with the file's name.
void write_json(report const& r, std::string const& file);
report read_json(std::string const& file);

/// One self-contained page: the tables, and the distributions and what went on over time as pictures (inline
/// SVG, no script, no other file). Throws std::runtime_error.
void write_html(report const& r, std::string const& file);

/// 1234567.8 → "1,234,568"; 0.01234 → "0.0123": three to four significant digits for people.
std::string show(double value);

/// "1.23 µs", "45.6 ms", "1.20 s".
std::string show(histogram::duration d);

} // namespace wxgate::bench
