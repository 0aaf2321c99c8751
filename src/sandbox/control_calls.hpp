// What the files of the control API share; nothing outside them includes it.
#pragma once

#include "sandbox/cashier.hpp"
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

/// What the query's `outcome` says, success without one; nothing when it says something else.
std::optional<user_choice> choice_of(std::string_view query);

/// How a payment ended: errMsg, and the paid order's numbers.
control_reply payment_reply(payment_result const& result);

// control_pay.cpp

/// POST /control/pay, with ?outcome= as of request-payment: somebody pays {"code_url":"…"}, {"mweb_url":"…"},
/// {"app":{…the PayReq…}}, or what the shop answered to a scan of mode one {"native_answer":"<xml>…"}.
control_reply pay_elsewhere(world& w, control_call const& c);

/// POST /control/native-scan {"url":"weixin://wxpay/bizpayurl?…"}: {"body":"<xml>…"} is what WeChat posts to
/// the callback URL of the shop. (The sandbox posts nothing itself.)
control_reply scan_native(world& w, control_call const& c);

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

// control_bill.cpp

/// PUT /control/bill {"bill_date":"20261123","available":true|false,"rules":[…]}: from now on the bills of
/// that day differ from the truth by exactly these rules, applied one after another; the summary is that of
/// the rows as they then are. It replaces what was said of that day before; without rules and `available`
/// they are true again.
///   {"do":"drop","out_trade_no":"…"}               the payment's row is not there
///   {"do":"drop","out_refund_no":"…"}              the refund's is not; so with all that follow: either
///   number
///   {"do":"amount","out_trade_no":"…","amount":1}  it is of another amount, in fen; its fee stays
///   {"do":"state","out_trade_no":"…","state":"…"}  another 交易状态; of a refund another 退款状态
///   {"do":"fee","out_trade_no":"…","fee":1000}     another 手续费, in 10^-5 yuan
///   {"do":"add","out_trade_no":"…","amount":1}     a payment that never was, at noon; with "out_refund_no" a
///   refund.
///     Optional: "state", "fee", "openid", "transaction_id" (else 4200999999, the date and the rule's number
///     from 1 in ten digits), "refund_id" (else 50009999990 and the same).
/// Each takes "mch_id": of that merchant only (else of all; an added row is the first merchant's).
/// "available": true gives the day's bills at once, whatever the clock says; false never. Answers what holds
/// now. 404: no such merchant.
control_reply put_bill(world& w, control_call const& c);

/// DELETE /control/bill: all bills are true again.
control_reply delete_bills(world& w, control_call const& c);

} // namespace wxgate::sandbox
