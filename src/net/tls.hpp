// TLS contexts, built before the threads start (or on reload) and never changed afterwards.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace wxgate::net {

/// Opaque here; what is in it is net's business (tls_context.hpp).
class tls_context;
using tls_context_ptr = std::shared_ptr<tls_context const>;

struct server_tls_options {
    std::string certificate; // PEM chain
    std::string private_key; // PEM
    std::string client_ca; // PEM; set: clients are asked for a certificate, and one that is given must verify
};

/// TLS ≥ 1.2, ALPN http/1.1, no renegotiation. Throws std::runtime_error with a line that names the file.
tls_context_ptr make_server_tls(server_tls_options const& options);

/// A certificate (with the chain behind it) and its private key, as PEM text.
struct identity {
    std::string certificate;
    std::string private_key;
};

struct client_tls_options {
    std::string ca_file;  // PEM; empty: the system's roots
    net::identity client; // the client's own; empty: none
};

/// TLS ≥ 1.2, chain and host name verified, sessions resumed. Throws std::runtime_error with a line that
/// names the file.
tls_context_ptr make_client_tls(client_tls_options const& options);

/// Connects `client` (in memory) to a server whose certificate it has no reason to trust, and throws
/// std::runtime_error unless it is refused. To be called at start: what is missing in TLS settings is missing
/// silently.
void self_test(tls_context const& client);

struct certificate_status {
    std::string subject;
    std::string common_name; // WeChat's merchants' certificates have the mch_id here
    std::chrono::sys_seconds not_before;
    std::chrono::sys_seconds not_after;
};

/// Reads a PEM certificate and checks that `private_key` (when not empty) belongs to it. Throws
/// std::runtime_error with a line that names the file and what is wrong.
certificate_status check_certificate(std::string const& certificate, std::string const& private_key);

/// Reads both from their PEM files and checks that they belong together. Throws std::runtime_error with a
/// line that names the file and what is wrong.
identity read_identity(std::string const& certificate, std::string const& private_key);

/// Reads a PKCS#12 file with its chain, those with the old ciphers too, as WeChat's apiclient_cert.p12 has
/// them (its password is the mch_id). Throws as read_identity() does.
identity read_pkcs12(std::string const& file, std::string const& password);

/// Throws std::runtime_error when the two do not belong together.
certificate_status status_of(identity const& i);

/// Of a PEM certificate without its key. Throws std::runtime_error when it is none.
certificate_status status_of_certificate(std::string const& pem);

struct certificate_request {
    std::string common_name;
    std::vector<std::string> dns_names;
    std::vector<std::string> ip_addresses;
    std::chrono::days life{365};
    bool authority = false;
};

/// A P-256 key and a certificate, PEM; for tests, the sandbox and the self-test.
struct issued_certificate {
    std::string certificate;
    std::string private_key;
};

/// Signed by `issuer`, or self-signed without one.
issued_certificate
issue_certificate(certificate_request const& request, issued_certificate const* issuer = nullptr);

/// PKCS#12 of a certificate and its key under `password`, as WeChat hands out apiclient_cert.p12.
std::string to_pkcs12(issued_certificate const& identity, std::string const& password);

} // namespace wxgate::net
