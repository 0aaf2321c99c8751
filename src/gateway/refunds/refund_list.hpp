// The queries and pages of GET /v1/refunds.
#pragma once

#include "gateway/api/problem.hpp"
#include "ledger/refunds.hpp"

namespace wxgate::gateway {

/// refund_status, created_from, created_to, limit, cursor; anything else is refused. With merchant "" (the
/// operators'), `merchant` too: it may narrow the list to one.
answer<ledger::refund_filter> read_refund_list_query(std::string_view query, std::string merchant);

struct refund_page_result {
    std::vector<ledger::refund> refunds;
    std::string next_cursor; // "": this is the last page
};

/// The page that the filter names. Errors are the store's.
awaitable<result<refund_page_result>> refund_page(store::store& s, ledger::refund_filter f);

} // namespace wxgate::gateway
