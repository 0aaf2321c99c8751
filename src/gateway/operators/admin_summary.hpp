// What the console's front page shows.
#pragma once

#include "gateway/operators/admin_exchange.hpp"

namespace wxgate::gateway {

/// GET /admin/v1/summary
awaitable<net::http_reply> show_summary(admin_exchange& x);

} // namespace wxgate::gateway
