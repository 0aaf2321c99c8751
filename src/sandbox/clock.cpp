#include "sandbox/clock.hpp"

#include "base/text.hpp"

#include <wxgate/messages.hpp>

#include <algorithm>

namespace wxgate::sandbox {

namespace {

constexpr milliseconds furthest = std::chrono::hours(24 * 3650);

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
    std::string_view const unit = text.substr(digits);
    std::int64_t factor = 0;
    if (unit == "ms")
        factor = 1;
    else if (unit == "s")
        factor = 1000;
    else if (unit == "m")
        factor = 60'000;
    else if (unit == "h")
        factor = 3'600'000;
    else if (unit == "d")
        factor = 86'400'000;
    else
        return std::nullopt;
    auto const most = static_cast<std::uint64_t>(furthest.count() / factor);
    auto const number = parse_uint(text.substr(0, digits), most);
    if (!number)
        return std::nullopt;
    return milliseconds(static_cast<std::int64_t>(*number) * factor);
}

intervals scaled_intervals(unsigned time_scale) noexcept {
    auto const scale = [&](milliseconds& d) { d = std::max(d / std::max(time_scale, 1U), milliseconds(1)); };
    intervals out;
    scale(out.prepay_life);
    scale(out.order_life);
    scale(out.shortest_expiry);
    for (auto& wait : out.notify_schedule)
        scale(wait);
    return out;
}

std::string beijing_time(unix_ms t) {
    return to_wechat_time(
        std::chrono::floor<std::chrono::seconds>(std::chrono::sys_time<milliseconds>(milliseconds(t)))
    );
}

} // namespace wxgate::sandbox
