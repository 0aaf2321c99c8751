// The state machine of an order, as a pure table.
#pragma once

#include <wxgate/messages.hpp>

#include <array>
#include <string>

namespace wxgate::ledger {

inline constexpr std::array all_states = {
    trade_state::CREATED,
    trade_state::NOTPAY,
    trade_state::USERPAYING,
    trade_state::SUCCESS,
    trade_state::REFUND,
    trade_state::CLOSED,
    trade_state::REVOKED,
    trade_state::PAYERROR,
};

/// Whether an order may go from one state to another. Paid is never undone: SUCCESS goes to REFUND only. A
/// payment that comes after a close is recorded (and is an anomaly): CLOSED goes to SUCCESS.
bool may_move(trade_state from, trade_state to) noexcept;

/// SUCCESS and REFUND.
bool is_paid(trade_state s) noexcept;

/// The customer can (still) pay: CREATED, NOTPAY, USERPAYING, PAYERROR.
bool is_open(trade_state s) noexcept;

/// That an order may move to `to`, as a condition of SQL on its trade_state: "(trade_state = 'CREATED' OR
/// …)". (For IN with more than two SQLite makes a table, each time.)
std::string is_source_of(trade_state to);

} // namespace wxgate::ledger
