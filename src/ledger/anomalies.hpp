// What a person must settle: paid but unknown, paid twice, another amount, paid after close.
#pragma once

#include "ledger/audience.hpp"
#include "ledger/orders.hpp"

namespace wxgate::ledger {

struct anomaly {
    order_key key;
    std::string kind;          // amount_mismatch, openid_mismatch, …
    std::string fingerprint;   // what makes it the same finding again: the transaction, say
    std::string detail = "{}"; // a JSON object; no secret, no openid
    wxgate::trace trace = {};  // of the request that found it
};

/// A finding as it is kept.
struct anomaly_row {
    std::string id;
    std::string merchant;
    std::string out_trade_no;
    std::string kind;
    std::string detail;
    std::int64_t seen = 1;
    unix_ms created_at = 0;
    unix_ms last_seen_at = 0;
    std::optional<unix_ms> settled_at;
    std::string settled_by;
    std::string note;
};

struct anomaly_filter {
    std::string merchant; // "": all
    std::optional<bool> settled;
    // Of WeChat's bill of a day (yyyyMMdd), and of one mch_id; "": any.
    std::string bill_date;
    std::string mch_id;
    // Keyset of the last row seen: the page begins after it.
    std::optional<unix_ms> before_created_at;
    std::string before_id;
    std::int64_t limit = 20;
};

struct anomaly_change {
    bool changed = false;           // this call settled it
    std::optional<anomaly_row> now; // nothing when there is none
};

/// Keeps the finding, or counts one up that is there; a new one is told to the shop. Errors are the store's.
awaitable<result<void>> record(store::store& s, audience const& shop, anomaly a);

/// The same for several, in one batch: all or none. How many are new.
awaitable<result<std::size_t>> record_all(store::store& s, audience const& shop, std::vector<anomaly> all);

awaitable<result<std::vector<anomaly_row>>> list_anomalies(store::store& s, anomaly_filter f);

/// The newest findings about an order.
awaitable<result<std::vector<anomaly_row>>> anomalies_of_order(store::store& s, order_key key);

awaitable<result<std::optional<anomaly_row>>> find_anomaly(store::store& s, std::string id);

/// Once: what is settled stays as it was settled.
awaitable<result<anomaly_change>>
settle_anomaly(store::store& s, std::string id, std::string by, std::string note);

} // namespace wxgate::ledger
