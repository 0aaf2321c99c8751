// The demo shop: plays a Mini Program and its shop's backend, beside a sandbox on this machine. Its customer
// is not signed in; everything goes through the use cases that the merchants' API goes through. All are 404
// where the configuration has no `demo`.
#pragma once

#include "gateway/operators/admin_exchange.hpp"

namespace wxgate::gateway {

/// POST /demo/v1/payments: as POST /v1/payments
awaitable<net::http_reply> demo_pay(admin_exchange& x);

/// GET /demo/v1/payments/{out_trade_no}
awaitable<net::http_reply> demo_payment(admin_exchange& x);

/// POST /demo/v1/payments/{out_trade_no}/refunds
awaitable<net::http_reply> demo_ask_for_refund(admin_exchange& x);

/// GET /demo/v1/refunds/{out_refund_no}
awaitable<net::http_reply> demo_refund(admin_exchange& x);

/// POST /demo/v1/request-payment?outcome=: wx.requestPayment, as the sandbox plays it
awaitable<net::http_reply> demo_request_payment(admin_exchange& x);

} // namespace wxgate::gateway
