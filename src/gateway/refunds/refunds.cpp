#include "gateway/refunds/refunds.hpp"

#include "base/failpoint.hpp"
#include "base/ids.hpp"
#include "gateway/api/idempotent.hpp"
#include "gateway/api/json_text.hpp"
#include "gateway/refunds/refund_request.hpp"

#include <boost/asio/this_coro.hpp>

namespace wxgate::gateway {

using clock = std::chrono::steady_clock;

namespace {

constexpr auto answer_patience = std::chrono::seconds(10); // for WeChat's answer to a refund sent at once
constexpr int most_tries = 5;                              // at an order that moves meanwhile

std::string detail_of(std::string const& by, std::string const& reason) {
    json_object o;
    o["by"] = by;
    if (!reason.empty())
        o["reason"] = reason;
    return std::move(o).text();
}

// Why the order did not let the refund be made. Nothing: as it stands now it would (where several gateways
// write, it may have been paid between the refusal and the look at it).
std::optional<problem>
refusal_of(ledger::refund_made const& made, ledger::refund const& asked, refund_limits const& l) {
    if (!made.order)
        return not_found();
    auto const& o = *made.order;
    if (!ledger::is_paid(o.trade_state))
        return conflict("invalid_state", "the order is not paid: " + std::string(to_string(o.trade_state)));
    if (o.paid_at.value_or(0) <= now_ms() - l.window.count())
        return conflict("invalid_state", "WeChat refunds within a year of the payment");
    if (o.refund_reserved.count() + asked.refund_fee.count() > o.total_fee.count())
        return conflict(
            "refund_exceeds_payment",
            std::to_string(o.total_fee.count() - o.refund_reserved.count()) + " of " +
                o.total_fee.to_string() + " fen are left to refund",
            "refund_fee"
        );
    if (o.refund_count >= static_cast<std::int64_t>(l.max_per_order))
        return conflict("invalid_state", "an order can have at most 50 refunds");
    if (made.number_taken)
        return conflict(
            "refund_conflict", "the number is another merchant's of this mch_id", "out_refund_no"
        );
    return std::nullopt;
}

// WeChat may know more of it than the ledger.
bool is_at_wechat(ledger::refund const& r) {
    return r.refund_status == refund_status::PROCESSING || r.refund_status == refund_status::CHANGE ||
           r.in_doubt;
}

problem refusal_of(ledger::refund const& now, std::string const& by) {
    if (now.refund_status == refund_status::REQUESTED)
        return {403, "forbidden", "whoever asked for a refund cannot approve it", {}, {}, 0};
    std::string detail = "the refund is " + std::string(to_string(now.refund_status));
    if (!now.decided_by.empty())
        detail += now.decided_by == by ? ", decided by yourself" : ", decided by " + now.decided_by;
    return conflict("invalid_state", std::move(detail));
}

} // namespace

awaitable<answer<ledger::refund_made>>
refunds::make(ledger::refund const& r, bool approved, ledger::cause const& why) {
    for (int i = 0; i < most_tries; ++i) {
        auto made = co_await refunds_.create(r, approved, why);
        if (!made)
            co_return from_store(made.error());
        if (made->changed || made->now)
            co_return std::move(*made);
        if (auto refused = refusal_of(*made, r, shared_.refund_limits))
            co_return std::move(*refused);
    }
    co_return from_store(make_error_code(errc::store_overloaded));
}

awaitable<answer<refunds::asked>> refunds::request(merchant const& m, ledger::refund r, call_context call) {
    if (r.out_refund_no.empty())
        r.out_refund_no = make_id();
    bool const by_itself = m.refund_auto && r.requested_kind == ledger::requester_kind::api;
    auto const key = key_of(r);
    std::shared_ptr<notice_board::seat> seat; // taken before the refund is there, so that nothing is missed
    if (by_itself) {
        auto const executor = co_await asio::this_coro::executor;
        seat = shared_.board.take_seat(notice_of(key), executor);
    }
    ledger::cause why{
        r.requested_kind == ledger::requester_kind::api ? "api" : "operator",
        call.request_id,
        detail_of(r.requested_by, r.reason),
        call.trace};
    auto made = co_await make(r, by_itself, why);
    WXGATE_FAILPOINT("refund.after_request");
    if (!made)
        co_return made.error();
    if (!made->changed) {
        if (auto const field = different_field(*made->now, r); !field.empty())
            co_return conflict(
                "refund_conflict",
                "the number stands for a refund with another " + std::string(field),
                std::string(field)
            );
        co_return asked{std::move(*made->now), false};
    }
    if (by_itself)
        shared_.board.tell(refunds_due);
    if (!by_itself || shared_.draining) // nothing is sent any more: the next process does
        co_return asked{std::move(*made->now), true};
    co_await seat->wait(std::min(call.deadline - std::chrono::seconds(1), clock::now() + answer_patience));
    auto now = co_await refunds_.find(key);
    if (now && *now) // else what is known: it is approved, and will be sent
        made->now = std::move(*now);
    co_return asked{std::move(*made->now), true};
}

awaitable<answer<refunds::asked>> refunds::request_once(
    merchant const& m, ledger::refund r, std::string key, std::string hash, call_context call
) {
    if (r.out_refund_no.empty())
        r.out_refund_no = make_id();
    auto claim = co_await claim_key(
        *shared_.store, m.name, std::move(key), std::move(hash), r.out_refund_no, call.deadline
    );
    if (!claim)
        co_return claim.error();
    if (claim->done) {
        auto found = co_await get(m, claim->number);
        if (!found)
            co_return found.error();
        co_return asked{std::move(*found), false};
    }
    r.out_refund_no = claim->number;
    auto result = co_await request(m, std::move(r), std::move(call));
    co_await release_key(*shared_.store, m.name, std::move(*claim), result.has_value());
    co_return result;
}

awaitable<answer<ledger::refund>> refunds::get(merchant const& m, std::string out_refund_no) {
    ledger::refund_key key{m.name, m.account.mch_id, std::move(out_refund_no)};
    auto found = co_await refunds_.find(std::move(key));
    if (!found)
        co_return from_store(found.error());
    if (!*found)
        co_return not_found();
    co_return std::move(**found);
}

awaitable<answer<ledger::refund>>
refunds::refreshed(merchant const& m, std::string out_refund_no, call_context call) {
    auto found = co_await get(m, std::move(out_refund_no));
    if (!found || !is_at_wechat(*found) || !shared_.query_pace.take(notice_of(key_of(*found))))
        co_return found;
    co_return co_await confirm(m, std::move(*found), "query", std::move(call));
}

awaitable<answer<ledger::refund>> refunds::decide(ledger::refund_key key, decision d, call_context call) {
    auto const before = co_await refunds_.find(key);
    if (!before)
        co_return from_store(before.error());
    if (!*before)
        co_return not_found();
    if (d.refund_fee && *d.refund_fee != (*before)->refund_fee)
        co_return conflict("refund_conflict", "the refund has another amount than was shown", "refund_fee");
    ledger::cause why{"operator", std::move(call.request_id), detail_of(d.by, d.reason), call.trace};
    auto const decided = co_await refunds_.decide(std::move(key), d.to, d.by, d.reason, std::move(why));
    WXGATE_FAILPOINT("refund.after_approve");
    if (!decided)
        co_return from_store(decided.error());
    if (!decided->changed)
        co_return refusal_of(*decided->now, d.by);
    if (d.to == refund_status::APPROVED)
        shared_.board.tell(refunds_due);
    co_return *decided->now;
}

awaitable<answer<ledger::refund>>
refunds::confirm(merchant const& m, ledger::refund r, std::string source, call_context call) {
    std::string flight = r.mch_id + '/' + r.out_refund_no;
    std::function<awaitable<answer<ledger::refund>>()> work = [&] { return query(m, r, source, call); };
    auto const shared =
        co_await shared_.refund_queries.run(std::move(flight), std::move(work), call.deadline);
    if (shared)
        co_return *shared;
    unknown const late{make_error_code(errc::timed_out), "another request about the same refund", true, {}};
    co_return from_upstream(late);
}

awaitable<answer<ledger::refund>>
refunds::query(merchant const& m, ledger::refund r, std::string source, call_context call) {
    auto looked = co_await work_.ask(m, std::move(r), {}, std::move(source), call.deadline);
    if (!looked)
        co_return from_store(looked.error());
    if (looked->unanswered)
        co_return from_upstream(*looked->unanswered);
    co_return std::move(looked->now);
}

} // namespace wxgate::gateway
