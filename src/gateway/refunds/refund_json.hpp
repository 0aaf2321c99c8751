// Refunds as the contract's JSON.
#pragma once

#include "gateway/api/json_text.hpp"
#include "ledger/refunds.hpp"

#include <string>

namespace wxgate::gateway {

json_object refund_facts(ledger::refund const& r);

std::string refund_json(ledger::refund const& r);

/// {"data":[…],"next_cursor":…}
std::string refund_list_json(std::vector<ledger::refund> const& page, std::string const& next_cursor);

/// The same as operators see it: whose it is and why it was decided so, too.
std::string operators_refund_json(ledger::refund const& r);
std::string
operators_refund_list_json(std::vector<ledger::refund> const& page, std::string const& next_cursor);

} // namespace wxgate::gateway
