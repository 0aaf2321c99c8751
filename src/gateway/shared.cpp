#include "gateway/shared.hpp"

namespace wxgate::gateway {

bool pace::take(std::string const& key) {
    auto const now = std::chrono::steady_clock::now();
    std::lock_guard const lock(mutex_);
    auto const found = last_.find(key);
    if (found != last_.end() && now - found->second < interval_)
        return false;
    if (last_.size() >= max_keys)
        std::erase_if(last_, [&](auto const& entry) { return now - entry.second >= interval_; });
    if (last_.size() >= max_keys)
        return false;
    last_.insert_or_assign(key, now);
    return true;
}

namespace {

metrics::counter_set const anomalies(
    "wxgate_anomalies_total",
    "Findings that a person must settle, each time that they were found.",
    "kind",
    {"amount_mismatch",    "appid_mismatch",       "bill_amount",        "bill_missing_here",
     "bill_missing_there", "bill_refund",          "bill_repeated",      "bill_state",
     "bill_transaction",   "currency_mismatch",    "mch_id_mismatch",    "openid_mismatch",
     "paid_after_close",   "paid_twice",           "query_mismatch",     "refund_change",
     "refund_closed",      "refund_configuration", "refund_mismatch",    "refund_unexpected",
     "sign_type_mismatch", "trade_type_mismatch",  "transaction_reused", "unconfirmed",
     "unknown_order"}
);

} // namespace

void count_anomaly(std::string_view kind) {
    anomalies[kind].add();
}

} // namespace wxgate::gateway
