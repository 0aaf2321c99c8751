// The days of WeChat's bills, as they were compared: for people to look at.
#pragma once

#include "ledger/orders.hpp"

namespace wxgate::ledger {

struct reconciled_day {
    std::string mch_id;
    std::string date; // yyyyMMdd
    bool running = false;
    std::optional<unix_ms> done_at;  // nothing: it has not been compared to its end
    std::optional<unix_ms> taken_at; // when its bill was asked for last
    std::int64_t payments = 0;       // of the bill, as it was downloaded last
    fen total_fee;
    std::int64_t refunds = 0;
    fen refund_fee;
    std::int64_t open_differences = 0; // findings that nobody has settled
    std::int64_t settled_differences = 0;
};

struct day_filter {
    // The last one seen: the page begins after it.
    std::string before_date;
    std::string before_mch_id;
    std::int64_t limit = 20;
};

/// Newest first. Errors are the store's.
awaitable<result<std::vector<reconciled_day>>> list_reconciled_days(store::store& s, day_filter f);

} // namespace wxgate::ledger
