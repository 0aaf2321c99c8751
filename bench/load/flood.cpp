#include "load/flood.hpp"

#include "load/interrupt.hpp"
#include "load/notify_report.hpp"

#include <algorithm>
#include <utility>

namespace wxgate::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::size_t most_searches = 4; // for the maximum, each with twice the connections
constexpr double better = 1.03;          // a maximum that is worth more connections
constexpr double half = 0.5;
constexpr double flooded = 3.0;
constexpr auto aftermath = seconds(15);            // long enough to see ten of recovery
constexpr std::size_t flood_outstanding = 100'000; // what waits for a connection, not the generator's bound

// What is demanded.
constexpr auto most_p999 = milliseconds(100);
constexpr double least_goodput = 0.9; // of the maximum
constexpr double p99_again = 2.0;     // of that before the flood
constexpr double most_recovery = 10;  // seconds

struct phase {
    load_result result;
    notifier_counts counts;
    timeline over_time{load_clock::now()};
    load_clock::time_point ended; // its window
};

class flood {
public:
    flood(load_loop& loop, notifier& wechat, load_options const& options, report& r)
        : loop_(loop), wechat_(wechat), options_(options), report_(r) {}

    void run();

private:
    phase play(std::string const& name, load_options const& with, load_clock::time_point from);
    phase find_maximum();
    load_options at(double rate, nanoseconds measured) const;

    void judge_half(phase const& p);
    void judge_flood(phase const& p, phase const& maximum);
    void judge_aftermath(phase const& p, phase const& before);
    void add(std::string const& name, phase const& p, load_options const& with, bool too_much = false);
    void add_over_time(std::vector<phase const*> const& phases);
    void demand(std::string name, double value, std::string unit, double demanded, bool at_least);

    load_loop& loop_;
    notifier& wechat_;
    load_options const options_;
    report& report_;
    load_clock::time_point const zero_ = load_clock::now();
};

void flood::run() {
    auto const maximum = find_maximum();
    auto const rate = maximum.result.rate();
    if (rate <= 0 || interrupt_came())
        return;
    auto const calm = at(rate * half, options_.measured);
    auto const before = play("notify.half", calm, load_clock::now());
    add("notify.half", before, calm);
    judge_half(before);
    if (interrupt_came())
        return;
    auto const heavy = at(rate * flooded, options_.measured);
    auto const during = play("notify.flood", heavy, load_clock::now());
    add("notify.flood", during, heavy, true);
    judge_flood(during, maximum);
    if (interrupt_came())
        return;
    // From the end of the flood on: what it left to be done is a part of the recovery.
    auto again = at(rate * half, aftermath);
    again.warmup = nanoseconds(0);
    auto const after = play("notify.after", again, during.ended);
    add("notify.after", after, again);
    judge_aftermath(after, before);
    add_over_time({&maximum, &before, &during, &after});
}

phase flood::play(std::string const& name, load_options const& with, load_clock::time_point from) {
    phase p;
    p.over_time = timeline(from);
    wechat_.start_counting();
    wechat_.note_in(&p.over_time);
    loop_.at_window([] {}, [&p] { p.ended = load_clock::now(); });
    p.result = loop_.run(wechat_, name, with);
    loop_.at_window([] {}, [] {});
    wechat_.note_in(nullptr);
    p.counts = wechat_.counted();
    return p;
}

phase flood::find_maximum() {
    auto with = options_;
    with.rate = 0;
    with.measured = std::max(options_.measured / 2, nanoseconds(seconds(1)));
    phase best;
    auto best_with = with;
    table t{"the maximum", {"connections", "notifications a second", "goodput", "p99"}, {}};
    for (std::size_t i = 0; i < most_searches && !interrupt_came(); ++i, with.connections *= 2) {
        auto p = play("notify.maximum", with, load_clock::now());
        t.rows.push_back(
            {std::to_string(with.connections),
             show(p.result.rate()),
             show(goodput(p.counts, p.result)),
             show(p.counts.recorded.percentile(99))}
        );
        bool const worth_it = p.result.rate() > best.result.rate() * better;
        if (p.result.rate() > best.result.rate()) {
            best = std::move(p);
            best_with = with;
        }
        if (!worth_it)
            break;
    }
    report_.tables.push_back(std::move(t));
    add("notify.maximum", best, best_with);
    return best;
}

