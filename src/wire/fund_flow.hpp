// WeChat's fund-flow bill (资金账单, protocol A12), read while it comes in; made like the trade bill
// (wire/bill.hpp). Its summary counts and adds up the movements both ways, so it is compared with the rows.
#pragma once

#include "wire/bill.hpp"
#include "wire/bill_lines.hpp"

#include <wxgate/fund_flow.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

namespace wxgate::wire {

enum class flow_column : std::size_t {
    time,
    transaction_id,
    flow_id,
    business_name,
    business_type,
    direction,
    amount,
    balance,
    applicant,
    note,
    voucher,
    count,
};

/// As bill_reader: one bill, in whatever pieces; one thread at a time; believe the rows when finish() has
/// said that the bill is whole.
class fund_flow_reader {
public:
    /// Takes a row, which is valid during the call.
    using row_sink = std::function<void(fund_flow_row const&)>;

    explicit fund_flow_reader(bill_limits const& limits = {}) : limits_(limits), lines_(limits.max_line) {
        places_.fill(absent);
    }

    /// As bill_reader::feed. malformed_bill also when the summary is not what the rows make.
    error_code feed(std::string_view piece, row_sink const& row);

    /// No error: there was everything. truncated_bill when there was not.
    error_code finish() const noexcept;

    std::uint64_t rows() const noexcept { return seen_.count; }

    /// Valid when finish() was content.
    fund_flow_summary const& summary() const noexcept { return seen_; }

private:
    enum class stage { header, rows, summary, end };

    static constexpr std::size_t absent = static_cast<std::size_t>(-1);

    error_code take_line(std::string_view line, row_sink const& row);
    bool take_header(std::string_view line);
    bool take_row(std::string_view line);
    bool take_summary_header(std::string_view line);
    bool take_summary(std::string_view line);
    std::string_view value(flow_column c) const noexcept;
    bool read_numbers();
    bool read_amounts();

    std::size_t place(flow_column c) const noexcept { return places_[static_cast<std::size_t>(c)]; }

    bill_limits limits_;
    bill_lines lines_;
    stage stage_ = stage::header;
    error_code error_;
    std::array<std::size_t, static_cast<std::size_t>(flow_column::count)> places_{};
    std::size_t columns_ = 0;
    std::size_t text_ = absent;            // where the two columns begin that may hold a separator
    std::vector<std::string_view> values_; // of the line that is being read
    std::vector<std::string> summary_names_;
    fund_flow_row row_; // used again and again
    fund_flow_summary seen_;
};

} // namespace wxgate::wire
