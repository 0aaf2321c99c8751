#include "base/time.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace wxgate {

using namespace std::chrono;

unix_ms now_ms() noexcept {
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

namespace {

// `digits` of them, the last ones of `n`, and what stands behind them. Gives the place after.
char* put(char* at, unsigned n, int digits, char behind) {
    for (int i = digits; i-- > 0; n /= 10)
        at[i] = static_cast<char>('0' + n % 10);
    at[digits] = behind;
    return at + digits + 1;
}

unsigned year_of(year_month_day const& date) {
    return static_cast<unsigned>(std::clamp(static_cast<int>(date.year()), 0, 9999));
}

} // namespace

// By hand: it stands in every line of the log.
void append_rfc3339(std::string& out, unix_ms t) {
    auto const at = sys_time<milliseconds>(milliseconds(t));
    auto const day = floor<days>(at);
    year_month_day const date(day);
    auto const ms = static_cast<unsigned>((at - day).count());
    char text[24];
    char* to = put(text, year_of(date), 4, '-');
    to = put(to, static_cast<unsigned>(date.month()), 2, '-');
    to = put(to, static_cast<unsigned>(date.day()), 2, 'T');
    to = put(to, ms / 3'600'000, 2, ':');
    to = put(to, ms / 60'000 % 60, 2, ':');
    to = put(to, ms / 1000 % 60, 2, '.');
    put(to, ms % 1000, 3, 'Z');
    out.append(text, sizeof text);
}

std::string to_rfc3339(unix_ms t) {
    std::string text;
    text.reserve(24);
    append_rfc3339(text, t);
    return text;
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

namespace {

constexpr std::string_view day_names = "SunMonTueWedThuFriSat";
constexpr std::string_view month_names = "JanFebMarAprMayJunJulAugSepOctNovDec";

// Takes one of the three-letter names off the front and gives its place; -1 when there is none.
int take_name(std::string_view& text, std::string_view names) noexcept {
    for (std::size_t i = 0; i < names.size(); i += 3)
        if (text.starts_with(names.substr(i, 3))) {
            text.remove_prefix(3);
            return static_cast<int>(i / 3);
        }
    return -1;
}

bool take_text(std::string_view& text, std::string_view what) noexcept {
    if (!text.starts_with(what))
        return false;
    text.remove_prefix(what.size());
    return true;
}

} // namespace

std::string to_http_date(unix_ms t) {
    auto const at = sys_time<milliseconds>(milliseconds(t));
    auto const day = floor<days>(at);
    year_month_day const date(day);
    auto const ms = static_cast<unsigned>((at - day).count());
    std::string text(day_names.substr(weekday(day).c_encoding() * 3, 3));
    text += ", ";
    char rest[24];
    char* to = put(rest, static_cast<unsigned>(date.day()), 2, ' ');
    to += month_names.copy(to, 3, (static_cast<unsigned>(date.month()) - 1) * 3);
    *to++ = ' ';
    to = put(to, year_of(date), 4, ' ');
    to = put(to, ms / 3'600'000, 2, ':');
    to = put(to, ms / 60'000 % 60, 2, ':');
    to = put(to, ms / 1000 % 60, 2, ' ');
    text.append(rest, to);
    return text += "GMT";
}

std::optional<unix_ms> from_http_date(std::string_view text) noexcept {
    int const weekday_told = take_name(text, day_names);
    if (weekday_told < 0 || !take_text(text, ", "))
        return std::nullopt;
    int const d = take_digits(text, 2);
    if (d < 0 || !take_text(text, " "))
        return std::nullopt;
    int const mon = take_name(text, month_names);
    if (mon < 0 || !take_text(text, " "))
        return std::nullopt;
    int const y = take_digits(text, 4);
    if (y < 0 || !take_text(text, " "))
        return std::nullopt;
    int const h = take_digits(text, 2);
    if (h < 0 || h > 23 || !take_text(text, ":"))
        return std::nullopt;
    int const min = take_digits(text, 2);
    if (min < 0 || min > 59 || !take_text(text, ":"))
        return std::nullopt;
    int const s = take_digits(text, 2);
    auto const date = year(y) / month(static_cast<unsigned>(mon + 1)) / day(static_cast<unsigned>(d));
    if (s < 0 || s > 60 || text != " GMT" || !date.ok()) // 60: a leap second
        return std::nullopt;
    if (weekday(sys_days(date)).c_encoding() != static_cast<unsigned>(weekday_told))
        return std::nullopt;
    auto const at = sys_days(date) + hours(h) + minutes(min) + seconds(s);
    return duration_cast<milliseconds>(at.time_since_epoch()).count();
}

} // namespace wxgate
