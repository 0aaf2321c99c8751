// WeChat's trade bill (交易账单): every payment of a day of Beijing's calendar, and every refund that was
// accepted on it. It carries no signature.
#pragma once

#include <wxgate/messages.hpp>
#include <wxgate/money.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wxgate {

/// Which rows a bill has: all, payments only, refunds only.
enum class bill_type { all, success, refund };

/// "ALL", "SUCCESS", "REFUND", as bill_type names them.
std::string_view to_string(bill_type t) noexcept;

/// The reverse; nothing for any other text.
std::optional<bill_type> parse_bill_type(std::string_view text) noexcept;

/// What a row tells of. `other`: neither SUCCESS nor REFUND, e.g. REVOKED, the reversal of a payment that was
/// made by scanning a code.
enum class bill_kind { payment, refund, other };

/// One row. Numbers (of orders, refunds, …) are at most 128 bytes without control characters; what a bill has
/// no column for is empty or 0.
struct bill_row {
    bill_kind kind = bill_kind::payment;
    /// 交易时间: when it was paid; of a refund, when it was accepted, but in a REFUND bill when the order was
    /// paid.
    sys_seconds trade_time{};
    std::string appid;
    std::string mch_id;
    std::string transaction_id;
    std::string out_trade_no;
    std::string openid;
    std::string trade_type;
    std::string trade_state; // SUCCESS, REFUND, …
    fen total_fee;           // 订单金额; of a refund 0
    fen settlement_fee;      // 应结订单金额
    std::string refund_id;   // of a payment empty
    std::string out_refund_no;
    fen refund_fee;                            // 申请退款金额: what was asked for
    fen settlement_refund_fee;                 // 退款金额
    std::string refund_status;                 // as it was when the bill was drawn up: WeChat never mends it
    std::optional<sys_seconds> refund_applied; // of a REFUND bill
    std::optional<sys_seconds> refund_succeeded; // of a REFUND bill
    std::string body;                            // 商品名称, bytes as they came, maybe no UTF-8
    std::string attach;                          // 商户数据包, likewise
    std::int64_t fee = 0;                        // 手续费 in 10^-5 yuan; of a refund given back: negative
    std::string rate;                            // 费率, e.g. "0.60%"
    /// `body` and `attach` hold a ",`" between them: where one ends and the other begins is a guess.
    bool ambiguous = false;
};

/// What a bill says of itself. The sums are there when it has a column for them.
struct bill_summary {
    std::uint64_t count = 0;                  // 总交易单数
    std::optional<fen> settlement_fee;        // 应结订单总金额
    std::optional<fen> settlement_refund_fee; // 退款总金额
    std::optional<std::int64_t> fee;          // 手续费总金额 in 10^-5 yuan
    std::optional<fen> total_fee;             // 订单总金额
    std::optional<fen> refund_fee;            // 申请退款总金额
};

} // namespace wxgate
