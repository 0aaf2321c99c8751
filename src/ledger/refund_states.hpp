// The state machine of a refund, as a pure table, and what each state means for its order.
#pragma once

#include <wxgate/messages.hpp>

#include <array>
#include <string>

namespace wxgate::ledger {

inline constexpr std::array all_refund_statuses = {
    refund_status::REQUESTED,
    refund_status::APPROVED,
    refund_status::REJECTED,
    refund_status::PROCESSING,
    refund_status::SUCCESS,
    refund_status::CHANGE,
    refund_status::REFUNDCLOSE,
    refund_status::FAILED,
};

/// Whether a refund may go from one state to another. APPROVED goes back to REQUESTED when its approval has
/// expired; it may skip PROCESSING when WeChat's word of the end comes first. CHANGE ends when a person has
/// seen to it at WeChat.
bool may_move(refund_status from, refund_status to) noexcept;

/// Nothing follows: REJECTED, SUCCESS, REFUNDCLOSE, FAILED.
bool is_final(refund_status s) noexcept;

/// WeChat has taken it: PROCESSING, SUCCESS, CHANGE, REFUNDCLOSE.
bool is_accepted(refund_status s) noexcept;

/// Gives the reserved amount back to the order: REJECTED, FAILED, REFUNDCLOSE.
bool releases(refund_status s) noexcept;

/// The states of which this is true, as an SQL list: 'REJECTED','FAILED'.
std::string those_that(bool (*is)(refund_status) noexcept);

/// The states that may move to `to`, as an SQL list: 'APPROVED','PROCESSING'.
std::string sources_of(refund_status to);

} // namespace wxgate::ledger
