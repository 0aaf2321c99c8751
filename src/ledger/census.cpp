#include "ledger/census.hpp"

namespace wxgate::ledger {

namespace {

headcount read_headcount(store::rows const& r) {
    headcount h;
    h.count = r.integer(0, 0);
    if (!r.is_null(0, 1))
        h.oldest = r.integer(0, 1);
    return h;
}

} // namespace

awaitable<result<census>> take_census(store::store& s, unix_ms now, std::int64_t stuck) {
    store::batch b;
    b.push_back(
        {"SELECT COUNT(*), MIN(due_at) FROM (SELECT due_at FROM orders WHERE due_at <= $1 ORDER BY due_at "
         "LIMIT $2) AS counted",
         {now, census_bound}}
    );
    b.push_back(
        {"SELECT COUNT(*), MIN(due_at) FROM (SELECT due_at FROM refunds WHERE due_at <= $1 ORDER BY due_at "
         "LIMIT $2) AS counted",
         {now, census_bound}}
    );
    b.push_back(
        {"SELECT COUNT(*), MIN(created_at) FROM (SELECT created_at FROM refunds WHERE refund_status = "
         "'REQUESTED' "
         "ORDER BY created_at LIMIT $1) AS counted",
         {census_bound}}
    );
    b.push_back(
        {"SELECT COUNT(*), MIN(created_at) FROM (SELECT created_at FROM refunds WHERE due_at IS NOT NULL AND "
         "tries >= "
         "$1 LIMIT $2) AS counted",
         {stuck, census_bound}}
    );
    b.push_back(
        {"SELECT COUNT(*), MIN(created_at) FROM (SELECT created_at FROM anomalies WHERE settled_at IS NULL "
         "ORDER BY "
         "created_at LIMIT $1) AS counted",
         {census_bound}}
    );
    b.push_back(
        {"SELECT COUNT(*), MIN(created_at) FROM (SELECT created_at FROM outbox WHERE due_at IS NOT NULL "
         "LIMIT $1) AS counted",
         {census_bound}}
    );
    b.push_back(
        {"SELECT COUNT(*), MIN(created_at) FROM (SELECT created_at FROM outbox WHERE state = 'failed' ORDER "
         "BY "
         "created_at LIMIT $1) AS counted",
         {census_bound}}
    );
    auto const r = co_await s.read(std::move(b));
    if (!r)
        co_return r.error();
    census c;
    headcount* const counted[] = {
        &c.orders_overdue,
        &c.refunds_overdue,
        &c.refunds_requested,
        &c.refunds_stuck,
        &c.anomalies_open,
        &c.webhooks_pending,
        &c.webhooks_failed};
    for (std::size_t i = 0; i < std::size(counted); ++i)
        *counted[i] = read_headcount((*r)[i]);
    co_return c;
}

} // namespace wxgate::ledger
