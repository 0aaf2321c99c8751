// Everything the sandbox knows and remembers, in one place. One thread; no I/O.
#pragma once

#include "base/ids.hpp"
#include "sandbox/clock.hpp"
#include "sandbox/faults.hpp"
#include "sandbox/login.hpp"
#include "sandbox/notifications.hpp"
#include "sandbox/orders.hpp"
#include "sandbox/request_log.hpp"
#include "sandbox/settings.hpp"
#include "sandbox/wechat_api.hpp"

#include <functional>

namespace wxgate::sandbox {

struct world {
    explicit world(settings const& s, sandbox_clock c = sandbox_clock(), random_text random = random_alnum)
        : merchants(s.merchants), seed(s.seed), clock(std::move(c)),
          orders(scaled_intervals(s.time_scale), random), notifications(scaled_intervals(s.time_scale)),
          api(merchants, orders, random) {}

    world(world const&) = delete;
    world& operator=(world const&) = delete;

    /// "Forget everything": orders, notifications, codes, messages, faults, and what was added to the clock.
    void forget() {
        notifications.clear(); // first: they are written from orders
        orders.clear();
        logins.clear();
        log.clear();
        faults.clear();
        clock.reset();
    }

    merchant_table merchants;
    std::uint64_t seed;
    sandbox_clock clock;
    order_book orders;
    notification_queue notifications;
    fault_engine faults;
    login_codes logins;
    request_log log;
    wechat_api api;
    /// Called when a notification was added or the clock was moved.
    std::function<void()> something_is_due = [] {};
};

} // namespace wxgate::sandbox
