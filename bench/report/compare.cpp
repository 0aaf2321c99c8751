#include "report/compare.hpp"

#include "report/layout.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace wxgate::bench {

namespace {

using pairs = std::vector<std::pair<std::string, std::string>>;

// What differs between any two runs, or is why they are compared.
constexpr std::string_view expected_to_differ[] = {"time", "commit", "version"};

std::string value_of(pairs const& list, std::string const& name) {
    auto const at = std::find_if(list.begin(), list.end(), [&](auto const& p) { return p.first == name; });
    return at == list.end() ? "–" : at->second;
}

pairs::value_type heading(report const& r) {
    return {value_of(r.machine, "commit"), value_of(r.machine, "time")};
}

// The names in both lists, in the order in which they come first.
std::vector<std::string> all_names(pairs const& a, pairs const& b) {
    std::vector<std::string> names;
    for (pairs const* const list : {&a, &b})
        for (auto const& [name, value] : *list)
            if (std::find(names.begin(), names.end(), name) == names.end())
                names.push_back(name);
    return names;
}

void tell_differences(std::string const& of, pairs const& a, pairs const& b, report& r) {
    for (std::string const& name : all_names(a, b)) {
        std::string const before = value_of(a, name);
        std::string const after = value_of(b, name);
        bool const expected = std::find(std::begin(expected_to_differ), std::end(expected_to_differ), name) !=
                              std::end(expected_to_differ);
        if (before != after && !expected)
            r.warnings.push_back(of + " differs: " + name + ": " + before + " / " + after);
    }
}

template <class T>
T const* find(std::vector<T> const& list, std::string const& name) {
    auto const at = std::find_if(list.begin(), list.end(), [&](T const& t) { return t.name == name; });
    return at == list.end() ? nullptr : &*at;
}

template <class T>
void tell_missing(std::vector<T> const& from, std::vector<T> const& in, std::string const& which, report& r) {
    for (T const& t : from)
        if (find(in, t.name) == nullptr)
            r.warnings.push_back(t.name + " is in " + which + " run only");
}

double ratio(double before, double after) {
    return before != 0 ? after / before : std::numeric_limits<double>::quiet_NaN();
}

std::string show_ratio(double before, double after) {
    double const r = ratio(before, after);
    return std::isfinite(r) ? show(r, "×") : "–";
}

void compare_figures(report const& before, report const& after, report& r) {
    table t;
    t.title = "Figures";
    t.columns = {"", "first", "second", "second / first"};
    for (figure const& f : before.figures) {
        figure const* const other = find(after.figures, f.name);
        if (other == nullptr || other->unit != f.unit)
            continue;
        t.rows.push_back({
            f.name,
            show(f.value, f.unit),
            show(other->value, f.unit),
            show_ratio(f.value, other->value),
        });
        r.figures.push_back({f.name, ratio(f.value, other->value), "×"});
    }
    tell_missing(before.figures, after.figures, "the first", r);
    tell_missing(after.figures, before.figures, "the second", r);
    if (!t.rows.empty())
        r.tables.push_back(std::move(t));
}

void add_row(table& t, std::string name, histogram::duration before, histogram::duration after) {
    t.rows.push_back({
        std::move(name),
        show(before),
        show(after),
        show_ratio(static_cast<double>(before.count()), static_cast<double>(after.count())),
    });
}

table percentiles(std::string const& name, histogram const& before, histogram const& after) {
    static constexpr std::pair<char const*, double> wanted[] = {
        {"50 %", 50},
        {"90 %", 90},
        {"99 %", 99},
        {"99.9 %", 99.9},
        {"99.99 %", 99.99},
    };
    table t;
    t.title = name;
    t.columns = {"", "first", "second", "second / first"};
    t.rows.push_back({
        "count",
        show(static_cast<double>(before.count())),
        show(static_cast<double>(after.count())),
        show_ratio(static_cast<double>(before.count()), static_cast<double>(after.count())),
    });
    add_row(t, "mean", before.mean(), after.mean());
    for (auto const& [text, percent] : wanted)
        add_row(t, text, before.percentile(percent), after.percentile(percent));
    add_row(t, "longest", before.max(), after.max());
    return t;
}

void compare_distributions(report const& before, report const& after, report& r) {
    for (distribution const& d : before.distributions) {
        distribution const* const other = find(after.distributions, d.name);
        if (other == nullptr)
            continue;
        r.tables.push_back(percentiles(d.name, d.values, other->values));
        r.distributions.push_back({d.name + ", first", d.values});
        r.distributions.push_back({d.name + ", second", other->values});
    }
    tell_missing(before.distributions, after.distributions, "the first", r);
    tell_missing(after.distributions, before.distributions, "the second", r);
}

} // namespace

report compare(report const& before, report const& after) {
    report r;
    r.verb = "compare";
    auto const [first_commit, first_time] = heading(before);
    auto const [second_commit, second_time] = heading(after);
    r.configuration = {
        {"first", before.verb + ", commit " + first_commit + ", " + first_time},
        {"second", after.verb + ", commit " + second_commit + ", " + second_time},
    };
    if (before.verb != after.verb)
        r.warnings.push_back("the verbs differ: " + before.verb + " / " + after.verb);
    tell_differences("the machine", before.machine, after.machine, r);
    tell_differences("the configuration", before.configuration, after.configuration, r);
    compare_figures(before, after, r);
    compare_distributions(before, after, r);
    return r;
}

} // namespace wxgate::bench
