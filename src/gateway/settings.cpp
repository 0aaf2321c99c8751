#include "gateway/settings.hpp"

#include "base/password.hpp"
#include "base/text.hpp"
#include "gateway/info_file.hpp"
#include "net/address_rules.hpp"
#include "net/tls.hpp"

#include <boost/asio/ip/address.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>
#include <sstream>
#include <thread>
#include <tuple>

namespace wxgate::gateway {

namespace {

net::address read_address(section& s, std::string const& key, std::string const& otherwise) {
    auto const text = s.text(key, otherwise);
    auto const parsed = net::parse_address(text);
    if (!parsed)
        s.fail(key, "\"" + text + "\" is not an address; write e.g. 127.0.0.1:8080 or [::1]:8080");
    return *parsed;
}

std::string read_url(section& s, std::string const& key, std::string const& otherwise, bool may_be_empty) {
    auto text = s.text(key, otherwise);
    if (text.empty() && may_be_empty)
        return text;
    if (!net::parse_url(text))
        s.fail(key, "\"" + text + "\" is not a URL; write e.g. https://pay.example.com");
    while (text.ends_with('/'))
        text.pop_back();
    return text;
}

net::trusted_networks read_networks(section& s, std::string const& key, std::string const& otherwise) {
    net::trusted_networks all;
    auto const text = s.text(key, otherwise);
    if (auto const bad = all.read(text); !bad.empty())
        s.fail(
            key, "\"" + std::string(bad) + "\" is not a network; write e.g. 10.0.0.0/8, fd00::/8 or 192.0.2.1"
        );
    return all;
}

std::size_t read_count(
    section& s, std::string const& key, std::size_t otherwise, std::int64_t lowest, std::int64_t highest
) {
    return static_cast<std::size_t>(s.number(key, static_cast<std::int64_t>(otherwise), lowest, highest));
}

void read_server_limits(section& s, settings& out) {
    auto& l = out.limits;
    auto const connections = read_count(s, "max_connections", l.max_connections, 1, 1'000'000);
    l.max_connections = std::max<std::size_t>(1, connections / out.threads);
    l.max_connections_per_address =
        read_count(s, "max_connections_per_address", l.max_connections_per_address, 1, 1'000'000);
    l.max_requests_per_connection =
        read_count(s, "max_requests_per_connection", l.max_requests_per_connection, 1, 1'000'000'000);
    l.max_header = s.bytes("max_header", l.max_header, 1024, 32UL * 1024);
    l.max_body = s.bytes("max_body", l.max_body, 1024, 16UL * 1024 * 1024);
    l.max_in_flight = read_count(s, "max_in_flight", l.max_in_flight, 1, 1'000'000);
    l.max_notifications = read_count(s, "max_notifications", l.max_notifications, 1, 1'000'000);
    l.max_unsent = s.bytes("max_unsent", l.max_unsent, 1024UL * 1024, 16UL * 1024 * 1024 * 1024);
    l.max_store_wait = s.duration("max_store_wait", l.max_store_wait);
    l.max_notification_wait = s.duration("max_notification_wait", l.max_notification_wait);
    if (l.max_notification_wait < l.max_store_wait)
        s.fail("max_notification_wait", "is shorter than max_store_wait: notifications are refused last");
    l.handshake_timeout = s.duration("handshake_timeout", l.handshake_timeout);
    l.header_timeout = s.duration("header_timeout", l.header_timeout);
    l.body_timeout = s.duration("body_timeout", l.body_timeout);
    l.write_timeout = s.duration("write_timeout", l.write_timeout);
    l.idle_timeout = s.duration("idle_timeout", l.idle_timeout);
    l.request_timeout = s.duration("request_timeout", l.request_timeout);
    l.drain_timeout = s.duration("drain_timeout", l.drain_timeout);
    out.trusted_proxies = read_networks(s, "trusted_proxies", "");
    out.unlimited_addresses = read_networks(s, "unlimited_addresses", "127.0.0.0/8 ::1");
}

void read_server(section s, settings& out) {
    out.listen = read_address(s, "listen", "127.0.0.1:8080");
    out.admin_listen = read_address(s, "admin_listen", "127.0.0.1:8081");
    auto const threads = s.number("threads", 0, 0, 256);
    out.threads =
        threads == 0 ? std::max(1U, std::thread::hardware_concurrency()) : static_cast<unsigned>(threads);
    out.public_url = read_url(s, "public_url", "", true);
    out.certificate = s.path("certificate");
    out.private_key = s.path("private_key");
    if (out.certificate.empty() != out.private_key.empty())
        s.fail(out.certificate.empty() ? "certificate" : "private_key", "is missing: both or neither");
    s.keep_private("private_key");
    read_server_limits(s, out);
    s.finish();
    if (out.certificate.empty())
        return;
    try {
        out.certificate_expires = net::check_certificate(out.certificate, out.private_key).not_after;
    } catch (std::runtime_error const& e) {
        s.fail("certificate", e.what());
    }
}

void read_log(section s, settings& out) {
    auto const level = s.one_of("level", "info", {"debug", "info", "warn", "error"});
    out.log_level = level == "debug"  ? log::level::debug
                    : level == "info" ? log::level::info
                    : level == "warn" ? log::level::warn
                                      : log::level::error;
    out.log_format =
        s.one_of("format", "json", {"json", "text"}) == "json" ? log::format::json : log::format::text;
    s.finish();
}

// The same at each start of this gateway, and no other's.
std::string usual_node(settings const& s) {
    std::array<char, 256> host{};
    if (gethostname(host.data(), host.size() - 1) != 0)
        host[0] = '\0';
    return std::string(host.data()) + ':' + std::to_string(s.listen.port);
}

// sqlite:FILE, the file relative to the configuration, like every path; or a PostgreSQL database, whose URL
// may hold a password and is not repeated.
void read_store(section s, settings& out) {
    auto const url = s.text("url", "sqlite:wxgate.db");
    if (url.starts_with("sqlite:") && url.size() > 7)
        out.store_url = "sqlite:" + s.relative(url.substr(7));
    else if (url.starts_with("postgresql://") || url.starts_with("postgres://"))
        out.store_url = url;
    else
        s.fail(
            "url",
            "\"" + url.substr(0, url.find(':')) +
                ":\" is not a store; write sqlite:FILE or postgresql://user:password@host:port/database"
        );
    out.node = s.text("node", "");
    if (out.node.empty())
        out.node = usual_node(out);
    if (out.node.size() > 200 || has_control(out.node) || out.node.find('/') != std::string::npos)
        s.fail("node", "is a name of up to 200 bytes without a slash");
    s.finish();
}

void read_upstream(section s, settings& out) {
    auto& u = out.upstream;
    u.url = read_url(s, "url", u.url, false);
    u.backup_url = read_url(s, "backup_url", u.backup_url, true);
    u.login_url = read_url(s, "login_url", u.login_url, false);
    u.ca_file = s.path("ca_file");
    u.limits.connect_timeout = s.duration("connect_timeout", u.limits.connect_timeout);
    u.limits.timeout = s.duration("timeout", u.limits.timeout);
    u.limits.idle_timeout = s.duration("idle_timeout", u.limits.idle_timeout);
    u.limits.max_connections = static_cast<std::size_t>(
        s.number("max_connections", static_cast<std::int64_t>(u.limits.max_connections), 1, 65536)
    );
    s.finish();
    try {
        net::make_client_tls({u.ca_file, {}});
    } catch (std::runtime_error const& e) {
        s.fail("ca_file", e.what());
    }
}

void read_refunds(section s, settings& out) {
    auto& l = out.refund_limits;
    l.order_interval = s.duration("order_interval", l.order_interval);
    l.approval_life = s.duration("approval_life", l.approval_life);
    l.first_retry = s.duration("first_retry", l.first_retry);
    l.last_retry = s.duration("last_retry", l.last_retry);
    l.poor_retry = s.duration("poor_retry", l.poor_retry);
    l.certificate_retry = s.duration("certificate_retry", l.certificate_retry);
    if (l.first_retry > l.last_retry)
        s.fail("first_retry", "is longer than last_retry");
    s.finish();
}

// What is done by itself. `time_scale`: shorter days, for tests and for the sandbox's.
void read_background(section s, settings& out) {
    out.reconcile_daily = s.one_of("reconcile", "no", {"daily", "no"}) == "daily";
    auto const scale = s.number("time_scale", 1, 1, 100'000);
    auto const shorten = [scale](milliseconds& m) { m = std::max(milliseconds(1), m / scale); };
    auto& r = out.resolver_limits;
    std::for_each(r.looks.begin(), r.looks.end(), shorten);
    shorten(r.hourly);
    shorten(r.earliest_close);
    auto& w = out.webhook_limits;
    std::for_each(w.waits.begin(), w.waits.end(), shorten);
    shorten(w.longest_retry_after);
    s.finish();
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= 64 &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_alnum(c) || c == '_' || c == '-'; });
}

bool is_identifier(std::string_view text) {
    return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), is_alnum);
}

