// WeChat's fund-flow bill (protocol A12) of a merchant's basic account: what payments, refunds and fees did
// to it on a day. No I/O and no clock: every function is told the time.
#pragma once

#include "sandbox/bill.hpp"

#include <wxgate/fund_flow.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace wxgate::sandbox {

class fund_flow_book {
public:
    /// All must outlive this object.
    fund_flow_book(order_book& orders, refund_book& refunds, bill_book const& bills)
        : orders_(orders), refunds_(refunds), bills_(bills) {}

    /// The basic account's bill of a day (yyyyMMdd, one there is), with BOM and CRLF. Nothing: "No Bill
    /// Exist". As of the trade bill it is the sandbox's reading that a fee is its payment's next line, and
    /// that the account begins each day with the merchant's configured balance.
    std::optional<std::string> write(merchant const& by, std::string_view date, unix_ms now);

private:
    order_book& orders_;
    refund_book& refunds_;
    bill_book const& bills_;
};

} // namespace wxgate::sandbox
