// How bills are made to differ from the truth, so that a test knows exactly what a comparison must find. No
// I/O.
#pragma once

#include <wxgate/money.hpp>

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace wxgate::sandbox {

/// What a rule does to the rows of its number. The summary is always that of the rows as they are written.
///   drop    they are not there
///   add     a payment (or refund, when it has an out_refund_no) that never was, at noon of the day
///   amount  they are of another amount; the fee stays
///   state   of a payment another 交易状态, of a refund another 退款状态
///   fee     they have another 手续费
enum class bill_change { drop, add, amount, state, fee };

std::string_view to_string(bill_change c) noexcept;

struct bill_rule {
    bill_change change = bill_change::drop;
    std::string mch_id; // empty: every merchant's; of `add` the first merchant's
    std::string out_trade_no;
    std::string out_refund_no; // when set, it is a refund's row that is meant
    fen amount;
    std::string state;
    std::optional<std::int64_t> fee; // in 10^-5 yuan
    // Of `add`; made up when empty.
    std::string transaction_id;
    std::string refund_id;
    std::string openid;
};

/// What one day's bills are changed by.
struct bill_plan {
    /// True: they can be had at once. False: not at all. Otherwise the clock decides.
    std::optional<bool> available;
    std::vector<bill_rule> rules; // in this order
};

/// What PUT /control/bill got is no plan.
class bad_bill_plan : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct dated_bill_plan {
    std::string bill_date; // yyyyMMdd, a day there is
    bill_plan plan;
};

/// Reads
/// `{"bill_date":"20261123","available":true,"rules":[{"do","out_trade_no","out_refund_no","mch_id","amount",
/// "state","fee","transaction_id","refund_id","openid"}]}`. Throws bad_bill_plan with what is wrong and what
/// would be right.
dated_bill_plan parse_bill_plan(boost::json::value const& json);

boost::json::value to_json(dated_bill_plan const& plan);

} // namespace wxgate::sandbox
