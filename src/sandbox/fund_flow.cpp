#include "sandbox/fund_flow.hpp"

#include "sandbox/bill_parts.hpp"

#include <algorithm>
#include <initializer_list>
#include <vector>

namespace wxgate::sandbox {

namespace {

constexpr std::string_view head = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,"
                                  "收支金额（元）,账户结余（元）,资金变更提交申请人,备注,业务凭证号";
constexpr std::string_view summary_head = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额";
constexpr std::int64_t fee_per_mille = 6; // 0.60%, rounded down to a fen

struct movement {
    unix_ms at = 0;
    std::string business_id; // WeChat's number of the payment or refund
    std::string voucher;
    std::string_view name;
    bool income = false;
    std::int64_t amount = 0; // fen
};

class flow_text {
public:
    explicit flow_text(std::int64_t balance) : balance_(balance) {
        out_.append("\xEF\xBB\xBF").append(head).append("\r\n");
    }

    void add(movement const& m) {
        ++(m.income ? incomes_ : expenses_);
        (m.income ? income_ : expense_) += m.amount;
        balance_ += m.income ? m.amount : -m.amount;
        std::string const flow_id = m.business_id + std::to_string(incomes_ + expenses_);
        line(
            {beijing_date_time(m.at),
             m.business_id,
             flow_id,
             m.name,
             m.name,
             m.income ? "收入" : "支出",
             bill_yuan(m.amount),
             bill_yuan(balance_),
             "system",
             "",
             m.voucher}
        );
    }

    std::string finish() && {
        out_.append(summary_head).append("\r\n");
        line(
            {std::to_string(incomes_ + expenses_),
             std::to_string(incomes_),
             bill_yuan(income_),
             std::to_string(expenses_),
             bill_yuan(expense_)}
        );
        return std::move(out_);
    }

private:
    void line(std::initializer_list<std::string_view> values) {
        std::string_view before = "`";
        for (auto const value : values) {
            out_.append(before).append(value);
            before = ",`";
        }
        out_.append("\r\n");
    }

    std::string out_;
    std::int64_t balance_;
    std::uint64_t incomes_ = 0;
    std::uint64_t expenses_ = 0;
    std::int64_t income_ = 0;
    std::int64_t expense_ = 0;
};

} // namespace

std::optional<std::string> fund_flow_book::write(merchant const& by, std::string_view date, unix_ms now) {
    if (!bills_.can_be_had(date, now))
        return std::nullopt;
    bill_day const when = bill_day_of(date);
    std::vector<movement> all;
    for (auto const& o : orders_.all(now)) {
        if (o.mch_id != by.mch_id || !is_paid(o) || !when.holds(o.paid_at))
            continue;
        auto const amount = o.total_fee.count();
        all.push_back({o.paid_at, o.transaction_id, o.out_trade_no, "交易", true, amount});
        if (auto const fee = amount * fee_per_mille / 1000; fee != 0)
            all.push_back({o.paid_at, o.transaction_id, o.out_trade_no, "扣除交易手续费", false, fee});
    }
    for (auto const& r : refunds_.all(now))
        if (r.of->mch_id == by.mch_id && when.holds(r.accepted))
            all.push_back({r.accepted, r.refund_id, r.out_refund_no, "退款", false, r.refund_fee.count()});
    if (all.empty())
        return std::nullopt;
    std::stable_sort(all.begin(), all.end(), [](movement const& a, movement const& b) {
        return a.at < b.at;
    });
    flow_text text(by.balance);
    for (auto const& m : all)
        text.add(m);
    return std::move(text).finish();
}

} // namespace wxgate::sandbox
