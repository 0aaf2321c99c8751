// What the console's front page shows of the store: money by time, orders by state, and what waits for
// somebody. Every question walks an index and reads a bounded number of rows.
#pragma once

#include "ledger/orders.hpp"

#include <map>
#include <string>
#include <vector>

namespace wxgate::ledger {

struct money_count {
    std::int64_t count = 0;
    fen fee;
};

/// One step of time.
struct tally_bin {
    money_count received; // paid in it
    money_count refunded; // refunds that succeeded in it
    std::int64_t created = 0;
};

/// A part of the past in steps.
struct tally {
    unix_ms from = 0;
    milliseconds step{60'000};
    std::vector<tally_bin> bins;
    std::vector<std::map<std::string, std::int64_t>> states; // of the orders created in each step
    bool complete = true; // false: there was more than is counted (most_tallied)
};

/// How many rows one tally reads of each kind.
inline constexpr std::int64_t most_tallied = 200'000;

/// Of [from, from + step * bins). Errors are the store's.
awaitable<result<tally>> tally_of(store::store& s, unix_ms from, milliseconds step, std::size_t bins);

/// What waits, and since when.
struct waiting {
    std::int64_t count = 0;
    fen fee; // of refunds
    std::optional<unix_ms> oldest;
};

struct open_work {
    waiting refunds_waiting;   // for a decision
    waiting refunds_under_way; // approved, and not at their end
    waiting anomalies;         // not settled
    waiting webhooks_pending;
    waiting webhooks_failed;
};

/// How many messages to the shop are counted, at most.
inline constexpr std::int64_t most_webhooks_counted = 10'000;

awaitable<result<open_work>> open_work_of(store::store& s);

} // namespace wxgate::ledger
