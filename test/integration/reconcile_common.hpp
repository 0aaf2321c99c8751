// What the tests of `wxgate reconcile` share: the program beside a running gateway, and what it says.
#pragma once

#include "fixture.hpp"
#include "support/bill.hpp"

#include <functional>

namespace wxgate::test {

struct reconciled {
    int code = -1;
    std::vector<std::string> differences; // the lines of standard output that tell of one, sorted
    std::vector<std::string> bills;       // and those that tell of a bill, as they came
    std::string err;
    std::size_t peak_bytes = 0; // of its memory
};

/// Runs it to its end.
reconciled reconcile(system_under_test const& system, std::string const& config, std::string const& date);

/// A configuration for it alone: the running gateway's, with these merchants only, and the last word on it.
std::string config_of(
    system_under_test const& system,
    std::vector<std::string> const& merchants,
    std::function<void(gateway_config&)> const& adjust = {}
);

/// It failed, said so in one line, and told of no difference.
void check_failed(reconciled const& r, std::string_view why = {});

/// They agree.
void check_agrees(reconciled const& r);

/// Exactly these differences, and no failure.
void check_differences(reconciled const& r, std::vector<std::string> expected);

/// Anomalies whose kind begins with bill_.
std::int64_t bill_anomalies(system_under_test const& system);

/// True while the day is about to change in Beijing, or has just changed: what happens now is on the border.
bool near_midnight();

} // namespace wxgate::test
