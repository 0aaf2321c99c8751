#include "gateway/api/routes.hpp"

#include "base/ids.hpp"
#include "base/text.hpp"
#include "gateway/api/access_log.hpp"
#include "gateway/api/http_support.hpp"
#include "gateway/api/list_query.hpp"
#include "gateway/api/route_table.hpp"
#include "gateway/payments/payment_json.hpp"
#include "gateway/payments/payment_list.hpp"
#include "gateway/payments/payment_request.hpp"
#include "gateway/refunds/refund_json.hpp"
#include "gateway/refunds/refund_list.hpp"
#include "gateway/refunds/refund_request.hpp"
#include "wire/digest.hpp"

#include <algorithm>

namespace wxgate::gateway {

namespace {

net::http_reply notification_reply(verdict_on_notification v) {
    bool const accepted = v == verdict_on_notification::accepted;
    unsigned const status = accepted ? 200 : v == verdict_on_notification::refused ? 400 : 503;
    return xml_reply(status, accepted ? notification_accepted : notification_refused);
}

// What a call of the API is handled with.
struct exchange {
    route_context& context;
    std::shared_ptr<configuration const> config; // of the moment the request came, to its end
    net::http_request const& request;
    match where;
    call_context call;
    merchant const* who = nullptr;
    std::string key_name;
    subject about = {};
};

std::optional<problem> check_media_type(exchange const& x) {
    if (x.request.method != "POST" || (x.where.found->what == call::close_payment && x.request.body.empty()))
        return std::nullopt;
    if (is_json(x.request.header("content-type")))
        return std::nullopt;
    return problem{415, "unsupported_media_type", "the body must be application/json", {}, {}, 0};
}

// Who calls, whether it may, and whether it calls too often. Sets x.who.
std::optional<problem> check_key(exchange& x) {
    if (!x.where.found->needs)
        return std::nullopt;
    auto const* key = x.config->keys.find(x.request.header("authorization"));
    if (key == nullptr)
        return problem{401, "unauthorized", "no API key, or one that is not known", {}, {}, 0};
    x.key_name = key->key.name;
    if (!key->key.may(*x.where.found->needs))
        return problem{403, "forbidden", "the API key has not the scope for this", {}, {}, 0};
    if (!key->limit->take(x.request.received)) {
        key->limited->add();
        return problem{429, "rate_limited", "over the API key's rate", {}, {}, 1};
    }
    x.who = &x.config->values->merchants.find(key->key.merchant)->second;
    return std::nullopt;
}

net::http_reply reply_with(exchange const& x, unsigned status, ledger::order const& o) {
    return json_reply(status, payment_json(o, x.who->account));
}

net::http_reply reply_with(exchange const& x, problem const& p) {
    return to_reply(p, x.call.request_id);
}

net::http_reply reply_with(exchange const& x, answer<ledger::order_ptr> const& a) {
    return a ? reply_with(x, 200, **a) : reply_with(x, a.error());
}

// "" when the request has none.
answer<std::string> idempotency_key_of(exchange const& x) {
    if (x.request.count("idempotency-key") == 0)
        return std::string();
    std::string key(x.request.header("idempotency-key"));
    bool const visible = std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (key.empty() || key.size() > 255 || !visible)
        return problem{
            400, "invalid_request", "must be 1 to 255 visible characters", "Idempotency-Key", {}, 0};
    return key;
}

// 202 asked, 201 accepted by WeChat, 200 asked before.
unsigned status_of(refunds::asked const& made) {
    if (!made.is_new)
        return 200;
    return ledger::is_accepted(made.refund.refund_status) ? 201 : 202;
}

std::string hash_of(std::string_view body) {
    auto const digest = wire::sha256({body});
    return to_hex(std::string(digest.begin(), digest.end()));
}

awaitable<net::http_reply> create_payment(exchange& x) {
    auto asked = read_payment_request(x.request.body, *x.who, x.request.peer, now_ms());
    if (!asked)
        co_return reply_with(x, asked.error());
    x.about.out_trade_no = asked->out_trade_no;
    auto key = idempotency_key_of(x);
    if (!key)
        co_return reply_with(x, key.error());
    answer<payments::created> made = not_found();
    if (key->empty())
        made = co_await x.context.pay.create(*x.who, std::move(*asked), x.call);
    else
        made = co_await x.context.pay.create_once(
            *x.who, std::move(*asked), std::move(*key), hash_of(x.request.body), x.call
        );
    if (!made)
        co_return reply_with(x, made.error());
    x.about.out_trade_no = made->order->out_trade_no;
    co_return reply_with(x, made->is_new ? 201 : 200, *made->order);
}

awaitable<net::http_reply> list_payments(exchange& x) {
    auto filter = read_list_query(x.request.query, x.who->name);
    if (!filter)
        co_return reply_with(x, filter.error());
    auto found = co_await payment_page(*x.context.shared.store, std::move(*filter));
    if (!found)
        co_return reply_with(x, from_store(found.error()));
    co_return json_reply(200, payment_list_json(found->orders, found->next_cursor, x.who->account));
}

awaitable<net::http_reply> get_payment(exchange& x) {
    bool sync = false;
    if (auto const bad = read_get_query(x.request.query, sync))
        co_return reply_with(x, *bad);
    answer<ledger::order_ptr> found = not_found();
    if (sync)
        found = co_await x.context.pay.refreshed(*x.who, x.where.argument, x.call);
    else
        found = co_await x.context.pay.get(*x.who, x.where.argument);
    co_return reply_with(x, found);
}

awaitable<net::http_reply> payment_events(exchange& x) {
    auto const order = co_await x.context.pay.get(*x.who, x.where.argument);
    if (!order)
        co_return reply_with(x, order.error());
    auto const all = co_await ledger::events_of(*x.context.shared.store, key_of(**order));
    if (!all)
        co_return reply_with(x, from_store(all.error()));
    co_return json_reply(200, events_json(*all));
}

awaitable<net::http_reply> close_payment(exchange& x) {
    if (!x.request.body.empty()) {
        auto const body = parse_json_object(x.request.body);
        if (!body)
            co_return reply_with(x, body.error());
        json_members none(*body);
        if (auto const bad = none.finish())
            co_return reply_with(x, *bad);
    }
    auto const closed = co_await x.context.pay.close(*x.who, x.where.argument, x.call);
    co_return reply_with(x, closed);
}

awaitable<net::http_reply> create_refund(exchange& x) {
    auto asked = read_refund_request(x.request.body, *x.who, x.where.argument);
    if (!asked)
        co_return reply_with(x, asked.error());
    asked->requested_by = x.key_name;
    x.about.out_refund_no = asked->out_refund_no;
    auto key = idempotency_key_of(x);
    if (!key)
        co_return reply_with(x, key.error());
    answer<refunds::asked> made = not_found();
    if (key->empty())
        made = co_await x.context.refund.request(*x.who, std::move(*asked), x.call);
    else
        made = co_await x.context.refund.request_once(
            *x.who,
            std::move(*asked),
            std::move(*key),
            hash_of(std::string(x.request.path) + '\n' + std::string(x.request.body)), // for this order
            x.call
        );
    if (!made)
        co_return reply_with(x, made.error());
    x.about.out_refund_no = made->refund.out_refund_no;
    co_return json_reply(status_of(*made), refund_json(made->refund));
}

awaitable<net::http_reply> get_refund(exchange& x) {
    bool sync = false;
    if (auto const bad = read_get_query(x.request.query, sync))
        co_return reply_with(x, *bad);
    answer<ledger::refund> found = not_found();
    if (sync)
        found = co_await x.context.refund.refreshed(*x.who, x.where.argument, x.call);
    else
        found = co_await x.context.refund.get(*x.who, x.where.argument);
    if (!found)
        co_return reply_with(x, found.error());
    co_return json_reply(200, refund_json(*found));
}

awaitable<net::http_reply> list_refunds(exchange& x) {
    auto filter = read_refund_list_query(x.request.query, x.who->name);
    if (!filter)
        co_return reply_with(x, filter.error());
    auto found = co_await refund_page(*x.context.shared.store, std::move(*filter));
    if (!found)
        co_return reply_with(x, from_store(found.error()));
    co_return json_reply(200, refund_list_json(found->refunds, found->next_cursor));
}

// The order that the number and the secret stand for, among all merchants: the number alone may be several
// merchants'.
awaitable<answer<ledger::order_ptr>> find_by_secret(exchange& x, std::string secret) {
    for (auto const& [name, m] : x.config->values->merchants) {
        auto order = co_await x.context.pay.get(m, x.where.argument);
        if (!order && order.error().status != 404)
            co_return order.error();
        if (order && wire::constant_time_equal(client_secret(**order, m.account), secret)) {
            x.who = &m;
            co_return std::move(*order);
        }
    }
    co_return not_found(); // whether the number or the secret was wrong is not told
}

awaitable<net::http_reply> checkout(exchange& x) {
    auto const body = parse_json_object(x.request.body);
    if (!body)
        co_return reply_with(x, body.error());
    json_members in(*body);
    auto secret = in.text("client_secret", 128);
    auto code = in.text("code", 128);
    if (!secret)
        in.refuse("client_secret", "is missing");
    if (!code || code->empty() || has_control(*code))
        in.refuse("code", "is missing: what wx.login gave");
    if (auto const bad = in.finish())
        co_return reply_with(x, *bad);
    auto order = co_await find_by_secret(x, std::move(*secret));
    if (!order)
        co_return reply_with(x, order.error());
    if (x.who->app_secret.empty())
        co_return reply_with(
            x,
            conflict(
                "invalid_state", "this merchant has no app_secret_file, so customers cannot be logged in"
            )
        );
    auto const ready = co_await x.context.pay.checkout(*x.who, std::move(*order), std::move(*code), x.call);
    co_return reply_with(x, ready);
}

awaitable<net::http_reply> notified(exchange& x) {
    auto const found = x.config->values->merchants.find(x.where.argument);
    if (found == x.config->values->merchants.end()) {
        auto nobody = notification_reply(verdict_on_notification::refused);
        nobody.status = 404;
        co_return nobody;
    }
    x.who = &found->second;
    auto v = verdict_on_notification::refused;
    if (x.where.found->what == call::payment_notification)
        v = co_await x.context.notified.payment(*x.who, x.request.body, x.call, x.about);
    else
        v = co_await x.context.refund_notified.refund(*x.who, x.request.body, x.call, x.about);
    co_return notification_reply(v);
}

awaitable<net::http_reply> dispatch(exchange& x) {
    switch (x.where.found->what) {
    case call::create_payment:
        return create_payment(x);
    case call::list_payments:
        return list_payments(x);
    case call::get_payment:
        return get_payment(x);
    case call::payment_events:
        return payment_events(x);
    case call::close_payment:
        return close_payment(x);
    case call::checkout:
        return checkout(x);
    case call::create_refund:
        return create_refund(x);
    case call::get_refund:
        return get_refund(x);
    case call::list_refunds:
        return list_refunds(x);
    case call::payment_notification:
    case call::refund_notification:
        return notified(x);
    }
    return notified(x); // not reached
}

void log_it(exchange const& x, std::string_view label, unsigned status, std::chrono::nanoseconds took) {
    std::string_view const merchant = x.who != nullptr ? std::string_view(x.who->name) : std::string_view();
    access const a{
        x.call.request_id,
        x.call.trace,
        x.request.method,
        label,
        status,
        took,
        log::item::known("merchant", merchant),
        log::item::known("key", x.key_name),
        x.about,
        x.request.peer};
    write_access(a);
}

} // namespace

api_routes::api_routes(route_context& c, unsigned worker)
    : context_(c), overload_(c.limits, c.shared.store, worker), meters_(all_routes()) {
}

awaitable<net::http_reply> api_routes::handle(net::http_request const& request) {
    exchange x{context_, context_.config, request, find_route(request.method, request.path), {}, nullptr, {}};
    x.call.request_id = request_id_of(request);
    x.call.deadline = request.deadline;
    x.call.trace = trace_of(request);
    auto const* found = x.where.found;
    auto const label = found != nullptr ? found->label : std::string_view("none");
    x.about = subject_of(label, x.where.argument);
    net::http_reply reply;
    auto const what = traffic_of(request);
    overload::under_way const counted(overload_, what);
    if (found == nullptr)
        reply = no_route(x.where.allow, x.call.request_id);
    else if (auto const wrong_type = what == traffic::notification ? std::nullopt : check_media_type(x))
        reply = reply_with(x, *wrong_type);
    else if (auto const unknown_key = check_key(x))
        reply = reply_with(x, *unknown_key);
    else
        reply = co_await dispatch(x);
    auto const took = std::chrono::steady_clock::now() - request.received;
    reply.headers.emplace_back("X-Request-Id", x.call.request_id);
    meters_.count(place_in(all_routes(), found), request.method, reply.status, took);
    if (!is_notification(request.path) && !is_known_by(reply.status))
        x.about = {};
    log_it(x, label, reply.status, took);
    co_return reply;
}

net::http_reply api_routes::refuse(unsigned status, std::string_view reason, std::string_view target) {
    auto const id = make_id();
    meters_.count_refused(status);
    write_refused(id, status, reason);
    if (is_notification(target)) {
        auto reply = notification_reply(verdict_on_notification::refused);
        reply.status = status;
        return reply;
    }
    problem const p{status, code_of_status(status), std::string(reason), {}, {}, status == 503 ? 1 : 0};
    auto reply = to_reply(p, id);
    reply.headers.emplace_back("X-Request-Id", id);
    return reply;
}

std::optional<net::http_reply> api_routes::shed(net::http_request const& request) {
    return overload_.refusal(request);
}

} // namespace wxgate::gateway
