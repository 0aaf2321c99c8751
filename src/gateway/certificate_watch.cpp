#include "gateway/certificate_watch.hpp"

#include "base/log.hpp"
#include "base/metrics.hpp"

namespace wxgate::gateway {

std::vector<watched_certificate> certificates_of(settings const& s) {
    std::vector<watched_certificate> all;
    if (!s.certificate.empty())
        all.push_back({"server.certificate", R"(kind="server",merchant="")", s.certificate_expires});
    for (auto const& [name, m] : s.merchants)
        if (!m.identity.empty())
            all.push_back(
                {"merchants." + name + (m.client_p12.empty() ? ".client_certificate" : ".client_p12"),
                 R"(kind="client",merchant=")" + name + '"',
                 m.identity_expires}
            );
    return all;
}

std::int64_t days_left(sys_seconds not_after, sys_seconds now) noexcept {
    return std::chrono::floor<std::chrono::days>(not_after - now).count();
}

std::optional<int> threshold_of(std::int64_t days) noexcept {
    if (days < 0)
        return 0;
    for (int const at : {1, 7, 14, 30})
        if (days <= at)
            return at;
    return std::nullopt;
}

void certificate_watch::look(settings const& s, sys_seconds now) {
    for (auto const& c : certificates_of(s)) {
        auto const days = days_left(c.not_after, now);
        metrics::get_gauge(
            "wxgate_certificate_expiry_timestamp_seconds",
            "When a certificate expires, in seconds since 1970.",
            c.labels
        )
            .set(c.not_after.time_since_epoch().count());
        auto const at = threshold_of(days);
        auto const key = c.name + ' ' + std::to_string(c.not_after.time_since_epoch().count());
        auto const told = warned_.find(key);
        if (!at || (told != warned_.end() && told->second <= *at))
            continue;
        warned_[key] = *at;
        if (*at == 0)
            log::error("a certificate has expired", {{"certificate", c.name}});
        else
            log::warn("a certificate expires soon", {{"certificate", c.name}, {"days_left", days}});
    }
}

} // namespace wxgate::gateway
