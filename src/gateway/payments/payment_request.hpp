// POST /v1/payments: its JSON, checked field by field, as an order.
#pragma once

#include "gateway/api/json.hpp"
#include "gateway/settings.hpp"
#include "ledger/orders.hpp"

namespace wxgate::gateway {

/// What the request says; what it leaves out is filled with the defaults. `out_trade_no` may stay empty.
answer<ledger::order>
read_payment_request(std::string_view body, merchant const& m, std::string const& peer, unix_ms now);

/// The first field in which the two differ as requests, or "" when they are the same request.
std::string_view different_field(ledger::order const& stored, ledger::order const& asked);

/// 6–32 of [A-Za-z0-9_\-|*].
bool is_out_trade_no(std::string_view text);

/// 1–128 of [A-Za-z0-9_-].
bool is_openid(std::string_view text);

} // namespace wxgate::gateway
