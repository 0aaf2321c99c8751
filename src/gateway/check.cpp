// `wxgate check`: what can be said of this host without asking anybody.
#include "base/log.hpp"
#include "gateway/certificate_watch.hpp"
#include "gateway/doctor.hpp"
#include "gateway/gateway.hpp"
#include "ledger/schema.hpp"
#include "net/certificate_report.hpp"
#include "net/tls.hpp"
#include "store/store.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace wxgate::gateway {

namespace {

constexpr std::size_t enough_secret = 24; // bytes of a webhook's, says Standard Webhooks

sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

void check_days(findings& out, settings const& s) {
    for (auto const& c : certificates_of(s)) {
        auto const days = days_left(c.not_after, now());
        auto const at = threshold_of(days);
        auto const text = c.name + ": certificate and key match; " + std::to_string(days) + " days left";
        if (at == 0)
            out.bad(c.name + ": has expired", "get a new one, put it in its place, and send SIGHUP");
        else if (at)
            out.warn(text, *at <= 7 ? "renew it now" : "renew it");
        else
            out.good(text);
    }
}

void check_key(findings& out, std::string const& where, net::certificate_report const& r) {
    if (r.status.not_before > now())
        out.bad(where + ": is not valid yet", "set this host's clock, or wait until it is");
    if (r.weak)
        out.bad(where + ": its key is too short: " + r.key, "get one with RSA 2048 or EC P-256, or more");
    else
        out.good(where + ": key " + r.key);
}

// The listener's: WeChat must take it.
void check_server_certificate(findings& out, settings const& s) {
    if (s.certificate.empty())
        return;
    std::ifstream in(s.certificate, std::ios::binary);
    std::stringstream pem;
    pem << in.rdbuf();
    auto const u = net::parse_url(s.public_url);
    auto const host = u && u->tls ? u->host : std::string();
    std::string const where = "server.certificate";
    auto const r = net::inspect_certificate(pem.str(), {}, host);
    check_key(out, where, r);
    if (!r.chain_problem.empty())
        out.warn(
            where + ": who trusts the system's roots does not take it: " + r.chain_problem,
            "append the issuer's intermediate certificates to the file; WeChat takes those of public "
            "authorities only"
        );
    if (!host.empty() && !r.names_host)
        out.warn(
            where + ": is not for " + host + ", which WeChat calls",
            "get one for that name, but behind a proxy"
        );
}

void check_merchant(findings& out, merchant const& m) {
    auto const where = "merchants." + m.name;
    out.good(where + ".api_key_file: 32 bytes");
    if (m.identity.empty())
        out.warn(
            where + ": no client certificate, so no refunds",
            "set client_certificate and client_key, or client_p12"
        );
    else
        check_key(
            out, where + ".client_certificate", net::inspect_certificate(m.identity.certificate, {}, {})
        );
    if (m.app_secret.empty())
        out.warn(
            where + ": no app_secret_file, so no /v1/checkout", "set it, where Mini Programs have no backend"
        );
    bool const short_secret =
        m.webhook && std::any_of(m.webhook->secrets.begin(), m.webhook->secrets.end(), [](auto const& each) {
            return each.size() < enough_secret;
        });
    if (short_secret)
        out.warn(
            where + ".webhook.secret_file: a secret is shorter than 24 bytes",
            "make one of 24 to 64 random bytes"
        );
}

void check_people(findings& out, settings const& s) {
    if (s.api_keys.empty())
        out.warn("api_keys: none, so nobody can ask for a payment", "make one with: wxgate new-key");
    bool const by_people = std::any_of(s.merchants.begin(), s.merchants.end(), [](auto const& m) {
        return !m.second.refund_auto;
    });
    bool const approver = std::any_of(s.operators.begin(), s.operators.end(), [](auto const& o) {
        return o.role == role::approver;
    });
    if (by_people && !approver)
        out.warn(
            "operators: no approver, so refunds wait for ever",
            "enter one: wxgate hash-password, role approver"
        );
}

void check_new_store(findings& out, settings const& s, std::filesystem::path const& file) {
    auto const folder = file.parent_path().empty() ? "." : file.parent_path();
    if (access(folder.c_str(), W_OK | X_OK) == 0)
        out.good("store.url: " + s.store_url + " is not there yet and will be made");
    else
        out.bad(
            "store.url: " + s.store_url + " cannot be made: no right to write into " + folder.string(),
            "make the folder, and give it to the service's user"
        );
}

void check_schema(findings& out, settings const& s) {
    auto const newest = static_cast<std::int64_t>(ledger::migrations().size());
    auto const have = store::schema_version(s.store_url);
    auto const text = "store.url: schema " + std::to_string(have);
    if (have > newest)
        out.bad(text + " is of a newer wxgate", "start that one; this one knows " + std::to_string(newest));
    else if (have < newest && store::is_server(s.store_url)) // others may be at work on it
        out.bad(text + " is older than this wxgate's " + std::to_string(newest), "run wxgate migrate");
    else if (have < newest)
        out.good(text + ", which the next start brings to " + std::to_string(newest));
    else
        out.good(text);
}

// On a server. Its URL may hold a password, so it is shown by its name.
void check_database(findings& out, settings const& s) {
    try {
        auto const where = "store.url: " + store::display_name(s.store_url);
        if (store::schema_version(s.store_url) == 0)
            return out.good(where + " can be reached; the next start makes its tables");
        auto const problem = store::check_integrity(s.store_url);
        if (problem.empty())
            out.good(where + " can be reached, and its triggers and indexes are in force");
        else
            out.warn(where + ": " + problem, "enable the triggers again, and make the indexes anew: REINDEX");
        check_schema(out, s);
    } catch (std::exception const& e) {
        out.bad(
            std::string("store.url: ") + e.what(),
            "see that the server runs, that this host may reach it, and that the user and password are right"
        );
    }
}

void check_store(findings& out, settings const& s) {
    if (store::is_server(s.store_url))
        return check_database(out, s);
    std::filesystem::path const file(s.store_url.substr(s.store_url.find(':') + 1));
    std::error_code ec;
    if (!std::filesystem::exists(file, ec))
        return check_new_store(out, s, file);
    try {
        auto const problem = store::check_integrity(s.store_url, store::depth::quick);
        if (problem.empty())
            out.good("store.url: " + s.store_url + " is sound");
        else
            out.bad(
                "store.url: " + problem,
                "stop the gateway, keep the file, and restore the last backup beside it"
            );
        check_schema(out, s);
    } catch (std::exception const& e) {
        out.bad(
            std::string("store.url: ") + e.what(),
            "see that it is the right file, and that this user may read it"
        );
    }
}

void check_tls(findings& out, settings const& s) {
    try {
        net::self_test(*net::make_client_tls({s.upstream.ca_file, {}}));
        out.good("upstream.ca_file: read; an unverified server is refused");
    } catch (std::exception const& e) {
        out.bad(std::string("upstream: ") + e.what(), "this build's TLS must not be used");
    }
}

} // namespace

int check(settings const& s, check_options const& how) {
    log::configure(log::level::error, log::format::text);
    findings out;
    out.good(s.file + ": every key is understood");
    for (auto const& w : s.warnings)
        out.warn(w, "mend it in the configuration");
    out.add(judge_clock_by_build(how.built_at, now_ms()));
    check_days(out, s);
    check_server_certificate(out, s);
    for (auto const& [name, m] : s.merchants)
        check_merchant(out, m);
    check_people(out, s);
    out.add(judge_public_url(s.public_url));
    check_tls(out, s);
    check_store(out, s);
    if (!how.offline)
        check_online(out, s);
    std::fflush(stdout);
    return out.errors();
}

} // namespace wxgate::gateway
