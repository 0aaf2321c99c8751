// Everything the sandbox knows and remembers, in one place. One thread; no I/O.
#pragma once

#include "base/ids.hpp"
#include "sandbox/bill.hpp"
#include "sandbox/clock.hpp"
#include "sandbox/faults.hpp"
#include "sandbox/login.hpp"
#include "sandbox/notifications.hpp"
#include "sandbox/orders.hpp"
#include "sandbox/refunds.hpp"
#include "sandbox/request_log.hpp"
#include "sandbox/settings.hpp"
#include "sandbox/wechat_api.hpp"

#include <functional>
#include <optional>

namespace wxgate::sandbox {

struct world {
    explicit world(settings const& s, sandbox_clock c = sandbox_clock(), random_text random = random_alnum)
        : merchants(s.merchants), seed(s.seed), clock(std::move(c)),
          orders(scaled_intervals(s.time_scale), random),
          refunds(orders, scaled_intervals(s.time_scale), random),
          bills(orders, refunds, scaled_intervals(s.time_scale)),
          notifications(scaled_intervals(s.time_scale)), api(merchants, orders, refunds, bills, random),
          random_(std::move(random)) {}

    world(world const&) = delete;
    world& operator=(world const&) = delete;

    /// Lets happen what by now happens by itself: the notifications of refunds that ended become due. Says
    /// when there will be more; nothing when not by itself.
    std::optional<unix_ms> ripen();

    /// "Forget everything": orders, refunds, balances, what bills are changed to, notifications, codes,
    /// messages, faults, and what was added to the clock.
    void forget();

    merchant_table merchants;
    std::uint64_t seed;
    sandbox_clock clock;
    order_book orders;
    refund_book refunds;
    bill_book bills;
    notification_queue notifications;
    fault_engine faults;
    login_codes logins;
    request_log log;
    wechat_api api;
    /// Called when a notification or the end of a refund was added, or the clock was moved.
    std::function<void()> something_is_due = [] {};

private:
    random_text random_;
};

} // namespace wxgate::sandbox
