#include "load/notify_report.hpp"

#include <utility>

namespace wxgate::bench {

namespace {

std::vector<std::string> row(char const* what, std::uint64_t count, histogram const* latency) {
    std::vector<std::string> cells{what, std::to_string(count), "-", "-", "-", "-"};
    if (latency == nullptr || latency->count() == 0)
        return cells;
    cells[2] = show(latency->percentile(50));
    cells[3] = show(latency->percentile(99));
    cells[4] = show(latency->percentile(99.9));
    cells[5] = show(latency->max());
    return cells;
}

void add_distribution(report& r, std::string name, histogram const& values) {
    if (values.count() > 0)
        r.distributions.push_back({std::move(name), values});
}

} // namespace

void add_answers(report& r, std::string const& name, notifier_counts const& c, load_result const& l) {
    r.figures.push_back({name + ".goodput", goodput(c, l), "1/s"});
    r.figures.push_back({name + ".refused", static_cast<double>(c.of(notified::refused)), ""});
    r.figures.push_back({name + ".p99.9", milliseconds_of(c.recorded.percentile(99.9)), "ms"});

    table t{name + ": what became of them", {"answer", "count", "p50", "p99", "p99.9", "most"}, {}};
    t.rows.push_back(row("SUCCESS, to a new one", c.of(notified::recorded), &c.recorded));
    t.rows.push_back(row("SUCCESS, to a repeated one", c.of(notified::repeated), &c.repeated));
    t.rows.push_back(row("400 and FAIL, to a forged one", c.of(notified::turned_away), &c.turned_away));
    t.rows.push_back(row("503 with Retry-After", c.of(notified::refused), &c.refused));
    t.rows.push_back(row("503 without", c.of(notified::refused_bluntly), nullptr));
    t.rows.push_back(row("another answer", c.of(notified::wrong), nullptr));
    t.rows.push_back(row("no answer", c.of(notified::unanswered), nullptr));
    t.rows.push_back(row("timed out", l.ended[static_cast<std::size_t>(ending::timed_out)], nullptr));
    t.rows.push_back(row("never sent", l.ended[static_cast<std::size_t>(ending::shed)], nullptr));
    r.tables.push_back(std::move(t));

    add_distribution(r, name + ": new ones", c.recorded);
    add_distribution(r, name + ": repeated ones", c.repeated);
    add_distribution(r, name + ": forged ones", c.turned_away);
    add_distribution(r, name + ": 503", c.refused);
}

double goodput(notifier_counts const& c, load_result const& l) noexcept {
    return l.seconds > 0 ? static_cast<double>(c.good) / l.seconds : 0.0;
}

double milliseconds_of(histogram::duration d) noexcept {
    return std::chrono::duration<double, std::milli>(d).count();
}

} // namespace wxgate::bench
