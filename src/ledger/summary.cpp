#include "ledger/summary.hpp"

#include "ledger/cells.hpp"

#include <algorithm>

namespace wxgate::ledger {

namespace {

// Each reads at most $4 rows of [$1, $2), in steps of $3.
constexpr std::string_view received =
    WXGATE_EACH_MCH_ID "SELECT (p.paid_at - $1) / $3 AS bin, COUNT(*), CAST(SUM(p.total_fee) AS BIGINT) FROM "
                       "(SELECT paid_at, total_fee FROM orders WHERE " WXGATE_OF_EACH_MCH_ID
                       " AND paid_at >= $1 AND paid_at < $2 LIMIT $4) AS p GROUP BY bin";

constexpr std::string_view refunded =
    "SELECT (r.succeeded_at - $1) / $3 AS bin, COUNT(*), CAST(SUM(r.refund_fee) AS BIGINT) FROM (SELECT "
    "succeeded_at, refund_fee FROM refunds WHERE succeeded_at >= $1 AND succeeded_at < $2 LIMIT $4) AS r "
    "GROUP BY bin";

constexpr std::string_view created =
    "SELECT (o.created_at - $1) / $3 AS bin, o.trade_state, COUNT(*) FROM (SELECT created_at, trade_state "
    "FROM orders WHERE created_at >= $1 AND created_at < $2 ORDER BY created_at DESC LIMIT $4) AS o GROUP BY "
    "bin, o.trade_state";

std::size_t bin_of(store::rows const& r, std::size_t row, std::size_t bins) {
    return std::min(static_cast<std::size_t>(r.integer(row, 0)), bins - 1);
}

// The number of rows that were counted.
std::int64_t read_money(store::rows const& r, std::vector<tally_bin>& bins, money_count tally_bin::*where) {
    std::int64_t sum = 0;
    for (std::size_t row = 0; row < r.size(); ++row) {
        auto& bin = bins[bin_of(r, row, bins.size())].*where;
        bin.count = r.integer(row, 1);
        bin.fee = fen(r.integer(row, 2));
        sum += bin.count;
    }
    return sum;
}

std::int64_t read_states(store::rows const& r, tally& t) {
    std::int64_t sum = 0;
    for (std::size_t row = 0; row < r.size(); ++row) {
        auto const bin = bin_of(r, row, t.bins.size());
        auto const count = r.integer(row, 2);
        t.states[bin][r.text(row, 1)] += count;
        t.bins[bin].created += count;
        sum += count;
    }
    return sum;
}

waiting read_waiting(store::rows const& r) {
    waiting w;
    w.count = r.integer(0, 0);
    w.fee = fen(r.integer(0, 1));
    w.oldest = optional_number(r, 0, 2);
    return w;
}

} // namespace

awaitable<result<tally>> tally_of(store::store& s, unix_ms from, milliseconds step, std::size_t bins) {
    auto const to = from + step.count() * static_cast<std::int64_t>(bins);
    store::batch b;
    b.push_back({received, {from, to, step.count(), most_tallied}});
    b.push_back({refunded, {from, to, step.count(), most_tallied}});
    b.push_back({created, {from, to, step.count(), most_tallied}});
    auto const r = co_await s.read(std::move(b));
    if (!r)
        co_return r.error();
    tally t;
    t.from = from;
    t.step = step;
    t.bins.resize(bins);
    t.states.resize(bins);
    auto const paid = read_money((*r)[0], t.bins, &tally_bin::received);
    auto const back = read_money((*r)[1], t.bins, &tally_bin::refunded);
    auto const made = read_states((*r)[2], t);
    t.complete = std::max(std::max(paid, back), made) < most_tallied;
    co_return t;
}

awaitable<result<open_work>> open_work_of(store::store& s) {
    store::batch b;
    b.push_back(
        {"SELECT COUNT(*), CAST(COALESCE(SUM(refund_fee), 0) AS BIGINT), MIN(created_at) FROM refunds WHERE "
         "refund_status = 'REQUESTED'",
         {}}
    );
    b.push_back(
        {"SELECT COUNT(*), CAST(COALESCE(SUM(refund_fee), 0) AS BIGINT), MIN(created_at) FROM refunds WHERE "
         "due_at IS NOT NULL AND refund_status IN ('APPROVED', 'PROCESSING')",
         {}}
    );
    b.push_back({"SELECT COUNT(*), 0, MIN(created_at) FROM anomalies WHERE settled_at IS NULL", {}});
    b.push_back(
        {"SELECT COUNT(*), 0, MIN(w.created_at) FROM (SELECT created_at FROM outbox WHERE due_at IS NOT NULL "
         "LIMIT $1) AS w",
         {most_webhooks_counted}}
    );
    b.push_back(
        {"SELECT COUNT(*), 0, MIN(w.created_at) FROM (SELECT created_at FROM outbox WHERE state = 'failed' "
         "ORDER BY created_at LIMIT $1) AS w",
         {most_webhooks_counted}}
    );
    auto const r = co_await s.read(std::move(b));
    if (!r)
        co_return r.error();
    open_work w;
    w.refunds_waiting = read_waiting((*r)[0]);
    w.refunds_under_way = read_waiting((*r)[1]);
    w.anomalies = read_waiting((*r)[2]);
    w.webhooks_pending = read_waiting((*r)[3]);
    w.webhooks_failed = read_waiting((*r)[4]);
    co_return w;
}

} // namespace wxgate::ledger
