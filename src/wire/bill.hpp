// WeChat's trade bill (交易账单, protocol A12), read while it comes in: a line that names the columns, a line
// for every payment and refund of the day, and at the end a summary, by which a bill that was cut off is told
// from a whole one. It carries no signature.
//
// Every value begins with a backtick and none is quoted, so a line is cut at ",`". What somebody chose freely
// (商品名称, 商户数据包) may hold even that; these two columns stand side by side, so what a line has too
// much is theirs, and everything before and behind them keeps its place.
#pragma once

#include "wire/bill_lines.hpp"

#include <wxgate/bill.hpp>
#include <wxgate/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wxgate::wire {

/// Yuan with at most two decimals, as a bill writes amounts ("0.01", "45", "45.0", "-3.00"), to fen. Nothing
/// for anything else: a third decimal, an exponent, "+", a leading zero, 10^12 yuan and more.
std::optional<fen> parse_yuan(std::string_view text) noexcept;

/// The same with at most five decimals, as a bill writes fees, to hundred-thousandths of a yuan.
std::optional<std::int64_t> parse_bill_fee(std::string_view text) noexcept;

// The words for what it reads are the client library's too.
using wxgate::bill_kind;
using wxgate::bill_row;
using wxgate::bill_summary;
using wxgate::bill_type;
using wxgate::parse_bill_type;

/// Bounds of what is read. Over any of them: malformed_bill.
struct bill_limits {
    std::size_t max_line = 64UL * 1024; // bytes
    std::size_t max_columns = 64;
};

/// The columns that are read. A bill may have others; early_total stands in bills of an early format, which
/// some merchants still get, instead of both total_fee and settlement_fee.
enum class bill_column : std::size_t {
    trade_time,
    appid,
    mch_id,
    transaction_id,
    out_trade_no,
    openid,
    trade_type,
    trade_state,
    settlement_fee,
    early_total,
    refund_applied,
    refund_succeeded,
    refund_id,
    out_refund_no,
    settlement_refund_fee,
    refund_status,
    body,
    attach,
    fee,
    rate,
    total_fee,
    refund_fee,
    count,
};

/// Reads one bill, however it is cut into pieces. Its memory is a line's. Not synchronised: one thread at a
/// time.
///
/// What the rows say is to be believed when finish() has said that the bill is whole, not before.
class bill_reader {
public:
    /// Takes a row, which is valid during the call.
    using row_sink = std::function<void(bill_row const&)>;

    explicit bill_reader(bill_limits const& limits = {}) : limits_(limits), lines_(limits.max_line) {}

    /// Takes the next bytes of the text and hands out the rows that are complete with them. malformed_bill
    /// for what is no bill (an XML answer, a page of HTML, a line with too few values, a value that is none,
    /// a count in the summary that is not the rows'); every later call then says so too. What `row` throws
    /// passes through, and this object is of no more use.
    error_code feed(std::string_view piece, row_sink const& row);

    /// No error: there was everything, up to the end of the summary's line. truncated_bill when there was
    /// not.
    error_code finish() const noexcept;

    /// How many rows were handed out.
    std::uint64_t rows() const noexcept { return rows_; }

    /// By the columns it has. Valid once a row came, or finish() was content.
    bill_type type() const noexcept { return type_; }

    /// Valid when finish() was content.
    bill_summary const& summary() const noexcept { return summary_; }

private:
    enum class stage { header, rows, summary, end };

    static constexpr std::size_t absent = static_cast<std::size_t>(-1);

    error_code take_line(std::string_view line, row_sink const& row);
    bool take_header(std::string_view line);
    bool take_row(std::string_view line);
    bool take_summary_header(std::string_view line);
    bool take_summary(std::string_view line);

    bool has(bill_column c) const noexcept { return place(c) != absent; }

    std::size_t place(bill_column c) const noexcept { return places_[static_cast<std::size_t>(c)]; }

    std::string_view value(bill_column c) const noexcept;
    bool read_numbers();
    bool read_amounts() noexcept;
    bool read_amount(bill_column c, fen otherwise, fen& into) const noexcept;
    void read_rest();

    bill_limits limits_;
    stage stage_ = stage::header;
    error_code error_;
    bill_lines lines_;
    std::array<std::size_t, static_cast<std::size_t>(bill_column::count)> places_{};
    std::size_t columns_ = 0;
    std::size_t text_ = absent; // where the columns begin that may hold a separator
    bill_type type_ = bill_type::all;
    std::vector<std::string_view> values_; // of the line that is being read
    std::vector<std::string> summary_names_;
    std::uint64_t rows_ = 0;
    bill_row row_; // used again and again
    bill_summary summary_;
};

/// Why WeChat gives no bill.
enum class bill_trouble {
    missing, // "No Bill Exist": not drawn up yet, or nothing happened that day. It does not say which.
    later,   // WeChat is not ready or not well: ask again
    refused, // the request was wrong
};

struct bill_error {
    bill_trouble what = bill_trouble::later;
    std::string return_msg;
    std::string code; // error_code, e.g. "20002"; may be empty
};

/// True when these are the first bytes (four are enough) of an XML answer. No bill begins so, and no gzip.
bool begins_bill_error(std::string_view text) noexcept;

/// Reads the answer to downloadbill or downloadfundflow that is no table. It is not signed: a hint, of which
/// nothing follows about anybody's money. malformed_xml and its kin; malformed_bill when neither its
/// return_code nor its result_code is FAIL.
result<bill_error> read_bill_error(std::string_view body);

} // namespace wxgate::wire
