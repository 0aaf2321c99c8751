#include "sandbox/clock.hpp"

#include "base/text.hpp"

#include <wxgate/messages.hpp>

#include <algorithm>

namespace wxgate::sandbox {

namespace {

constexpr milliseconds furthest = std::chrono::hours(24 * 3650);

struct unit {
    std::string_view name;
    std::int64_t ms;
};

constexpr std::array units{
    unit{"d", 86'400'000}, unit{"h", 3'600'000}, unit{"m", 60'000}, unit{"s", 1000}, unit{"ms", 1}};

} // namespace

bool sandbox_clock::advance(milliseconds by) {
    if (by < milliseconds(0) || by > furthest - advanced_)
        return false;
    advanced_ += by;
    return true;
}

std::optional<milliseconds> parse_duration(std::string_view text) noexcept {
    std::size_t digits = 0;
    while (digits < text.size() && is_digit(text[digits]))
        ++digits;
    auto const of = std::find_if(units.begin(), units.end(), [&](unit const& u) {
        return u.name == text.substr(digits);
    });
    if (of == units.end())
        return std::nullopt;
    auto const number =
        parse_uint(text.substr(0, digits), static_cast<std::uint64_t>(furthest.count() / of->ms));
    if (!number)
        return std::nullopt;
    return milliseconds(static_cast<std::int64_t>(*number) * of->ms);
}

std::string to_text(milliseconds duration) {
    if (duration == milliseconds(0))
        return "0s";
    auto const whole =
        std::find_if(units.begin(), units.end(), [&](unit const& u) { return duration.count() % u.ms == 0; });
    return std::to_string(duration.count() / whole->ms).append(whole->name);
}

intervals scaled_intervals(unsigned time_scale) noexcept {
    auto const scale = [&](milliseconds& d) { d = std::max(d / std::max(time_scale, 1U), milliseconds(1)); };
    intervals out;
    scale(out.prepay_life);
    scale(out.order_life);
    scale(out.shortest_expiry);
    scale(out.refund_window);
    scale(out.refund_spacing);
    scale(out.refund_settle);
    scale(out.mweb_life);
    scale(out.password_time);
    scale(out.reverse_wait);
    scale(out.reverse_window);
    scale(out.bill_ready);
    for (auto& wait : out.notify_schedule)
        scale(wait);
    return out;
}

std::string beijing_time(unix_ms t) {
    return to_wechat_time(
        std::chrono::floor<std::chrono::seconds>(std::chrono::sys_time<milliseconds>(milliseconds(t)))
    );
}

std::string beijing_date_time(unix_ms t) {
    std::string const d = beijing_time(t);
    return d.substr(0, 4) + '-' + d.substr(4, 2) + '-' + d.substr(6, 2) + ' ' + d.substr(8, 2) + ':' +
           d.substr(10, 2) + ':' + d.substr(12, 2);
}

} // namespace wxgate::sandbox
