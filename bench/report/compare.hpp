// Two runs side by side.
#pragma once

#include "report/report.hpp"

namespace wxgate::bench {

/// What `before` and `after` have in common: their figures with the ratio of the second to the first, and the
/// percentiles of their distributions likewise. What only one of them has is told, and a warning says where
/// the machines or the configurations differ, as then the ratios may mean something else.
report compare(report const& before, report const& after);

} // namespace wxgate::bench
