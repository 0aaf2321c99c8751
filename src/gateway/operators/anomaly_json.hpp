// Findings that a person must settle, as JSON.
#pragma once

#include "gateway/api/json_text.hpp"
#include "ledger/anomalies.hpp"

#include <string>

namespace wxgate::gateway {

/// What the shop hears of a finding: id, merchant, out_trade_no, kind, detail, created_at.
json_object anomaly_facts(ledger::anomaly_row const& a);

/// anomaly_facts() and what became of it.
std::string anomaly_json(ledger::anomaly_row const& a);

/// {"data":[…],"next_cursor":…}
std::string anomaly_list_json(std::vector<ledger::anomaly_row> const& page, std::string const& next_cursor);

} // namespace wxgate::gateway
