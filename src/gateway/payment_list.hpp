// The queries of GET /v1/payments and GET /v1/payments/{out_trade_no}.
#pragma once

#include "gateway/problem.hpp"
#include "ledger/orders.hpp"

namespace wxgate::gateway {

/// trade_state, created_from, created_to, limit (1–100, 20 when absent), cursor; anything else is refused.
answer<ledger::order_filter> read_list_query(std::string_view query, std::string merchant);

/// sync=0 or 1; anything else is refused.
std::optional<problem> read_get_query(std::string_view query, bool& sync);

/// Where the page after this order begins; opaque to the caller.
std::string make_cursor(ledger::order const& last);

} // namespace wxgate::gateway
