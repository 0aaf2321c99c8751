#include "ledger/states.hpp"

namespace wxgate::ledger {

namespace {

// clang-format off
// Row: from; column: to; in the order of the enumeration.
//                CREATED NOTPAY USERPAYING SUCCESS REFUND CLOSED REVOKED PAYERROR
constexpr bool table[8][8] = {
    /* CREATED    */{false, true,  true,      true,   true,  true,  true,   true },
    /* NOTPAY     */{false, false, true,      true,   true,  true,  true,   true },
    /* USERPAYING */{false, true,  false,     true,   true,  true,  true,   true },
    /* SUCCESS    */{false, false, false,     false,  true,  false, false,  false},
    /* REFUND     */{false, false, false,     false,  false, false, false,  false},
    /* CLOSED     */{false, false, false,     true,   true,  false, false,  false},
    /* REVOKED    */{false, false, false,     true,   true,  false, false,  false},
    /* PAYERROR   */{false, true,  true,      true,   true,  true,  true,   false},
};

} // namespace

bool may_move(trade_state from, trade_state to) noexcept {
    return table[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
}

bool is_paid(trade_state s) noexcept {
    return s == trade_state::SUCCESS || s == trade_state::REFUND;
}

bool is_open(trade_state s) noexcept {
    return s == trade_state::CREATED || s == trade_state::NOTPAY || s == trade_state::USERPAYING || s == trade_state::PAYERROR;
}

std::string is_source_of(trade_state to) {
    std::string any;
    for (auto const from : all_states)
        if (may_move(from, to))
            any.append(any.empty() ? "(" : " OR ").append("trade_state = '").append(to_string(from)) += '\'';
    return any.empty() ? "FALSE" : any + ')';
}

} // namespace wxgate::ledger
