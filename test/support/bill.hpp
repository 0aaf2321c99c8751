// WeChat's trade bill as this test suite understands it from protocol/wechat-pay-v2.md (A12), and orders that
// are in the store without having gone through the gateway.
#pragma once

#include "support/config.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace wxgate::test {

/// One row. A refund has an out_refund_no; its `fee` is what was refunded.
struct bill_line {
    std::string out_trade_no;
    std::string transaction_id;
    std::int64_t fee = 0;          // fen
    std::string state = "SUCCESS"; // 交易状态; of a refund 退款状态
    std::string out_refund_no;
    std::string refund_id;
};

/// The whole bill, as text, with BOM and CRLF, and a summary that is right.
std::string
bill_text(merchant_config const& of, std::string const& date, std::vector<bill_line> const& lines);

std::string gzipped(std::string const& text);

/// WeChat's word that there is none.
std::string no_bill_xml();

/// yyyyMMdd in Beijing, so many days from today.
std::string beijing_date(int days = 0);

/// The midnight that begins this day, in milliseconds since 1970.
std::int64_t begin_of(std::string const& date);

/// Seconds since the last midnight in Beijing.
std::int64_t beijing_seconds();

/// The number and the transaction of the order `i` that insert_paid() makes, and its amount.
bill_line inserted_line(std::string const& prefix, int i);

/// Writes `count` paid orders of the day into the store's file, while no gateway runs: one after the other
/// from one in the night to eleven in the evening.
void insert_paid(
    std::string const& file,
    merchant_config const& of,
    std::string const& date,
    std::string const& prefix,
    int count
);

} // namespace wxgate::test
