// What operators see of refunds, over all merchants, and how they decide.
#pragma once

#include "gateway/operators/admin_exchange.hpp"

namespace wxgate::gateway {

/// GET /admin/v1/refunds
awaitable<net::http_reply> list_all_refunds(admin_exchange& x);

/// GET /admin/v1/refunds/{out_refund_no}; sync=1 asks WeChat first.
awaitable<net::http_reply> show_refund(admin_exchange& x);

/// POST /admin/v1/refunds/{out_refund_no}/approve
awaitable<net::http_reply> approve_refund(admin_exchange& x);

/// POST /admin/v1/refunds/{out_refund_no}/reject
awaitable<net::http_reply> reject_refund(admin_exchange& x);

} // namespace wxgate::gateway
