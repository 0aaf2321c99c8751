// What signing is measured against: OpenSSL's digest of the canonical string that is there already, made the
// fastest way that OpenSSL 3.0 offers: algorithms fetched once, contexts used again. No sorting, no joining,
// no hex.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace wxgate::bench {

/// The longest digest there is here. A shorter one fills the front.
using digest_bytes = std::array<unsigned char, 32>;

// OpenSSL failing at one of these is a broken system: the process ends.

class bare_digest {
public:
    explicit bare_digest(char const* algorithm);

    void start() noexcept;
    void add(std::string_view text) noexcept;
    void finish(digest_bytes& out) noexcept;

    /// All of it.
    void make(std::string_view text, digest_bytes& out) noexcept;

private:
    struct release {
        void operator()(EVP_MD* md) const noexcept { EVP_MD_free(md); }

        void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
    };

    std::unique_ptr<EVP_MD, release> algorithm_;
    std::unique_ptr<EVP_MD_CTX, release> context_;
};

/// HMAC-SHA256 by EVP_MAC, keyed once.
class bare_mac {
public:
    explicit bare_mac(std::string_view key);

    void make(std::string_view text, digest_bytes& out) noexcept;

private:
    struct release {
        void operator()(EVP_MAC* mac) const noexcept { EVP_MAC_free(mac); }

        void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
    };

    std::unique_ptr<EVP_MAC, release> algorithm_;
    std::unique_ptr<EVP_MAC_CTX, release> context_;
};

/// HMAC-SHA256 as RFC 2104 writes it, two digests, with the key's blocks there already.
class bare_hmac {
public:
    explicit bare_hmac(std::string_view key); // at most a block (64 bytes)

    void make(std::string_view text, digest_bytes& out) noexcept;

private:
    bare_digest digest_;
    std::string inner_;
    std::string outer_;
};

} // namespace wxgate::bench
