#include "ledger/bill_day.hpp"

#include <wxgate/messages.hpp>

#include <chrono>

namespace wxgate::ledger {

std::optional<bill_day> parse_bill_day(std::string_view date) {
    std::optional<bill_day> day;
    if (date.size() != 8)
        return day;
    if (auto const midnight = from_wechat_time(std::string(date) + "000000"))
        day = bill_day{std::string(date), midnight->time_since_epoch().count() * 1000};
    return day;
}

bill_day bill_day_at(unix_ms t) {
    auto const at = std::chrono::floor<std::chrono::seconds>(
        std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(t))
    );
    auto const date = to_wechat_time(at).substr(0, 8);
    return parse_bill_day(date).value_or(bill_day{date, t});
}

bill_day day_before(bill_day const& d) {
    return bill_day_at(d.begin - 1);
}

bill_day day_after(bill_day const& d) {
    return bill_day_at(d.end());
}

} // namespace wxgate::ledger
