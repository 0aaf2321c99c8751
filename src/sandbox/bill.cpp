#include "sandbox/bill.hpp"

#include "sandbox/bill_parts.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <utility>
#include <vector>

namespace wxgate::sandbox {

namespace {

using std::chrono::days;
using std::chrono::duration_cast;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::months;
using std::chrono::sys_days;
using std::chrono::sys_time;
using std::chrono::year_month_day;

constexpr hours beijing{8};
constexpr unix_ms drawn_up_after = milliseconds(hours(24 + 9)).count(); // the beginning of the day
constexpr std::int64_t fee_of_fen = 6;                                  // 0.60% of a fen, in 10^-5 yuan
constexpr std::string_view rate = "0.60%";
constexpr std::string_view nothing = "0.00";

constexpr std::string_view head =
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,"
    "交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额";
constexpr std::string_view refund_times = ",退款申请时间,退款成功时间";
constexpr std::string_view refund_head =
    ",微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态";
constexpr std::string_view tail = ",商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
constexpr std::string_view payments_tail = ",商品名称,商户数据包,手续费,费率,订单金额,费率备注";
constexpr std::string_view summary_head =
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";
constexpr std::string_view payments_summary_head = "总交易单数,应结订单总金额,手续费总金额,订单总金额";

// A row to be. What it points to outlives it.
struct bill_line {
    unix_ms at = 0; // when it was paid, or the refund accepted
    order const* of = nullptr;
    refund_entry const* refund = nullptr; // null: the payment's row
    std::int64_t amount = 0;              // fen
    std::int64_t fee = 0;                 // 10^-5 yuan
    std::string_view state;
    unix_ms succeeded = 0; // the refund; 0: it has not
};

// Midnight of the day three months ago; of its month's last day when there is no such day.
unix_ms oldest(unix_ms now) {
    year_month_day const today(floor<days>(sys_time<milliseconds>(milliseconds(now)) + beijing));
    year_month_day then = today - months(3);
    if (!then.ok())
        then = year_month_day(then.year() / then.month() / std::chrono::last);
    auto const midnight = sys_days(then) - beijing;
    return duration_cast<milliseconds>(midnight.time_since_epoch()).count();
}

bill_line payment_line(order const& o) {
    bill_line l;
    l.at = o.paid_at;
    l.of = &o;
    l.amount = o.total_fee.count();
    l.fee = l.amount * fee_of_fen;
    l.state = "SUCCESS"; // whatever was refunded since
    return l;
}

// As it was at `drawn_up`.
bill_line refund_line(refund_entry const& r, unix_ms drawn_up) {
    bool const ended = r.status != refund_status::PROCESSING && r.ended <= drawn_up;
    auto const status = ended ? r.status : refund_status::PROCESSING;
    bill_line l;
    l.at = r.accepted;
    l.of = r.of;
    l.refund = &r;
    l.amount = r.refund_fee.count();
    l.fee = -l.amount * fee_of_fen;
    l.state = to_string(status);
    l.succeeded = status == refund_status::SUCCESS ? r.ended : 0;
    return l;
}

// ---- plans

// What rules of `add` made up, while the rows point to it.
struct invented {
    std::deque<order> orders;
    std::deque<refund_entry> refunds;
};

std::string ten_digits(std::size_t n) {
    std::string const digits = std::to_string(n);
    return std::string(10 - std::min<std::size_t>(digits.size(), 10), '0') + digits;
}

bill_line invented_line(
    bill_rule const& rule,
    std::size_t number,
    merchant const& by,
    std::string_view date,
    bill_day const& when,
    invented& all
) {
    order& o = all.orders.emplace_back();
    o.appid = by.appid;
    o.mch_id = by.mch_id;
    o.out_trade_no = rule.out_trade_no;
    o.openid = rule.openid.empty() ? "oSandboxStranger000000000000" : rule.openid;
    o.trade_type = "JSAPI";
    o.bank_type = "OTHERS";
    o.transaction_id = rule.transaction_id;
    if (o.transaction_id.empty())
        o.transaction_id = std::string("4200999999").append(date).append(ten_digits(number));
    o.total_fee = rule.amount;
    o.paid_at = when.begin + bill_day::length / 2;
    bill_line l = payment_line(o);
    if (!rule.out_refund_no.empty()) {
        refund_entry& r = all.refunds.emplace_back();
        r.of = &o;
        r.out_refund_no = rule.out_refund_no;
        r.refund_id = rule.refund_id;
        if (r.refund_id.empty())
            r.refund_id = std::string("50009999990").append(date).append(ten_digits(number));
        r.refund_fee = rule.amount;
        r.accepted = o.paid_at;
        r.status = refund_status::SUCCESS;
        r.ended = o.paid_at;
        l = refund_line(r, when.begin + drawn_up_after);
    }
    if (!rule.state.empty())
        l.state = rule.state;
    if (rule.fee)
        l.fee = *rule.fee;
    return l;
}

bool concerns(bill_rule const& rule, bill_line const& l) {
    if (rule.out_refund_no.empty())
        return l.refund == nullptr && l.of->out_trade_no == rule.out_trade_no;
    return l.refund != nullptr && l.refund->out_refund_no == rule.out_refund_no;
}

void apply(bill_rule const& rule, std::vector<bill_line>& lines) {
    if (rule.change == bill_change::drop) {
        std::erase_if(lines, [&](bill_line const& l) { return concerns(rule, l); });
        return;
    }
    for (auto& l : lines) {
        if (!concerns(rule, l))
            continue;
        if (rule.change == bill_change::amount)
            l.amount = rule.amount.count();
        if (rule.change == bill_change::state)
            l.state = rule.state;
        if (rule.change == bill_change::fee)
            l.fee = rule.fee.value_or(0);
    }
}

// ---- the text

class bill_text {
public:
    bill_text(wire::bill_type type, std::size_t rows) : type_(type) {
        out_.reserve(1024 + rows * 512);
        out_.append("\xEF\xBB\xBF").append(head);
        if (type_ == wire::bill_type::refund)
            out_.append(refund_times);
        if (type_ != wire::bill_type::success)
            out_.append(refund_head);
        end_line(type_ == wire::bill_type::success ? payments_tail : tail);
    }

