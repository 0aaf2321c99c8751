#include "gateway/operators/admin_routes.hpp"

#include "base/ids.hpp"
#include "base/metrics.hpp"
#include "gateway/api/json.hpp"
#include "gateway/api/json_text.hpp"
#include "gateway/api/list_query.hpp"
#include "gateway/operators/admin_assets.hpp"
#include "gateway/operators/admin_demo.hpp"
#include "gateway/operators/admin_duties.hpp"
#include "gateway/operators/admin_exchange.hpp"
#include "gateway/operators/admin_payments.hpp"
#include "gateway/operators/admin_reconciliations.hpp"
#include "gateway/operators/admin_refunds.hpp"
#include "gateway/operators/admin_summary.hpp"
#include "gateway/operators/cookies.hpp"

#include <algorithm>
#include <utility>

namespace wxgate::gateway {

namespace {

constexpr std::size_t max_name = 64; // settings take no longer one

// RELIABILITY 5.3. What is shown here is one person's, and is made of this host's own files only.
constexpr std::pair<char const*, char const*> security_headers[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
     "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cache-Control", "no-store"},
};

// ---- health and metrics ---------------------------------------------------------------------------

awaitable<net::http_reply> alive(admin_exchange&) {
    co_return json_reply(200, R"({"status":"ok"})");
}

awaitable<net::http_reply> all_metrics(admin_exchange&) {
    auto reply = json_reply(200, metrics::to_text());
    reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
    co_return reply;
}

// Usable: not draining, the store takes reads and its last write went well, and WeChat can be reached.
awaitable<net::http_reply> ready(admin_exchange& x) {
    store::batch probe;
    probe.push_back({"SELECT 1", {}});
    auto& store = *x.context.shared.store;
    if (!store.healthy()) { // while nobody is sent here, nothing else would find out that it is well again
        store::batch nothing;
        nothing.push_back({"DELETE FROM idempotency_keys WHERE created_at < 0", {}});
        co_await store.write(std::move(nothing));
    }
    auto const read = co_await store.read(std::move(probe));
    bool const store_ok = read && store.healthy();
    bool const upstream_ok = co_await x.context.wechat.reachable(x.call.deadline);
    bool const draining = x.context.shared.draining;
    bool const all = store_ok && upstream_ok && !draining;
    auto const word = [](bool b) { return b ? "true" : "false"; };
    std::string body = std::string(R"({"status":")") + (all ? "ready" : "not_ready") + R"(","store":)" +
                       word(store_ok) + R"(,"upstream":)" + word(upstream_ok) + R"(,"draining":)" +
                       word(draining) + '}';
    auto reply = json_reply(all ? 200 : 503, std::move(body));
    if (!all)
        reply.headers.emplace_back("Retry-After", "1");
    co_return reply;
}

// ---- login and logout -----------------------------------------------------------------------------

std::string session_json(signed_in const& who) {
    json_object o;
    o["name"] = who.name;
    o["role"] = to_string(who.role);
    o["csrf_token"] = who.csrf_token;
    return std::move(o).text();
}

awaitable<net::http_reply> login(admin_exchange& x) {
    auto const body = parse_json_object(x.request.body);
    if (!body)
        co_return reply_with(x, body.error());
    json_members in(*body);
    auto name = in.text("name", max_name);
    auto password = in.text("password", login_limits().max_password);
    if (!name)
        in.refuse("name", "is missing");
    if (!password)
        in.refuse("password", "is missing");
    if (auto const bad = in.finish())
        co_return reply_with(x, *bad);
    auto who = co_await x.people.login(
        *x.config->values, std::move(*name), std::move(*password), x.request.header("cookie"), x.call
    );
    if (!who)
        co_return reply_with(x, who.error());
    x.who = std::move(*who);
    x.about.did = "signed in";
    auto reply = json_reply(200, session_json(x.who));
    reply.headers.emplace_back("Set-Cookie", session_cookie(x.who.token));
    co_return reply;
}

awaitable<net::http_reply> session(admin_exchange& x) {
    co_return json_reply(200, session_json(x.who));
}

awaitable<net::http_reply> logout(admin_exchange& x) {
    if (!x.request.body.empty()) {
        auto const body = parse_json_object(x.request.body);
        if (!body)
            co_return reply_with(x, body.error());
        json_members none(*body);
        if (auto const bad = none.finish())
            co_return reply_with(x, *bad);
    }
    auto const ended = co_await x.people.logout(x.who);
    if (!ended)
        co_return reply_with(x, ended.error());
    auto reply = json_reply(204, {});
    reply.headers.emplace_back("Set-Cookie", no_session_cookie());
    co_return reply;
}

// ---- every call -----------------------------------------------------------------------------------

// Who has the keys in hand does not move money alone: an admin asks, an approver decides (RELIABILITY 5.3).
constexpr unsigned may_ask = roles(role::approver, role::admin);
constexpr unsigned may_decide = roles(role::approver);
constexpr unsigned may_settle = roles(role::approver, role::admin);

// clang-format off
constexpr admin_row rows[] = {
    {{"GET", "/healthz", "", false}, "/healthz", everybody, alive},
    {{"GET", "/readyz", "", false}, "/readyz", everybody, ready},
    {{"GET", "/metrics", "", false}, "/metrics", everybody, all_metrics},
    {{"POST", "/admin/v1/login", "", false}, "/admin/v1/login", everybody, login},
    {{"POST", "/admin/v1/logout", "", false}, "/admin/v1/logout", any_role, logout},
    {{"GET", "/admin/v1/session", "", false}, "/admin/v1/session", any_role, session},
    {{"GET", "/admin/v1/payments", "", false}, "/admin/v1/payments", any_role, list_all_payments},
    {{"GET", "/admin/v1/payments/", "", true}, "/admin/v1/payments/{out_trade_no}", any_role, show_payment},
    {{"GET", "/admin/v1/payments/", "/events", true}, "/admin/v1/payments/{out_trade_no}/events", any_role, show_payment_events},
    {{"GET", "/admin/v1/payments/", "/refunds", true}, "/admin/v1/payments/{out_trade_no}/refunds", any_role, show_payment_refunds},
    {{"GET", "/admin/v1/payments/", "/webhooks", true}, "/admin/v1/payments/{out_trade_no}/webhooks", any_role, show_payment_webhooks},
    {{"GET", "/admin/v1/payments/", "/anomalies", true}, "/admin/v1/payments/{out_trade_no}/anomalies", any_role, show_payment_anomalies},
    {{"POST", "/admin/v1/payments/", "/refunds", true}, "/admin/v1/payments/{out_trade_no}/refunds", may_ask, ask_for_refund},
    {{"GET", "/admin/v1/refunds", "", false}, "/admin/v1/refunds", any_role, list_all_refunds},
    {{"GET", "/admin/v1/refunds/", "", true}, "/admin/v1/refunds/{out_refund_no}", any_role, show_refund},
    {{"POST", "/admin/v1/refunds/", "/approve", true}, "/admin/v1/refunds/{out_refund_no}/approve", may_decide, approve_refund},
    {{"POST", "/admin/v1/refunds/", "/reject", true}, "/admin/v1/refunds/{out_refund_no}/reject", may_decide, reject_refund},
    {{"GET", "/admin/v1/webhooks", "", false}, "/admin/v1/webhooks", any_role, list_webhooks},
    {{"POST", "/admin/v1/webhooks/", "/redeliver", true}, "/admin/v1/webhooks/{id}/redeliver", may_settle, redeliver_webhook},
    {{"GET", "/admin/v1/anomalies", "", false}, "/admin/v1/anomalies", any_role, list_all_anomalies},
    {{"POST", "/admin/v1/anomalies/", "/settle", true}, "/admin/v1/anomalies/{id}/settle", may_settle, settle},
    {{"GET", "/admin/v1/summary", "", false}, "/admin/v1/summary", any_role, show_summary},
    {{"GET", "/admin/v1/reconciliations", "", false}, "/admin/v1/reconciliations", any_role, list_reconciliations},
    {{"GET", "/console", "", false}, "/console", everybody, to_folder},
    {{"GET", "/console/", "", false}, "/console/", everybody, show_console},
    {{"GET", "/console/", "", true}, "/console/{file}", everybody, show_console},
    {{"GET", "/demo", "", false}, "/demo", everybody, to_folder},
    {{"GET", "/demo/", "", false}, "/demo/", everybody, show_demo},
    {{"GET", "/demo/", "", true}, "/demo/{file}", everybody, show_demo},
    {{"POST", "/demo/v1/payments", "", false}, "/demo/v1/payments", everybody, demo_pay},
    {{"GET", "/demo/v1/payments/", "", true}, "/demo/v1/payments/{out_trade_no}", everybody, demo_payment},
    {{"POST", "/demo/v1/payments/", "/refunds", true}, "/demo/v1/payments/{out_trade_no}/refunds", everybody, demo_ask_for_refund},
    {{"GET", "/demo/v1/refunds/", "", true}, "/demo/v1/refunds/{out_refund_no}", everybody, demo_refund},
    {{"POST", "/demo/v1/request-payment", "", false}, "/demo/v1/request-payment", everybody, demo_request_payment},
};

// clang-format on

// Asked for every few seconds by machines: not worth a line in the log each.
bool is_probe(admin_row const* row) {
    return row != nullptr && row->roles == everybody && row->where.method == "GET";
}

std::optional<problem> check_media_type(net::http_request const& request) {
    if (request.body.empty() || is_json(request.header("content-type")))
        return std::nullopt;
    return problem{415, "unsupported_media_type", "the body must be application/json", {}, {}, 0};
}

net::http_reply no_session(admin_exchange const& x, problem const& p) {
    auto reply = reply_with(x, p);
    if (p.status == 401)
        reply.headers.emplace_back("Set-Cookie", no_session_cookie());
    return reply;
}

// From the route on, in this order: whether it was sent on purpose, by whom, and whether they may.
awaitable<net::http_reply> answered(admin_exchange& x, admin_row const& row) {
    bool const changes = row.where.method != "GET";
    if (auto const wrong_type = check_media_type(x.request))
        co_return reply_with(x, *wrong_type);
    auto const elsewhere = changes ? check_origin(x.request) : std::nullopt;
    if (elsewhere)
        co_return reply_with(x, *elsewhere);
    if (row.roles == everybody)
        co_return co_await row.handle(x);
    auto who = co_await x.people.authenticate(*x.config->values, x.request.header("cookie"));
    if (!who)
        co_return no_session(x, who.error());
    x.who = std::move(*who);
    auto const forged = changes ? check_csrf(x.request, x.who) : std::nullopt;
    if (forged)
        co_return reply_with(x, *forged);
    if ((row.roles & roles(x.who.role)) == 0) {
        problem const p{403, "forbidden", "your role may not do this", {}, {}, 0};
        co_return reply_with(x, p);
    }
    co_return co_await row.handle(x);
}

void secure(net::http_reply& reply) {
    bool const kept = std::any_of(reply.headers.begin(), reply.headers.end(), [](auto const& h) {
        return h.first == "Cache-Control"; // it is a file of the console, and nobody's
    });
    for (auto const& [name, value] : security_headers)
        if (!kept || std::string_view(name) != "Cache-Control")
            reply.headers.emplace_back(name, value);
    for (auto& [name, value] : reply.headers)
        if (name == "WWW-Authenticate") // not by API keys here
            value = R"(Cookie realm="wxgate", cookie-name="wxgate_session")";
}

} // namespace

answer<which> read_which(admin_exchange const& x, bool may_sync) {
    which w;
    auto const bad = for_each_pair(
        x.request.query,
        [&](std::string const& name, std::string const& value) -> std::optional<problem> {
            if (name == "merchant")
                return read_merchant(value, w.merchant);
            if (name == "sync" && may_sync)
                return read_sync(value, w.sync);
            return no_parameter(name);
        }
    );
    if (bad)
        return *bad;
    return w;
}

problem no_such_merchant() {
    return conflict("invalid_state", "its merchant is no longer in this gateway's configuration");
}

std::span<admin_row const> all_admin_rows() noexcept {
    return rows;
}

path_match<admin_row> find_admin_route(std::string_view method, std::string_view path) {
    return find_in(rows, method, path);
}

admin_routes::admin_routes(route_context& c)
    : context_(c), operators_(c.shared), meters_(all_admin_rows()), summary_(c.shared),
      demo_(c.config->values->demo) {
}

awaitable<net::http_reply> admin_routes::handle(net::http_request const& request) {
    auto where = find_admin_route(request.method, request.path);
    auto const* row = where.found;
    auto const label = row != nullptr ? row->label : std::string_view("none");
    admin_exchange x{
        context_,
        operators_,
        summary_,
        demo_ ? &*demo_ : nullptr,
        context_.config,
        request,
        {},
        std::move(where.argument),
        {}};
    x.call.request_id = request_id_of(request);
    x.call.deadline = request.deadline;
    x.call.trace = trace_of(request);
    x.about = subject_of(label, x.argument);
    net::http_reply reply;
    if (row == nullptr)
        reply = no_route(where.allow, x.call.request_id);
    else
        reply = co_await answered(x, *row);
    secure(reply);
    auto const took = std::chrono::steady_clock::now() - request.received;
    reply.headers.emplace_back("X-Request-Id", x.call.request_id);
    meters_.count(place_in(all_admin_rows(), row), request.method, reply.status, took);
    if (!is_known_by(reply.status))
        x.about = {};
    access const a{
        x.call.request_id,
        x.call.trace,
        request.method,
        label,
        reply.status,
        took,
        log::item::known("operator", x.who.name),
        log::item::known("role", x.who.name.empty() ? std::string_view() : to_string(x.who.role)),
        x.about,
        request.peer};
    write_access(a, is_probe(row) ? log::level::debug : log::level::info);
    co_return reply;
}

net::http_reply admin_routes::refuse(unsigned status, std::string_view reason, std::string_view) {
    problem const p{status, code_of_status(status), std::string(reason), {}, {}, status == 503 ? 1 : 0};
    auto const id = make_id();
    meters_.count_refused(status);
    write_refused(id, status, reason);
    auto reply = to_reply(p, id);
    reply.headers.emplace_back("X-Request-Id", id);
    secure(reply);
    return reply;
}

} // namespace wxgate::gateway