void read_client_identity(section& s, merchant& m, settings& out) {
    m.client_certificate = s.path("client_certificate");
    m.client_key = s.path("client_key");
    m.client_p12 = s.path("client_p12");
    if (m.client_certificate.empty() != m.client_key.empty())
        s.fail(
            m.client_certificate.empty() ? "client_certificate" : "client_key", "is missing: both or neither"
        );
    if (!m.client_p12.empty() && !m.client_certificate.empty())
        s.fail("client_p12", "give it or client_certificate and client_key, not both");
    bool const pkcs12 = !m.client_p12.empty();
    if (!pkcs12 && m.client_certificate.empty())
        return;
    s.keep_private(pkcs12 ? "client_p12" : "client_key");
    try {
        auto const pair = pkcs12 ? net::read_pkcs12(m.client_p12, m.account.mch_id)
                                 : net::read_identity(m.client_certificate, m.client_key);
        auto const status = net::status_of(pair);
        net::make_client_tls({out.upstream.ca_file, pair}
        ); // as it will be used: a pair that cannot be is refused here
        m.identity = {pair.certificate, pair.private_key};
        m.identity_expires = status.not_after;
        if (status.common_name != m.account.mch_id)
            out.warnings.push_back(
                "merchants." + m.name + ": the client certificate is " + status.common_name + "'s, not " +
                m.account.mch_id + "'s: WeChat will refuse it"
            );
    } catch (std::runtime_error const& e) {
        s.fail(pkcs12 ? "client_p12" : "client_certificate", e.what());
    }
}

