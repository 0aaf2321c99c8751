// What a service manager is told of this process, by sd_notify(3)'s protocol: systemd's Type=notify and
// WatchdogSec=.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace wxgate::gateway {

class service_manager {
public:
    /// By the environment that the manager gave: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID. Without it
    /// nobody is told.
    service_manager();

    /// "READY=1", "WATCHDOG=1", … Never waits and never fails.
    void tell(std::string_view what) const noexcept;

    /// How often WATCHDOG=1 is expected; 0: not at all.
    std::chrono::microseconds patience() const noexcept { return patience_; }

private:
    std::string socket_; // a path, or '\0' and a name
    std::chrono::microseconds patience_{0};
};

} // namespace wxgate::gateway
