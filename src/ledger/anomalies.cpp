#include "ledger/anomalies.hpp"

#include "base/ids.hpp"
#include "ledger/cells.hpp"
#include "ledger/outbox.hpp"

#include <limits>

namespace wxgate::ledger {

namespace {

#define WXGATE_ANOMALY_COLUMNS                                                                               \
    "id, merchant, out_trade_no, kind, detail, seen, created_at, last_seen_at, settled_at, settled_by, note"

anomaly_row read_anomaly(store::rows const& r, std::size_t row) {
    anomaly_row a;
    a.id = r.text(row, 0);
    a.merchant = r.text(row, 1);
    a.out_trade_no = r.text(row, 2);
    a.kind = r.text(row, 3);
    a.detail = r.text(row, 4);
    a.seen = r.integer(row, 5);
    a.created_at = r.integer(row, 6);
    a.last_seen_at = r.integer(row, 7);
    a.settled_at = optional_number(r, row, 8);
    a.settled_by = r.text(row, 9);
    a.note = r.text(row, 10);
    return a;
}

std::optional<anomaly_row> read_first(store::rows const& r) {
    if (r.empty())
        return std::nullopt;
    return read_anomaly(r, 0);
}

std::vector<anomaly_row> read_all(store::rows const& r) {
    std::vector<anomaly_row> all;
    all.reserve(r.size());
    for (std::size_t i = 0; i < r.size(); ++i)
        all.push_back(read_anomaly(r, i));
    return all;
}

store::statement select_anomaly(std::string const& id) {
    return {"SELECT " WXGATE_ANOMALY_COLUMNS " FROM anomalies WHERE id = $1", {id}};
}

} // namespace

awaitable<result<void>> record(store::store& s, audience const& shop, anomaly a) {
    std::vector<anomaly> all;
    all.push_back(std::move(a));
    auto const r = co_await record_all(s, shop, std::move(all));
    if (!r)
        co_return r.error();
    co_return result<void>();
}

awaitable<result<std::size_t>> record_all(store::store& s, audience const& shop, std::vector<anomaly> all) {
    auto const now = now_ms();
    store::batch b;
    std::vector<teller> tellers;
    std::vector<std::size_t> places; // of the findings in the batch
    for (auto& a : all) {
        std::string const id = make_id();
        auto& tell = tellers.emplace_back(shop, a.key.merchant);
        places.push_back(b.size());
        b.push_back(
            {"INSERT INTO anomalies (id, merchant, mch_id, out_trade_no, kind, fingerprint, detail, "
             "created_at, last_seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT (merchant, "
             "out_trade_no, kind, fingerprint) DO UPDATE SET seen = anomalies.seen + 1, last_seen_at = "
             "excluded.last_seen_at RETURNING seen",
             {id,
              std::move(a.key.merchant),
              std::move(a.key.mch_id),
              std::move(a.key.out_trade_no),
              std::move(a.kind),
              std::move(a.fingerprint),
              std::move(a.detail),
              now}}
        );
        if (tell.hears())
            tell.add(b, tell_of_anomaly(id, a.trace));
    }
    auto const r = co_await s.write(std::move(b));
    if (!r)
        co_return r.error();
    std::size_t fresh = 0;
    for (std::size_t i = 0; i < tellers.size(); ++i) {
        tellers[i].written(*r);
        if ((*r)[places[i]].integer(0, 0) == 1)
            ++fresh;
    }
    co_return fresh;
}

awaitable<result<std::vector<anomaly_row>>> list_anomalies(store::store& s, anomaly_filter f) {
    std::int64_t const settled = !f.settled ? -1 : *f.settled ? 1 : 0;
    store::batch b;
    b.push_back(
        {"SELECT " WXGATE_ANOMALY_COLUMNS " FROM anomalies WHERE ($1 = '' OR merchant = $1) AND ($2 = -1 OR "
         "(settled_at IS NOT NULL) = ($2 = 1)) "
         "AND ($6 = '' OR (kind LIKE 'bill%' AND detail LIKE '%\"bill_date\":\"' || $6 || '\"%')) "
         "AND ($7 = '' OR mch_id = $7) "
         "AND (created_at, id) < ($3, $4) ORDER BY created_at DESC, id DESC LIMIT $5",
         {std::move(f.merchant),
          settled,
          f.before_created_at.value_or(std::numeric_limits<std::int64_t>::max()),
          std::move(f.before_id),
          f.limit,
          std::move(f.bill_date),
          std::move(f.mch_id)}}
    );
    auto const r = co_await s.read(std::move(b));
    if (!r)
        co_return r.error();
    co_return read_all(r->front());
}

awaitable<result<std::vector<anomaly_row>>> anomalies_of_order(store::store& s, order_key key) {
    store::batch b;
    b.push_back(
        {"SELECT " WXGATE_ANOMALY_COLUMNS
         " FROM anomalies WHERE merchant = $1 AND out_trade_no = $2 ORDER BY "
         "created_at DESC, id DESC LIMIT 100",
         {std::move(key.merchant), std::move(key.out_trade_no)}}
    );
    auto const r = co_await s.read(std::move(b));
    if (!r)
        co_return r.error();
    co_return read_all(r->front());
}

awaitable<result<std::optional<anomaly_row>>> find_anomaly(store::store& s, std::string id) {
    store::batch b;
    b.push_back(select_anomaly(id));
    auto const r = co_await s.read(std::move(b));
    if (!r)
        co_return r.error();
    co_return read_first(r->front());
}

awaitable<result<anomaly_change>>
settle_anomaly(store::store& s, std::string id, std::string by, std::string note) {
    store::batch b;
    b.push_back(
        {"UPDATE anomalies SET settled_at = $2, settled_by = $3, note = $4 WHERE id = $1 AND settled_at IS "
         "NULL "
         "RETURNING id",
         {id, now_ms(), std::move(by), std::move(note)}}
    );
    b.push_back(select_anomaly(id));
    auto const r = co_await s.write(std::move(b));
    if (!r)
        co_return r.error();
    anomaly_change c;
    c.changed = !r->front().empty();
    c.now = read_first(r->back());
    co_return c;
}

} // namespace wxgate::ledger
