// The network's part of `wxgate check`. Nothing that is asked here changes anything anywhere.
#include "base/ids.hpp"
#include "gateway/doctor.hpp"
#include "net/address_rules.hpp"
#include "net/endpoints.hpp"
#include "net/http_client.hpp"
#include "net/tls.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>

namespace wxgate::gateway {

namespace {

using clock = std::chrono::steady_clock;

net::http_client_options pool_options(settings const& s, bool public_addresses_only) {
    net::http_client_options o;
    o.limits = s.upstream.limits;
    o.public_addresses_only = public_addresses_only;
    return o;
}

clock::time_point patience(settings const& s) {
    return clock::now() + s.upstream.limits.timeout;
}

// Whether WeChat's API can be asked; the first host that answers also tells its time.
class upstream_check {
public:
    upstream_check(asio::any_io_executor e, settings const& s, findings& out)
        : executor_(std::move(e)), settings_(s), out_(out),
          tls_(net::make_client_tls({s.upstream.ca_file, {}})) {}

    awaitable<bool> ask(std::string key, std::string text) {
        auto const u = net::parse_url(text);
        if (!u)
            co_return false; // the settings have refused it
        net::http_client pool(executor_, *u, u->tls ? tls_ : nullptr, pool_options(settings_, false));
        net::exchange_request request;
        request.method = "GET";
        request.target = "/";
        request.headers = {{"User-Agent", "wxgate/1"}};
        request.repeatable = true;
        auto const answer = co_await pool.exchange(std::move(request), patience(settings_));
        if (!answer) {
            out_.add(judge_unreachable(key, u->origin(), answer.error().code, answer.error().detail));
            co_return false;
        }
        if (u->tls)
            out_.good(key + ": " + u->origin() + " answers, and its certificate is verified");
        else
            out_.warn(
                key + ": " + u->origin() + " answers without TLS",
                "use https, but for a stand-in on this host"
            );
        if (answer->date && !told_time_)
            out_.add(judge_clock(*answer->date, now_ms()));
        told_time_ = told_time_ || answer->date;
        co_return true;
    }

private:
    asio::any_io_executor executor_;
    settings const& settings_;
    findings& out_;
    net::tls_context_ptr tls_;
    bool told_time_ = false;
};

awaitable<void> check_accounts(asio::any_io_executor e, settings const& s, findings& out) {
    client wechat(std::move(e), s.upstream);
    for (auto const& [name, m] : s.merchants) {
        order_query_request request;
        request.out_trade_no = "wxgatecheck" + random_alnum(20);
        auto const answered = co_await wechat.order_query(m.account, std::move(request), patience(s));
        out.add(judge_account(m, answered));
    }
    wechat.close();
}

awaitable<void> check_notify_host(asio::any_io_executor e, settings const& s, findings& out) {
    auto const u = net::parse_url(s.public_url);
    if (!u || net::judge_host(u->host) != net::host_rule::ok)
        co_return; // told already
    std::string const key = "server.public_url: " + u->host;
    net::endpoints addresses(std::move(e), u->host, u->port);
    auto const found = co_await addresses.get(clock::now() + s.upstream.limits.connect_timeout);
    if (!found) {
        out.warn(
            key + " does not resolve here: " + found.error().message(),
            "WeChat must be able to: enter the name in the public DNS"
        );
        co_return;
    }
    bool const reachable = std::any_of(found->begin(), found->end(), [](auto const& where) {
        return net::is_public(where.address());
    });
    if (reachable)
        out.good(key + " resolves");
    else
        out.warn(
            key + " has addresses of the inside only",
            "WeChat must reach it: enter its public address in the DNS"
        );
}

awaitable<void> check_webhooks(asio::any_io_executor e, settings const& s, findings& out) {
    for (auto const& [name, m] : s.merchants) {
        if (!m.webhook)
            continue;
        std::string const key = "merchants." + name + ".webhook.url";
        auto const u = *net::parse_url(m.webhook->url);
        auto const tls = u.tls ? net::make_client_tls({m.webhook->ca_file, {}}) : nullptr;
        net::http_client pool(e, u, tls, pool_options(s, !m.webhook->allow_private));
        auto const failed = co_await pool.warm(clock::now() + s.upstream.limits.connect_timeout);
        if (failed)
            out.add(judge_unreachable(key, u.origin(), failed, {}));
        else
            out.good(key + ": " + u.origin() + " can be connected to");
    }
}

bool logs_customers_in(settings const& s) {
    return std::any_of(s.merchants.begin(), s.merchants.end(), [](auto const& m) {
        return !m.second.app_secret.empty();
    });
}

awaitable<void> check_all(asio::any_io_executor e, settings const& s, findings& out) {
    upstream_check hosts(e, s, out);
    auto const& u = s.upstream;
    bool asked = co_await hosts.ask("upstream.url", u.url);
    if (!u.backup_url.empty()) {
        bool const backup = co_await hosts.ask("upstream.backup_url", u.backup_url);
        asked = asked || backup;
    }
    if (logs_customers_in(s) && u.login_url != u.url)
        co_await hosts.ask("upstream.login_url", u.login_url);
    if (asked)
        co_await check_accounts(e, s, out);
    co_await check_notify_host(e, s, out);
    co_await check_webhooks(e, s, out);
}

awaitable<void> check_guarded(asio::any_io_executor e, settings const& s, findings& out, bool& whole) {
    co_await check_all(std::move(e), s, out);
    whole = true;
}

} // namespace

void check_online(findings& out, settings const& s) {
    // Never destroyed: a name that does not resolve keeps Asio's hidden thread for as long as the system's
    // resolver likes, and a context waits for it.
    static auto& context = *new asio::io_context{1};
    bool whole = false;
    asio::co_spawn(context, check_guarded(context.get_executor(), s, out, whole), report("check"));
    auto const end = clock::now() + std::chrono::minutes(2);
    while (!whole && context.run_one_until(end) != 0)
        continue;
    if (!whole)
        out.warn("network: was not looked at to the end", "check again, or --offline without it");
}

} // namespace wxgate::gateway
