#include "gateway/payments/resolver.hpp"

#include "base/ids.hpp"
#include "base/log.hpp"

#include <algorithm>

namespace wxgate::gateway {

using clock = std::chrono::steady_clock;

namespace {

constexpr auto patience =
    std::chrono::seconds(30); // of one look: a query, a close, and the query that follows it

metrics::histogram& lag = metrics::get_histogram(
    "wxgate_resolver_lag_seconds", "How late an order was looked at after it was due."
);

} // namespace

// Nobody tells of a new order, which is due after the first of these waits: so often is looked.
due_work::options resolver::loop_options(resolver_limits const& l) {
    return {"loop.resolver", orders_due, l.max_under_way, l.looks.front()};
}

unix_ms end_of(ledger::order const& o, resolver_limits const& l) {
    return std::max(o.expires_at, o.created_at + l.earliest_close.count());
}

unix_ms next_look(ledger::order const& o, resolver_limits const& l, unix_ms now, double spread) {
    auto const end = end_of(o, l);
    auto const moved = [&](std::int64_t wait) {
        return now + static_cast<unix_ms>(static_cast<double>(wait) * (1.0 + 0.1 * spread));
    };
    if (now >= end) {
        auto const doublings = std::min<std::int64_t>(o.tries, 20);
        return moved(std::min(l.looks.back().count(), l.looks.front().count() << doublings));
    }
    auto const age = now - o.created_at;
    auto const next =
        std::find_if(l.looks.begin(), l.looks.end(), [&](milliseconds m) { return m.count() > age; });
    auto const wait = next != l.looks.end() ? next->count() - age : l.hourly.count();
    return std::min(moved(wait), end);
}

resolver::resolver(asio::any_io_executor e, shared_state& shared, payments& pay, current_configuration config)
    : due_work(std::move(e), shared, loop_options(shared.resolver_limits)), payments_(pay),
      orders_(*shared.store, shared.audience), config_(std::move(config)),
      queries_(shared.resolver_limits.max_a_second) {
}

awaitable<bool> resolver::prepare() {
    // Of a process before this one.
    auto const forgotten = co_await orders_.forget_leases(shared_.lease_prefix);
    co_return forgotten.has_value();
}

awaitable<bool> resolver::take(std::size_t room) {
    std::string const owner = shared_.lease_prefix + make_id(); // of these looks alone
    auto taken =
        co_await orders_.claim(owner, shared_.resolver_limits.lease, static_cast<std::int64_t>(room));
    if (!taken)
        co_return false;
    for (auto& o : *taken) {
        lag.observe(std::chrono::milliseconds(std::max<unix_ms>(0, now_ms() - o.due_at.value_or(now_ms()))));
        begin_look(look_after(std::move(o), owner));
    }
    co_return true;
}

awaitable<result<std::optional<unix_ms>>> resolver::next_due() {
    return orders_.next_due();
}

awaitable<void> resolver::look_after(ledger::order o, std::string owner) {
    auto const& l = shared_.resolver_limits;
    auto const config = config_();
    auto const found = config->values->merchants.find(o.merchant);
    bool const configured =
        found != config->values->merchants.end() && found->second.account.mch_id == o.mch_id;
    ledger::order now_is = o;
    std::int64_t tries = o.tries + 1;
    if (configured) {
        auto const wait = queries_.take(clock::now());
        if (wait > clock::duration::zero())
            co_await pause(wait);
        call_context call;
        call.deadline = clock::now() + patience;
        bool const over = now_ms() >= end_of(o, l);
        auto was = std::make_shared<ledger::order const>(o);
        auto const settled = co_await payments_.settle(found->second, std::move(was), over, std::move(call));
        if (settled) {
            now_is = **settled;
            tries = 0;
        } else if (auto const seen = co_await orders_.find(key_of(o)); seen && *seen) {
            now_is = **seen; // it may have moved before WeChat fell silent
        }
    } else {
        log::warn("an order's merchant is not configured", {{"out_trade_no", o.out_trade_no}});
    }
    if (!ledger::is_open(now_is.trade_state))
        co_return; // it has ended, and is due no more
    now_is.tries = tries;
    ledger::order_look mine{std::move(owner), now_is.version};
    auto const due = next_look(now_is, l, now_ms(), random_spread());
    co_await orders_.postpone(key_of(now_is), std::move(mine), due, tries);
}

} // namespace wxgate::gateway
