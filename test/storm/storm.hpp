// One storm: the gateway and the sandbox as processes, shops that trade, faults, kills; then calm, and the
// verdict.
#pragma once

#include "checker.hpp"
#include "plan.hpp"

#include <string>
#include <vector>

namespace wxgate::test {

struct storm_result {
    verdict said = verdict::unknown;
    std::vector<violation> violations;
    std::vector<std::string> unread;
    std::string account; // what happened, for people
    std::string log;     // the end of the gateway's log
};

/// Carries it out. `drain`: how long the calm may take until everything has come to its end. Throws
/// std::runtime_error when the processes cannot be started at all.
storm_result run_storm(plan const& p, milliseconds drain);

} // namespace wxgate::test
