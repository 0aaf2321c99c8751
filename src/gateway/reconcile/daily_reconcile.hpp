// The bills of yesterday, once a day: from ten in the morning on (Beijing's), by whichever gateway of the
// store takes them first.
#pragma once

#include "gateway/due_work.hpp"
#include "gateway/reconcile/reconcile.hpp"
#include "gateway/refunds/refund_sender.hpp"

namespace wxgate::gateway {

/// The day whose bills are to be compared by now; nothing while WeChat may not have them yet.
std::optional<ledger::bill_day> day_to_reconcile(unix_ms now, reconcile_limits const& l);

/// When there will be another one.
unix_ms next_day_to_reconcile(unix_ms now, reconcile_limits const& l);

/// Runs on one worker of the process, whose client it uses. Does nothing unless the configuration says
/// `daily`.
class daily_reconcile final : public due_work {
public:
    daily_reconcile(
        asio::any_io_executor e, shared_state& shared, client& wechat, current_configuration config
    );

private:
    awaitable<bool> prepare() override;
    awaitable<bool> take(std::size_t room) override;
    awaitable<result<std::optional<unix_ms>>> next_due() override;
    awaitable<void> compare(std::shared_ptr<configuration const> config, ledger::bill_day day);

    reconciler reconciler_;
    current_configuration config_;
    std::string day_;    // the one under work, or that was last
    bool done_ = false;  // all of its bills have been compared, by whomever
    unsigned tries_ = 0; // of this day
    unix_ms next_try_ = 0;
};

/// Under which name the shared board would tell of it; nobody does.
inline constexpr char const* reconcile_due = "reconcile due";

} // namespace wxgate::gateway
