#include "gateway/operators/summary.hpp"

#include "gateway/api/json_text.hpp"
#include "ledger/bill_day.hpp"

#include <algorithm>

namespace wxgate::gateway {

namespace {

constexpr unix_ms minute = 60'000;
constexpr unix_ms quarter = 15 * minute;
constexpr unix_ms minutes_shown = 60;
constexpr unix_ms quarters_shown = 96;
constexpr unix_ms recent = 5 * minute; // "now" of a latency

unix_ms floor_to(unix_ms t, unix_ms step) {
    return t - t % step;
}

// What a picture shows, in steps.
struct picture {
    unix_ms from = 0;
    unix_ms step = minute;
    unix_ms steps = 0;

    unix_ms to() const { return from + step * steps; }
};

picture hour_at(unix_ms now) {
    return {floor_to(now, minute) - minute * (minutes_shown - 1), minute, minutes_shown};
}

picture day_at(unix_ms now) {
    return {floor_to(now, quarter) - quarter * (quarters_shown - 1), quarter, quarters_shown};
}

// Where the minutes that are counted anew each time begin.
unix_ms live_from(unix_ms now) {
    return floor_to(hour_at(now).from, quarter);
}

struct series {
    std::vector<ledger::tally_bin> bins;
    std::map<std::string, std::int64_t> states;
    bool complete = true;
};

void add(ledger::money_count& to, ledger::money_count const& some) {
    to.count += some.count;
    to.fee = fen(to.fee.count() + some.fee.count());
}

void add(series& to, picture const& p, ledger::tally const& t) {
    to.complete = to.complete && t.complete;
    for (std::size_t i = 0; i < t.bins.size(); ++i) {
        auto const at = t.from + t.step.count() * static_cast<unix_ms>(i);
        if (at < p.from || at >= p.to())
            continue;
        auto& bin = to.bins[static_cast<std::size_t>((at - p.from) / p.step)];
        add(bin.received, t.bins[i].received);
        add(bin.refunded, t.bins[i].refunded);
        bin.created += t.bins[i].created;
        for (auto const& [state, count] : t.states[i])
            to.states[state] += count;
    }
}

json_object money(ledger::money_count const& m) {
    json_object o;
    o["count"] = m.count;
    o["fee"] = m.fee.count();
    return o;
}

json_object latency(latency_span const& s) {
    json_object o;
    o["calls"] = s.calls;
    o["p50_us"] = s.p50_us;
    o["p95_us"] = s.p95_us;
    return o;
}

json_object picture_json(picture const& p, series const& s, latency_series const& times) {
    json_list received_count, received_fee, refunded_count, refunded_fee, created, wechat, gateway;
    for (std::size_t i = 0; i < s.bins.size(); ++i) {
        auto const& bin = s.bins[i];
        received_count.push_back(bin.received.count);
        received_fee.push_back(bin.received.fee.count());
        refunded_count.push_back(bin.refunded.count);
        refunded_fee.push_back(bin.refunded.fee.count());
        created.push_back(bin.created);
        auto const at = p.from + p.step * static_cast<unix_ms>(i);
        auto const took = times.between(at, at + p.step);
        wechat.push_back(took.wechat.p95_us);
        gateway.push_back(took.gateway.p95_us);
    }
    json_object states;
    for (auto const& [state, count] : s.states)
        states[state] = count;
    json_object o;
    o["from"] = moment{p.from};
    o["step_seconds"] = p.step / 1000;
    o["complete"] = s.complete;
    o["received_count"] = received_count;
    o["received_fee"] = received_fee;
    o["refunded_count"] = refunded_count;
    o["refunded_fee"] = refunded_fee;
    o["created_count"] = created;
    o["wechat_p95_us"] = wechat;
    o["gateway_p95_us"] = gateway;
    o["states"] = states;
    return o;
}

json_object waiting_json(ledger::waiting const& w, bool with_fee) {
    json_object o;
    o["count"] = w.count;
    if (with_fee)
        o["fee"] = w.fee.count();
    o["oldest_at"] = time_or_null(w.oldest);
    return o;
}

json_object work_json(ledger::open_work const& w) {
    json_object o;
    o["refunds_waiting"] = waiting_json(w.refunds_waiting, true);
    o["refunds_under_way"] = waiting_json(w.refunds_under_way, true);
    o["anomalies"] = waiting_json(w.anomalies, false);
    o["webhooks_pending"] = waiting_json(w.webhooks_pending, false);
    o["webhooks_failed"] = waiting_json(w.webhooks_failed, false);
    return o;
}

// Since midnight in Beijing.
json_object today_json(unix_ms now, std::initializer_list<ledger::tally const*> tallies) {
    auto const from = ledger::bill_day_at(now).begin;
    ledger::money_count received;
    ledger::money_count refunded;
    for (auto const* t : tallies) {
        for (std::size_t i = 0; i < t->bins.size(); ++i) {
            if (t->from + t->step.count() * static_cast<unix_ms>(i) < from)
                continue;
            add(received, t->bins[i].received);
            add(refunded, t->bins[i].refunded);
        }
    }
    json_object o;
    o["from"] = moment{from};
    o["received"] = money(received);
    o["refunded"] = money(refunded);
    return o;
}

std::string summary_json(
    unix_ms now,
    bool demo,
    ledger::tally const& before,
    ledger::tally const& live,
    ledger::open_work const& work,
    latency_series const& times
) {
    auto const pictured = [&](picture const& p) {
        series s;
        s.bins.resize(static_cast<std::size_t>(p.steps));
        add(s, p, before);
        add(s, p, live);
        return picture_json(p, s, times);
    };
    auto const took = times.between(now - recent, now);
    json_object last;
    last["wechat"] = latency(took.wechat);
    last["gateway"] = latency(took.gateway);
    json_object o;
    o["at"] = moment{now};
    o["demo"] = demo;
    o["today"] = today_json(now, {&before, &live});
    o["hour"] = pictured(hour_at(now));
    o["day"] = pictured(day_at(now));
    o["latency"] = last;
    o["open"] = work_json(work);
    return std::move(o).text();
}

} // namespace

awaitable<answer<std::string>> summary_board::text(bool demo, call_context call) {
    if (steady::now() < fresh_until_)
        co_return text_;
    std::string flight = "summary";
    std::function<awaitable<answer<std::string>>()> work = [&] { return made(demo); };
    auto const shared = co_await flights_.run(std::move(flight), std::move(work), call.deadline);
    if (shared)
        co_return *shared;
    co_return overloaded();
}

awaitable<answer<std::string>> summary_board::made(bool demo) {
    auto const began = steady::now();
    auto const now = now_ms();
    auto const done = co_await refresh(now);
    if (!done)
        co_return from_store(done.error());
    text_ = summary_json(now, demo, day_, hour_, work_, shared_.latency);
    auto const ended = steady::now();
    fresh_until_ = ended + std::max<steady::duration>(limits_.shortest, (ended - began) * 9);
    co_return text_;
}

awaitable<result<void>> summary_board::refresh(unix_ms now) {
    auto const live = live_from(now);
    auto const began = steady::now();
    if (began >= day_fresh_until_ ||
        day_.from + day_.step.count() * static_cast<unix_ms>(day_.bins.size()) != live) {
        auto const from = day_at(now).from;
        auto const steps = static_cast<std::size_t>((live - from) / quarter);
        auto day = co_await ledger::tally_of(*shared_.store, from, milliseconds(quarter), steps);
        if (!day)
            co_return day.error();
        day_ = std::move(*day);
        auto const ended = steady::now();
        day_fresh_until_ = ended + std::max<steady::duration>(limits_.shortest_day, (ended - began) * 50);
    }
    auto const steps = static_cast<std::size_t>((hour_at(now).to() - live) / minute);
    auto hour = co_await ledger::tally_of(*shared_.store, live, milliseconds(minute), steps);
    if (!hour)
        co_return hour.error();
    auto work = co_await ledger::open_work_of(*shared_.store);
    if (!work)
        co_return work.error();
    hour_ = std::move(*hour);
    work_ = std::move(*work);
    co_return result<void>();
}

} // namespace wxgate::gateway
