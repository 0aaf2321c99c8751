#include "load/watch.hpp"

#include <algorithm>
#include <stdexcept>

namespace wxgate::bench {

namespace {

double per(double value, std::uint64_t units) {
    return units == 0 ? 0 : value / static_cast<double>(units);
}

double seconds_of(std::chrono::nanoseconds d) {
    return std::chrono::duration<double>(d).count();
}

} // namespace

void process_watch::add(std::string name, pid_t process) {
    spent s;
    s.name = std::move(name);
    s.process = process;
    all_.push_back(std::move(s));
}

void process_watch::begin() {
    before_.clear();
    for (auto const& s : all_)
        before_.push_back(cpu_of(s.process));
}

void process_watch::end() {
    for (std::size_t i = 0; i < all_.size(); ++i) {
        auto& s = all_[i];
        s.used = cpu_of(s.process) - before_.at(i);
        s.resident = resident_bytes(s.process);
        s.files = open_files(s.process);
    }
}

process_watch::spent const& process_watch::of(std::string_view name) const {
    auto const at = std::find_if(all_.begin(), all_.end(), [&](spent const& s) { return s.name == name; });
    if (at == all_.end())
        throw std::out_of_range("not watched");
    return *at;
}

double micros_per(std::chrono::nanoseconds used, std::uint64_t units) noexcept {
    return per(static_cast<double>(used.count()) / 1000, units);
}

table spent_table(
    process_watch const& watch,
    std::chrono::nanoseconds generator,
    std::uint64_t units,
    double seconds,
    std::string const& what
) {
    auto const length = std::max(seconds, 1e-9);
    table t;
    t.title = "CPU a " + what;
    t.columns = {"", "µs", "user", "system", "cores busy", "waits", "preempted", "resident", "descriptors"};
    for (auto const& s : watch.all())
        t.rows.push_back(
            {s.name,
             show(micros_per(s.used.total, units)),
             show(micros_per(s.used.user, units)),
             show(micros_per(s.used.system, units)),
             show(seconds_of(s.used.total) / length),
             show(per(static_cast<double>(s.used.waits), units)),
             show(per(static_cast<double>(s.used.preemptions), units)),
             show(static_cast<double>(s.resident) / (1 << 20)) + " MiB",
             std::to_string(s.files)}
        );
    t.rows.push_back(
        {"generator",
         show(micros_per(generator, units)),
         "",
         "",
         show(seconds_of(generator) / length),
         "",
         "",
         "",
         ""}
    );
    return t;
}

void add_spent(
    report& r,
    std::string const& name,
    process_watch const& watch,
    std::chrono::nanoseconds generator,
    std::uint64_t units
) {
    for (auto const& s : watch.all()) {
        auto const of = name + ".cpu." + s.name;
        r.figures.push_back({of, micros_per(s.used.total, units), "µs"});
        r.figures.push_back({of + ".user", micros_per(s.used.user, units), "µs"});
        r.figures.push_back({of + ".system", micros_per(s.used.system, units), "µs"});
    }
    r.figures.push_back({name + ".cpu.generator", micros_per(generator, units), "µs"});
}

double moved(counter_values const& before, counter_values const& after, std::string const& name) {
    auto const now = after.find(name);
    auto const then = before.find(name);
    return (now == after.end() ? 0 : now->second) - (then == before.end() ? 0 : then->second);
}

table counters_table(
    counter_values const& before, counter_values const& after, std::uint64_t units, std::string const& what
) {
    table t;
    t.title = "the gateway's counters";
    t.columns = {"", "in all", "a " + what};
    for (auto const& [name, value] : after) {
        bool const sums = name.ends_with("_total") || name.ends_with("_count") || name.ends_with("_sum");
        auto const by = moved(before, after, name);
        if (sums && by != 0)
            t.rows.push_back({name, show(by), show(per(by, units))});
    }
    return t;
}

} // namespace wxgate::bench
