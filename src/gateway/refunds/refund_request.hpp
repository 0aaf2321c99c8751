// POST …/refunds: its JSON, checked field by field, as a refund.
#pragma once

#include "gateway/api/json.hpp"
#include "gateway/settings.hpp"
#include "ledger/refunds.hpp"

namespace wxgate::gateway {

/// {"refund_fee", "out_refund_no", "reason"} as a refund of `out_trade_no`; out_refund_no may stay empty.
answer<ledger::refund>
read_refund_request(std::string_view body, merchant const& m, std::string const& out_trade_no);

/// The first field in which the two differ as requests, or "" when they are the same request.
std::string_view different_field(ledger::refund const& stored, ledger::refund const& asked);

/// 1–64 of [A-Za-z0-9_\-|*@].
bool is_out_refund_no(std::string_view text);

} // namespace wxgate::gateway
