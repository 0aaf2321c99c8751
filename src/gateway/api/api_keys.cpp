#include "gateway/api/api_keys.hpp"

#include "base/text.hpp"
#include "wire/digest.hpp"

namespace wxgate::gateway {

bool rate_limit::take(std::chrono::steady_clock::time_point now) noexcept {
    if (interval_ns_ == 0)
        return true;
    constexpr std::int64_t burst_ns = 1'000'000'000;
    auto const now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
    auto next = next_ns_.load(std::memory_order_relaxed);
    for (;;) {
        auto const begins = std::max(next, now_ns - burst_ns);
        if (begins + interval_ns_ > now_ns)
            return false;
        if (next_ns_.compare_exchange_weak(next, begins + interval_ns_, std::memory_order_relaxed))
            return true;
    }
}

namespace {

metrics::counter& limited_counter(std::string_view key) {
    std::string labels = "key=\"";
    append_json_escaped(labels, key);
    labels += '"';
    return metrics::get_counter(
        "wxgate_rate_limited_total", "Calls that were refused because their API key made too many.", labels
    );
}

} // namespace

api_keys::api_keys(settings const& s) {
    for (auto const& k : s.api_keys)
        by_digest_.emplace(
            k.sha256, known_key{k, std::make_unique<rate_limit>(k.rate), &limited_counter(k.name)}
        );
}

known_key const* api_keys::find(std::string_view authorization) const {
    constexpr std::string_view scheme = "Bearer ";
    if (authorization.size() <= scheme.size() || authorization.size() > 512 ||
        !ascii_iequals(authorization.substr(0, scheme.size()), scheme))
        return nullptr;
    auto const digest = wire::sha256({authorization.substr(scheme.size())});
    auto const found = by_digest_.find(std::string(digest.begin(), digest.end()));
    return found == by_digest_.end() ? nullptr : &found->second;
}

} // namespace wxgate::gateway
