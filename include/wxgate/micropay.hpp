// Payments at a counter: the customer shows a code on the phone, the shop scans it (付款码支付).
//
// Source: pay.weixin.qq.com doc v2 micropay, reverse, authcodetoopenid. There is no notification: what the
// calls say is all one hears. `client::pay_by_code` composes them; the calls alone are there too.
#pragma once

#include <wxgate/messages.hpp>

namespace wxgate {

/// 付款码支付, POST /pay/micropay. Not idempotent: after anything but a plain answer an order query comes
/// first, never the same call again.
struct micropay_request {
    std::string out_trade_no; // 6–32 of [A-Za-z0-9_\-|*]
    fen total_fee;
    std::string body;             // ≤ 127 bytes
    std::string auth_code;        // 18 digits that begin with 10–15, good for a minute
    std::string spbill_create_ip; // the till's
    std::string attach;           // ≤ 127 bytes
    std::string detail;           // ≤ 6000 bytes
    std::string goods_tag;
    std::string limit_pay;
    std::string device_info;
    std::string scene_info;
    std::string fee_type = "CNY";
    std::optional<sys_seconds> time_start;
    std::optional<sys_seconds> time_expire;
    std::optional<wxgate::sign_type> sign_type;
};

/// Paid.
struct micropay {
    std::string out_trade_no;
    std::string transaction_id;
    std::string openid;
    std::string sub_openid; // service-provider mode
    std::string trade_type; // MICROPAY
    std::string bank_type;
    fen total_fee;
    std::optional<fen> cash_fee;
    std::optional<sys_seconds> time_end;
    std::string attach;
    fields raw;
};

/// 撤销订单, POST /secapi/pay/reverse, with the merchant's client certificate: a paid order is refunded in
/// whole, one that is not can no longer be paid. Idempotent. Not before 15 s after micropay, and not for
/// orders older than seven days.
struct reverse_request {
    std::string transaction_id; // preferred when known
    std::string out_trade_no;
    std::optional<wxgate::sign_type> sign_type;
};

struct reversal {
    /// WeChat has not finished: the same call must be made again.
    bool again = false;
    fields raw;
};

/// 授权码查询openid, POST /tools/authcodetoopenid: whose code it is, before it is charged.
struct auth_code_request {
    std::string auth_code;
    std::optional<wxgate::sign_type> sign_type;
};

struct auth_code_owner {
    std::string openid;
    std::string sub_openid; // service-provider mode
    fields raw;
};

/// How `client::pay_by_code` paces itself. The defaults are what WeChat's page asks for.
struct pay_by_code_pacing {
    std::chrono::milliseconds poll{5000};            // between two order queries
    std::chrono::milliseconds patience{30'000};      // while the customer types the password; then reverse
    std::chrono::milliseconds reverse_after{15'000}; // after micropay, at the earliest
};

/// How a payment by code ended.
struct code_payment {
    /// True: paid, and `order` says by whom. False: it was not paid in time and was reversed: nothing is
    /// owed, nothing was taken, and the number is spent.
    bool paid = false;
    order_status order;
};

} // namespace wxgate
