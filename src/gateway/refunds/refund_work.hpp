// One look at one refund: WeChat is called or asked, and what it says is recorded before anything else
// happens.
#pragma once

#include "gateway/refunds/refund_rules.hpp"
#include "gateway/shared.hpp"

namespace wxgate::gateway {

/// Belongs to one worker, like the client it calls through.
class refund_work {
public:
    refund_work(shared_state& shared, client& wechat)
        : shared_(shared), wechat_(wechat), refunds_(*shared.store, shared.refund_limits, shared.audience) {}

    struct looked {
        ledger::refund now;
        bool changed = false;
        std::optional<failure> unanswered; // WeChat was asked, and did not say what it has
        bool ask_now = false;              // the call's end is not known: ask at once
        bool refused = false;              // counts against WeChat's rate of wrong requests
    };

    /// Journals the attempt, calls, records. Nothing: the attempt may not begin now (another refund of the
    /// order has the minute, or the lease is lost). The refund must be APPROVED, not in doubt, and `owner`'s.
    awaitable<result<std::optional<looked>>>
    send(merchant const& m, ledger::refund r, std::string owner, steady_point until);

    /// Asks about it by its number and records what WeChat says. `owner` may be "": then only WeChat's own
    /// word of its state is recorded; nothing is concluded, and no schedule is changed.
    awaitable<result<looked>>
    ask(merchant const& m, ledger::refund r, std::string owner, std::string source, steady_point until);

private:
    awaitable<result<looked>> keep(ledger::refund r, std::string owner, refund_outcome o, std::string source);

    shared_state& shared_;
    client& wechat_;
    ledger::refunds refunds_;
};

/// Under which name the shared board tells that somebody has looked at this refund.
std::string notice_of(ledger::refund_key const& key);

/// … and that a refund has become due.
inline constexpr char const* refunds_due = "refunds due";

} // namespace wxgate::gateway
