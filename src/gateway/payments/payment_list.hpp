// The queries and pages of GET /v1/payments.
#pragma once

#include "gateway/api/problem.hpp"
#include "ledger/order_search.hpp"

namespace wxgate::gateway {

/// trade_state, created_from, created_to, limit (1–100, 20 when absent), cursor; anything else is refused.
answer<ledger::order_filter> read_list_query(std::string_view query, std::string merchant);

/// The operators' search: the same, and merchant, out_trade_no, transaction_id, openid, total_fee.
answer<ledger::order_search> read_search_query(std::string_view query);

struct payment_page_result {
    std::vector<ledger::order> orders;
    std::string next_cursor; // "": this is the last page
};

/// The page that the filter names. Errors are the store's.
awaitable<result<payment_page_result>> payment_page(store::store& s, ledger::order_filter f);

/// The same of a search: a page may be short, and yet not the last.
awaitable<result<payment_page_result>> search_page(store::store& s, ledger::order_search f);

} // namespace wxgate::gateway
