// A payment by code from the scan to its end: micropay, order queries, and reverse when it is not paid in
// time. Nobody notifies the shop of such a payment, so it must not be left before it is decided.
#include "async/cancellation.hpp"
#include "client/impl.hpp"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <optional>

namespace wxgate {

using clock = std::chrono::steady_clock;

namespace {

// Only a query can tell how it ended, or will. Every other refusal took nothing; ORDERPAID is about an order
// that was paid before, which must not be reversed.
bool is_undecided(failure const& f) {
    return !f.is_refused() || f.is_refused_as("USERPAYING");
}

bool is_unknown_as(failure const& f, errc code) {
    auto const u = f.as_unknown();
    return u && u->code == code;
}

bool is_paid(trade_state s) {
    return s == trade_state::SUCCESS || s == trade_state::REFUND;
}

// Neither paid nor to be paid any more.
bool is_over(trade_state s) {
    return s == trade_state::REVOKED || s == trade_state::CLOSED;
}

// Calling reverse again would say the same.
bool is_in_vain(failure const& f) {
    if (f.is_refused())
        return !f.is_refused_as("USERPAYING");
    return is_unknown_as(f, errc::certificate_refused) || is_unknown_as(f, errc::cancelled);
}

// False when it was cancelled before its time.
awaitable<bool> sleep_until(asio::any_io_executor executor, steady_point when) {
    asio::steady_timer timer(std::move(executor), when);
    co_await timer.async_wait(use_tuple);
    auto const state = co_await asio::this_coro::cancellation_state;
    co_return !is_cancelled(state);
}

unknown cut() {
    return not_believed(errc::cancelled, "before the payment was decided");
}

} // namespace

awaitable<outcome<code_payment>> client::impl::pay_by_code(
    account const& who, micropay_request request, steady_point until, pay_by_code_pacing pacing
) {
    code_payment_work work;
    work.question.out_trade_no = request.out_trade_no;
    work.question.sign_type = request.sign_type;
    work.total_fee = request.total_fee;
    work.pacing = pacing;
    work.began = clock::now();
    work.until = until;

    auto charged = co_await micropay(who, std::move(request), until);
    if (charged) {
        code_payment end;
        end.paid = true;
        end.order = read_status(std::move(charged->raw), trade_state::SUCCESS);
        co_return end;
    }
    work.last = charged.error();
    auto const u = work.last.as_unknown();
    bool const never_sent = u && !u->sent;
    if (!is_undecided(work.last) || is_unknown_as(work.last, errc::cancelled) || never_sent)
        co_return work.last;

    auto decided = co_await await_payment(who, work);
    if (decided)
        co_return std::move(*decided);
    auto end = co_await undo_payment(who, work);
    co_return end;
}

// One order query, when it decides.
awaitable<std::optional<outcome<code_payment>>>
client::impl::ask_payment(account const& who, code_payment_work& work) {
    std::optional<outcome<code_payment>> decided;
    auto asked = co_await order_query(who, work.question, work.until);
    if (!asked) {
        if (is_unknown_as(asked.error(), errc::cancelled))
            decided.emplace(asked.error());
        co_return decided;
    }
    code_payment end;
    end.paid = is_paid(asked->trade_state);
    bool const another = end.paid && asked->total_fee != work.total_fee;
    bool const over = is_over(asked->trade_state);
    end.order = std::move(*asked);
    if (another)
        decided.emplace(not_believed(errc::mismatched_answer, "paid with another amount"));
    else if (end.paid || over)
        decided.emplace(std::move(end));
    co_return decided;
}

// Asks while the customer types the password; nothing when the patience is over.
awaitable<std::optional<outcome<code_payment>>>
client::impl::await_payment(account const& who, code_payment_work& work) {
    // What is left behind the patience must do for a reversal that takes two calls.
    auto const end =
        std::min<steady_point>(work.began + work.pacing.patience, work.until - 2 * options_.limits.timeout);
    for (;;) {
        auto decided = co_await ask_payment(who, work);
        if (decided || clock::now() >= end)
            co_return decided;
        auto const next = std::min<steady_point>(clock::now() + work.pacing.poll, end);
        bool const slept = co_await sleep_until(executor_, next);
        if (!slept) {
            decided.emplace(cut());
            co_return decided;
        }
    }
}

awaitable<outcome<code_payment>> client::impl::undo_payment(account const& who, code_payment_work& work) {
    reverse_request undo;
    undo.out_trade_no = work.question.out_trade_no;
    undo.sign_type = work.question.sign_type;
    auto next = std::max<steady_point>(clock::now(), work.began + work.pacing.reverse_after);
    for (;;) {
        bool const slept = co_await sleep_until(executor_, std::min(next, work.until));
        if (!slept)
            co_return cut();
        auto reversed = co_await reverse(who, undo, work.until);
        if (reversed && !reversed->again) {
            code_payment end; // not paid
            end.order.out_trade_no = undo.out_trade_no;
            end.order.trade_state = trade_state::REVOKED;
            end.order.raw = std::move(reversed->raw);
            co_return end;
        }
        if (!reversed)
            work.last = reversed.error();
        bool const in_vain = !reversed && is_in_vain(work.last);
        if (in_vain || clock::now() >= work.until)
            break;
        next = clock::now() + work.pacing.poll;
    }
    auto decided = co_await ask_payment(who, work); // it may have been paid, and can't be taken back
    if (decided)
        co_return std::move(*decided);
    auto const why = work.last.as_unknown();
    if (why)
        co_return *why;
    unknown undecided = not_believed(errc::upstream_busy, "not reversed: " + work.last.message());
    undecided.said = *work.last.as_refused();
    co_return undecided;
}

} // namespace wxgate
