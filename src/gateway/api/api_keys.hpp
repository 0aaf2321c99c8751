// The merchants' API keys: who calls, what it may do, and how often.
#pragma once

#include "base/metrics.hpp"
#include "gateway/settings.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace wxgate::gateway {

/// Lets `rate` calls a second through, with a burst of one second's worth. Shared by the workers, lock-free
/// (GCRA).
class rate_limit {
public:
    explicit rate_limit(std::int64_t rate) noexcept : interval_ns_(rate == 0 ? 0 : 1'000'000'000 / rate) {}

    bool take(std::chrono::steady_clock::time_point now) noexcept;

private:
    std::int64_t interval_ns_;
    std::atomic<std::int64_t> next_ns_{0}; // when the bucket would be full again
};

/// A key with its limiter. Lives as long as the table.
struct known_key {
    api_key key;
    std::unique_ptr<rate_limit> limit;
    metrics::counter* limited; // calls over the limit
};

/// Immutable; made from the settings, swapped on reload.
class api_keys {
public:
    explicit api_keys(settings const& s);

    /// The key presented in `Authorization: Bearer KEY`; null when it is not one of ours. The look-up is by
    /// the key's SHA-256, so its time tells nothing about the keys.
    known_key const* find(std::string_view authorization) const;

private:
    std::unordered_map<std::string, known_key> by_digest_;
};

} // namespace wxgate::gateway