    void add(bill_line const& l) {
        order const& o = *l.of;
        refund_entry const* const r = l.refund;
        std::string const amount = bill_yuan(l.amount);
        // A bill of refunds has the refund's times elsewhere, and here the payment's.
        first_value(beijing_date_time(type_ == wire::bill_type::refund ? o.paid_at : l.at));
        std::string_view const shop = o.sub_mch_id.empty() ? std::string_view("0") : o.sub_mch_id;
        values({o.appid, o.mch_id, shop, o.device_info.value_or(""), o.transaction_id, o.out_trade_no});
        values({o.openid, o.trade_type, r == nullptr ? l.state : "REFUND", o.bank_type, "CNY"});
        values({r == nullptr ? amount : nothing, nothing});
        if (type_ == wire::bill_type::refund)
            values({beijing_date_time(l.at), l.succeeded != 0 ? beijing_date_time(l.succeeded) : ""});
        if (type_ != wire::bill_type::success) {
            if (r != nullptr)
                values({r->refund_id, r->out_refund_no, amount, nothing, "ORIGINAL", l.state});
            else
                values({"0", "0", nothing, nothing, "", ""});
        }
        values({o.body, o.attach, bill_decimal(l.fee, 5), rate, r == nullptr ? amount : nothing});
        if (type_ != wire::bill_type::success)
            values({r != nullptr ? amount : nothing});
        values({""});
        end_line();
        ++count_;
        fees_ += l.fee;
        (r == nullptr ? paid_ : refunded_) += l.amount;
    }

