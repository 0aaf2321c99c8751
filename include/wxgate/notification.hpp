// WeChat's notifications as pure functions over bytes, for any HTTP server.
//
// Source: pay.weixin.qq.com doc v2 4011937248 (支付结果通知) and 4011984734 (回调通知注意事项).
#pragma once

#include <wxgate/messages.hpp>

namespace wxgate {

/// A payment notification that verified. It is WeChat's word, not yet an order's truth: compare appid,
/// mch_id, out_trade_no, total_fee and openid with the stored order before believing it.
struct payment_notification {
    std::string appid;
    std::string mch_id;
    std::string out_trade_no;
    std::string transaction_id;
    std::string openid;
    fen total_fee;
    std::string fee_type; // "CNY" when absent
    std::string trade_type;
    std::string attach;
    std::string bank_type;
    std::optional<sys_seconds> time_end;
    bool paid = false;                                    // result_code is SUCCESS
    wxgate::sign_type sign_type = wxgate::sign_type::md5; // that the signature was made with
    /// Some value holds an '&' and an '=' behind it: the v2 signature does not separate fields, so such a
    /// message could be another one re-cut by someone who chose a value. Confirm with an order query before
    /// acting on it.
    bool ambiguous = false;
    std::string sub_mch_id; // service-provider mode: the shop's, and its user
    std::string sub_appid;
    std::string sub_openid;
    fields raw;
};

/// Reads and verifies a payment notification against the merchant's key. The algorithm is told by the
/// signature's length; the caller must still demand that `sign_type` is the one the order was placed with.
/// Errors: malformed_xml and its kin; bad_signature (also for return_code FAIL, which carries none);
/// bad_amount. After any error nothing may be changed and the answer is `notification_refused`.
result<payment_notification> read_payment_notification(std::string_view body, std::string_view api_key);

/// A refund notification that decrypted. It carries no signature, and ECB blocks can be spliced: a hint, to
/// be confirmed with a refund query before anything is believed.
struct refund_notification {
    std::string appid;
    std::string mch_id;
    std::string out_trade_no;
    std::string transaction_id;
    std::string out_refund_no;
    std::string refund_id;
    fen total_fee;
    fen refund_fee;
    wxgate::refund_status refund_status = wxgate::refund_status::PROCESSING; // SUCCESS, CHANGE or REFUNDCLOSE
    std::optional<sys_seconds> success_time;
    fields raw; // what was inside req_info
};

/// Reads and decrypts a refund notification with the merchant's key. Errors: malformed_xml and its kin, for
/// the message and for what is inside; bad_ciphertext; bad_amount; mismatched_answer when a number or the
/// status is missing or is none. After any error nothing may be changed.
result<refund_notification> read_refund_notification(std::string_view body, std::string_view api_key);

/// The answer that ends WeChat's retries. Give it only when the change is durable.
inline constexpr std::string_view notification_accepted =
    "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>";

/// The one answer to everything else, the same whatever was wrong.
inline constexpr std::string_view notification_refused =
    "<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[FAIL]]></return_msg></xml>";

} // namespace wxgate
