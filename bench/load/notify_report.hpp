// What `notify` and its flood have to say of a run of the notifier.
#pragma once

#include "load/load.hpp"
#include "load/notifier.hpp"

#include <string>

namespace wxgate::bench {

/// Adds the figure NAME.goodput, the table of what became of the notifications, and the latencies of each
/// kind.
void add_answers(report& r, std::string const& name, notifier_counts const& c, load_result const& l);

/// Good new notifications acknowledged a second.
double goodput(notifier_counts const& c, load_result const& l) noexcept;

double milliseconds_of(histogram::duration d) noexcept;

} // namespace wxgate::bench
