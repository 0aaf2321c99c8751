// What the files of the control API share; nothing outside them includes it.
#pragma once

#include "sandbox/control.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace wxgate::sandbox {

struct control_call {
    std::string_view query;
    std::string_view body;
};

control_reply ok(boost::json::value const& body);

/// Not done: {"error": why}.
control_reply refused(unsigned status, std::string const& why);

/// The body's value, or nothing when it is not JSON.
std::optional<boost::json::value> parsed(std::string_view body);

/// A member's text; nothing when it is not there or no string.
std::optional<std::string> text_member(boost::json::object const& o, std::string_view name);

/// True when `o` has no member but these.
bool has_only(boost::json::object const& o, std::initializer_list<std::string_view> known);

// control_refunds.cpp

/// POST /control/settle-refund {"out_refund_no":"…","refund_status":"SUCCESS|CHANGE|REFUNDCLOSE"}, and
/// "mch_id" when several merchants have the number: ends a refund that is PROCESSING now. 404: not there;
/// 409: it has ended.
control_reply settle_refund(world& w, control_call const& c);

/// PUT /control/refunds {"settle":"30s"|"never","refund_status":"SUCCESS|CHANGE|REFUNDCLOSE"}, each optional:
/// how long refunds that are accepted from now on take (not scaled), and how they end. Answers what holds
/// now.
control_reply put_refunds(world& w, control_call const& c);

/// POST /control/balance {"mch_id":"…","balance":N}: what refunds of this merchant are paid from, in fen.
control_reply set_balance(world& w, control_call const& c);

} // namespace wxgate::sandbox
