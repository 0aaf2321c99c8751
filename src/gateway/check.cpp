#include "gateway/certificate_watch.hpp"
#include "gateway/gateway.hpp"
#include "ledger/schema.hpp"
#include "net/tls.hpp"
#include "store/store.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>

namespace wxgate::gateway {

namespace {

// Prints findings and counts those that are errors.
class findings {
public:
    void good(std::string const& what) { line("ok     ", what); }

    void warn(std::string const& what) { line("warning", what); }

    void bad(std::string const& what) {
        line("error  ", what);
        ++errors_;
    }

    int errors() const noexcept { return errors_; }

private:
    static void line(char const* mark, std::string const& what) {
        std::printf("%s %s\n", mark, what.c_str());
    }

    int errors_ = 0;
};

void check_certificates(findings& f, settings const& s) {
    for (auto const& c : certificates_of(s)) {
        auto const days = days_left(
            c.not_after, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())
        );
        auto const at = threshold_of(days);
        auto const text = c.name + ": certificate and key match; " + std::to_string(days) + " days left";
        if (at == 0)
            f.bad(c.name + ": has expired; get a new one and send SIGHUP");
        else if (at)
            f.warn(text + (*at <= 7 ? "; renew it now" : "; renew it"));
        else
            f.good(text);
    }
}

void check_database(findings& f, settings const& s) {
    auto const where = "store.url: " + store::display_name(s.store_url);
    try {
        auto const problem = store::check_integrity(s.store_url);
        if (problem.empty())
            f.good(where + " can be reached, and its triggers and indexes are in force");
        else
            f.warn(where + ": " + problem);
    } catch (std::exception const& e) {
        f.bad(std::string("store.url: ") + e.what());
    }
}

void check_store(findings& f, settings const& s) {
    if (store::is_server(s.store_url))
        return check_database(f, s);
    std::filesystem::path const file(s.store_url.substr(s.store_url.find(':') + 1));
    std::error_code ec;
    if (!std::filesystem::exists(file, ec)) {
        auto const folder = file.parent_path().empty() ? "." : file.parent_path();
        if (access(folder.c_str(), W_OK | X_OK) == 0)
            f.good("store.url: " + s.store_url + " is not there yet and will be made");
        else
            f.bad("store.url: " + s.store_url + " cannot be made: no right to write into " + folder.string());
        return;
    }
    try {
        auto const problem = store::check_integrity(s.store_url);
        if (problem.empty())
            f.good("store.url: " + s.store_url + " is sound");
        else
            f.bad("store.url: " + problem);
    } catch (std::exception const& e) {
        f.bad(std::string("store.url: ") + e.what());
    }
}

} // namespace

int check(settings const& s) {
    findings f;
    f.good(s.file + ": every key is understood");
    for (auto const& w : s.warnings)
        f.warn(w);
    check_certificates(f, s);
    for (auto const& [name, m] : s.merchants) {
        auto const where = "merchants." + name;
        f.good(where + ".api_key_file: 32 bytes");
        if (m.identity.empty())
            f.warn(where + ": no client certificate, so no refunds");
        if (m.app_secret.empty())
            f.warn(where + ": no app_secret_file, so no /v1/checkout");
    }
    if (s.api_keys.empty())
        f.warn("api_keys: none, so nobody can ask for a payment; make one with: wxgate new-key");
    if (s.public_url.empty())
        f.warn("server.public_url: empty, so WeChat is told the listen address, which it can reach in a "
               "sandbox only");
    try {
        net::self_test(*net::make_client_tls({s.upstream.ca_file, {}}));
        f.good("upstream.ca_file: read; an unverified server is refused");
    } catch (std::exception const& e) {
        f.bad(std::string("upstream: ") + e.what());
    }
    check_store(f, s);
    return f.errors();
}

} // namespace wxgate::gateway
