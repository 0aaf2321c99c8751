// What the tests of the front door share: a gateway with chosen limits, and its metrics.
#pragma once

#include "fixture.hpp"

#include <string>
#include <utility>
#include <vector>

namespace wxgate::test {

using server_keys = std::vector<std::pair<std::string, std::string>>;

/// A system against the stand-in with these keys in `server`.
system_options with_limits(server_keys keys, int threads = 1);

/// wxgate_http_shed_total
std::int64_t shed(system_under_test const& system, std::string const& why, std::string const& kind);

milliseconds since(steady::time_point begin);

} // namespace wxgate::test
