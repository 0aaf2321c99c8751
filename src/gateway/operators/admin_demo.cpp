#include "gateway/operators/admin_demo.hpp"

#include "gateway/api/list_query.hpp"
#include "gateway/payments/payment_json.hpp"
#include "gateway/payments/payment_request.hpp"
#include "gateway/refunds/refund_json.hpp"
#include "gateway/refunds/refund_request.hpp"
#include "net/http_client.hpp"

namespace wxgate::gateway {

namespace {

constexpr char const* demo_customer = "demo-shop"; // who asks for its refunds

// Null: there is no demo shop.
merchant const* shop_of(admin_exchange const& x) {
    return x.demo == nullptr ? nullptr : merchant_of(x, x.demo->merchant);
}

answer<std::string> read_outcome(std::string_view query) {
    std::string outcome = "success";
    auto const bad = for_each_pair(
        query,
        [&](std::string const& name, std::string const& value) -> std::optional<problem> {
            if (name != "outcome")
                return no_parameter(name);
            if (value != "success" && value != "fail" && value != "cancel")
                return invalid(name, "must be success, fail or cancel");
            outcome = value;
            return std::nullopt;
        }
    );
    if (bad)
        return *bad;
    return outcome;
}

problem no_sandbox(std::string why) {
    return {502, "upstream_invalid", "the sandbox's controls: " + std::move(why), {}, {}, 0};
}

} // namespace

awaitable<net::http_reply> demo_pay(admin_exchange& x) {
    auto const* const shop = shop_of(x);
    if (shop == nullptr)
        co_return reply_with(x, not_found());
    auto asked = read_payment_request(x.request.body, *shop, x.request.peer, now_ms());
    if (!asked)
        co_return reply_with(x, asked.error());
    auto const made = co_await x.context.pay.create(*shop, std::move(*asked), x.call);
    if (!made)
        co_return reply_with(x, made.error());
    co_return json_reply(made->is_new ? 201 : 200, payment_json(*made->order, shop->account));
}

awaitable<net::http_reply> demo_payment(admin_exchange& x) {
    auto const* const shop = shop_of(x);
    if (shop == nullptr)
        co_return reply_with(x, not_found());
    auto const found = co_await x.context.pay.get(*shop, x.argument);
    if (!found)
        co_return reply_with(x, found.error());
    co_return json_reply(200, payment_json(**found, shop->account));
}

awaitable<net::http_reply> demo_ask_for_refund(admin_exchange& x) {
    auto const* const shop = shop_of(x);
    if (shop == nullptr)
        co_return reply_with(x, not_found());
    auto asked = read_refund_request(x.request.body, *shop, x.argument);
    if (!asked)
        co_return reply_with(x, asked.error());
    asked->requested_by = demo_customer;
    auto const made = co_await x.context.refund.request(*shop, std::move(*asked), x.call);
    if (!made)
        co_return reply_with(x, made.error());
    co_return json_reply(made->is_new ? 202 : 200, refund_json(made->refund));
}

awaitable<net::http_reply> demo_refund(admin_exchange& x) {
    auto const* const shop = shop_of(x);
    if (shop == nullptr)
        co_return reply_with(x, not_found());
    auto const found = co_await x.context.refund.get(*shop, x.argument);
    if (!found)
        co_return reply_with(x, found.error());
    co_return json_reply(200, refund_json(*found));
}

awaitable<net::http_reply> demo_request_payment(admin_exchange& x) {
    if (x.demo == nullptr)
        co_return reply_with(x, not_found());
    auto const outcome = read_outcome(x.request.query);
    if (!outcome)
        co_return reply_with(x, outcome.error());
    auto const where = net::parse_url(x.demo->sandbox_control); // settings took no other
    auto const executor = co_await asio::this_coro::executor;
    net::http_client_options const options;
    net::http_client sandbox(executor, *where, nullptr, options);
    net::exchange_request q;
    q.target = "/control/request-payment?outcome=" + *outcome;
    q.content_type = "application/json";
    q.body = x.request.body;
    auto const said = co_await sandbox.exchange(std::move(q), x.call.deadline);
    if (!said)
        co_return reply_with(x, no_sandbox(said.error().code.message()));
    co_return json_reply(said->status, said->body);
}

} // namespace wxgate::gateway
