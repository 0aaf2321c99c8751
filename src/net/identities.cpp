// Certificates and keys, from the files people have: PEM pairs, and PKCS#12 as WeChat hands it out.
#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>
#include <stdexcept>

namespace wxgate::net {

namespace {

struct openssl_delete {
    void operator()(X509* x) const noexcept { X509_free(x); }

    void operator()(EVP_PKEY* k) const noexcept { EVP_PKEY_free(k); }

    void operator()(BIO* b) const noexcept { BIO_free_all(b); }

    void operator()(PKCS12* p) const noexcept { PKCS12_free(p); }

    void operator()(OSSL_PROVIDER* p) const noexcept { OSSL_PROVIDER_unload(p); }

    void operator()(OSSL_LIB_CTX* c) const noexcept { OSSL_LIB_CTX_free(c); }

    void operator()(STACK_OF(X509) * s) const noexcept { sk_X509_pop_free(s, X509_free); }
};

template <class T>
using owned = std::unique_ptr<T, openssl_delete>;

[[noreturn]] void fail(std::string const& what, std::string const& why) {
    ERR_clear_error();
    throw std::runtime_error(what + ": " + why);
}

std::string read_file(std::string const& file) {
    owned<BIO> const in(BIO_new_file(file.c_str(), "rb"));
    if (!in)
        fail(file, std::strerror(errno));
    std::string out;
    char block[4096];
    for (int n = 0; (n = BIO_read(in.get(), block, sizeof block)) > 0;)
        out.append(block, static_cast<std::size_t>(n));
    return out;
}

owned<BIO> reader(std::string const& text) {
    return owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

owned<X509> parse_certificate(std::string const& pem) {
    return owned<X509>(PEM_read_bio_X509(reader(pem).get(), nullptr, nullptr, nullptr));
}

// No passphrase is asked for: a server has nobody at its terminal.
owned<EVP_PKEY> parse_key(std::string const& pem) {
    static char no_passphrase[] = "";
    return owned<EVP_PKEY>(PEM_read_bio_PrivateKey(reader(pem).get(), nullptr, nullptr, no_passphrase));
}

std::chrono::sys_seconds to_time(ASN1_TIME const* t) {
    std::tm parts{};
    ASN1_TIME_to_tm(t, &parts);
    return std::chrono::sys_seconds(std::chrono::seconds(timegm(&parts)));
}

std::string subject_of(X509 const* x) {
    char text[512] = {};
    X509_NAME_oneline(X509_get_subject_name(x), text, sizeof text);
    return text;
}

std::string common_name_of(X509 const* x) {
    char text[256] = {};
    int const n = X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, text, sizeof text);
    return n > 0 ? std::string(text, static_cast<std::size_t>(n)) : std::string();
}

certificate_status status(X509 const* x) {
    return {
        subject_of(x), common_name_of(x), to_time(X509_get0_notBefore(x)), to_time(X509_get0_notAfter(x))};
}

// `certificate` and `private_key` say in errors where the texts are from.
certificate_status check(identity const& i, std::string const& certificate, std::string const& private_key) {
    auto const x = parse_certificate(i.certificate);
    if (!x)
        fail(certificate, "not a PEM certificate");
    auto const key = parse_key(i.private_key);
    if (!key)
        fail(private_key, "not a PEM private key (or one with a passphrase)");
    if (X509_check_private_key(x.get(), key.get()) != 1)
        fail(private_key, "is not the private key of " + certificate);
    return status(x.get());
}

std::string text_of(BIO* b) {
    char* data = nullptr;
    long const size = BIO_get_mem_data(b, &data);
    return {data, static_cast<std::size_t>(size)};
}

// OpenSSL's context for one file: the ciphers of old p12 files (RC2, 3DES) are its legacy provider's, and the
// rest of the program is to do without them.
struct legacy_context {
    legacy_context()
        : context(OSSL_LIB_CTX_new()), standard(OSSL_PROVIDER_load(context.get(), "default")),
          legacy(OSSL_PROVIDER_load(context.get(), "legacy")) {
        ERR_clear_error();
    }

    owned<OSSL_LIB_CTX> context;
    owned<OSSL_PROVIDER> standard;
    owned<OSSL_PROVIDER> legacy; // null where OpenSSL was built without: then only new files are read
};

} // namespace

certificate_status check_certificate(std::string const& certificate, std::string const& private_key) {
    identity i;
    i.certificate = read_file(certificate);
    auto const x = parse_certificate(i.certificate);
    if (!x)
        fail(certificate, "not a PEM certificate");
    if (private_key.empty())
        return status(x.get());
    i.private_key = read_file(private_key);
    return check(i, certificate, private_key);
}

identity read_identity(std::string const& certificate, std::string const& private_key) {
    identity i;
    i.certificate = read_file(certificate);
    i.private_key = read_file(private_key);
    check(i, certificate, private_key);
    return i;
}

identity read_pkcs12(std::string const& file, std::string const& password) {
    legacy_context const with;
    std::string const bytes = read_file(file);
    auto const in = reader(bytes);
    PKCS12* parsed = PKCS12_init_ex(NID_pkcs7_data, with.context.get(), nullptr);
    if (d2i_PKCS12_bio(in.get(), &parsed) == nullptr) {
        PKCS12_free(parsed);
        fail(file, "not a PKCS#12 file");
    }
    owned<PKCS12> const p12(parsed);
    if (PKCS12_verify_mac(p12.get(), password.c_str(), -1) != 1)
        fail(file, "its password is another; that of WeChat's own is the mch_id");
    EVP_PKEY* key = nullptr;
    X509* x = nullptr;
    STACK_OF(X509)* chain = nullptr;
    if (PKCS12_parse(p12.get(), password.c_str(), &key, &x, &chain) != 1)
        fail(file, "cannot be decrypted");
    owned<EVP_PKEY> const owned_key(key);
    owned<X509> const owned_x(x);
    owned<STACK_OF(X509)> const owned_chain(chain);
    if (key == nullptr || x == nullptr)
        fail(file, "holds no certificate with its private key");
    owned<BIO> const certificates(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(certificates.get(), x);
    for (int n = 0; chain != nullptr && n < sk_X509_num(chain); ++n)
        PEM_write_bio_X509(certificates.get(), sk_X509_value(chain, n));
    owned<BIO> const keys(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(keys.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    ERR_clear_error();
    identity i{text_of(certificates.get()), text_of(keys.get())};
    check(i, file, file);
    return i;
}

certificate_status status_of(identity const& i) {
    return check(i, "the certificate", "its private key");
}

certificate_status status_of_certificate(std::string const& pem) {
    auto const x = parse_certificate(pem);
    if (!x)
        fail("the certificate", "not a PEM certificate");
    return status(x.get());
}

} // namespace wxgate::net
