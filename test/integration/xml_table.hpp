// A table of notifications that must be refused, and how it is run.
#pragma once

#include "fixture.hpp"

#include <string>
#include <vector>

namespace wxgate::test {

struct xml_row {
    std::string id;
    std::string document;
    std::vector<unsigned> statuses = {400};
};

/// Posts each to shop's payment path: the constant refusal, nothing changed (no anomaly either), the next
/// request served.
void run_refused(std::vector<xml_row> const& rows);

/// A payment that is not paid, and what a genuine notification of it says (unsigned).
struct unpaid {
    unpaid();
    json::value payment;
    std::string number;
    message fields;

    /// As XML with these fields changed, signed by shop.
    std::string document(message const& changes = {}) const;
};

} // namespace wxgate::test
