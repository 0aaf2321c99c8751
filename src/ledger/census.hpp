// What is open in the store, counted: for the metrics.
#pragma once

#include "base/time.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <optional>

namespace wxgate::ledger {

/// So many of a kind; no more than `census_bound` are counted.
struct headcount {
    std::int64_t count = 0;
    std::optional<unix_ms> oldest; // since when; nothing when there is none
};

struct census {
    headcount orders_overdue;    // due to be asked about, since then
    headcount refunds_overdue;   // due to be sent or asked about, since then
    headcount refunds_requested; // wait for a person's approval
    headcount refunds_stuck;     // WeChat has not answered about them for a long time
    headcount anomalies_open;    // wait for a person
    headcount webhooks_pending;  // the shop has not heard of them
    headcount webhooks_failed;   // given up
};

inline constexpr std::int64_t census_bound = 100'000;

/// On one snapshot, by indexes that hold nothing but what is open. `stuck` is from how many looks without an
/// answer on a refund counts as such. Errors are the store's.
awaitable<result<census>> take_census(store::store& s, unix_ms now, std::int64_t stuck);

} // namespace wxgate::ledger
