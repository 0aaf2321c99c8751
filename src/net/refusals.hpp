// Refusals for want of room, counted.
#pragma once

#include "base/metrics.hpp"

#include <string_view>

namespace wxgate::net {

/// What counts a refusal. `why`: which bound; `kind`: api, notification or connection.
metrics::counter& shed_counter(std::string_view why, std::string_view kind);

} // namespace wxgate::net
