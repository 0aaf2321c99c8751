// What a pool of connections tells of itself, added up over the pools of all workers: by host and TLS
// identity.
#pragma once

#include "base/metrics.hpp"

#include <string>
#include <string_view>

namespace wxgate::net {

/// Belongs to one pool.
struct pool_meter {
    /// `identity` is whose certificate the connections show; "": nobody's.
    pool_meter(std::string_view host, std::string_view identity)
        : pool_meter(
              metrics::label("host", host) + ',' +
              metrics::label("identity", identity.empty() ? std::string_view("none") : identity)
          ) {}

    metrics::share open;
    metrics::share idle;
    metrics::share waiting;
    metrics::counter& opened;
    metrics::counter& resumed;
    metrics::counter& exhausted;

private:
    explicit pool_meter(std::string const& labels)
        : open(metrics::get_gauge(
              "wxgate_pool_connections_open", "Connections to a host: in use, idle or being opened.", labels
          )),
          idle(metrics::get_gauge(
              "wxgate_pool_connections_idle", "Of these, those that wait for a call.", labels
          )),
          waiting(metrics::get_gauge(
              "wxgate_pool_waiting", "Calls that wait for a connection because all are busy.", labels
          )),
          opened(metrics::get_counter(
              "wxgate_pool_connections_opened_total", "Connections that were opened.", labels
          )),
          resumed(metrics::get_counter(
              "wxgate_pool_sessions_resumed_total", "Of these, those that resumed a TLS session.", labels
          )),
          exhausted(metrics::get_counter(
              "wxgate_pool_exhausted_total", "Calls that were given up for want of a connection.", labels
          )) {}
};

} // namespace wxgate::net
