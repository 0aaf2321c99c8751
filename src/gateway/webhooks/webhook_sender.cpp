#include "gateway/webhooks/webhook_sender.hpp"

#include "base/failpoint.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "gateway/webhooks/webhook_message.hpp"
#include "net/tls.hpp"

#include <algorithm>

namespace wxgate::gateway {

using clock = std::chrono::steady_clock;

namespace {

metrics::counter_set const tries(
    "wxgate_webhooks_total",
    "Tries to deliver a webhook by how they ended.",
    "result",
    {"delivered", "retried", "failed"}
);
metrics::histogram& lag = metrics::get_histogram(
    "wxgate_webhook_lag_seconds", "From a change to the moment the shop had heard of it."
);

char const* word_of(ledger::webhook_state s) {
    return s == ledger::webhook_state::delivered ? "delivered"
           : s == ledger::webhook_state::failed  ? "failed"
                                                 : "retried";
}

net::exchange_request to_request(
    std::string target,
    std::vector<std::string> const& secrets,
    ledger::webhook const& w,
    trace const& of,
    std::string body
) {
    auto const timestamp = std::to_string(now_ms() / 1000);
    net::exchange_request r;
    r.target = std::move(target);
    r.content_type = "application/json";
    r.headers = {
        {"User-Agent", "wxgate/1"},
        {"webhook-id", w.id},
        {"webhook-timestamp", timestamp},
        {"webhook-signature", webhook_signature(secrets, w.id, timestamp, body)},
        {"wxgate-order-version", std::to_string(w.order_version)},
        {"traceparent", to_traceparent(of)}};
    r.body = std::move(body);
    r.repeatable = true; // its id makes it one
    return r;
}

// One try of an endpoint, until here.
struct busy {
    busy(std::size_t& n, metrics::gauge& g) : count(n), gauge(g) { gauge.add(1); }

    ~busy() {
        --count;
        gauge.add(-1);
    }

    busy(busy const&) = delete;
    busy& operator=(busy const&) = delete;

    std::size_t& count;
    metrics::gauge& gauge;
};

} // namespace

webhook_sender::webhook_sender(asio::any_io_executor e, shared_state& shared, current_configuration config)
    : due_work(std::move(e), shared, {"loop.webhooks", webhooks_due, shared.webhook_limits.max_under_way}),
      outbox_(*shared.store), config_(std::move(config)),
      busy_(metrics::get_gauge("wxgate_webhooks_under_way", "Webhooks that are being delivered.")) {
    reload();
}

void webhook_sender::reload() {
    auto const config = config_();
    std::map<std::string, std::shared_ptr<endpoint>> fresh;
    for (auto const& [name, m] : config->values->merchants) {
        if (!m.webhook)
            continue;
        auto const old = endpoints_.find(name);
        bool const same = old != endpoints_.end() && old->second->settings == *m.webhook;
        fresh[name] = same ? old->second : make_endpoint(*m.webhook);
    }
    endpoints_ = std::move(fresh);
    shared_.board.tell(webhooks_due);
}

void webhook_sender::close() {
    for (auto const& [name, to] : endpoints_)
        to->pool->close();
}

std::shared_ptr<webhook_sender::endpoint> webhook_sender::make_endpoint(webhook_settings const& s) const {
    auto const u = *net::parse_url(s.url);
    net::http_client_options how;
    how.limits.timeout = shared_.webhook_limits.timeout;
    how.limits.max_connections = shared_.webhook_limits.max_per_endpoint;
    how.limits.max_response = shared_.webhook_limits.max_reply;
    how.public_addresses_only = !s.allow_private;
    auto tls = u.tls ? net::make_client_tls({s.ca_file, {}}) : nullptr;
    auto to = std::make_shared<endpoint>();
    to->settings = s;
    to->authority = u.authority();
    to->target = u.path.empty() ? "/" : u.path;
    to->pool = std::make_unique<net::http_client>(executor(), u, std::move(tls), how);
    return to;
}

awaitable<bool> webhook_sender::prepare() {
    // Of a process before this one: no other has this store.
    auto const forgotten = co_await outbox_.forget_leases();
    co_return forgotten.has_value();
}

awaitable<bool> webhook_sender::take(std::size_t room) {
    auto const& l = shared_.webhook_limits;
    std::string const owner = make_id(); // of these tries alone
    auto const now_there = endpoints_;   // a reload may replace them meanwhile
    for (auto const& [name, to] : now_there) {
        auto const free = std::min(room, l.max_per_endpoint - std::min(l.max_per_endpoint, to->under_way));
        if (free == 0)
            continue;
        auto taken = co_await outbox_.claim(name, owner, l.lease, static_cast<std::int64_t>(free));
        if (!taken)
            co_return false;
        WXGATE_FAILPOINT("webhook.after_claim");
        room -= taken->size();
        for (auto& w : *taken) {
            ++to->under_way; // here, as a coroutine begins to run later only
            begin_look(deliver(to, std::move(w), owner));
        }
    }
    co_return true;
}

awaitable<result<std::optional<unix_ms>>> webhook_sender::next_due() {
    std::vector<std::string> with_room; // of the others, a try that ends tells
    for (auto const& [name, to] : endpoints_)
        if (to->under_way < shared_.webhook_limits.max_per_endpoint)
            with_room.push_back(name);
    return outbox_.next_due(std::move(with_room));
}

awaitable<void> webhook_sender::deliver(std::shared_ptr<endpoint> to, ledger::webhook w, std::string owner) {
    busy const one(to->under_way, busy_);
    auto const& l = shared_.webhook_limits;
    auto const message = co_await outbox_.message(w.id);
    if (!message || !*message)
        co_return; // the store is away: it is found again when the lease ends
    auto const of = trace_of(w);
    auto request = to_request(to->target, to->settings.secrets, w, of, webhook_body(**message));
    auto const until = clock::now() + l.timeout;
    auto const answer = co_await to->pool->exchange(std::move(request), until);
    WXGATE_FAILPOINT("webhook.after_send");
    auto t = after_try(w, answer, l, now_ms(), random_spread());
    tries[word_of(t.state)].add();
    if (t.state == ledger::webhook_state::delivered)
        lag.observe(std::chrono::milliseconds(std::max<unix_ms>(0, now_ms() - w.created_at)));
    else
        log::write(
            t.state == ledger::webhook_state::failed ? log::level::error : log::level::warn,
            "a webhook was not delivered",
            {{"merchant", w.merchant},
             {"id", w.id},
             {"trace_id", of.id_text()},
             {"type", w.type},
             {"attempt", w.attempts + 1},
             {"status", answer ? static_cast<std::int64_t>(answer->status) : 0},
             {"error", answer ? std::string() : answer.error().code.message()}}
        );
    co_await outbox_.record(w.id, owner, std::move(t));
}

} // namespace wxgate::gateway
