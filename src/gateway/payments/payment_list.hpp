// The queries and pages of GET /v1/payments.
#pragma once

#include "gateway/api/problem.hpp"
#include "ledger/orders.hpp"

namespace wxgate::gateway {

/// trade_state, created_from, created_to, limit (1–100, 20 when absent), cursor; anything else is refused.
/// With merchant "" (the operators'), `merchant` too: it may narrow the list to one.
answer<ledger::order_filter> read_list_query(std::string_view query, std::string merchant);

struct payment_page_result {
    std::vector<ledger::order> orders;
    std::string next_cursor; // "": this is the last page
};

/// The page that the filter names. Errors are the store's.
awaitable<result<payment_page_result>> payment_page(store::store& s, ledger::order_filter f);

} // namespace wxgate::gateway
