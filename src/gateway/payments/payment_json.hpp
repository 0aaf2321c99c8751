// Orders and events as the contract's JSON.
#pragma once

#include "gateway/api/json_text.hpp"
#include "gateway/payments/payments.hpp"
#include "ledger/events.hpp"

#include <string>

namespace wxgate::gateway {

/// The payment without what only the shop's backend may have: client_secret and request_payment.
json_object payment_facts(ledger::order const& o);

/// The payment, with a freshly signed request_payment while it can be paid.
std::string payment_json(ledger::order const& o, account const& who);

/// {"data":[…],"next_cursor":…}
std::string
payment_list_json(std::vector<ledger::order> const& page, std::string const& next_cursor, account const& who);

/// payment_facts() as operators see it: with a masked openid.
std::string operators_payment_json(ledger::order const& o);
std::string
operators_payment_list_json(std::vector<ledger::order> const& page, std::string const& next_cursor);

/// {"data":[…]}, oldest first.
std::string events_json(std::vector<ledger::event> const& all);

} // namespace wxgate::gateway
