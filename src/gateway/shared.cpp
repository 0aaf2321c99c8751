#include "gateway/shared.hpp"

namespace wxgate::gateway {

bool pace::take(std::string const& key) {
    auto const now = std::chrono::steady_clock::now();
    std::lock_guard const lock(mutex_);
    auto const found = last_.find(key);
    if (found != last_.end() && now - found->second < interval_)
        return false;
    if (last_.size() >= max_keys)
        std::erase_if(last_, [&](auto const& entry) { return now - entry.second >= interval_; });
    if (last_.size() >= max_keys)
        return false;
    last_.insert_or_assign(key, now);
    return true;
}

void count_anomaly(std::string_view kind) {
    auto const labels = "kind=\"" + std::string(kind) + '"';
    metrics::get_counter("wxgate_anomalies_total", "Findings that a person must settle.", labels).add();
}

} // namespace wxgate::gateway
