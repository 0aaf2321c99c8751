#include "net/tls.hpp"

#include "net/tls_context.hpp"

#include <boost/asio/ip/address.hpp>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace wxgate::net {

namespace ssl = boost::asio::ssl;

namespace {

int slot_index() {
    // Not SSL_set_app_data: Asio keeps its verify callback there.
    static int const index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

// Called when a session can be resumed: at the handshake with TLS 1.2, at the first read with 1.3. Returning
// 1 takes the session.
int on_new_session(SSL* s, SSL_SESSION* session) {
    auto* slot = static_cast<session_slot*>(SSL_get_ex_data(s, slot_index()));
    if (slot == nullptr)
        return 0;
    slot->session.reset(session);
    return 1;
}

void set_common(SSL_CTX* c) {
    SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION); // Asio's own minimum is TLS 1.0
    SSL_CTX_set_cipher_list(
        c,
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
        "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
    ); // Mozilla's intermediate list without DHE
    SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
}

int select_http11(SSL*, unsigned char const** out, unsigned char* out_size, unsigned char const* in, unsigned in_size, void*) {
    static unsigned char const protocol[] = "\x08http/1.1";
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_size, protocol, sizeof protocol - 1, in, in_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK; // the client offers something else: go on without ALPN
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

[[noreturn]] void fail(std::string const& file, std::string const& what) {
    throw std::runtime_error(file + ": " + what);
}

void load(std::string const& file, boost::system::error_code const& ec, char const* what) {
    if (ec)
        fail(file, std::string(what) + ": " + ec.message());
}

void use_identity(ssl::context& c, std::string const& certificate, std::string const& private_key) {
    check_certificate(certificate, private_key); // for its clearer errors
    boost::system::error_code ec;
    c.use_certificate_chain_file(certificate, ec);
    load(certificate, ec, "not a PEM certificate chain");
    c.use_private_key_file(private_key, ssl::context::pem, ec);
    load(private_key, ec, "not a PEM private key");
}

} // namespace

tls_context_ptr make_server_tls(server_tls_options const& options) {
    ssl::context c(ssl::context::tls_server);
    SSL_CTX* const native = c.native_handle();
    set_common(native);
    use_identity(c, options.certificate, options.private_key);
    SSL_CTX_set_alpn_select_cb(native, select_http11, nullptr);
    static unsigned char const session_context[] = "wxgate";
    SSL_CTX_set_session_id_context(native, session_context, sizeof session_context - 1);
    if (!options.client_ca.empty()) {
        boost::system::error_code ec;
        c.load_verify_file(options.client_ca, ec);
        load(options.client_ca, ec, "not a PEM certificate");
        SSL_CTX_set_client_CA_list(native, SSL_load_client_CA_file(options.client_ca.c_str()));
        c.set_verify_mode(ssl::verify_peer);
    }
    return std::make_shared<tls_context>(std::move(c));
}

tls_context_ptr make_client_tls(client_tls_options const& options) {
    ssl::context c(ssl::context::tls_client);
    SSL_CTX* const native = c.native_handle();
    set_common(native);
    c.set_verify_mode(ssl::verify_peer); // Asio's default is to verify nothing
    boost::system::error_code ec;
    if (options.ca_file.empty())
        c.set_default_verify_paths(ec);
    else
        c.load_verify_file(options.ca_file, ec);
    load(
        options.ca_file.empty() ? "the system's roots" : options.ca_file,
        ec,
        "cannot read the trusted certificates"
    );
    if (!options.client.certificate.empty()) {
        c.use_certificate_chain(boost::asio::buffer(options.client.certificate), ec);
        load("the client certificate", ec, "not a PEM certificate chain");
        c.use_private_key(boost::asio::buffer(options.client.private_key), ssl::context::pem, ec);
        load("the client certificate's key", ec, "not its PEM private key");
    }
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(native, on_new_session);
    return std::make_shared<tls_context>(std::move(c));
}

void prepare_client(SSL* s, std::string const& host, session_slot* slot) {
    boost::system::error_code not_an_ip;
    boost::asio::ip::make_address(host, not_an_ip);
    SSL_set_hostflags(s, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (not_an_ip) {
        // What the macro SSL_set_tlsext_host_name does, without its C cast. OpenSSL copies the name.
        SSL_ctrl(s, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(host.c_str()));
        SSL_set1_host(s, host.c_str());
    } else {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(s), host.c_str());
    }
    if (slot == nullptr)
        return;
    SSL_set_ex_data(s, slot_index(), slot);
    if (!slot->session)
        return;
    SSL_set_session(s, slot->session.get());
    if (SSL_SESSION_get_protocol_version(slot->session.get()) == TLS1_3_VERSION)
        slot->session.reset(); // a ticket of TLS 1.3 is for one use
}

bool is_certificate_alert(unsigned long openssl_error) noexcept {
    if (ERR_GET_LIB(openssl_error) != ERR_LIB_SSL)
        return false;
    switch (ERR_GET_REASON(openssl_error) - SSL_AD_REASON_OFFSET) { // RFC 8446, 6.2; alerts received only
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_DECRYPT_ERROR: // its signature is not its issuer's
    case SSL_AD_CERTIFICATE_REQUIRED:
        return true;
    default:
        return false;
    }
}

void keep_session(SSL* s) noexcept {
    SSL_set_shutdown(s, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

namespace {

struct x509_delete {
    void operator()(X509* x) const noexcept { X509_free(x); }

    void operator()(BIO* b) const noexcept { BIO_free_all(b); }

    void operator()(SSL* s) const noexcept { SSL_free(s); }

    void operator()(X509_STORE* s) const noexcept { X509_STORE_free(s); }
};

template <class T>
using owned = std::unique_ptr<T, x509_delete>;

owned<X509> parse_certificate(std::string const& pem) {
    owned<BIO> const in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    return owned<X509>(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
}

} // namespace

std::string peer_common_name(SSL* s) {
    owned<X509> const x(SSL_get1_peer_certificate(s));
    if (!x || SSL_get_verify_result(s) != X509_V_OK)
        return {};
    char name[256] = {};
    int const n =
        X509_NAME_get_text_by_NID(X509_get_subject_name(x.get()), NID_commonName, name, sizeof name);
    return n > 0 ? std::string(name, static_cast<std::size_t>(n)) : std::string();
}

namespace {

// Carries both handshakes on, in memory, until neither moves; true when both are done.
bool shake_hands(SSL* client, SSL* server) {
    for (int round = 0; round < 20; ++round) {
        int const c = SSL_do_handshake(client);
        int const s = SSL_do_handshake(server);
        if (c == 1 && s == 1)
            return true;
        if (c != 1 && SSL_get_error(client, c) == SSL_ERROR_SSL)
            break;
    }
    ERR_clear_error();
    return false;
}

struct self_test_case {
    bool trusted;          // the client is made to trust the test's certificate
    char const* host;      // that the client asks for; the certificate is for "self-test.invalid"
    bool must_be_accepted; // else it must be refused
};

void run_self_test(tls_context const& client, issued_certificate const& identity, self_test_case const& t) {
    ssl::context server(ssl::context::tls_server);
    server.use_certificate_chain(boost::asio::buffer(identity.certificate));
    server.use_private_key(boost::asio::buffer(identity.private_key), ssl::context::pem);
    owned<SSL> const c(SSL_new(client.context.native_handle()));
    owned<SSL> const s(SSL_new(server.native_handle()));
    BIO* client_end = nullptr;
    BIO* server_end = nullptr;
    BIO_new_bio_pair(&client_end, 0, &server_end, 0);
    SSL_set_bio(c.get(), client_end, client_end);
    SSL_set_bio(s.get(), server_end, server_end);
    SSL_set_connect_state(c.get());
    SSL_set_accept_state(s.get());
    prepare_client(c.get(), t.host, nullptr);
    if (t.trusted) {
        owned<X509_STORE> const store(X509_STORE_new());
        X509_STORE_add_cert(store.get(), parse_certificate(identity.certificate).get());
        SSL_set1_verify_cert_store(c.get(), store.get());
    }
    if (shake_hands(c.get(), s.get()) != t.must_be_accepted)
        throw std::runtime_error(
            t.must_be_accepted ? "TLS self-test: a trusted server was refused"
                               : "TLS self-test: an unverified server was accepted"
        );
}

} // namespace

void self_test(tls_context const& client) {
    certificate_request request;
    request.common_name = "self-test.invalid";
    request.dns_names = {"self-test.invalid"};
    request.authority = true;
    auto const identity = issue_certificate(request);
    run_self_test(client, identity, {false, "self-test.invalid", false}); // nobody vouches for it
    run_self_test(client, identity, {true, "other.invalid", false});      // another host's certificate
    run_self_test(client, identity, {true, "self-test.invalid", true});   // so that the test itself can fail
}

} // namespace wxgate::net
