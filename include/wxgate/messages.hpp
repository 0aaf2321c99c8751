// Typed messages of WeChat Pay v2. Amounts are fen, times on the wire are yyyyMMddHHmmss of Beijing (UTC+8).
// Every answer keeps its raw fields, so nothing WeChat adds is lost.
#pragma once

#include <wxgate/fields.hpp>
#include <wxgate/money.hpp>
#include <wxgate/sign.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wxgate {

using sys_seconds = std::chrono::sys_seconds;

/// One merchant identity: who calls, and with what key. The key never leaves the process but as a signature.
struct account {
    std::string appid;
    std::string mch_id;
    std::string api_key; // 32 bytes
    wxgate::sign_type sign_type = wxgate::sign_type::hmac_sha256;
    /// Service-provider mode: what stands above (and the certificate) is the provider's, these are the shop's
    /// for which it calls. `sub_mch_id` then goes with every call, and an answer that names another is not
    /// believed. `sub_appid` may stay empty.
    std::string sub_mch_id{};
    std::string sub_appid{};
};

/// 统一下单, POST /pay/unifiedorder. Idempotent by out_trade_no with identical parameters.
struct unified_order_request {
    std::string out_trade_no; // 6–32 of [A-Za-z0-9_\-|*]
    fen total_fee;
    std::string body;                 // ≤ 127 bytes
    std::string openid;               // of JSAPI: the user under appid
    std::string trade_type = "JSAPI"; // or NATIVE (a code to scan), APP, MWEB (a browser on a phone)
    std::string notify_url;           // ≤ 256 bytes, no query string
    std::string spbill_create_ip;
    std::string attach; // ≤ 127 bytes
    std::string detail; // ≤ 6000 bytes
    std::string goods_tag;
    std::string limit_pay;
    std::string fee_type = "CNY";
    std::optional<sys_seconds> time_expire;
    std::optional<wxgate::sign_type> sign_type; // the order's own; the account's when absent
    std::string sub_openid;                     // service-provider mode: the user under sub_appid, not openid
    std::string product_id;                     // of NATIVE; ≤ 32
    std::string scene_info;                     // JSON, ≤ 256 bytes; of MWEB {"h5_info":{…}}
    std::string device_info;                    // ≤ 32; comes back in the answers
    std::string receipt;                        // "Y": the customer may ask for an electronic invoice
    std::string profit_sharing;                 // "Y"
    std::string version;                        // "1.0" with goods-level discounts
    std::optional<sys_seconds> time_start;
};

struct unified_order {
    std::string prepay_id; // good for two hours
    std::string trade_type;
    std::string code_url; // NATIVE: to be shown as a QR code, good for two hours
    std::string mweb_url; // MWEB: where to send the browser, good for five minutes
    fields raw;
};

/// 查询订单, POST /pay/orderquery. Changes nothing at WeChat.
struct order_query_request {
    std::string transaction_id; // preferred when known
    std::string out_trade_no;
    std::optional<wxgate::sign_type> sign_type;
};

/// WeChat's trade_state, and CREATED, which is ours: recorded here, WeChat not yet known to have it.
enum class trade_state { CREATED, NOTPAY, USERPAYING, SUCCESS, REFUND, CLOSED, REVOKED, PAYERROR };

std::string_view to_string(trade_state s) noexcept;

std::optional<trade_state> parse_trade_state(std::string_view text) noexcept;

/// What WeChat knows of an order. Only out_trade_no and trade_state are always there; the rest when paid.
struct order_status {
    wxgate::trade_state trade_state = wxgate::trade_state::NOTPAY;
    std::string out_trade_no;
    std::string transaction_id;
    std::string openid;
    std::optional<fen> total_fee;
    std::string fee_type;
    std::string attach;
    std::optional<sys_seconds> time_end;
    std::string sub_openid; // service-provider mode
    std::string trade_type;
    std::string bank_type;
    std::string trade_state_desc; // WeChat's words
    std::optional<fen> cash_fee;  // without coupons
    fields raw;
};

