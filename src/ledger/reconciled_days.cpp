#include "ledger/reconciled_days.hpp"

#include "ledger/cells.hpp"

namespace wxgate::ledger {

namespace {

// A finding of a bill has the day in its detail (to_anomaly() in reconcile.cpp). $1 is 'reconcile ', which
// the names of this work begin with.
#define WXGATE_FINDINGS                                                                                      \
    "(SELECT COUNT(*) FROM anomalies AS a WHERE a.mch_id = d.mch_id AND a.kind LIKE 'bill%' AND a.detail "   \
    "LIKE '%\"bill_date\":\"' || d.day || '\"%' AND a.settled_at "

constexpr std::string_view days =
    "WITH d AS (SELECT substr(name, length($1) + 1) AS mch_id, day, lease_until, done_at FROM daily_work "
    "WHERE "
    "substr(name, 1, length($1)) = $1), newest AS (SELECT * FROM d WHERE $2 = '' OR (d.day, d.mch_id) < ($2, "
    "$3) "
    "ORDER BY d.day DESC, d.mch_id DESC LIMIT $4) SELECT d.mch_id, d.day, d.lease_until, d.done_at, "
    "b.taken_at, "
    "COALESCE(b.payments, 0), COALESCE(b.total_fee, 0), COALESCE(b.refunds, 0), COALESCE(b.refund_fee, "
    "0), " WXGATE_FINDINGS "IS NULL), " WXGATE_FINDINGS
    "IS NOT NULL) FROM newest AS d LEFT JOIN bills AS b ON b.mch_id "
    "= d.mch_id AND b.bill_date = d.day ORDER BY d.day DESC, d.mch_id DESC";

} // namespace

awaitable<result<std::vector<reconciled_day>>> list_reconciled_days(store::store& s, day_filter f) {
    auto const now = now_ms();
    store::batch b;
    b.push_back({days, {text("reconcile "), std::move(f.before_date), std::move(f.before_mch_id), f.limit}});
    auto const r = co_await s.read(std::move(b));
    if (!r)
        co_return r.error();
    std::vector<reconciled_day> all;
    auto const& rows = r->front();
    all.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        reconciled_day d;
        d.mch_id = rows.text(i, 0);
        d.date = rows.text(i, 1);
        d.running = rows.integer(i, 2) >= now;
        d.done_at = optional_number(rows, i, 3);
        d.taken_at = optional_number(rows, i, 4);
        d.payments = rows.integer(i, 5);
        d.total_fee = fen(rows.integer(i, 6));
        d.refunds = rows.integer(i, 7);
        d.refund_fee = fen(rows.integer(i, 8));
        d.open_differences = rows.integer(i, 9);
        d.settled_differences = rows.integer(i, 10);
        all.push_back(std::move(d));
    }
    co_return all;
}

} // namespace wxgate::ledger
