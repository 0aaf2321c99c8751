// Orders that are not paid: WeChat is asked about them on a schedule, and closes those whose time is over.
#pragma once

#include "gateway/due_work.hpp"
#include "gateway/payments/payments.hpp"
#include "gateway/refunds/refund_sender.hpp"

namespace wxgate::gateway {

/// When an order is looked at next. Before its end: at the next of the schedule's times. After it: soon, and
/// then less and less often. `spread` in [0, 1) moves it by up to a tenth.
unix_ms next_look(ledger::order const& o, resolver_limits const& l, unix_ms now, double spread);

/// When an order may be closed: its time is over, and it is as old as WeChat wants it to be.
unix_ms end_of(ledger::order const& o, resolver_limits const& l);

/// Runs on one worker of the process, whose payments it uses.
class resolver final : public due_work {
public:
    resolver(asio::any_io_executor e, shared_state& shared, payments& pay, current_configuration config);

private:
    static options loop_options(resolver_limits const& l);
    awaitable<bool> prepare() override;
    awaitable<bool> take(std::size_t room) override;
    awaitable<result<std::optional<unix_ms>>> next_due() override;
    awaitable<void> look_after(ledger::order o, std::string owner);

    payments& payments_;
    ledger::orders orders_;
    current_configuration config_;
    even_pace queries_;
};

/// Under which name the shared board tells that an order has become due sooner.
inline constexpr char const* orders_due = "orders due";

} // namespace wxgate::gateway
