// Whether notifications come through when there are more than the gateway can take, and how soon all is well
// again afterwards.
#pragma once

#include "load/load.hpp"
#include "load/notifier.hpp"

namespace wxgate::bench {

/// How long all the phases of run_flood() are, in seconds at the maximum rate: for how many orders it takes.
double flood_seconds(load_options const& o);

/// Finds the maximum rate by closed loops of more and more connections, then offers a half of it, three times
/// as much, and a half again, and judges: p99.9 of the first half, goodput and refusals of the flood, and
/// the seconds until p99 is back. All over the notifier's driver, which needs connections enough for the
/// flood.
void run_flood(load_loop& loop, notifier& wechat, load_options const& options, report& r);

} // namespace wxgate::bench
