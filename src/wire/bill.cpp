#include "wire/bill.hpp"

#include "base/text.hpp"

#include <wxgate/fields.hpp>

#include <algorithm>

namespace wxgate {

namespace {

struct type_name {
    bill_type type;
    std::string_view name;
};

constexpr std::array type_names{
    type_name{bill_type::all, "ALL"},
    type_name{bill_type::success, "SUCCESS"},
    type_name{bill_type::refund, "REFUND"},
};

} // namespace

std::string_view to_string(bill_type t) noexcept {
    for (auto const& n : type_names)
        if (n.type == t)
            return n.name;
    return "";
}

std::optional<bill_type> parse_bill_type(std::string_view text) noexcept {
    for (auto const& n : type_names)
        if (n.name == text)
            return n.type;
    return std::nullopt;
}

} // namespace wxgate

namespace wxgate::wire {

namespace {

constexpr std::uint64_t max_yuan = 999'999'999'999; // in 10^-5 yuan it is far below 2^63
constexpr std::size_t max_number = 128;             // bytes

struct column_name {
    std::string_view name;
    bill_column column;
};

constexpr std::array column_names{
    column_name{"交易时间", bill_column::trade_time},
    column_name{"公众账号ID", bill_column::appid},
    column_name{"商户号", bill_column::mch_id},
    column_name{"微信订单号", bill_column::transaction_id},
    column_name{"商户订单号", bill_column::out_trade_no},
    column_name{"用户标识", bill_column::openid},
    column_name{"交易类型", bill_column::trade_type},
    column_name{"交易状态", bill_column::trade_state},
    column_name{"应结订单金额", bill_column::settlement_fee},
    column_name{"总金额", bill_column::early_total},
    column_name{"退款申请时间", bill_column::refund_applied},
    column_name{"退款成功时间", bill_column::refund_succeeded},
    column_name{"微信退款单号", bill_column::refund_id},
    column_name{"商户退款单号", bill_column::out_refund_no},
    column_name{"退款金额", bill_column::settlement_refund_fee},
    column_name{"退款状态", bill_column::refund_status},
    column_name{"商品名称", bill_column::body},
    column_name{"商户数据包", bill_column::attach},
    column_name{"手续费", bill_column::fee},
    column_name{"费率", bill_column::rate},
    column_name{"订单金额", bill_column::total_fee},
    column_name{"申请退款金额", bill_column::refund_fee},
};
static_assert(column_names.size() == static_cast<std::size_t>(bill_column::count));

constexpr std::array required_columns{
    bill_column::trade_time,
    bill_column::appid,
    bill_column::mch_id,
    bill_column::transaction_id,
    bill_column::out_trade_no,
    bill_column::trade_state,
};

// A decimal number with at most so many places, times 10^places.
std::optional<std::int64_t> parse_decimal(std::string_view text, std::size_t places) noexcept {
    bool const negative = text.starts_with('-');
    if (negative)
        text.remove_prefix(1);
    auto const point = text.find('.');
    auto const whole = parse_uint(text.substr(0, point), max_yuan);
    if (!whole)
        return std::nullopt;
    std::string_view fraction;
    if (point != std::string_view::npos) {
        fraction = text.substr(point + 1);
        if (fraction.empty() || fraction.size() > places)
            return std::nullopt;
    }
    auto value = static_cast<std::int64_t>(*whole);
    for (std::size_t i = 0; i < places; ++i) {
        char const digit = i < fraction.size() ? fraction[i] : '0';
        if (!is_digit(digit))
            return std::nullopt;
        value = value * 10 + (digit - '0');
    }
    return negative ? -value : value;
}

std::optional<bill_column> column_of(std::string_view name) noexcept {
    auto const found = std::find_if(column_names.begin(), column_names.end(), [&](column_name const& c) {
        return c.name == name;
    });
    if (found == column_names.end())
        return std::nullopt;
    return found->column;
}

bill_kind kind_of(std::string_view trade_state) noexcept {
    if (trade_state == "SUCCESS")
        return bill_kind::payment;
    return trade_state == "REFUND" ? bill_kind::refund : bill_kind::other;
}

bool is_number(std::string_view text) noexcept {
    return text.size() <= max_number && !has_control(text);
}

// What stands before the document: WeChat writes nothing there.
std::string_view without_head(std::string_view text) noexcept {
    if (text.starts_with(bill_bom))
        text.remove_prefix(bill_bom.size());
    while (!text.empty() && (text.front() == ' ' || text.front() == '\r' || text.front() == '\n'))
        text.remove_prefix(1);
    return text;
}

// The words of either table, or the err_code that downloadfundflow has besides.
bill_trouble trouble_of(std::string_view return_msg) noexcept {
    if (ascii_iequals(return_msg, "No Bill Exist") || return_msg == "NO_BILL_EXIST")
        return bill_trouble::missing;
    constexpr std::array<std::string_view, 8> passing{
        "",
        "Bill Creating",
        "SYSTEMERROR",
        "CompressGZip Error",
        "UnCompressGZip Error",
        "BILL_CREATING",
        "COMPRESSGZIP_ERROR",
        "UNCOMPRESSGZIP_ERROR"};
    bool const passes = std::any_of(passing.begin(), passing.end(), [&](std::string_view p) {
        return ascii_iequals(return_msg, p);
    });
    bool const busy = return_msg.find("系统繁忙") != std::string_view::npos;
    return passes || busy ? bill_trouble::later : bill_trouble::refused;
}

} // namespace

std::optional<fen> parse_yuan(std::string_view text) noexcept {
    auto const amount = parse_decimal(text, 2);
    if (!amount)
        return std::nullopt;
    return fen(*amount);
}

std::optional<std::int64_t> parse_bill_fee(std::string_view text) noexcept {
    return parse_decimal(text, 5);
}

// ---- lines

error_code bill_reader::feed(std::string_view piece, row_sink const& row) {
    if (!error_.failed())
        error_ = lines_.feed(piece, [&](std::string_view line) { return take_line(line, row); });
    return error_;
}

error_code bill_reader::finish() const noexcept {
    if (error_.failed())
        return error_;
    if (stage_ != stage::end)
        return errc::truncated_bill;
    if (lines_.has_rest())
        return errc::malformed_bill;
    return {};
}

error_code bill_reader::take_line(std::string_view line, row_sink const& row) {
    bool good = false;
    switch (stage_) {
    case stage::header:
        good = take_header(line);
        stage_ = stage::rows;
        break;
    case stage::rows:
        if (line.starts_with('`')) {
            good = take_row(line);
            if (good) {
                ++rows_;
                if (row)
                    row(row_);
            }
        } else {
            good = take_summary_header(line);
            stage_ = stage::summary;
        }
        break;
    case stage::summary:
        good = take_summary(line);
        stage_ = stage::end;
        break;
    case stage::end:
        good = line.empty();
        break;
    }
    if (good)
        return {};
    return errc::malformed_bill;
}

bool bill_reader::take_header(std::string_view line) {
    if (line.starts_with(bill_bom))
        line.remove_prefix(bill_bom.size());
    places_.fill(absent);
    bool const fits = for_each_name(line, [&](std::string_view name) {
        if (columns_ == limits_.max_columns)
            return false;
        if (auto const c = column_of(name)) {
            if (has(*c))
                return false; // it stands twice
            places_[static_cast<std::size_t>(*c)] = columns_;
        }
        ++columns_;
        return true;
    });
    bool const complete =
        std::all_of(required_columns.begin(), required_columns.end(), [&](bill_column c) { return has(c); });
    if (!fits || !complete || (!has(bill_column::total_fee) && !has(bill_column::early_total)))
        return false;
    std::size_t const body = place(bill_column::body);
    std::size_t const attach = place(bill_column::attach);
    if (attach == absent || (body != absent && attach == body + 1))
        text_ = body;
    else if (body == absent)
        text_ = attach;
    if (has(bill_column::refund_applied))
        type_ = bill_type::refund;
    else if (!has(bill_column::refund_id))
        type_ = bill_type::success;
    return true;
}

// ---- values

// A row's value; the row has no fewer values than columns. What it has too much belongs to the column at
// text_.
std::string_view bill_reader::value(bill_column c) const noexcept {
    std::size_t const at = place(c);
    if (at == absent)
        return {};
    std::size_t const surplus = values_.size() - columns_;
    if (at < text_)
        return values_[at];
    if (at > text_)
        return values_[at + surplus];
    char const* const begin = values_[at].data();
    auto const& last = values_[at + surplus];
    return {begin, static_cast<std::size_t>(last.data() + last.size() - begin)};
}

bool bill_reader::take_row(std::string_view line) {
    if (!split_values(line, values_) || values_.size() < columns_)
        return false;
    row_.ambiguous = values_.size() > columns_;
    if (row_.ambiguous && text_ == absent)
        return false;
    auto const time = from_wechat_date_time(value(bill_column::trade_time));
    if (!time || !read_numbers() || !read_amounts())
        return false;
    row_.trade_time = *time;
    read_rest();
    return true;
}

bool bill_reader::read_numbers() {
    struct number {
        bill_column column;
        std::string bill_row::*where;
    };

    static constexpr std::array numbers{
        number{bill_column::appid, &bill_row::appid},
        number{bill_column::mch_id, &bill_row::mch_id},
        number{bill_column::transaction_id, &bill_row::transaction_id},
        number{bill_column::out_trade_no, &bill_row::out_trade_no},
        number{bill_column::openid, &bill_row::openid},
        number{bill_column::trade_type, &bill_row::trade_type},
        number{bill_column::trade_state, &bill_row::trade_state},
        number{bill_column::refund_id, &bill_row::refund_id},
        number{bill_column::out_refund_no, &bill_row::out_refund_no},
        number{bill_column::refund_status, &bill_row::refund_status},
        number{bill_column::rate, &bill_row::rate},
    };
    for (auto const& n : numbers) {
        auto const text = value(n.column);
        if (!is_number(text))
            return false;
        row_.*n.where = text;
    }
    row_.kind = kind_of(row_.trade_state);
    if (row_.transaction_id.empty() || row_.out_trade_no.empty() || row_.trade_state.empty())
        return false;
    if (row_.refund_id == "0") // there is none
        row_.refund_id.clear();
    if (row_.kind == bill_kind::refund)
        return !row_.refund_id.empty() && !row_.out_refund_no.empty();
    if (row_.refund_id.empty()) // then this number, "0", is none either
        row_.out_refund_no.clear();
    return true;
}

bool bill_reader::read_amounts() noexcept {
    bill_column const total = has(bill_column::total_fee) ? bill_column::total_fee : bill_column::early_total;
    bool const has_refund_fee = has(bill_column::refund_fee) || has(bill_column::settlement_refund_fee);
    row_.fee = 0;
    if (has(bill_column::fee)) {
        auto const fee = parse_bill_fee(value(bill_column::fee));
        if (!fee)
            return false;
        row_.fee = *fee;
    }
    return (row_.kind != bill_kind::refund || has_refund_fee) && read_amount(total, fen(), row_.total_fee) &&
           read_amount(bill_column::settlement_fee, row_.total_fee, row_.settlement_fee) &&
           read_amount(bill_column::settlement_refund_fee, fen(), row_.settlement_refund_fee) &&
           read_amount(bill_column::refund_fee, row_.settlement_refund_fee, row_.refund_fee);
}

// False when the value is no amount. `otherwise`: what holds when there is no such column.
bool bill_reader::read_amount(bill_column c, fen otherwise, fen& into) const noexcept {
    into = otherwise;
    if (!has(c))
        return true;
    auto const amount = parse_yuan(value(c));
    if (amount)
        into = *amount;
    return amount.has_value();
}

void bill_reader::read_rest() {
    row_.refund_applied = from_wechat_date_time(value(bill_column::refund_applied));
    row_.refund_succeeded = from_wechat_date_time(value(bill_column::refund_succeeded));
    row_.body = value(bill_column::body);
    row_.attach = value(bill_column::attach);
}

// ---- the summary

bool bill_reader::take_summary_header(std::string_view line) {
    return for_each_name(line, [&](std::string_view name) {
        if (summary_names_.size() == limits_.max_columns)
            return false;
        summary_names_.emplace_back(name);
        return true;
    });
}

bool bill_reader::take_summary(std::string_view line) {
    struct sum {
        std::string_view name;
        std::optional<fen> bill_summary::*where;
    };

    // The early format's names stand behind the others.
    static constexpr std::array sums{
        sum{"应结订单总金额", &bill_summary::settlement_fee},
        sum{"退款总金额", &bill_summary::settlement_refund_fee},
        sum{"订单总金额", &bill_summary::total_fee},
        sum{"申请退款总金额", &bill_summary::refund_fee},
        sum{"总交易额", &bill_summary::total_fee},
        sum{"总退款金额", &bill_summary::settlement_refund_fee},
    };
    if (!split_values(line, values_) || values_.size() != summary_names_.size())
        return false;
    std::optional<fen> count;
    for (std::size_t i = 0; i < values_.size(); ++i) {
        if (summary_names_[i] == "总交易单数") {
            count = parse_yuan(values_[i]); // older bills write it "45.0"
        } else if (summary_names_[i] == "手续费总金额") {
            summary_.fee = parse_bill_fee(values_[i]);
            if (!summary_.fee)
                return false;
        }
        for (auto const& s : sums) {
            if (s.name != summary_names_[i])
                continue;
            summary_.*s.where = parse_yuan(values_[i]);
            if (!(summary_.*s.where))
                return false;
        }
    }
    if (!count || count->count() < 0 || count->count() % 100 != 0)
        return false;
    summary_.count = static_cast<std::uint64_t>(count->count() / 100);
    return summary_.count == rows_;
}

// ---- no bill

bool begins_bill_error(std::string_view text) noexcept {
    return without_head(text).starts_with("<xml");
}

result<bill_error> read_bill_error(std::string_view body) {
    fields message;
    if (auto const ec = decode_xml(without_head(body), message))
        return ec;
    bill_error e;
    e.return_msg = message.get("return_msg");
    e.code = message.get("error_code");
    if (message.get("return_code") == "FAIL") {
        e.what = trouble_of(e.return_msg);
        return e;
    }
    if (message.get("result_code") != "FAIL" || message.get("err_code").empty())
        return error_code(errc::malformed_bill);
    e.code = message.get("err_code");
    e.what = trouble_of(e.code);
    if (auto const words = message.get("err_code_des"); !words.empty())
        e.return_msg = words;
    return e;
}

} // namespace wxgate::wire
