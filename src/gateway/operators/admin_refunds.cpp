#include "gateway/operators/admin_refunds.hpp"

#include "base/text.hpp"
#include "gateway/api/json.hpp"
#include "gateway/refunds/refund_json.hpp"
#include "gateway/refunds/refund_list.hpp"

namespace wxgate::gateway {

namespace {

constexpr std::size_t max_reason = 200; // bytes; ours alone, WeChat never sees it

awaitable<answer<ledger::refund>> find_refund(admin_exchange& x, std::string merchant) {
    ledger::refunds refunds(*x.context.shared.store, {}, ledger::nobody);
    auto all = co_await refunds.find_all(x.argument);
    if (!all)
        co_return from_store(all.error());
    co_return only_one(std::move(*all), merchant);
}

answer<refunds::decision> read_decision(admin_exchange const& x, refund_status to) {
    refunds::decision d;
    d.to = to;
    d.by = x.who.name;
    bool const rejected = to == refund_status::REJECTED;
    if (x.request.body.empty() && !rejected)
        return d;
    auto const body = parse_json_object(x.request.body);
    if (!body)
        return body.error();
    json_members in(*body);
    d.reason = in.text("reason", max_reason).value_or("");
    if (d.reason.empty() && rejected)
        in.refuse("reason", "is missing: why the refund is rejected");
    if (has_control(d.reason))
        in.refuse("reason", "must not hold control characters");
    if (!rejected)
        if (auto const shown = in.integer("refund_fee", 1, max_amount.count()))
            d.refund_fee = fen(*shown);
    if (auto const mistake = in.finish())
        return *mistake;
    return d;
}

awaitable<net::http_reply> decide(admin_exchange& x, refund_status to) {
    auto decision = read_decision(x, to);
    if (!decision)
        co_return reply_with(x, decision.error());
    auto which = read_which(x, false);
    if (!which)
        co_return reply_with(x, which.error());
    auto const found = co_await find_refund(x, std::move(which->merchant));
    if (!found)
        co_return reply_with(x, found.error());
    auto const decided = co_await x.context.refund.decide(key_of(*found), std::move(*decision), x.call);
    if (!decided)
        co_return reply_with(x, decided.error());
    co_return json_reply(200, operators_refund_json(*decided));
}

} // namespace

awaitable<net::http_reply> list_all_refunds(admin_exchange& x) {
    auto filter = read_refund_list_query(x.request.query, {});
    if (!filter)
        co_return reply_with(x, filter.error());
    auto const found = co_await refund_page(*x.context.shared.store, std::move(*filter));
    if (!found)
        co_return reply_with(x, from_store(found.error()));
    co_return json_reply(200, operators_refund_list_json(found->refunds, found->next_cursor));
}

awaitable<net::http_reply> show_refund(admin_exchange& x) {
    auto which = read_which(x, true);
    if (!which)
        co_return reply_with(x, which.error());
    auto const found = co_await find_refund(x, std::move(which->merchant));
    if (!found)
        co_return reply_with(x, found.error());
    if (!which->sync)
        co_return json_reply(200, operators_refund_json(*found));
    auto const* const m = merchant_of(x, found->merchant);
    if (m == nullptr)
        co_return reply_with(x, no_such_merchant());
    auto const fresh = co_await x.context.refund.refreshed(*m, x.argument, x.call);
    if (!fresh)
        co_return reply_with(x, fresh.error());
    co_return json_reply(200, operators_refund_json(*fresh));
}

awaitable<net::http_reply> approve_refund(admin_exchange& x) {
    return decide(x, refund_status::APPROVED);
}

awaitable<net::http_reply> reject_refund(admin_exchange& x) {
    return decide(x, refund_status::REJECTED);
}

} // namespace wxgate::gateway
