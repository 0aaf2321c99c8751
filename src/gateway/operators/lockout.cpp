#include "gateway/operators/lockout.hpp"

#include <algorithm>

namespace wxgate::gateway {

std::chrono::seconds lockout::wait(std::string const& name, time_point now) const {
    auto const found = accounts_.find(name);
    if (found == accounts_.end() || found->second.open_again <= now)
        return std::chrono::seconds(0);
    return std::chrono::ceil<std::chrono::seconds>(found->second.open_again - now);
}

void lockout::failed(std::string const& name, bool is_known, time_point now) {
    if (!is_known && !accounts_.contains(name))
        make_room(now);
    auto& a = accounts_[name];
    if (is_over(a, now))
        a = {};
    a.is_known = a.is_known || is_known;
    a.failures.push_back(now);
    if (a.failures.size() > limits_.max_failures)
        a.failures.pop_front();
    bool const too_many =
        a.failures.size() == limits_.max_failures && a.failures.front() > now - limits_.failure_window;
    if (!too_many && a.times_shut == 0)
        return;
    milliseconds const doubled = limits_.first_lockout * (1LL << std::min(a.times_shut, 20U));
    a.open_again = now + std::min(doubled, limits_.longest_lockout);
    ++a.times_shut;
}

// Nothing has happened for a whole window beyond the time it was shut.
bool lockout::is_over(account const& a, time_point now) const {
    return !a.failures.empty() && std::max(a.failures.back(), a.open_again) <= now - limits_.failure_window;
}

void lockout::make_room(time_point now) {
    auto const unknown = [](auto const& entry) { return !entry.second.is_known; };
    auto const count = [&] {
        return static_cast<std::size_t>(std::count_if(accounts_.begin(), accounts_.end(), unknown));
    };
    if (count() < limits_.max_unknown_names)
        return;
    std::erase_if(accounts_, [&](auto const& entry) { return is_over(entry.second, now); });
    if (count() < limits_.max_unknown_names)
        return;
    auto oldest = accounts_.end();
    for (auto a = accounts_.begin(); a != accounts_.end(); ++a) {
        bool const older =
            oldest == accounts_.end() || a->second.failures.back() < oldest->second.failures.back();
        if (unknown(*a) && older)
            oldest = a;
    }
    accounts_.erase(oldest);
}

} // namespace wxgate::gateway
