// WeChat's fund-flow bill (资金账单): every movement of an account of the merchant's on a day of Beijing's
// calendar. It carries no signature.
#pragma once

#include <wxgate/messages.hpp>
#include <wxgate/money.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wxgate {

/// Which account: 基本账户, 运营账户, 手续费账户.
enum class fund_account { basic, operation, fees };

/// "Basic", "Operation", "Fees".
std::string_view to_string(fund_account a) noexcept;

/// The reverse; nothing for any other text.
std::optional<fund_account> parse_fund_account(std::string_view text) noexcept;

/// One movement. Texts are at most a line long; numbers are at most 128 bytes without control characters.
struct fund_flow_row {
    sys_seconds time{};         // 记账时间
    std::string transaction_id; // 微信支付业务单号
    std::string flow_id;        // 资金流水单号
    std::string business_name;  // 业务名称, e.g. 交易, 退款, 扣除交易手续费
    std::string business_type;  // 业务类型
    bool income = false;        // 收支类型: 收入; else 支出
    fen amount;                 // 收支金额, never negative
    fen balance;                // 账户结余 afterwards; may be negative
    std::string applicant;      // 资金变更提交申请人
    std::string note;           // 备注, bytes as they came
    std::string voucher;        // 业务凭证号: our out_trade_no or out_refund_no, or WeChat's
    /// `applicant` and `note` hold a ",`" between them: where one ends and the other begins is a guess.
    bool ambiguous = false;
};

/// What a bill says of itself; it is compared with the rows before it is believed.
struct fund_flow_summary {
    std::uint64_t count = 0;        // 资金流水总笔数
    std::uint64_t income_count = 0; // 收入笔数
    fen income;                     // 收入金额
    std::uint64_t expense_count = 0;
    fen expense;
};

} // namespace wxgate
