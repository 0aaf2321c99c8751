#include "gateway/reconcile/daily_reconcile.hpp"

#include "base/log.hpp"
#include "base/metrics.hpp"

#include <algorithm>

namespace wxgate::gateway {

namespace {

metrics::gauge& last_success = metrics::get_gauge(
    "wxgate_reconcile_last_success_seconds",
    "When all bills of a day had been compared, in seconds since 1970."
);

void log_report(reconcile_report const& r, std::string const& date) {
    auto const differences = static_cast<std::size_t>(r.count());
    if (r.end == reconcile_end::compared && differences == 0)
        log::info("WeChat's bill agrees", {{"bill_date", date}, {"mch_id", r.mch_id}});
    else if (r.end == reconcile_end::compared)
        log::warn(
            "WeChat's bill differs: see the anomalies",
            {{"bill_date", date}, {"mch_id", r.mch_id}, {"differences", differences}}
        );
    else if (r.end != reconcile_end::done)
        log::warn(
            "WeChat's bill is not compared yet", {{"bill_date", date}, {"mch_id", r.mch_id}, {"why", r.why}}
        );
}

bool is_settled(reconcile_report const& r) {
    return r.end == reconcile_end::compared || r.end == reconcile_end::done;
}

} // namespace

std::optional<ledger::bill_day> day_to_reconcile(unix_ms now, reconcile_limits const& l) {
    std::optional<ledger::bill_day> day;
    auto const today = ledger::bill_day_at(now);
    if (now >= today.begin + l.ready.count())
        day = day_before(today);
    return day;
}

unix_ms next_day_to_reconcile(unix_ms now, reconcile_limits const& l) {
    auto const today = ledger::bill_day_at(now);
    auto const ready = today.begin + l.ready.count();
    return now < ready ? ready : ready + ledger::bill_day::length;
}

daily_reconcile::daily_reconcile(
    asio::any_io_executor e, shared_state& shared, client& wechat, current_configuration config
)
    : due_work(std::move(e), shared, {"loop.reconcile", reconcile_due, 1}),
      reconciler_(*shared.store, shared.audience, wechat, shared.reconcile_limits, shared.draining),
      config_(std::move(config)) {
}

// The lease of a process that is gone ends by itself: it may as well be that of a `wxgate reconcile` beside
// this one.
awaitable<bool> daily_reconcile::prepare() {
    co_return true;
}

awaitable<bool> daily_reconcile::take(std::size_t) {
    auto config = config_();
    auto const now = now_ms();
    auto const& l = shared_.reconcile_limits;
    auto day = day_to_reconcile(now, l);
    if (!config->values->reconcile_daily || !day)
        co_return true;
    if (day->date != day_) {
        day_ = day->date;
        done_ = false;
        tries_ = 0;
        next_try_ = 0;
    }
    if (done_ || now < next_try_)
        co_return true;
    next_try_ = now + l.last_retry.count(); // if it does not come to its end
    begin_look(compare(std::move(config), std::move(*day)));
    co_return true;
}

awaitable<result<std::optional<unix_ms>>> daily_reconcile::next_due() {
    auto const now = now_ms();
    auto const day = day_to_reconcile(now, shared_.reconcile_limits);
    std::optional<unix_ms> next;
    if (config_()->values->reconcile_daily) {
        next = next_day_to_reconcile(now, shared_.reconcile_limits);
        if (day && day->date == day_ && !done_)
            next = next_try_;
    }
    co_return next;
}

awaitable<void> daily_reconcile::compare(std::shared_ptr<configuration const> config, ledger::bill_day day) {
    auto const& l = shared_.reconcile_limits;
    std::string const of_all;
    reconciler::observer const nobody;
    auto const reports = co_await reconciler_.run(*config->values, day, of_all, false, nobody);
    for (auto const& r : reports)
        log_report(r, day.date);
    done_ = std::all_of(reports.begin(), reports.end(), is_settled);
    if (done_) {
        last_success.set(now_ms() / 1000);
        co_return;
    }
    auto const doublings = std::min(tries_++, 10U);
    auto const wait = std::min(l.last_retry.count(), l.first_retry.count() << doublings);
    next_try_ = now_ms() + static_cast<unix_ms>(static_cast<double>(wait) * (1.0 + 0.1 * random_spread()));
}

} // namespace wxgate::gateway
