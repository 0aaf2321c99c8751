#include "gateway/ledger_watch.hpp"

#include "ledger/census.hpp"

#include <algorithm>

namespace wxgate::gateway {

namespace {

constexpr auto interval = std::chrono::seconds(5);

// How many there are, and for how long the oldest has been there.
class headcount_gauges {
public:
    headcount_gauges(char const* count, char const* count_help, char const* age, char const* age_help)
        : count_(metrics::get_gauge(count, count_help)), age_(metrics::get_gauge(age, age_help)) {}

    void set(ledger::headcount const& h, unix_ms now) const {
        count_.set(h.count);
        age_.set(std::max<unix_ms>(0, now - h.oldest.value_or(now)) / 1000);
    }

private:
    metrics::gauge& count_;
    metrics::gauge& age_;
};

headcount_gauges const orders_overdue(
    "wxgate_orders_overdue",
    "Orders that are due to be asked about.",
    "wxgate_orders_overdue_seconds",
    "For how long the first of them has been due."
);
headcount_gauges const refunds_overdue(
    "wxgate_refunds_overdue",
    "Refunds that are due to be sent or asked about.",
    "wxgate_refunds_overdue_seconds",
    "For how long the first of them has been due."
);
headcount_gauges const refunds_requested(
    "wxgate_refunds_waiting_approval",
    "Refunds that wait for a person's approval.",
    "wxgate_refunds_waiting_approval_seconds",
    "For how long the oldest of them has waited."
);
headcount_gauges const refunds_stuck(
    "wxgate_refunds_stuck",
    "Refunds that WeChat has not answered about for many tries.",
    "wxgate_refunds_stuck_seconds",
    "The age of the oldest of them."
);
headcount_gauges const anomalies_open(
    "wxgate_anomalies_open",
    "Findings that wait for a person.",
    "wxgate_anomalies_open_seconds",
    "For how long the oldest of them has waited."
);
headcount_gauges const webhooks_pending(
    "wxgate_webhooks_pending",
    "Messages that the shop has not heard.",
    "wxgate_webhooks_pending_seconds",
    "For how long the oldest of them has waited."
);
headcount_gauges const webhooks_failed(
    "wxgate_webhooks_failed",
    "Messages that were given up, until they are delivered again.",
    "wxgate_webhooks_failed_seconds",
    "The age of the oldest of them."
);
metrics::gauge& counted_at = metrics::get_gauge(
    "wxgate_ledger_counted_timestamp_seconds",
    "When what is open in the store was last counted, in seconds since 1970."
);

} // namespace

ledger_watch::ledger_watch(asio::any_io_executor e, shared_state& shared)
    : due_work(std::move(e), shared, {"loop.watch", "nobody tells", 1, interval}) {
}

awaitable<bool> ledger_watch::prepare() {
    co_return true;
}

awaitable<bool> ledger_watch::take(std::size_t) {
    auto const now = now_ms();
    auto const stuck = static_cast<std::int64_t>(shared_.refund_limits.tries_to_be_stuck);
    auto const c = co_await ledger::take_census(*shared_.store, now, stuck);
    if (!c)
        co_return false;
    orders_overdue.set(c->orders_overdue, now);
    refunds_overdue.set(c->refunds_overdue, now);
    refunds_requested.set(c->refunds_requested, now);
    refunds_stuck.set(c->refunds_stuck, now);
    anomalies_open.set(c->anomalies_open, now);
    webhooks_pending.set(c->webhooks_pending, now);
    webhooks_failed.set(c->webhooks_failed, now);
    counted_at.set(now / 1000);
    co_return true;
}

awaitable<result<std::optional<unix_ms>>> ledger_watch::next_due() {
    std::optional<unix_ms> const none; // it sleeps for the interval
    co_return none;
}

} // namespace wxgate::gateway