// One secret a line: the second is there while the shop changes from one to the other.
std::vector<std::string> read_webhook_secrets(section& s) {
    std::vector<std::string> secrets;
    auto const text = s.secret("secret_file");
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.ends_with('\r'))
            line.pop_back();
        auto const key =
            line.starts_with("whsec_") ? from_base64(std::string_view(line).substr(6)) : std::nullopt;
        if (!key || key->empty())
            s.fail("secret_file", "holds no webhook secret: whsec_ and base64, one or two lines");
        secrets.push_back(*key);
    }
    if (secrets.empty())
        s.fail("secret_file", "is missing");
    if (secrets.size() > 2)
        s.fail("secret_file", "holds more than two secrets");
    return secrets;
}

// What must not be called from here: RELIABILITY 3.6. Names are looked at again at every delivery.
void check_webhook_url(section& s, webhook_settings const& w) {
    auto const u = net::parse_url(w.url);
    if (w.url.size() > 2048)
        s.fail("url", "is longer than 2048 bytes");
    if (!w.allow_private && !u->tls)
        s.fail("url", "\"" + w.url + "\" must be https, unless allow_private is yes");
    if (!w.allow_private && u->port != 443 && u->port != 8443)
        s.fail("url", "has a port other than 443 and 8443; allow_private yes takes any");
    auto const rule = net::judge_host(u->host);
    if (rule == net::host_rule::not_a_host)
        s.fail("url", "\"" + u->host + "\" is no host name and no IP address");
    if (rule == net::host_rule::not_public && !w.allow_private)
        s.fail(
            "url", "\"" + u->host + "\" is a private address; for a shop on the same host, allow_private yes"
        );
}

void read_webhook(section s, merchant& m) {
    webhook_settings w;
    w.url = s.demanded("url"); // as it is written: a slash at its end is another path
    if (!net::parse_url(w.url))
        s.fail("url", "\"" + w.url + "\" is not a URL; write e.g. https://shop.example.com/hook");
    w.secrets = read_webhook_secrets(s);
    w.allow_private = s.yes_or_no("allow_private", false);
    w.ca_file = s.path("ca_file");
    check_webhook_url(s, w);
    try {
        net::make_client_tls({w.ca_file, {}});
    } catch (std::runtime_error const& e) {
        s.fail("ca_file", e.what());
    }
    s.finish();
    m.webhook = std::move(w);
}

