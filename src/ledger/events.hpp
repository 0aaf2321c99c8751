// The transaction log of an order, for reading. Writing it is the business of whatever changes the order.
#pragma once

#include "ledger/orders.hpp"

namespace wxgate::ledger {

struct event {
    std::string id;
    std::int64_t version = 0;
    std::string type; // the state moved to, or PREPAY, CUSTOMER, REFUND_…
    std::string trade_state;
    std::string previous_state;
    std::string source;
    std::string request_id;
    std::string detail; // a JSON object
    unix_ms created_at = 0;
    std::string out_refund_no; // of the changes of a refund
    std::string refund_status;
};

/// All events of one order, oldest first. Errors are the store's.
awaitable<result<std::vector<event>>> events_of(store::store& s, order_key key);

} // namespace wxgate::ledger
