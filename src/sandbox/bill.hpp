// WeChat's trade bill (protocol A12): every payment of a day and every refund that was accepted on it, as a
// table. No I/O and no clock: every function is told the time.
#pragma once

#include "sandbox/bill_plan.hpp"
#include "sandbox/clock.hpp"
#include "sandbox/orders.hpp"
#include "sandbox/refunds.hpp"
#include "sandbox/settings.hpp"
#include "wire/bill.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace wxgate::sandbox {

/// Draws up bills. A day is one of Beijing's calendar by the sandbox's clock; when its bill can be had is
/// intervals::bill_ready, and for three months (of the calendar: `time_scale` does not shorten them).
class bill_book {
public:
    /// Both must outlive this object.
    bill_book(order_book& orders, refund_book& refunds, intervals const& all)
        : orders_(orders), refunds_(refunds), intervals_(all) {}

    /// The bill of a day (yyyyMMdd, one there is), with BOM and CRLF. Nothing: "No Bill Exist", because it
    /// cannot be had (yet, or any more), or no row would be in it.
    ///
    /// What is not known of WeChat's own bills and is so here: the rows are in the order of time; a control
    /// character in a text is a space; the fee is 0.60% to five decimals, and a refund gives its part back; a
    /// refund's status is that of nine the next morning, REFUNDCLOSE and CHANGE among them. `sub_mch_id`: of
    /// one shop of a provider's only.
    std::optional<std::string> write(
        merchant const& by,
        std::string_view date,
        wire::bill_type type,
        unix_ms now,
        std::string_view sub_mch_id = {}
    );

    /// Whether bills of that day can be had now; the fund flow's follow the trade bill's.
    bool can_be_had(std::string_view date, unix_ms now) const;

    /// From now on the bills of that day are changed so; an empty plan: not at all.
    void set_plan(dated_bill_plan plan);

    void clear() { plans_.clear(); }

private:
    bool in_time(std::string_view date, unix_ms now) const;

    order_book& orders_;
    refund_book& refunds_;
    intervals intervals_;
    std::map<std::string, bill_plan, std::less<>> plans_; // by date
};

} // namespace wxgate::sandbox
