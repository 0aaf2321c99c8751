// The console's files, and the demo shop's.
#pragma once

#include "gateway/operators/admin_exchange.hpp"

namespace wxgate::gateway {

/// GET /console/…: a file of the console.
awaitable<net::http_reply> show_console(admin_exchange& x);

/// GET /demo/…: a file of the demo shop, where there is one.
awaitable<net::http_reply> show_demo(admin_exchange& x);

/// GET /console, /demo: to the folder of this name.
awaitable<net::http_reply> to_folder(admin_exchange& x);

} // namespace wxgate::gateway
