// What is in a tls_context, for net's own sources only.
#pragma once

#include "net/tls.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <memory>
#include <string>

namespace wxgate::net {

class tls_context {
public:
    explicit tls_context(boost::asio::ssl::context c) : context(std::move(c)) {}

    // Asio's streams take the context by non-const reference, only to reach SSL_CTX, which counts references
    // atomically.
    mutable boost::asio::ssl::context context;
};

struct session_delete {
    void operator()(SSL_SESSION* s) const noexcept { SSL_SESSION_free(s); }
};

/// The last TLS session of a pool, offered at its next handshake. Must outlive the streams that name it.
struct session_slot {
    std::unique_ptr<SSL_SESSION, session_delete> session;
};

/// Before a client handshake: SNI, the host name (or address) that the certificate must carry, and the
/// session to resume.
void prepare_client(SSL* ssl, std::string const& host, session_slot* slot);

/// Before a client stream is destroyed without close_notify: OpenSSL would else mark its session as not
/// resumable.
void keep_session(SSL* ssl) noexcept;

/// Whether this OpenSSL error is an alert from the other side that refuses our certificate, or wants one.
bool is_certificate_alert(unsigned long openssl_error) noexcept;

/// The common name of the peer's verified certificate, or "".
std::string peer_common_name(SSL* ssl);

} // namespace wxgate::net