merchant read_merchant(section s, std::string const& name, settings& out) {
    merchant m;
    m.name = name;
    if (!is_name(name))
        s.fail("", "a merchant's name is 1 to 64 of A-Z a-z 0-9 _ -");
    m.account.appid = s.demanded("appid");
    if (!is_identifier(m.account.appid))
        s.fail("appid", "\"" + m.account.appid + "\" is not an appid: at most 32 letters and digits");
    m.account.mch_id = s.demanded("mch_id");
    if (!is_identifier(m.account.mch_id))
        s.fail("mch_id", "\"" + m.account.mch_id + "\" is not an mch_id: at most 32 letters and digits");
    m.account.sub_mch_id = s.text("sub_mch_id", "");
    if (!m.account.sub_mch_id.empty() && !is_identifier(m.account.sub_mch_id))
        s.fail(
            "sub_mch_id", "\"" + m.account.sub_mch_id + "\" is not an mch_id: at most 32 letters and digits"
        );
    m.account.sub_appid = s.text("sub_appid", "");
    if (!m.account.sub_appid.empty() && (!is_identifier(m.account.sub_appid) || m.account.sub_mch_id.empty()))
        s.fail("sub_appid", "is an appid of at most 32 letters and digits, and goes with a sub_mch_id");
    m.account.api_key = s.secret("api_key_file");
    if (m.account.api_key.size() != 32)
        s.fail(
            "api_key_file",
            m.account.api_key.empty() ? "is missing"
                                      : s.path("api_key_file") + ": an API key of WeChat Pay v2 is 32 bytes"
        );
    m.account.sign_type = *parse_sign_type(s.one_of("sign_type", "HMAC-SHA256", {"MD5", "HMAC-SHA256"}));
    m.app_secret = s.secret("app_secret_file");
    read_client_identity(s, m, out);
    m.refund_auto = s.one_of("refund_approval", "manual", {"manual", "auto"}) == "auto";
    auto webhook = s.child("webhook");
    if (s.has("webhook"))
        read_webhook(std::move(webhook), m);
    s.finish();
    return m;
}

// The certificate is the mch_id's: merchants with several appids of one mch_id have it together.
void share_identities(section& s, settings& out) {
    std::map<std::string, merchant const*> owners;
    for (auto const& [name, m] : out.merchants) {
        if (m.identity.empty())
            continue;
        auto const* owner = owners.emplace(m.account.mch_id, &m).first->second;
        if (owner->identity.certificate != m.identity.certificate)
            s.fail(name, "has another client certificate than " + owner->name + ", of the same mch_id");
    }
    for (auto& [name, m] : out.merchants) {
        auto const found = owners.find(m.account.mch_id);
        if (found == owners.end() || !m.identity.empty())
            continue;
        m.identity = found->second->identity;
        m.identity_expires = found->second->identity_expires;
    }
}

void read_merchants(section s, settings& out) {
    std::set<std::tuple<std::string, std::string, std::string>> identities;
    for (auto const& name : s.names()) {
        auto m = read_merchant(s.child(name), name, out);
        if (!identities.emplace(m.account.mch_id, m.account.appid, m.account.sub_mch_id).second)
            s.fail(name, "another merchant has the same mch_id and appid (and sub_mch_id)");
        out.merchants.emplace(name, std::move(m));
    }
    if (out.merchants.empty())
        s.fail("", "no merchant is configured");
    share_identities(s, out);
}

unsigned read_scopes(section& s) {
    unsigned scopes = 0;
    std::istringstream words(s.demanded("scopes"));
    for (std::string word; words >> word;) {
        if (word == "pay")
            scopes |= static_cast<unsigned>(scope::pay);
        else if (word == "refund")
            scopes |= static_cast<unsigned>(scope::refund);
        else if (word == "read")
            scopes |= static_cast<unsigned>(scope::read);
        else
            s.fail("scopes", "\"" + word + "\" is not one of: pay, refund, read");
    }
    return scopes;
}

void read_api_keys(section s, settings& out) {
    std::set<std::string> digests;
    for (auto const& name : s.names()) {
        auto one = s.child(name);
        api_key k;
        k.name = name;
        k.merchant = one.demanded("merchant");
        if (!out.merchants.contains(k.merchant))
            one.fail("merchant", "\"" + k.merchant + "\" is not configured under merchants");
        auto const digest = from_hex(one.demanded("sha256"));
        if (!digest || digest->size() != 32)
            one.fail("sha256", "is not 64 hex digits; make a key with: wxgate new-key");
        k.sha256 = *digest;
        if (!digests.insert(k.sha256).second)
            one.fail("sha256", "another key has the same");
        k.scopes = read_scopes(one);
        k.rate = one.number("rate", 0, 0, 1'000'000);
        one.finish();
        out.api_keys.push_back(std::move(k));
    }
}

