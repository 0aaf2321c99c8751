#include "gateway/refund_sender.hpp"

#include "base/ids.hpp"
#include "base/log.hpp"

#include <boost/asio/steady_timer.hpp>

namespace wxgate::gateway {

using clock = std::chrono::steady_clock;
using std::chrono::seconds;

namespace {

constexpr auto longest_sleep = seconds(30);
constexpr auto after_trouble = seconds(1);
constexpr auto patience = seconds(20); // of one look: the call, and the query that follows it

// What was counted, until here; the loop is told, as it slept for as long as the lease.
struct counted {
    counted(std::size_t& n, notice_board& b) : count(n), board(b) {}

    ~counted() {
        --count;
        board.tell(refunds_due);
    }

    counted(counted const&) = delete;
    counted& operator=(counted const&) = delete;

    std::size_t& count;
    notice_board& board;
};

} // namespace

refund_sender::refund_sender(
    asio::any_io_executor e, shared_state& shared, client& wechat, current_configuration config
)
    : executor_(std::move(e)), shared_(shared), work_(shared, wechat),
      refunds_(*shared.store, shared.refund_limits), config_(std::move(config)), owner_(make_id()),
      may_be_refused_(executor_, shared.refund_limits.max_errors_a_second) {
}

void refund_sender::start() {
    asio::co_spawn(executor_, run(), report("refund sender"));
}

void refund_sender::reload() {
    asio::co_spawn(executor_, retry_held(), report("refund sender"));
}

awaitable<void> refund_sender::retry_held() {
    auto const config = config_();
    for (auto const& [name, m] : config->values->merchants)
        co_await refunds_.retry_certificate(m.account.mch_id);
    shared_.board.tell(refunds_due);
}

void refund_sender::stop() {
    stopped_ = true;
    shared_.board.tell(refunds_due);
}

awaitable<void> refund_sender::ended(steady_point until) {
    while (under_way_ != 0 && clock::now() < until)
        co_await pause(std::chrono::milliseconds(20));
}

awaitable<void> refund_sender::pause(clock::duration d) {
    asio::steady_timer timer(executor_, d);
    co_await timer.async_wait(use_tuple);
}

// Whatever happens in a round, the next one comes.
awaitable<void> refund_sender::run() {
    co_await refunds_.forget_leases(); // of a process before this one: no other has this store
    co_await retry_held();
    while (!stopped_) {
        bool failed = false;
        try {
            co_await round();
        } catch (...) {
            report_failure("refund sender", std::current_exception());
            failed = true;
        }
        if (failed)
            co_await pause(after_trouble);
    }
}

// Takes what is due, then sleeps until the next is, or somebody tells of one.
awaitable<void> refund_sender::round() {
    auto const seat = shared_.board.take_seat(refunds_due, executor_);
    auto const room =
        shared_.refund_limits.max_under_way - std::min(under_way_, shared_.refund_limits.max_under_way);
    if (room != 0) {
        auto taken = co_await refunds_.claim(owner_, static_cast<std::int64_t>(room));
        if (!taken) {
            co_await pause(after_trouble);
            co_return;
        }
        for (auto& r : *taken) {
            ++under_way_; // here, as a coroutine begins to run later only
            asio::co_spawn(executor_, look_after(std::move(r)), report("refund"));
        }
        if (taken->size() == room)
            co_return; // there may be more, when there is room again
    }
    auto sleep = room != 0 ? clock::duration(longest_sleep) : clock::duration(std::chrono::milliseconds(50));
    auto const next = co_await refunds_.next_due();
    if (next && *next)
        sleep = std::min<clock::duration>(
            sleep, std::chrono::milliseconds(std::max<unix_ms>(1, **next - now_ms()))
        );
    co_await seat->wait(clock::now() + sleep);
}

awaitable<void> refund_sender::look_after(ledger::refund r) {
    counted const busy(under_way_, shared_.board);
    auto const config = config_();
    auto const& merchants = config->values->merchants;
    auto const found = merchants.find(r.merchant);
    auto const now = now_ms();
    if (found == merchants.end() || found->second.account.mch_id != r.mch_id) {
        log::warn("a refund's merchant is not configured", {{"out_refund_no", r.out_refund_no}});
        auto const late = now + shared_.refund_limits.poor_retry.count();
        co_await refunds_.postpone(key_of(r), owner_, late, r.tries + 1);
        co_return;
    }
    merchant const& m = found->second;
    if (has_expired(r, shared_.refund_limits, now)) {
        ledger::cause why{"refund", {}, R"({"outcome":"the approval was not used in time"})"};
        co_await refunds_.expire(key_of(r), owner_, std::move(why));
        co_return;
    }
    if (r.refund_status == refund_status::APPROVED && !r.in_doubt) {
        auto sent = co_await send(m, std::move(r));
        if (!sent || !*sent || !(*sent)->ask_now)
            co_return; // what the store did not take is found again when the lease ends
        r = std::move((*sent)->now);
    }
    co_await work_.ask(m, std::move(r), owner_, "refund", clock::now() + patience);
}

// A call, within WeChat's limits: so many a second, and of those that it may refuse so many a second.
awaitable<result<std::optional<refund_work::looked>>>
refund_sender::send(merchant const& m, ledger::refund r) {
    co_await may_be_refused_.take();
    auto const gap = std::chrono::nanoseconds(seconds(1)) / shared_.refund_limits.max_a_second;
    auto const turn = std::max(next_call_, clock::now());
    next_call_ = turn + gap;
    if (turn > clock::now())
        co_await pause(turn - clock::now());
    auto sent = co_await work_.send(m, std::move(r), owner_, clock::now() + patience);
    bool const refused = sent && *sent && (*sent)->refused;
    if (refused)
        give_after_a_second();
    else
        may_be_refused_.give();
    co_return sent;
}

void refund_sender::give_after_a_second() {
    auto const timer = std::make_shared<asio::steady_timer>(executor_, seconds(1));
    timer->async_wait([this, timer](boost::system::error_code) { may_be_refused_.give(); });
}

} // namespace wxgate::gateway
