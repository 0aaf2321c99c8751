// WeChat's refund notifications: decrypted, matched to the refund, confirmed with a refund query, and only
// then acknowledged. They carry no signature, so by themselves they change nothing.
#pragma once

#include "gateway/payments/notifications.hpp"
#include "gateway/refunds/refunds.hpp"

namespace wxgate::gateway {

/// Belongs to one worker.
class refund_notifications {
public:
    explicit refund_notifications(refunds& r) : refunds_(r) {}

    /// `refused` also for what decrypts and is about no refund of ours: nothing is recorded, as anybody who
    /// has seen one such message could make more of its blocks.
    /// `about` is told which refund it is, once that is known, and what became of it.
    awaitable<verdict_on_notification>
    refund(merchant const& m, std::string_view body, call_context call, subject& about);

private:
    refunds& refunds_;
};

/// What of the notification is not this refund's; null when all agrees. Pure.
char const* mismatch(ledger::refund const& r, merchant const& m, refund_notification const& n) noexcept;

} // namespace wxgate::gateway
