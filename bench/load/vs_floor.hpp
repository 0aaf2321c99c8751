// pay --vs-floor: the gateway and a bare proxy in turns, against one sandbox.
#pragma once

#include "report/report.hpp"

#include <boost/program_options/variables_map.hpp>

namespace wxgate::bench {

/// With the options of `pay`. The verdicts: throughput, CPU a payment and p99 as ratios of the gateway's to
/// the floor's.
report run_vs_floor(boost::program_options::variables_map const& with);

} // namespace wxgate::bench
