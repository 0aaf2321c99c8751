#include "base/time.hpp"

#include "base/text.hpp"

#include <array>
#include <cstdio>

namespace wxgate {

using namespace std::chrono;

unix_ms now_ms() noexcept {
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::string to_rfc3339(unix_ms t) {
    auto const at = sys_time<milliseconds>(milliseconds(t));
    auto const day = floor<days>(at);
    year_month_day const date(day);
    hh_mm_ss const time(at - day);
    std::array<char, 48> buffer{};
    int const n = std::snprintf(
        buffer.data(),
        buffer.size(),
        "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        static_cast<int>(time.hours().count()),
        static_cast<int>(time.minutes().count()),
        static_cast<int>(time.seconds().count()),
        static_cast<int>(time.subseconds().count())
    );
    return {buffer.data(), static_cast<std::size_t>(n)};
}

namespace {

// Takes `n` digits off the front; -1 when they are not there.
int take_digits(std::string_view& text, std::size_t n) noexcept {
    if (text.size() < n)
        return -1;
    int value = 0;
    for (std::size_t i = 0; i < n; ++i) {
        if (!is_digit(text[i]))
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(n);
    return value;
}

bool take(std::string_view& text, char c) noexcept {
    if (text.empty() || ascii_lower(text.front()) != ascii_lower(c))
        return false;
    text.remove_prefix(1);
    return true;
}

} // namespace

std::optional<unix_ms> from_rfc3339(std::string_view text) noexcept {
    int const y = take_digits(text, 4);
    if (y < 0 || !take(text, '-'))
        return std::nullopt;
    int const mon = take_digits(text, 2);
    if (mon < 0 || !take(text, '-'))
        return std::nullopt;
    int const d = take_digits(text, 2);
    if (d < 0 || !take(text, 'T'))
        return std::nullopt;
    int const h = take_digits(text, 2);
    if (h < 0 || h > 23 || !take(text, ':'))
        return std::nullopt;
    int const min = take_digits(text, 2);
    if (min < 0 || min > 59 || !take(text, ':'))
        return std::nullopt;
    int const s = take_digits(text, 2);
    if (s < 0 || s > 59)
        return std::nullopt;
    int ms = 0;
    if (take(text, '.')) {
        if (text.empty() || !is_digit(text.front()))
            return std::nullopt;
        for (int weight = 100; !text.empty() && is_digit(text.front()); weight /= 10, text.remove_prefix(1))
            ms += (text.front() - '0') * weight;
    }
    int offset = 0;
    if (!take(text, 'Z')) {
        int const sign = take(text, '+') ? 1 : take(text, '-') ? -1 : 0;
        int const oh = take_digits(text, 2);
        if (sign == 0 || oh < 0 || oh > 23 || !take(text, ':'))
            return std::nullopt;
        int const om = take_digits(text, 2);
        if (om < 0 || om > 59)
            return std::nullopt;
        offset = sign * (oh * 60 + om);
    }
    auto const date = year(y) / month(static_cast<unsigned>(mon)) / day(static_cast<unsigned>(d));
    if (!text.empty() || !date.ok())
        return std::nullopt;
    auto const at = sys_days(date) + hours(h) + minutes(min - offset) + seconds(s) + milliseconds(ms);
    return duration_cast<milliseconds>(at.time_since_epoch()).count();
}

} // namespace wxgate
