// How long certificates are still good: a metric all the time, a warning at 30, 14, 7 and 1 days.
#pragma once

#include "gateway/settings.hpp"

#include <map>
#include <string>
#include <vector>

namespace wxgate::gateway {

struct watched_certificate {
    std::string name;   // "merchants.shop.client_certificate", "server.certificate"
    std::string labels; // of its metric
    sys_seconds not_after;
};

/// All that this configuration has.
std::vector<watched_certificate> certificates_of(settings const& s);

/// Whole days left, rounded down; negative when it has expired.
std::int64_t days_left(sys_seconds not_after, sys_seconds now) noexcept;

/// The warning that so many days deserve: 30, 14, 7 or 1 days, 0 when it has expired; nothing before.
std::optional<int> threshold_of(std::int64_t days) noexcept;

/// Belongs to the main thread.
class certificate_watch {
public:
    /// Sets the metrics, and warns once of each threshold a certificate has come to. To be called at start,
    /// on reload and every hour.
    void look(settings const& s, sys_seconds now);

private:
    std::map<std::string, int> warned_; // by name and expiry: the last threshold told
};

} // namespace wxgate::gateway