void read_operators(section s, settings& out) {
    for (auto const& name : s.names()) {
        auto one = s.child(name);
        operator_account o;
        o.name = name;
        o.password = one.demanded("password");
        if (!is_name(name) || name == "auto") // "auto" decides where nobody does
            one.fail("", "an operator's name is 1 to 64 of A-Z a-z 0-9 _ -, and not auto");
        auto const cost = password_cost(o.password);
        if (!cost)
            one.fail("password", "is not a scrypt string; make one with: wxgate hash-password");
        if (is_cheap(*cost))
            out.warnings.push_back(
                "operators." + name + ": the password is cheap to guess; make it anew with hash-password"
            );
        auto const word = one.one_of("role", "viewer", {"viewer", "approver", "admin"});
        o.role = word == "admin" ? role::admin : word == "approver" ? role::approver : role::viewer;
        one.finish();
        out.operators.push_back(std::move(o));
    }
}

bool is_on_this_machine(std::string const& text) {
    auto const u = net::parse_url(text);
    if (!u)
        return false;
    boost::system::error_code ec;
    auto const ip = boost::asio::ip::make_address(u->host, ec);
    return ec ? ascii_iequals(u->host, "localhost") : ip.is_loopback();
}

// Anybody who reaches the admin listener may pay at the demo shop: that must never be real money.
void read_demo(section s, settings& out) {
    demo_settings d;
    d.sandbox_control = read_url(s, "sandbox_control", "", true);
    d.merchant = s.text("merchant", "");
    s.finish();
    if (d.sandbox_control.empty() && d.merchant.empty())
        return;
    if (!is_on_this_machine(d.sandbox_control) || net::parse_url(d.sandbox_control)->tls)
        s.fail("sandbox_control", "must be the sandbox's controls on this machine, as http://127.0.0.1:9444");
    if (!out.merchants.contains(d.merchant))
        s.fail("merchant", "\"" + d.merchant + "\" is not configured under merchants");
    auto const& u = out.upstream;
    bool const sandboxed = is_on_this_machine(u.url) && is_on_this_machine(u.login_url) &&
                           (u.backup_url.empty() || is_on_this_machine(u.backup_url));
    if (!sandboxed)
        s.fail("", "the demo shop is for a sandbox on this machine, and upstream names another one");
    out.demo = std::move(d);
}

// A shop that is told of changes at our own listeners would be told by us of what we told it.
void check_webhook_targets(section& s, settings const& out) {
    auto const own = net::parse_url(out.public_url);
    for (auto const& [name, m] : out.merchants) {
        if (!m.webhook)
            continue;
        auto const u = *net::parse_url(m.webhook->url);
        auto const is = [&](net::address const& a) { return a.port == u.port && a.host == u.host; };
        bool const public_one = own && own->port == u.port && ascii_iequals(own->host, u.host) &&
                                u.path.starts_with(own->path + "/notify/");
        if (is(out.listen) || is(out.admin_listen) || public_one)
            s.fail("merchants." + name + ".webhook.url", "\"" + m.webhook->url + "\" is this gateway itself");
    }
}

void check_notify_urls(section& s, settings const& out) {
    for (auto const& [name, m] : out.merchants)
        if (out.public_url.size() + name.size() + sizeof "/notify//payment" > 256)
            s.fail(
                "server.public_url", "makes a notify_url of more than WeChat's 256 bytes for merchant " + name
            );
}

} // namespace

std::string_view to_string(role r) noexcept {
    switch (r) {
    case role::viewer:
        return "viewer";
    case role::approver:
        return "approver";
    case role::admin:
        return "admin";
    }
    return "";
}

std::set<std::string> with_webhook(settings const& s) {
    std::set<std::string> names;
    for (auto const& [name, m] : s.merchants)
        if (m.webhook)
            names.insert(name);
    return names;
}

std::shared_ptr<settings const> load_settings(std::string const& file) {
    auto const tree = read_info_file(file);
    auto out = std::make_shared<settings>();
    out->file = file;
    section top(file, "", &tree, true);
    read_server(top.child("server"), *out);
    read_log(top.child("log"), *out);
    read_store(top.child("store"), *out);
    read_upstream(top.child("upstream"), *out);
    read_refunds(top.child("refunds"), *out);
    read_background(top.child("background"), *out);
    auto const named = [&](char const* key) {
        top.child(key); // known
        return section(file, key, tree.count(key) != 0 ? &tree.get_child(key) : nullptr, false);
    };
    read_merchants(named("merchants"), *out);
    read_api_keys(named("api_keys"), *out);
    read_operators(named("operators"), *out);
    read_demo(top.child("demo"), *out);
    top.finish();
    check_notify_urls(top, *out);
    check_webhook_targets(top, *out);
    return out;
}

} // namespace wxgate::gateway
