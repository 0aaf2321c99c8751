// WeChat's payment notifications: verified, compared with the order, recorded once, and only then
// acknowledged.
#pragma once

#include "gateway/api/access_log.hpp"
#include "gateway/payments/payments.hpp"

#include <wxgate/notification.hpp>

namespace wxgate::gateway {

/// How a notification ends, and so what WeChat is told.
enum class verdict_on_notification {
    accepted, // SUCCESS: the change is durable, or was already
    refused,  // FAIL, 400: nothing changed (an anomaly may have been recorded)
    later,    // FAIL, 503: the store or WeChat's query is not available; WeChat comes again
};

/// Belongs to one worker.
class notifications {
public:
    notifications(shared_state& shared, payments& p, ledger::courier& by)
        : shared_(shared), payments_(p), orders_(*shared.store, shared.audience, &by) {}

    /// `about` is told whose order it is, once that is known, and what became of it.
    awaitable<verdict_on_notification>
    payment(merchant const& m, std::string_view body, call_context call, subject& about);

private:
    // One under way: by whom, what, for which request, and what its log line says.
    struct notice {
        merchant const& to;
        payment_notification said;
        call_context call;
        subject& about;
    };

    awaitable<verdict_on_notification> confirmed(notice& n);
    awaitable<verdict_on_notification> record(notice& n);
    awaitable<verdict_on_notification> not_recorded(notice& n, ledger::change seen);
    awaitable<verdict_on_notification> anomaly(notice& n, char const* kind);

    shared_state& shared_;
    payments& payments_;
    ledger::orders orders_;
};

/// What is wrong with the payment of `n` for this order, as an anomaly's kind; null when all agrees. Pure.
char const* mismatch(ledger::order const& o, payment_notification const& n) noexcept;

} // namespace wxgate::gateway
