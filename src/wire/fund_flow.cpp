#include "wire/fund_flow.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <optional>

namespace wxgate {

namespace {

struct account_name {
    fund_account account;
    std::string_view name;
};

constexpr std::array account_names{
    account_name{fund_account::basic, "Basic"},
    account_name{fund_account::operation, "Operation"},
    account_name{fund_account::fees, "Fees"},
};

} // namespace

std::string_view to_string(fund_account a) noexcept {
    for (auto const& n : account_names)
        if (n.account == a)
            return n.name;
    return "";
}

std::optional<fund_account> parse_fund_account(std::string_view text) noexcept {
    for (auto const& n : account_names)
        if (n.name == text)
            return n.account;
    return std::nullopt;
}

} // namespace wxgate

namespace wxgate::wire {

namespace {

constexpr std::size_t max_number = 128; // bytes

struct column_name {
    std::string_view name; // or how it begins: amounts have their unit behind them
    flow_column column;
};

constexpr std::array column_names{
    column_name{"记账时间", flow_column::time},
    column_name{"微信支付业务单号", flow_column::transaction_id},
    column_name{"资金流水单号", flow_column::flow_id},
    column_name{"业务名称", flow_column::business_name},
    column_name{"业务类型", flow_column::business_type},
    column_name{"收支类型", flow_column::direction},
    column_name{"收支金额", flow_column::amount},
    column_name{"账户结余", flow_column::balance},
    column_name{"资金变更提交申请人", flow_column::applicant},
    column_name{"备注", flow_column::note},
    column_name{"业务凭证号", flow_column::voucher},
};
static_assert(column_names.size() == static_cast<std::size_t>(flow_column::count));

std::optional<flow_column> column_of(std::string_view name) noexcept {
    for (auto const& c : column_names)
        if (name.starts_with(c.name))
            return c.column;
    return std::nullopt;
}

// A count, as a summary writes it: "3", or "3.0".
std::optional<std::uint64_t> parse_count(std::string_view text) noexcept {
    auto const n = parse_yuan(text);
    if (!n || n->count() < 0 || n->count() % 100 != 0)
        return std::nullopt;
    return static_cast<std::uint64_t>(n->count() / 100);
}

} // namespace

error_code fund_flow_reader::feed(std::string_view piece, row_sink const& row) {
    if (!error_.failed())
        error_ = lines_.feed(piece, [&](std::string_view line) { return take_line(line, row); });
    return error_;
}

error_code fund_flow_reader::finish() const noexcept {
    if (error_.failed())
        return error_;
    if (stage_ != stage::end)
        return errc::truncated_bill;
    if (lines_.has_rest())
        return errc::malformed_bill;
    return {};
}

error_code fund_flow_reader::take_line(std::string_view line, row_sink const& row) {
    bool good = false;
    switch (stage_) {
    case stage::header:
        good = take_header(line);
        stage_ = stage::rows;
        break;
    case stage::rows:
        if (line.starts_with('`')) {
            good = take_row(line);
            if (good && row)
                row(row_);
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

bool fund_flow_reader::take_header(std::string_view line) {
    if (line.starts_with(bill_bom))
        line.remove_prefix(bill_bom.size());
    bool const fits = for_each_name(line, [&](std::string_view name) {
        if (columns_ == limits_.max_columns)
            return false;
        if (auto const c = column_of(name)) {
            if (place(*c) != absent)
                return false; // it stands twice
            places_[static_cast<std::size_t>(*c)] = columns_;
        }
        ++columns_;
        return true;
    });
    bool const complete =
        std::none_of(places_.begin(), places_.end(), [](std::size_t at) { return at == absent; });
    if (!fits || !complete)
        return false;
    if (place(flow_column::note) == place(flow_column::applicant) + 1)
        text_ = place(flow_column::applicant);
    return true;
}

// A row's value; the row has no fewer values than columns. What it has too much belongs to the column at
// text_.
std::string_view fund_flow_reader::value(flow_column c) const noexcept {
    std::size_t const at = place(c);
    std::size_t const surplus = values_.size() - columns_;
    if (at < text_)
        return values_[at];
    if (at > text_)
        return values_[at + surplus];
    char const* const begin = values_[at].data();
    auto const& last = values_[at + surplus];
    return {begin, static_cast<std::size_t>(last.data() + last.size() - begin)};
}

bool fund_flow_reader::take_row(std::string_view line) {
    if (!split_values(line, values_) || values_.size() < columns_)
        return false;
    row_.ambiguous = values_.size() > columns_;
    if (row_.ambiguous && text_ == absent)
        return false;
    auto const time = from_wechat_date_time(value(flow_column::time));
    if (!time || !read_numbers() || !read_amounts())
        return false;
    row_.time = *time;
    row_.applicant = value(flow_column::applicant);
    row_.note = value(flow_column::note);
    ++seen_.count;
    auto& count = row_.income ? seen_.income_count : seen_.expense_count;
    auto& sum = row_.income ? seen_.income : seen_.expense;
    ++count;
    sum = fen(sum.count() + row_.amount.count());
    return true;
}

bool fund_flow_reader::read_numbers() {
    struct number {
        flow_column column;
        std::string fund_flow_row::*where;
    };

    static constexpr std::array numbers{
        number{flow_column::transaction_id, &fund_flow_row::transaction_id},
        number{flow_column::flow_id, &fund_flow_row::flow_id},
        number{flow_column::business_name, &fund_flow_row::business_name},
        number{flow_column::business_type, &fund_flow_row::business_type},
        number{flow_column::voucher, &fund_flow_row::voucher},
    };
    for (auto const& n : numbers) {
        auto const text = value(n.column);
        if (text.size() > max_number || has_control(text))
            return false;
        row_.*n.where = text;
    }
    return true;
}

bool fund_flow_reader::read_amounts() {
    auto const direction = value(flow_column::direction);
    auto const amount = parse_yuan(value(flow_column::amount));
    auto const balance = parse_yuan(value(flow_column::balance));
    if ((direction != "收入" && direction != "支出") || !amount || amount->count() < 0 || !balance)
        return false;
    // A day's sum must stay a number, whoever wrote the bill.
    if (seen_.income.count() + seen_.expense.count() > 4'000'000'000'000'000'000)
        return false;
    row_.income = direction == "收入";
    row_.amount = *amount;
    row_.balance = *balance;
    return true;
}

bool fund_flow_reader::take_summary_header(std::string_view line) {
    return for_each_name(line, [&](std::string_view name) {
        if (summary_names_.size() == limits_.max_columns)
            return false;
        summary_names_.emplace_back(name);
        return true;
    });
}

bool fund_flow_reader::take_summary(std::string_view line) {
    if (!split_values(line, values_) || values_.size() != summary_names_.size())
        return false;
    bool counted = false;
    for (std::size_t i = 0; i < values_.size(); ++i) {
        std::string_view const name = summary_names_[i];
        bool right = true;
        if (name.starts_with("资金流水总笔数"))
            counted = right = parse_count(values_[i]) == seen_.count;
        else if (name.starts_with("收入笔数"))
            right = parse_count(values_[i]) == seen_.income_count;
        else if (name.starts_with("支出笔数"))
            right = parse_count(values_[i]) == seen_.expense_count;
        else if (name.starts_with("收入金额"))
            right = parse_yuan(values_[i]) == seen_.income;
        else if (name.starts_with("支出金额"))
            right = parse_yuan(values_[i]) == seen_.expense;
        if (!right)
            return false;
    }
    return counted;
}

} // namespace wxgate::wire
