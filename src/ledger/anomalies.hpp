// What a person must settle: paid but unknown, paid twice, another amount, paid after close.
#pragma once

#include "ledger/orders.hpp"

namespace wxgate::ledger {

struct anomaly {
    order_key key;
    std::string kind;          // amount_mismatch, openid_mismatch, …
    std::string fingerprint;   // what makes it the same finding again: the transaction, say
    std::string detail = "{}"; // a JSON object; no secret, no openid
};

/// Keeps the finding, or counts one up that is there. Errors are the store's.
awaitable<result<void>> record(store::store& s, anomaly a);

/// For the batch that records a payment under event `event_id`: an anomaly exactly when the order was closed
/// before.
store::statement anomaly_of_late_payment(order_key const& key, std::string const& event_id);

} // namespace wxgate::ledger
