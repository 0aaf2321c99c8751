// The sandbox's time: the real UTC clock plus what POST /control/clock added, and WeChat's intervals made
// shorter by `time_scale`. Everything that decides by time is handed a value, so that tests need no waiting.
#pragma once

#include "base/time.hpp"

#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace wxgate::sandbox {

using std::chrono::milliseconds;

class sandbox_clock {
public:
    using source = std::function<unix_ms()>;

    explicit sandbox_clock(source real = now_ms) : real_(std::move(real)) {}

    unix_ms now() const { return real_() + advanced_.count(); }

    /// Moves the clock forward for good. False, and nothing moved, when it would end more than ten years
    /// ahead.
    bool advance(milliseconds by);

    /// Back to the real time.
    void reset() noexcept { advanced_ = milliseconds(0); }

private:
    source real_;
    milliseconds advanced_{0};
};

/// "250ms", "15s", "3m", "2h", "7d"; nothing for anything else (no sign, no fraction, at most ten years).
std::optional<milliseconds> parse_duration(std::string_view text) noexcept;

/// The reverse, in the largest unit that leaves no fraction: "90s", "2h", "0s".
std::string to_text(milliseconds duration);

/// WeChat's intervals (protocol A4, A8, A10, A12).
struct intervals {
    milliseconds prepay_life = std::chrono::hours(2);
    milliseconds order_life = std::chrono::hours(7 * 24);
    milliseconds shortest_expiry = std::chrono::minutes(1);    // time_expire must be further away than this
    milliseconds refund_window = std::chrono::hours(365 * 24); // after the payment
    milliseconds refund_spacing = std::chrono::minutes(1);     // between two refunds of one order
    milliseconds refund_settle = std::chrono::seconds(2);      // WeChat's takes minutes to days
    milliseconds mweb_life = std::chrono::minutes(5);
    milliseconds password_time = std::chrono::seconds(10); // that a customer takes who is asked for it
    milliseconds reverse_wait = std::chrono::seconds(15);  // after micropay; before, reverse says "again"
    milliseconds reverse_window = std::chrono::hours(7 * 24);
    /// From the beginning of a day in Beijing until its bill can be had: the day, and the night up to nine.
    /// What a day is stays the calendar's, whatever the scale, so that a bill's date is the date of what
    /// stands in it: under a scale the bill can be had while the day goes on, and then holds what happened so
    /// far.
    milliseconds bill_ready = std::chrono::hours(24 + 9);
    /// The wait before each retry of a notification; after the last one WeChat gives up.
    std::array<milliseconds, 15> notify_schedule = {
        std::chrono::seconds(15),
        std::chrono::seconds(15),
        std::chrono::seconds(30),
        std::chrono::minutes(3),
        std::chrono::minutes(10),
        std::chrono::minutes(20),
        std::chrono::minutes(30),
        std::chrono::minutes(30),
        std::chrono::minutes(30),
        std::chrono::minutes(60),
        std::chrono::hours(3),
        std::chrono::hours(3),
        std::chrono::hours(3),
        std::chrono::hours(6),
        std::chrono::hours(6)};
};

/// Every interval divided by `time_scale` (≥ 1), but never less than a millisecond.
intervals scaled_intervals(unsigned time_scale) noexcept;

/// yyyyMMddHHmmss in Beijing.
std::string beijing_time(unix_ms t);

/// yyyy-MM-dd HH:mm:ss in Beijing, as refunds have it.
std::string beijing_date_time(unix_ms t);

} // namespace wxgate::sandbox
