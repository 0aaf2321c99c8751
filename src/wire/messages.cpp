#include "base/text.hpp"

#include <wxgate/messages.hpp>

#include <array>
#include <cstdio>

namespace wxgate {

namespace {

using namespace std::chrono;

constexpr hours beijing{8}; // UTC+8 all the year, whatever zone this host is in

template <class State>
struct state_name {
    State state;
    std::string_view name;
};

constexpr std::array<state_name<trade_state>, 8> states{{
    {trade_state::CREATED, "CREATED"},
    {trade_state::NOTPAY, "NOTPAY"},
    {trade_state::USERPAYING, "USERPAYING"},
    {trade_state::SUCCESS, "SUCCESS"},
    {trade_state::REFUND, "REFUND"},
    {trade_state::CLOSED, "CLOSED"},
    {trade_state::REVOKED, "REVOKED"},
    {trade_state::PAYERROR, "PAYERROR"},
}};

constexpr std::array<state_name<refund_status>, 8> statuses{{
    {refund_status::REQUESTED, "REQUESTED"},
    {refund_status::APPROVED, "APPROVED"},
    {refund_status::REJECTED, "REJECTED"},
    {refund_status::PROCESSING, "PROCESSING"},
    {refund_status::SUCCESS, "SUCCESS"},
    {refund_status::CHANGE, "CHANGE"},
    {refund_status::REFUNDCLOSE, "REFUNDCLOSE"},
    {refund_status::FAILED, "FAILED"},
}};

template <class Names, class State>
std::string_view name_of(Names const& names, State s) noexcept {
    for (auto const& entry : names)
        if (entry.state == s)
            return entry.name;
    return "";
}

template <class Names>
auto state_of(Names const& names, std::string_view text) noexcept {
    std::optional<decltype(names.front().state)> found;
    for (auto const& entry : names)
        if (entry.name == text)
            found = entry.state;
    return found;
}

// The number that `size` digits at `at` make; they are digits.
constexpr unsigned number(std::string_view digits, std::size_t at, std::size_t size) noexcept {
    unsigned n = 0;
    for (char const c : digits.substr(at, size))
        n = n * 10 + static_cast<unsigned>(c - '0');
    return n;
}

bool all_digits(std::string_view text) noexcept {
    for (char const c : text)
        if (!is_digit(c))
            return false;
    return true;
}

} // namespace

result<fen> fen::parse(std::string_view text) noexcept {
    auto const n = parse_uint(text, static_cast<std::uint64_t>(max_amount.count()));
    if (!n)
        return error_code(errc::bad_amount);
    return fen(static_cast<std::int64_t>(*n));
}

std::string fen::to_string() const {
    return std::to_string(amount_);
}

std::string_view to_string(trade_state s) noexcept {
    return name_of(states, s);
}

std::optional<trade_state> parse_trade_state(std::string_view text) noexcept {
    return state_of(states, text);
}

std::string_view to_string(refund_status s) noexcept {
    return name_of(statuses, s);
}

std::optional<refund_status> parse_refund_status(std::string_view text) noexcept {
    return state_of(statuses, text);
}

std::string to_wechat_time(wxgate::sys_seconds t) {
    auto const local = t + beijing;
    auto const day = floor<days>(local);
    year_month_day const date(day);
    hh_mm_ss const time(local - day);
    std::array<char, 64> buffer{};
    int const n = std::snprintf(
        buffer.data(),
        buffer.size(),
        "%04d%02u%02u%02d%02d%02d",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        static_cast<int>(time.hours().count()),
        static_cast<int>(time.minutes().count()),
        static_cast<int>(time.seconds().count())
    );
    return {buffer.data(), static_cast<std::size_t>(n)};
}

std::optional<wxgate::sys_seconds> from_wechat_time(std::string_view text) noexcept {
    if (text.size() != 14 || !all_digits(text))
        return std::nullopt;
    auto const date =
        year(static_cast<int>(number(text, 0, 4))) / month(number(text, 4, 2)) / day(number(text, 6, 2));
    unsigned const h = number(text, 8, 2);
    unsigned const m = number(text, 10, 2);
    unsigned const s = number(text, 12, 2);
    if (!date.ok() || h > 23 || m > 59 || s > 59)
        return std::nullopt;
    return sys_days(date) + hours(h) + minutes(m) + seconds(s) - beijing;
}

std::optional<wxgate::sys_seconds> from_wechat_date_time(std::string_view text) noexcept {
    constexpr std::string_view shape = "dddd-dd-dd dd:dd:dd";
    if (text.size() != shape.size())
        return std::nullopt;
    std::array<char, 14> digits{};
    std::size_t n = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] == 'd')
            digits[n++] = text[i];
        else if (shape[i] != text[i])
            return std::nullopt;
    }
    return from_wechat_time({digits.data(), n});
}

} // namespace wxgate
