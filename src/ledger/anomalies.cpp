#include "ledger/anomalies.hpp"

#include "base/ids.hpp"

namespace wxgate::ledger {

awaitable<result<void>> record(store::store& s, anomaly a) {
    store::batch b;
    b.push_back(
        {"INSERT INTO anomalies (id, merchant, mch_id, out_trade_no, kind, fingerprint, detail, created_at, "
         "last_seen_at) "
         "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT (merchant, out_trade_no, kind, "
         "fingerprint) DO UPDATE SET "
         "seen = anomalies.seen + 1, last_seen_at = excluded.last_seen_at",
         {make_id(),
          a.key.merchant,
          a.key.mch_id,
          a.key.out_trade_no,
          a.kind,
          a.fingerprint,
          a.detail,
          now_ms()}}
    );
    auto const r = co_await s.write(std::move(b));
    if (!r)
        co_return r.error();
    co_return result<void>();
}

store::statement anomaly_of_late_payment(order_key const& key, std::string const& event_id) {
    return {
        "INSERT INTO anomalies (id, merchant, mch_id, out_trade_no, kind, fingerprint, detail, created_at, "
        "last_seen_at) "
        "SELECT $4, merchant, mch_id, out_trade_no, 'paid_after_close', transaction_id, '{}', updated_at, "
        "updated_at FROM "
        "orders WHERE mch_id = $1 AND out_trade_no = $2 AND last_event = $3 AND previous_state IN ('CLOSED', "
        "'REVOKED') "
        "ON CONFLICT DO NOTHING",
        {key.mch_id, key.out_trade_no, event_id, make_id()}};
}

} // namespace wxgate::ledger
