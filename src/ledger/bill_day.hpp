// A day of Beijing's calendar, by which WeChat draws up its bills.
#pragma once

#include "base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace wxgate::ledger {

struct bill_day {
    static constexpr unix_ms length = 24LL * 3600 * 1000; // Beijing's clocks never change

    std::string date; // yyyyMMdd
    unix_ms begin = 0;

    unix_ms end() const noexcept { return begin + length; }

    bool operator==(bill_day const&) const = default;
};

/// Nothing for text that is no day (20261131, 2026-11-23).
std::optional<bill_day> parse_bill_day(std::string_view date);

/// The day that this moment belongs to.
bill_day bill_day_at(unix_ms t);

bill_day day_before(bill_day const& d);
bill_day day_after(bill_day const& d);

} // namespace wxgate::ledger
