// /metrics as an outsider reads it: Prometheus' text format, and the rules of `promtool check metrics`,
// written without the product's code.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace wxgate::test {

struct metric_sample {
    std::string name;
    std::map<std::string, std::string> labels;
    double value = 0;
};

struct metric_family {
    std::string type; // counter, gauge, histogram
    std::string help;
    std::vector<metric_sample> samples;
};

struct metrics_text {
    std::map<std::string, metric_family> families; // by the name of HELP and TYPE
    std::vector<std::string> problems;             // what promtool would say, and what is no such text at all

    /// The family that a name in an expression is of: "x_bucket" is of the histogram x. Null: there is none.
    metric_family const* find(std::string const& name) const;

    /// The sum of the samples of this name whose labels hold all of these.
    double sum(std::string const& name, std::map<std::string, std::string> const& labels = {}) const;
};

metrics_text read_metrics(std::string const& text);

/// Every name of a metric in a text of expressions: wxgate_… and process_….
std::vector<std::string> metric_names_in(std::string const& text);

} // namespace wxgate::test
