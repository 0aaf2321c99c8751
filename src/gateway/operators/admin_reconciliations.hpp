// The days of WeChat's bills, as they were compared with the store.
#pragma once

#include "gateway/operators/admin_exchange.hpp"

namespace wxgate::gateway {

/// GET /admin/v1/reconciliations
awaitable<net::http_reply> list_reconciliations(admin_exchange& x);

} // namespace wxgate::gateway
