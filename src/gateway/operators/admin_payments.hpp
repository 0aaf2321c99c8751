// What operators see and do about payments, over all merchants.
#pragma once

#include "gateway/operators/admin_exchange.hpp"

namespace wxgate::gateway {

/// GET /admin/v1/payments
awaitable<net::http_reply> list_all_payments(admin_exchange& x);

/// GET /admin/v1/payments/{out_trade_no}; sync=1 asks WeChat first.
awaitable<net::http_reply> show_payment(admin_exchange& x);

/// GET /admin/v1/payments/{out_trade_no}/events
awaitable<net::http_reply> show_payment_events(admin_exchange& x);

/// GET /admin/v1/payments/{out_trade_no}/refunds, …/webhooks, …/anomalies
awaitable<net::http_reply> show_payment_refunds(admin_exchange& x);
awaitable<net::http_reply> show_payment_webhooks(admin_exchange& x);
awaitable<net::http_reply> show_payment_anomalies(admin_exchange& x);

/// POST /admin/v1/payments/{out_trade_no}/refunds: asks for a refund, which another operator decides.
awaitable<net::http_reply> ask_for_refund(admin_exchange& x);

} // namespace wxgate::gateway
