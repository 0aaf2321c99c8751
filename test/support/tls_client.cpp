#include "support/tls_client.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <memory>

namespace wxgate::test {

namespace {

template <class T, void (*F)(T*)>
struct freed_by {
    void operator()(T* p) const { F(p); }
};

std::string last_error() {
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    return text.data();
}

void describe_peer(SSL* ssl, tls_exchange_result& r) {
    unsigned char const* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl, &chosen, &size);
    if (chosen)
        r.alpn.assign(reinterpret_cast<char const*>(chosen), size);
    r.version = SSL_get_version(ssl);
    if (X509* peer = SSL_get0_peer_certificate(ssl)) {
        auto const* serial = X509_get0_serialNumber(peer);
        r.serial.assign(
            reinterpret_cast<char const*>(ASN1_STRING_get0_data(serial)),
            static_cast<std::size_t>(ASN1_STRING_length(serial))
        );
    }
}

} // namespace

tls_exchange_result exchange_tls(
    std::uint16_t port, std::string const& bytes, tls_exchange_options const& options, milliseconds bound
) {
    tls_exchange_result r;
    std::unique_ptr<SSL_CTX, freed_by<SSL_CTX, SSL_CTX_free>> const context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_security_level(context.get(), 0);
    if (options.min_version)
        SSL_CTX_set_min_proto_version(context.get(), options.min_version);
    if (options.max_version)
        SSL_CTX_set_max_proto_version(context.get(), options.max_version);
    if (!options.cipher_list.empty() &&
        SSL_CTX_set_cipher_list(context.get(), options.cipher_list.c_str()) != 1) {
        r.error = last_error();
        return r;
    }
    if (!options.ca_file.empty()) {
        SSL_CTX_load_verify_locations(context.get(), options.ca_file.c_str(), nullptr);
        SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    }
    constexpr std::array<unsigned char, 12> protocols = {
        2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    SSL_CTX_set_alpn_protos(context.get(), protocols.data(), protocols.size());

    connection const tcp(port);
    timeval const patience{
        static_cast<time_t>(bound.count() / 1000), static_cast<suseconds_t>(bound.count() % 1000 * 1000)};
    ::setsockopt(tcp.native(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::unique_ptr<SSL, freed_by<SSL, SSL_free>> const ssl(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), tcp.native());
    if (!options.server_name.empty()) {
        auto name = options.server_name; // the macro SSL_set_tlsext_host_name casts in the old style
        SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
        if (!options.ca_file.empty())
            SSL_set1_host(ssl.get(), options.server_name.c_str());
    }
    ERR_clear_error();
    if (SSL_connect(ssl.get()) != 1) {
        r.error = last_error();
        return r;
    }
    r.handshake = true;
    describe_peer(ssl.get(), r);
    std::string received;
    if (SSL_write(ssl.get(), bytes.data(), static_cast<int>(bytes.size())) > 0) {
        std::array<char, 16384> chunk;
        int n = 0;
        while ((n = SSL_read(ssl.get(), chunk.data(), static_cast<int>(chunk.size()))) > 0)
            received.append(chunk.data(), static_cast<std::size_t>(n));
    }
    r.answer = parse_reply(received);
    return r;
}

} // namespace wxgate::test
