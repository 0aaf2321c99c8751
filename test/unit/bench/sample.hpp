// A report with some of everything, and a file that is removed again.
#pragma once

#include "report/report.hpp"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

namespace test {

inline wxgate::bench::report sample() {
    using namespace wxgate::bench;
    report r;
    r.verb = "pay";
    r.machine = {
        {"time", "2026-11-25T10:00:00Z"}, {"cpu", "A CPU <fast> & \"cheap\""}, {"commit", "0123abcd"}};
    r.configuration = {{"connections", "64"}};
    r.tables = {{"Payments", {"", "rate", "word"}, {{"wxgate", "1,234/s", "yes"}, {"a floor", "9/s", "no"}}}};
    r.figures = {{"pay.throughput", 1234.75, "1/s"}, {"pay.nothing", 0, "1/s"}};
    verdict held{"throughput", 0.66, "×", 0.6, true, 0.8};
    verdict missed{"CPU", 1.9, "×", 1.8, false, {}};
    r.verdicts = {held, missed};
    distribution d;
    d.name = "latency";
    for (int i = 1; i <= 1000; ++i)
        d.values.record(std::chrono::microseconds(i));
    r.distributions = {d};
    r.over_time = {{"payments", "1/s", {{0, 1200.25}, {1, 1250}, {2.5, 0}}}};
    r.warnings = {"the load generator was the bottleneck: 93 % <of a core>"};
    return r;
}

class file {
public:
    explicit file(std::string const& name)
        : name_("/tmp/wxgate-bench-test-" + std::to_string(getpid()) + "-" + name) {}

    file(file const&) = delete;
    file& operator=(file const&) = delete;

    ~file() { std::remove(name_.c_str()); }

    std::string const& name() const noexcept { return name_; }

    std::string text() const {
        std::ifstream in(name_, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    void write(std::string const& text) const { std::ofstream(name_, std::ios::binary) << text; }

private:
    std::string name_;
};

} // namespace test
