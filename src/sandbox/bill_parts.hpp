// What the two bills (trade and fund flow) share; nothing outside their files includes it.
#pragma once

#include "sandbox/clock.hpp"

#include <wxgate/messages.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace wxgate::sandbox {

/// A day of Beijing's calendar.
struct bill_day {
    static constexpr unix_ms length = 24LL * 3600 * 1000;

    unix_ms begin;

    bool holds(unix_ms t) const noexcept { return t >= begin && t - begin < length; }
};

/// `date` is yyyyMMdd, a day there is.
inline bill_day bill_day_of(std::string_view date) {
    auto const midnight = from_wechat_time(std::string(date) + "000000").value();
    return {std::chrono::duration_cast<milliseconds>(midnight.time_since_epoch()).count()};
}

/// "12.99", "-0.07794": `value` has so many decimal places.
inline std::string bill_decimal(std::int64_t value, std::size_t places) {
    std::string digits = std::to_string(value < 0 ? -value : value);
    if (digits.size() <= places)
        digits = std::string(places + 1 - digits.size(), '0') + digits;
    std::string out = value < 0 ? "-" : "";
    out.append(digits, 0, digits.size() - places).append(".");
    return out.append(digits, digits.size() - places, places);
}

/// Fen as yuan.
inline std::string bill_yuan(std::int64_t in_fen) {
    return bill_decimal(in_fen, 2);
}

} // namespace wxgate::sandbox
