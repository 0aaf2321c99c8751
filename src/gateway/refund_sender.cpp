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
      refunds_(*shared.store, shared.refund_limits), config_(std::move(config)),
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
    bool begun = false;
    while (!stopped_) {
        bool failed = false;
        try {
            if (!begun) {
                co_await refunds_.forget_leases(); // of a process before this one: no other has this store
                co_await retry_held();
                begun = true;
            }
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
    auto const most = shared_.refund_limits.max_under_way;
    if (under_way_ >= most) {
        co_await seat->wait(clock::now() + longest_sleep); // who ends tells
        co_return;
    }
    // An owner for these looks alone: a lease that was lost is not taken for one of a later look.
    std::string const owner = make_id();
    auto taken = co_await refunds_.claim(owner, static_cast<std::int64_t>(most - under_way_));
    if (!taken) {
        co_await pause(after_trouble);
        co_return;
    }
    for (auto& r : *taken) {
        ++under_way_; // here, as a coroutine begins to run later only
        asio::co_spawn(executor_, look_after(std::move(r), owner), report("refund"));
    }
    if (under_way_ >= most)
        co_return; // there may be more, when there is room again
    clock::duration sleep = longest_sleep;
    auto const next = co_await refunds_.next_due();
    if (next && *next)
        sleep = std::min<clock::duration>(
            sleep, std::chrono::milliseconds(std::max<unix_ms>(1, **next - now_ms()))
        );
    co_await seat->wait(clock::now() + sleep);
}

awaitable<void> refund_sender::look_after(ledger::refund r, std::string owner) {
    counted const busy(under_way_, shared_.board);
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
    auto const gap = std::chrono::nanoseconds(seconds(1)) / shared_.refund_limits.max_a_second;
    auto const turn = std::max(next_call_, clock::now());
    next_call_ = turn + gap;
    if (turn > clock::now())
        co_await pause(turn - clock::now());
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
    auto const timer = std::make_shared<asio::steady_timer>(sender.executor_, seconds(1));
    timer->async_wait([&free, timer](boost::system::error_code) { free.give(); });
}

} // namespace wxgate::gateway
