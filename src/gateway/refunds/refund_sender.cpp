#include "gateway/refunds/refund_sender.hpp"

#include "base/ids.hpp"
#include "base/log.hpp"

#include <boost/asio/steady_timer.hpp>

namespace wxgate::gateway {

using clock = std::chrono::steady_clock;
using std::chrono::seconds;

namespace {

constexpr auto patience = seconds(20); // of one look: the call, and the query that follows it

} // namespace

refund_sender::refund_sender(
    asio::any_io_executor e, shared_state& shared, client& wechat, current_configuration config
)
    : due_work(std::move(e), shared, {"loop.refunds", refunds_due, shared.refund_limits.max_under_way}),
      work_(shared, wechat), refunds_(*shared.store, shared.refund_limits, shared.audience),
      config_(std::move(config)), may_be_refused_(executor(), shared.refund_limits.max_errors_a_second),
      calls_(shared.refund_limits.max_a_second) {
}

void refund_sender::reload() {
    asio::co_spawn(executor(), retry_held(), report("refund sender"));
}

awaitable<void> refund_sender::retry_held() {
    auto const config = config_();
    for (auto const& [name, m] : config->values->merchants)
        co_await refunds_.retry_certificate(m.account.mch_id);
    shared_.board.tell(refunds_due);
}

awaitable<bool> refund_sender::prepare() {
    // Of a process before this one.
    auto const forgotten = co_await refunds_.forget_leases(shared_.lease_prefix);
    if (forgotten)
        co_await retry_held();
    co_return forgotten.has_value();
}

awaitable<bool> refund_sender::take(std::size_t room) {
    // An owner for these looks alone: a lease that was lost is not taken for one of a later look.
    std::string const owner = shared_.lease_prefix + make_id();
    auto taken = co_await refunds_.claim(owner, static_cast<std::int64_t>(room));
    if (!taken)
        co_return false;
    for (auto& r : *taken)
        begin_look(look_after(std::move(r), owner));
    co_return true;
}

awaitable<result<std::optional<unix_ms>>> refund_sender::next_due() {
    return refunds_.next_due();
}

awaitable<void> refund_sender::look_after(ledger::refund r, std::string owner) {
    auto const config = config_();
    auto const& merchants = config->values->merchants;
    auto const found = merchants.find(r.merchant);
    auto const now = now_ms();
    if (found == merchants.end() || found->second.account.mch_id != r.mch_id) {
        log::warn("a refund's merchant is not configured", {{"out_refund_no", r.out_refund_no}});
        auto const late = now + shared_.refund_limits.poor_retry.count();
        ledger::refund_look mine{owner, r.version};
        co_await refunds_.postpone(key_of(r), std::move(mine), late, r.tries + 1);
        co_return;
    }
    merchant const& m = found->second;
    if (has_expired(r, shared_.refund_limits, now)) {
        ledger::cause why{"refund", {}, R"({"outcome":"the approval was not used in time"})"};
        co_await refunds_.expire(key_of(r), owner, std::move(why));
        co_return;
    }
    if (r.refund_status == refund_status::APPROVED && !r.in_doubt) {
        auto sent = co_await send(m, std::move(r), owner);
        if (!sent || !*sent || !(*sent)->ask_now)
            co_return; // what the store did not take is found again when the lease ends
        r = std::move((*sent)->now);
    }
    co_await work_.ask(m, std::move(r), owner, "refund", clock::now() + patience);
}

// A call, within WeChat's limits: so many a second, and of those that it may refuse so many a second.
awaitable<result<std::optional<refund_work::looked>>>
refund_sender::send(merchant const& m, ledger::refund r, std::string owner) {
    place held(*this);
    co_await may_be_refused_.take();
    held.taken = true;
    auto const wait = calls_.take(clock::now());
    if (wait > clock::duration::zero())
        co_await pause(wait);
    auto sent = co_await work_.send(m, std::move(r), std::move(owner), clock::now() + patience);
    held.refused = sent && *sent && (*sent)->refused;
    co_return sent;
}

// A call that was refused keeps its place for a second more.
refund_sender::place::~place() {
    if (!taken)
        return;
    auto& free = sender.may_be_refused_;
    if (!refused) {
        free.give();
        return;
    }
    auto const timer = std::make_shared<asio::steady_timer>(sender.executor(), seconds(1));
    timer->async_wait([&free, timer](boost::system::error_code) { free.give(); });
}

} // namespace wxgate::gateway
