// Configuration files for the gateway and the sandbox, as CONTRACT.md 2 and 6 tell them.
#pragma once

#include "support/scratch.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace wxgate::test {

struct merchant_config {
    std::string name;
    std::string appid;
    std::string mch_id;
    std::string key; // 32 bytes
    std::string sign_type = "HMAC-SHA256";
    std::string app_secret;
    std::string client_certificate; // "": none
    std::string client_key;
    std::string client_p12;
    std::string refund_approval;              // "": the default, manual
    std::string webhook_url;                  // "": no webhook
    std::vector<std::string> webhook_secrets; // the lines of its secret file
    bool webhook_allow_private = false;       // no: the default, not written
    std::string webhook_ca;                   // "": the system's roots
    std::string sub_mch_id;                   // "": a merchant of its own, not a provider's shop
    std::string sub_appid;
};

struct api_key_config {
    std::string name;
    std::string merchant;
    std::string key; // the bearer token itself; its sha256 goes into the file
    std::string scopes = "pay refund read";
    int rate = 0;
};

struct operator_config {
    std::string name;
    std::string role; // viewer, approver or admin
    std::string password;
    std::string hash; // of the password, as it stands in the file
};

struct gateway_config {
    std::uint16_t port = 0;
    std::uint16_t admin_port = 0;
    int threads = 2;
    std::string public_url; // "": http://127.0.0.1:port
    std::string certificate;
    std::string private_key;
    std::string max_body = "64k";
    std::string header_timeout = "10s";
    std::string request_timeout = "6s";
    std::string drain_timeout = "5s";
    std::vector<std::pair<std::string, std::string>> server; // further keys of the section and their values
    std::string store = "sqlite:wxgate.db";
    std::string url;
    std::string backup_url;
    std::string login_url;
    std::string ca_file;
    std::string connect_timeout = "1s";
    std::string timeout = "2s";
    std::string log_level = "info";
    std::vector<std::pair<std::string, std::string>> refunds; // keys of the section and their values
    std::vector<std::pair<std::string, std::string>> background;
    std::vector<merchant_config> merchants;
    std::vector<api_key_config> api_keys;
    std::vector<operator_config> operators;
};

/// Writes `name`.info and the key files it names (names that begin with `name`) into `dir`; gives its path.
std::string write_gateway_config(scratch const& dir, std::string const& name, gateway_config const& c);

struct sandbox_config {
    std::string certificate;
    std::string private_key;
    std::string client_ca;
    int time_scale = 1;
    std::vector<merchant_config> merchants;
};

std::string write_sandbox_config(scratch const& dir, std::string const& name, sandbox_config const& c);

/// A port that is free now, below the range from which the kernel takes the ports of outgoing connections: a
/// server that is restarted finds it again. Another process may take it meanwhile: who starts a server tries
/// again.
std::uint16_t free_port();

std::string sha256_hex(std::string const& text);

/// Random hex digits.
std::string random_hex(std::size_t digits);

/// A merchant with a fresh key that holds CANARY, and an appid and a mch_id of their own.
merchant_config make_merchant(
    std::string const& name, std::string const& mch_id, std::string const& sign_type = "HMAC-SHA256"
);

/// An API key that holds CANARY.
api_key_config make_api_key(
    std::string const& name,
    std::string const& merchant,
    std::string const& scopes = "pay refund read",
    int rate = 0
);

/// A secret for webhooks, whsec_ and base64, that holds CANARY.
std::string make_webhook_secret();

/// An operator with a password that holds CANARY, hashed as cheaply as is taken: a login costs no time.
operator_config make_operator(std::string const& name, std::string const& role);

} // namespace wxgate::test