/// 关闭订单, POST /pay/closeorder. Idempotent.
struct close_order_request {
    std::string out_trade_no;
    std::optional<wxgate::sign_type> sign_type;
};

struct close_order {
    fields raw;
};

/// A refund's state: WeChat's own (PROCESSING, SUCCESS, CHANGE, REFUNDCLOSE), and ours around them. CHANGE:
/// the money cannot reach the payer, a person must see to it. REFUNDCLOSE: closed, nothing was refunded;
/// another try needs a new out_refund_no. FAILED: WeChat refused it for good.
enum class refund_status { REQUESTED, APPROVED, REJECTED, PROCESSING, SUCCESS, CHANGE, REFUNDCLOSE, FAILED };

std::string_view to_string(refund_status s) noexcept;

std::optional<refund_status> parse_refund_status(std::string_view text) noexcept;

/// 申请退款, POST /secapi/pay/refund, with the merchant's client certificate. Idempotent by out_refund_no: on
/// anything but a plain acceptance the same number with the same amounts is sent again, never another.
struct refund_request {
    std::string transaction_id; // preferred when known
    std::string out_trade_no;
    std::string out_refund_no; // 1–64 of [A-Za-z0-9_\-|*@]
    fen total_fee;             // the order's
    fen refund_fee;
    std::string refund_desc; // ≤ 80 bytes; shown to the customer
    std::string notify_url;  // ≤ 256 bytes, no query string
    std::optional<wxgate::sign_type> sign_type;
    /// Which goods are given back (JSON, ≤ 6000 bytes): the call is then POST /secapi/pay/refundv2.
    std::string detail;
    std::string refund_account; // REFUND_SOURCE_UNSETTLED_FUNDS (WeChat's default) or …_RECHARGE_FUNDS
};

/// WeChat accepted the refund. It is under way, not done: its end comes by notification or refund query.
struct refund {
    std::string refund_id; // WeChat's number
    std::string out_refund_no;
    std::string out_trade_no;
    std::string transaction_id;
    fen refund_fee;
    fields raw;
};

/// 查询退款, POST /pay/refundquery. Changes nothing at WeChat. The first number that is given decides, in
/// this order.
struct refund_query_request {
    std::string refund_id;
    std::string out_refund_no;
    std::string transaction_id;
    std::string out_trade_no;
    std::size_t offset = 0; // of an order's refunds; WeChat gives ten at a time
    std::optional<wxgate::sign_type> sign_type;
    bool with_promotions = false; // POST /pay/refundqueryv2, whose raw fields have promotion_detail besides
};

/// One refund in the answer to a refund query.
struct refund_item {
    std::string out_refund_no;
    std::string refund_id;
    fen refund_fee;
    wxgate::refund_status refund_status = wxgate::refund_status::PROCESSING;
    std::string refund_recv_accout; // sic: where the money went
    std::optional<sys_seconds> refund_success_time;
};

struct refund_query {
    std::string transaction_id;
    std::string out_trade_no;
    fen total_fee;
    fen refund_fee;                     // of all refunds together
    std::size_t total_refund_count = 0; // of which `refunds` are those from `offset`
    std::vector<refund_item> refunds;
    fields raw;
};

/// All pages of a refund query. WeChat reaches an order's first twenty refunds by the order's number; of an
/// order with more, the others are found by their own.
struct order_refunds {
    fen total_fee;
    fen refund_fee; // of all refunds together
    std::size_t total_refund_count = 0;
    std::vector<refund_item> refunds;

    bool complete() const noexcept { return refunds.size() == total_refund_count; }
};

/// yyyyMMddHHmmss in Beijing's time, as WeChat writes times.
std::string to_wechat_time(sys_seconds t);

/// The reverse; nothing for text that is no such time (wrong length, month 13, …).
std::optional<sys_seconds> from_wechat_time(std::string_view text) noexcept;

/// yyyy-MM-dd HH:mm:ss in Beijing's time, as WeChat writes the times of refunds.
std::optional<sys_seconds> from_wechat_date_time(std::string_view text) noexcept;

} // namespace wxgate
