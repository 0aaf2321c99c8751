// The configuration (conf/wxgate.info tells every key), read whole and checked before anything starts.
#pragma once

#include "base/log.hpp"
#include "net/trusted_networks.hpp"
#include "net/url.hpp"

#include <wxgate/client.hpp>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace wxgate::gateway {

/// One line: file, key, what is wrong, what would be right.
struct settings_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct webhook_settings {
    std::string url;
    std::vector<std::string> secrets; // what is behind whsec_, decoded; two while one replaces the other
    bool allow_private = false;
    std::string ca_file; // PEM; empty: the system's roots

    bool operator==(webhook_settings const&) const = default;
};

struct merchant {
    std::string name;
    wxgate::account account;
    std::string app_secret; // for /v1/checkout; may be empty
    std::string client_certificate;
    std::string client_key;
    std::string client_p12;
    wxgate::client_certificate identity; // what these name; empty: no refunds
    sys_seconds identity_expires;
    bool refund_auto = false;
    std::optional<webhook_settings> webhook;
};

/// The demo shop, at /demo/ of the admin listener: only beside a sandbox on this machine.
struct demo_settings {
    std::string sandbox_control; // http://…, a loopback address
    std::string merchant;
};

enum class scope : unsigned { pay = 1, refund = 2, read = 4 };

struct api_key {
    std::string name;
    std::string merchant;
    std::string sha256; // 32 bytes
    unsigned scopes = 0;
    std::int64_t rate = 0; // requests a second; 0: no limit

    bool may(scope s) const noexcept { return (scopes & static_cast<unsigned>(s)) != 0; }
};

/// What an operator is. Which role may do what stands beside each call (admin_routes.cpp).
enum class role { viewer, approver, admin };

std::string_view to_string(role r) noexcept;

struct operator_account {
    std::string name;
    std::string password; // scrypt:…
    gateway::role role = gateway::role::viewer;
};

struct settings {
    std::string file;
    net::address listen;
    net::address admin_listen;
    unsigned threads = 1;
    std::string public_url; // empty: http://<the bound listen address>
    std::string certificate;
    std::string private_key;
    sys_seconds certificate_expires;
    server_limits limits;
    net::trusted_networks trusted_proxies;
    net::trusted_networks unlimited_addresses;
    wxgate::refund_limits refund_limits;
    wxgate::resolver_limits resolver_limits;
    wxgate::webhook_limits webhook_limits;
    bool reconcile_daily = false;
    log::level log_level = log::level::info;
    log::format log_format = log::format::json;
    std::string store_url;
    std::string node; // this gateway's name among those of one database
    client_options upstream;
    std::map<std::string, merchant, std::less<>> merchants;
    std::vector<api_key> api_keys;
    std::vector<operator_account> operators;
    std::optional<demo_settings> demo; // read at the start only, like `upstream`
    /// What is not wrong enough to refuse, but should be mended: a password that is cheap to guess, say.
    std::vector<std::string> warnings;
};

/// The names of the merchants that have a webhook.
std::set<std::string> with_webhook(settings const& s);

/// Reads the file, the secrets it names and the environment's overrides (WXGATE_SECTION_KEY). Throws
/// settings_error.
std::shared_ptr<settings const> load_settings(std::string const& file);

} // namespace wxgate::gateway
