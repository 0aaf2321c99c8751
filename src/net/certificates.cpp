// Making certificates: for the sandbox, for tests, and for the self-test of our own contexts.
#include "net/tls.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace wxgate::net {

namespace {

struct openssl_delete {
    void operator()(X509* x) const noexcept { X509_free(x); }

    void operator()(EVP_PKEY* k) const noexcept { EVP_PKEY_free(k); }

    void operator()(BIO* b) const noexcept { BIO_free_all(b); }

    void operator()(X509_EXTENSION* e) const noexcept { X509_EXTENSION_free(e); }

    void operator()(PKCS12* p) const noexcept { PKCS12_free(p); }
};

template <class T>
using owned = std::unique_ptr<T, openssl_delete>;

template <class T>
owned<T> demand(T* made, char const* what) {
    if (made == nullptr)
        throw std::runtime_error(std::string("OpenSSL cannot make ") + what);
    return owned<T>(made);
}

owned<BIO> reader(std::string const& pem) {
    return demand(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), "a buffer");
}

owned<X509> certificate_of(issued_certificate const& i) {
    return demand(PEM_read_bio_X509(reader(i.certificate).get(), nullptr, nullptr, nullptr), "a certificate");
}

owned<EVP_PKEY> key_of(issued_certificate const& i) {
    return demand(PEM_read_bio_PrivateKey(reader(i.private_key).get(), nullptr, nullptr, nullptr), "a key");
}

std::string drain(BIO* b) {
    char* data = nullptr;
    long const size = BIO_get_mem_data(b, &data);
    return {data, static_cast<std::size_t>(size)};
}

void add_extension(X509* x, X509* issuer, int nid, std::string const& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, x, nullptr, nullptr, 0);
    auto const e = demand(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()), "an extension");
    X509_add_ext(x, e.get(), -1);
}

std::string alternative_names(certificate_request const& request) {
    std::string out;
    for (auto const& name : request.dns_names)
        out += (out.empty() ? "DNS:" : ",DNS:") + name;
    for (auto const& ip : request.ip_addresses)
        out += (out.empty() ? "IP:" : ",IP:") + ip;
    return out;
}

void set_serial(X509* x) {
    unsigned char bytes[8] = {};
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        throw std::runtime_error("the random generator failed");
    std::uint64_t serial = 0;
    for (unsigned char const b : bytes)
        serial = serial << 8U | b;
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1U);
}

} // namespace

issued_certificate issue_certificate(certificate_request const& request, issued_certificate const* issuer) {
    auto const key = demand(EVP_EC_gen("P-256"), "a key");
    auto const x = demand(X509_new(), "a certificate");
    X509_set_version(x.get(), 2); // X.509 v3
    set_serial(x.get());
    auto const life = std::chrono::duration_cast<std::chrono::seconds>(request.life).count();
    X509_gmtime_adj(X509_getm_notBefore(x.get()), -3600); // clocks differ
    X509_gmtime_adj(X509_getm_notAfter(x.get()), static_cast<long>(life));
    X509_set_pubkey(x.get(), key.get());
    X509_NAME* const name = X509_get_subject_name(x.get());
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
    auto const* const cn = reinterpret_cast<unsigned char const*>(request.common_name.c_str());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, cn, -1, -1, 0);
    auto const issuer_certificate = issuer != nullptr ? certificate_of(*issuer) : nullptr;
    auto const issuer_key = issuer != nullptr ? key_of(*issuer) : nullptr;
    X509* const parent = issuer_certificate ? issuer_certificate.get() : x.get();
    X509_set_issuer_name(x.get(), X509_get_subject_name(parent));
    add_extension(
        x.get(), parent, NID_basic_constraints, request.authority ? "critical,CA:TRUE" : "critical,CA:FALSE"
    );
    add_extension(x.get(), parent, NID_subject_key_identifier, "hash");
    if (auto const names = alternative_names(request); !names.empty())
        add_extension(x.get(), parent, NID_subject_alt_name, names);
    if (X509_sign(x.get(), issuer_key ? issuer_key.get() : key.get(), EVP_sha256()) == 0)
        throw std::runtime_error("OpenSSL cannot sign a certificate");
    auto const certificate_text = demand(BIO_new(BIO_s_mem()), "a buffer");
    auto const key_text = demand(BIO_new(BIO_s_mem()), "a buffer");
    PEM_write_bio_X509(certificate_text.get(), x.get());
    PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return {drain(certificate_text.get()), drain(key_text.get())};
}

std::string to_pkcs12(issued_certificate const& identity, std::string const& password) {
    auto const key = key_of(identity);
    auto const x = certificate_of(identity);
    auto const p12 = demand(
        PKCS12_create(password.c_str(), "wxgate", key.get(), x.get(), nullptr, 0, 0, 0, 0, 0),
        "a PKCS#12 file"
    );
    auto const out = demand(BIO_new(BIO_s_mem()), "a buffer");
    i2d_PKCS12_bio(out.get(), p12.get());
    return drain(out.get());
}

} // namespace wxgate::net
