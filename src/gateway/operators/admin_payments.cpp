#include "gateway/operators/admin_payments.hpp"

#include "gateway/api/list_query.hpp"
#include "gateway/operators/admin_duties.hpp"
#include "gateway/operators/anomaly_json.hpp"
#include "gateway/payments/payment_json.hpp"
#include "gateway/payments/payment_list.hpp"
#include "gateway/refunds/refund_json.hpp"
#include "gateway/refunds/refund_request.hpp"

namespace wxgate::gateway {

namespace {

struct found_order {
    ledger::order order;
    merchant const* who = nullptr; // null: no longer configured
    bool sync = false;
};

awaitable<answer<found_order>> find_order(admin_exchange& x, bool may_sync) {
    auto const which = read_which(x, may_sync);
    if (!which)
        co_return which.error();
    ledger::orders orders(*x.context.shared.store, ledger::nobody);
    auto all = co_await orders.find_all(x.argument);
    if (!all)
        co_return from_store(all.error());
    auto one = only_one(std::move(*all), which->merchant);
    if (!one)
        co_return one.error();
    found_order f;
    f.who = merchant_of(x, one->merchant);
    f.order = std::move(*one);
    f.sync = which->sync;
    co_return f;
}

} // namespace

awaitable<net::http_reply> list_all_payments(admin_exchange& x) {
    auto filter = read_search_query(x.request.query);
    if (!filter)
        co_return reply_with(x, filter.error());
    auto const found = co_await search_page(*x.context.shared.store, std::move(*filter));
    if (!found)
        co_return reply_with(x, from_store(found.error()));
    co_return json_reply(200, operators_payment_list_json(found->orders, found->next_cursor));
}

awaitable<net::http_reply> show_payment(admin_exchange& x) {
    auto const found = co_await find_order(x, true);
    if (!found)
        co_return reply_with(x, found.error());
    if (!found->sync)
        co_return json_reply(200, operators_payment_json(found->order));
    if (found->who == nullptr)
        co_return reply_with(x, no_such_merchant());
    auto const fresh = co_await x.context.pay.refreshed(*found->who, x.argument, x.call);
    if (!fresh)
        co_return reply_with(x, fresh.error());
    co_return json_reply(200, operators_payment_json(**fresh));
}

awaitable<net::http_reply> show_payment_events(admin_exchange& x) {
    auto const found = co_await find_order(x, false);
    if (!found)
        co_return reply_with(x, found.error());
    auto const all = co_await ledger::events_of(*x.context.shared.store, key_of(found->order));
    if (!all)
        co_return reply_with(x, from_store(all.error()));
    co_return json_reply(200, events_json(*all));
}

awaitable<net::http_reply> show_payment_refunds(admin_exchange& x) {
    auto const found = co_await find_order(x, false);
    if (!found)
        co_return reply_with(x, found.error());
    ledger::refunds refunds(*x.context.shared.store, {}, ledger::nobody);
    auto const all = co_await refunds.of_order(key_of(found->order));
    if (!all)
        co_return reply_with(x, from_store(all.error()));
    co_return json_reply(200, operators_refund_list_json(*all, {}));
}

awaitable<net::http_reply> show_payment_webhooks(admin_exchange& x) {
    auto const found = co_await find_order(x, false);
    if (!found)
        co_return reply_with(x, found.error());
    ledger::outbox outbox(*x.context.shared.store);
    auto const all = co_await outbox.of_order(key_of(found->order));
    if (!all)
        co_return reply_with(x, from_store(all.error()));
    co_return json_reply(200, webhook_list_json(*all, {}));
}

awaitable<net::http_reply> show_payment_anomalies(admin_exchange& x) {
    auto const found = co_await find_order(x, false);
    if (!found)
        co_return reply_with(x, found.error());
    auto const all = co_await ledger::anomalies_of_order(*x.context.shared.store, key_of(found->order));
    if (!all)
        co_return reply_with(x, from_store(all.error()));
    co_return json_reply(200, anomaly_list_json(*all, {}));
}

awaitable<net::http_reply> ask_for_refund(admin_exchange& x) {
    auto const found = co_await find_order(x, false);
    if (!found)
        co_return reply_with(x, found.error());
    if (found->who == nullptr)
        co_return reply_with(x, no_such_merchant());
    auto asked = read_refund_request(x.request.body, *found->who, x.argument);
    if (!asked)
        co_return reply_with(x, asked.error());
    asked->requested_kind = ledger::requester_kind::operator_;
    asked->requested_by = x.who.name;
    auto const made = co_await x.context.refund.request(*found->who, std::move(*asked), x.call);
    if (!made)
        co_return reply_with(x, made.error());
    co_return json_reply(made->is_new ? 202 : 200, operators_refund_json(made->refund));
}

} // namespace wxgate::gateway
