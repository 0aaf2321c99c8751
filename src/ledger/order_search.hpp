// Orders as operators look for them. What no index knows is looked for among so many orders at a time, from
// the newest on; a search that ends there says where it goes on.
#pragma once

#include "ledger/orders.hpp"

namespace wxgate::ledger {

struct order_search : order_filter {
    // "" or nothing: any.
    std::string out_trade_no;
    std::string transaction_id;
    std::string openid;
    std::optional<fen> total_fee;
};

struct found_orders {
    std::vector<order> orders; // newest first
    // The last one that was looked at, when there may be more: the next page begins after it.
    std::optional<unix_ms> last_created_at;
    std::string last_number;
    std::string last_mch_id;
};

/// How many orders one page looks at.
inline constexpr std::int64_t most_searched = 50'000;

/// A page may have fewer orders than its limit, or none, and yet not be the last. Errors are the store's.
awaitable<result<found_orders>> search_orders(store::store& s, order_search f);

} // namespace wxgate::ledger