    std::string finish() && {
        std::string const fees = bill_decimal(fees_, 5);
        end_line(type_ == wire::bill_type::success ? payments_summary_head : summary_head);
        first_value(std::to_string(count_));
        if (type_ == wire::bill_type::success)
            values({bill_yuan(paid_), fees, bill_yuan(paid_)});
        else
            values(
                {bill_yuan(paid_),
                 bill_yuan(refunded_),
                 nothing,
                 fees,
                 bill_yuan(paid_),
                 bill_yuan(refunded_)}
            );
        end_line();
        return std::move(out_);
    }

private:
    void first_value(std::string_view text) {
        out_ += '`';
        for (char const c : text)
            out_ += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }

    void values(std::initializer_list<std::string_view> texts) {
        for (auto const text : texts) {
            out_ += ',';
            first_value(text);
        }
    }

    void end_line(std::string_view text = {}) { out_.append(text).append("\r\n"); }

    wire::bill_type type_;
    std::string out_;
    std::uint64_t count_ = 0;
    std::int64_t paid_ = 0;
    std::int64_t refunded_ = 0;
    std::int64_t fees_ = 0;
};

bool belongs(bill_line const& l, wire::bill_type type) {
    return type == wire::bill_type::all || (type == wire::bill_type::refund) == (l.refund != nullptr);
}

} // namespace

std::optional<std::string> bill_book::write(
    merchant const& by, std::string_view date, wire::bill_type type, unix_ms now, std::string_view sub_mch_id
) {
    bill_day const when = bill_day_of(date);
    auto const found = plans_.find(date);
    bill_plan const plan = found != plans_.end() ? found->second : bill_plan{};
    if (!plan.available.value_or(in_time(date, now)))
        return std::nullopt;

    auto const belongs_to = [&](order const& o) {
        return o.mch_id == by.mch_id && (sub_mch_id.empty() || o.sub_mch_id == sub_mch_id);
    };
    std::vector<bill_line> lines;
    for (auto const& o : orders_.all(now))
        if (belongs_to(o) && is_paid(o) && when.holds(o.paid_at))
            lines.push_back(payment_line(o));
    for (auto const& r : refunds_.all(now))
        if (belongs_to(*r.of) && when.holds(r.accepted))
            lines.push_back(refund_line(r, when.begin + drawn_up_after));
    invented all;
    for (std::size_t i = 0; i < plan.rules.size(); ++i) {
        auto const& rule = plan.rules[i];
        if (!rule.mch_id.empty() && rule.mch_id != by.mch_id)
            continue;
        if (rule.change == bill_change::add)
            lines.push_back(invented_line(rule, i + 1, by, date, when, all));
        else
            apply(rule, lines);
    }
    std::erase_if(lines, [&](bill_line const& l) { return !belongs(l, type); });
    if (lines.empty())
        return std::nullopt;
    std::stable_sort(lines.begin(), lines.end(), [](bill_line const& a, bill_line const& b) {
        return a.at < b.at;
    });
    bill_text text(type, lines.size());
    for (auto const& l : lines)
        text.add(l);
    return std::move(text).finish();
}

bool bill_book::in_time(std::string_view date, unix_ms now) const {
    auto const begin = bill_day_of(date).begin;
    return now - begin >= intervals_.bill_ready.count() && begin >= oldest(now);
}

bool bill_book::can_be_had(std::string_view date, unix_ms now) const {
    auto const found = plans_.find(date);
    auto const available = found != plans_.end() ? found->second.available : std::nullopt;
    return available.value_or(in_time(date, now));
}

void bill_book::set_plan(dated_bill_plan plan) {
    if (plan.plan.rules.empty() && !plan.plan.available)
        plans_.erase(plan.bill_date);
    else
        plans_.insert_or_assign(std::move(plan.bill_date), std::move(plan.plan));
}

} // namespace wxgate::sandbox