load_options flood::at(double rate, nanoseconds measured) const {
    auto with = options_;
    with.rate = rate;
    with.measured = measured;
    with.max_outstanding = flood_outstanding;
    return with;
}

void flood::judge_half(phase const& p) {
    demand(
        "notify.half.p99.9",
        milliseconds_of(p.result.latency.percentile(99.9)),
        "ms",
        milliseconds_of(most_p999),
        false
    );
}

void flood::judge_flood(phase const& p, phase const& maximum) {
    auto const most = goodput(maximum.counts, maximum.result);
    demand(
        "notify.flood.goodput", most > 0 ? goodput(p.counts, p.result) / most : 0, "×", least_goodput, true
    );
    auto const& c = p.counts;
    auto const& ended = p.result.ended;
    auto const unexplained = c.of(notified::refused_bluntly) + c.of(notified::wrong) +
                             c.of(notified::unanswered) + ended[static_cast<std::size_t>(ending::timed_out)] +
                             ended[static_cast<std::size_t>(ending::shed)];
    // Neither the right answer nor 503 with Retry-After.
    demand("notify.flood.unexplained", static_cast<double>(unexplained), "", 0, false);
    report_.figures.push_back({"notify.flood.refusal_p99", milliseconds_of(c.refused.percentile(99)), "ms"});
    if (c.of(notified::refused) == 0)
        report_.warnings.emplace_back("the flood was none: nothing had to be refused");
}

void flood::judge_aftermath(phase const& p, phase const& before) {
    auto const p99 = before.counts.recorded.percentile(99);
    auto const bound =
        histogram::duration(static_cast<std::int64_t>(static_cast<double>(p99.count()) * p99_again));
    auto const lost = p.result.ended[static_cast<std::size_t>(ending::timed_out)] +
                      p.result.ended[static_cast<std::size_t>(ending::shed)];
    // One that never came back has no latency to judge by.
    auto const took =
        lost == 0 ? seconds_to_recover(p.over_time, bound) : static_cast<double>(p.over_time.slices().size());
    demand("notify.after.recovery", took, "s", most_recovery, false);
}

void flood::add(std::string const& name, phase const& p, load_options const& with, bool too_much) {
    auto const warnings = report_.warnings;
    add_result(report_, name, p.result, with);
    if (too_much) { // that it is too much is the point
        std::erase_if(report_.warnings, [&](std::string const& w) {
            bool const is_new = std::find(warnings.begin(), warnings.end(), w) == warnings.end();
            return is_new && w.find("generator") == std::string::npos;
        });
    }
    add_answers(report_, name, p.counts, p.result);
}

void flood::add_over_time(std::vector<phase const*> const& phases) {
    series good{"goodput, all phases", "1/s", {}};
    series refused{"refused, all phases", "1/s", {}};
    series p99{"p99 of new ones, all phases", "ms", {}};
    for (auto const* const p : phases) {
        for (auto* const s : {&good, &refused, &p99}) {
            auto const what = s == &good ? shown::good : s == &refused ? shown::refused : shown::p99_ms;
            auto const points = to_series(p->over_time, what, {}, zero_).points;
            s->points.insert(s->points.end(), points.begin(), points.end());
        }
    }
    for (auto* const s : {&good, &refused, &p99})
        report_.over_time.push_back(std::move(*s));
}

void flood::demand(std::string name, double value, std::string unit, double demanded, bool at_least) {
    verdict v;
    v.name = std::move(name);
    v.value = value;
    v.unit = std::move(unit);
    v.demanded = demanded;
    v.at_least = at_least;
    report_.verdicts.push_back(std::move(v));
}

double seconds_of(nanoseconds d) {
    return std::chrono::duration<double>(d).count();
}

} // namespace

double flood_seconds(load_options const& o) {
    double const one = seconds_of(o.warmup) + seconds_of(o.measured);
    // A half, the flood (of which no more than the maximum is acknowledged), a half again.
    return static_cast<double>(most_searches) * one + half * one + one + half * seconds_of(aftermath);
}

void run_flood(load_loop& loop, notifier& wechat, load_options const& options, report& r) {
    flood(loop, wechat, options, r).run();
}

} // namespace wxgate::bench
