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

// What one coroutine of several does for all: over when it leaves, however it leaves.
class recording {
public:
    explicit recording(bool& under_way) : under_way_(under_way) { under_way_ = true; }

    ~recording() { under_way_ = false; }

    recording(recording const&) = delete;
    recording& operator=(recording const&) = delete;

private:
    bool& under_way_;
};

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
    r.headers.reserve(6); // a list in braces would copy each
    r.headers.emplace_back("User-Agent", "wxgate/1");
    r.headers.emplace_back("webhook-id", w.id);
    r.headers.emplace_back("webhook-timestamp", timestamp);
    r.headers.emplace_back("webhook-signature", webhook_signature(secrets, w.id, timestamp, body));
    r.headers.emplace_back("wxgate-order-version", std::to_string(w.order_version));
    r.headers.emplace_back("traceparent", to_traceparent(of));
    r.body = std::move(body);
    r.repeatable = true; // its id makes it one
    return r;
}

} // namespace

webhook_sender::webhook_sender(asio::any_io_executor e, shared_state& shared, settings const& s)
    : due_work(std::move(e), shared, {"loop.webhooks", webhooks_due, shared.webhook_limits.max_under_way}),
      outbox_(*shared.store),
      busy_(metrics::get_gauge("wxgate_webhooks_under_way", "Webhooks that are being delivered.")) {
    reload(s);
}

void webhook_sender::reload(settings const& s) {
    std::map<std::string, std::shared_ptr<endpoint>> fresh;
    for (auto const& [name, m] : s.merchants) {
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

std::size_t webhook_sender::room_of(endpoint const& to) const {
    auto const most = shared_.webhook_limits.max_per_endpoint;
    return most - std::min(most, to.under_way);
}

std::optional<unix_ms> webhook_sender::reserve(std::string const& merchant) {
    auto const found = endpoints_.find(merchant);
    if (!shared_.leases_are_ours || found == endpoints_.end() || found->second->failing ||
        found->second->waiting.size() >= shared_.webhook_limits.max_waiting)
        return std::nullopt;
    return now_ms() + shared_.webhook_limits.lease.count();
}

std::string webhook_sender::lease_prefix() const {
    return shared_.lease_prefix;
}

void webhook_sender::carry(ledger::webhook_message message, unix_ms until) {
    auto const found = endpoints_.find(message.about.merchant);
    if (found == endpoints_.end())
        return; // any more: it is kept, and found when the lease has ended and there is a webhook again
    found->second->waiting.push_back({std::move(message), until});
    begin_carrying(found->second);
}

// What could not be delivered within its lease is left to be found in the store.
void webhook_sender::begin_carrying(std::shared_ptr<endpoint> const& to) {
    auto const last_moment = now_ms() + shared_.webhook_limits.timeout.count();
    while (!to->waiting.empty() && room_of(*to) != 0) {
        auto next = std::move(to->waiting.front());
        to->waiting.pop_front();
        if (next.until < last_moment)
            continue;
        ++to->under_way; // here, as a coroutine begins to run later only
        std::string owner = shared_.lease_prefix + next.message.about.id;
        begin_beside(deliver(to, std::move(next.message), std::move(owner)));
    }
}

void webhook_sender::end_of_try(std::shared_ptr<endpoint> const& to, net::exchange_result const& answer) {
    --to->under_way;
    to->failing = !answer || answer->status >= 300;
    begin_carrying(to);
    if (std::exchange(to->more, false))
        shared_.board.tell(webhooks_due);
}

awaitable<bool> webhook_sender::prepare() {
    // Of a process before this one.
    auto const forgotten = co_await outbox_.forget_leases(shared_.lease_prefix);
    if (forgotten)
        shared_.leases_are_ours = true;
    co_return forgotten.has_value();
}

awaitable<bool> webhook_sender::take(std::size_t room) {
    std::string const owner = shared_.lease_prefix + make_id(); // of these tries alone
    auto const now_there = endpoints_;                          // a reload may replace them meanwhile
    for (auto const& [name, to] : now_there) {
        bool const taken = co_await take_of(name, to, owner, room);
        if (!taken)
            co_return false;
    }
    co_return true;
}

awaitable<bool> webhook_sender::take_of(
    std::string merchant, std::shared_ptr<endpoint> to, std::string owner, std::size_t& room
) {
    auto const most = std::min(room, room_of(*to));
    to->more = most == 0; // then the end of a try tells
    if (most == 0)
        co_return true;
    to->under_way += most; // carried ones begin meanwhile
    auto taken = co_await outbox_.claim(
        std::move(merchant), owner, shared_.webhook_limits.lease, static_cast<std::int64_t>(most)
    );
    to->under_way -= most;
    if (taken) {
        WXGATE_FAILPOINT("webhook.after_claim");
        room -= taken->size();
        for (auto& w : *taken) {
            ++to->under_way; // here, as a coroutine begins to run later only
            begin_look(fetch(to, std::move(w), owner));
        }
    }
    begin_carrying(to); // what came meanwhile
    co_return taken.has_value();
}

awaitable<result<std::optional<unix_ms>>> webhook_sender::next_due() {
    std::vector<std::string> with_room; // of the others, a try that ends tells
    for (auto const& [name, to] : endpoints_)
        if (!to->more)
            with_room.push_back(name);
    return outbox_.next_due(std::move(with_room));
}

awaitable<void> webhook_sender::fetch(std::shared_ptr<endpoint> to, ledger::webhook w, std::string owner) {
    auto message = co_await outbox_.message(w.id);
    if (!message || !*message) { // the store is away: it is found again when the lease ends
        --to->under_way;
        co_return;
    }
    co_await deliver(std::move(to), std::move(**message), std::move(owner));
}

awaitable<void>
webhook_sender::deliver(std::shared_ptr<endpoint> to, ledger::webhook_message m, std::string owner) {
    auto const& l = shared_.webhook_limits;
    auto const& w = m.about;
    auto const of = trace_of(w);
    auto request = to_request(to->target, to->settings.secrets, w, of, webhook_body(m));
    auto const until = clock::now() + l.timeout;
    busy_.add(1);
    auto const answer = co_await to->pool->exchange(std::move(request), until);
    busy_.add(-1);
    end_of_try(to, answer);
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
    t.id = w.id;
    t.owner = std::move(owner);
    if (t.state == ledger::webhook_state::delivered)
        co_return co_await note_delivered(std::move(t));
    bool const again = t.state == ledger::webhook_state::pending;
    std::vector<ledger::webhook_try> one;
    one.push_back(std::move(t));
    co_await outbox_.record(std::move(one));
    if (again) // the loop does not know yet when
        shared_.board.tell(webhooks_due);
}

// Nobody waits for this: what is delivered while one batch is written goes with the next. A batch that was
// not written leaves its messages leased; they are sent once more when the lease ends.
awaitable<void> webhook_sender::note_delivered(ledger::webhook_try t) {
    delivered_.push_back(std::move(t));
    if (recording_)
        co_return;
    recording now(recording_);
    while (!delivered_.empty()) {
        auto batch = std::exchange(delivered_, {});
        co_await outbox_.record(std::move(batch));
    }
}

} // namespace wxgate::gateway
