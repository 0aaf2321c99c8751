// What operators look after beside refunds: messages to the shop, and findings that a person must settle.
#pragma once

#include "gateway/operators/admin_exchange.hpp"
#include "ledger/outbox.hpp"

namespace wxgate::gateway {

/// {"data":[…],"next_cursor":…}
std::string webhook_list_json(std::vector<ledger::webhook> const& page, std::string const& next_cursor);

/// GET /admin/v1/webhooks
awaitable<net::http_reply> list_webhooks(admin_exchange& x);

/// POST /admin/v1/webhooks/{id}/redeliver
awaitable<net::http_reply> redeliver_webhook(admin_exchange& x);

/// GET /admin/v1/anomalies
awaitable<net::http_reply> list_all_anomalies(admin_exchange& x);

/// POST /admin/v1/anomalies/{id}/settle
awaitable<net::http_reply> settle(admin_exchange& x);

} // namespace wxgate::gateway
