#include "net/certificate_report.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace wxgate::net {

namespace {

constexpr int enough_bits = 112; // RSA 2048, P-224

struct openssl_delete {
    void operator()(X509* x) const noexcept { X509_free(x); }

    void operator()(BIO* b) const noexcept { BIO_free_all(b); }

    void operator()(X509_STORE* s) const noexcept { X509_STORE_free(s); }

    void operator()(X509_STORE_CTX* c) const noexcept { X509_STORE_CTX_free(c); }

    void operator()(STACK_OF(X509) * s) const noexcept { sk_X509_pop_free(s, X509_free); }
};

template <class T>
using owned = std::unique_ptr<T, openssl_delete>;

owned<X509> next_certificate(BIO* in) {
    return owned<X509>(PEM_read_bio_X509(in, nullptr, nullptr, nullptr));
}

std::string problem_of(X509* own, STACK_OF(X509) * behind, std::string const& ca_file) {
    owned<X509_STORE> const trusted(X509_STORE_new());
    bool const read = ca_file.empty() ? X509_STORE_set_default_paths(trusted.get()) == 1
                                      : X509_STORE_load_file(trusted.get(), ca_file.c_str()) == 1;
    if (!read)
        return "the trusted certificates cannot be read";
    owned<X509_STORE_CTX> const check(X509_STORE_CTX_new());
    X509_STORE_CTX_init(check.get(), trusted.get(), own, behind);
    X509_STORE_CTX_set_purpose(check.get(), X509_PURPOSE_SSL_SERVER);
    if (X509_verify_cert(check.get()) == 1)
        return {};
    return X509_verify_cert_error_string(X509_STORE_CTX_get_error(check.get()));
}

bool is_for(X509* x, std::string const& host) {
    return X509_check_host(x, host.c_str(), host.size(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) ==
               1 ||
           X509_check_ip_asc(x, host.c_str(), 0) == 1;
}

} // namespace

certificate_report
inspect_certificate(std::string const& pem, std::string const& ca_file, std::string const& host) {
    owned<BIO> const in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    auto const own = next_certificate(in.get());
    EVP_PKEY* const key = own ? X509_get0_pubkey(own.get()) : nullptr;
    if (key == nullptr) {
        ERR_clear_error();
        throw std::runtime_error("not a PEM certificate");
    }
    owned<STACK_OF(X509)> const behind(sk_X509_new_null());
    certificate_report r;
    while (auto another = next_certificate(in.get())) {
        if (sk_X509_push(behind.get(), another.get()) > 0)
            another.release(); // NOLINT(bugprone-unused-return-value): it is the stack's now
        ++r.chain;
    }
    r.status = status_of_certificate(pem);
    r.key = std::string(EVP_PKEY_get0_type_name(key)) + ' ' + std::to_string(EVP_PKEY_get_bits(key));
    r.weak = EVP_PKEY_get_security_bits(key) < enough_bits;
    r.chain_problem = problem_of(own.get(), behind.get(), ca_file);
    r.names_host = is_for(own.get(), host);
    ERR_clear_error();
    return r;
}

} // namespace wxgate::net
