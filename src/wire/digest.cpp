#include "wire/digest.hpp"

#include "base/assert.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>

namespace wxgate::wire {

namespace {

EVP_MD const* fetch(char const* name) noexcept {
    EVP_MD const* const algorithm = EVP_MD_fetch(nullptr, name, nullptr);
    WXGATE_ASSERT(algorithm != nullptr);
    return algorithm;
}

// Fetched once and kept to the end: an explicit fetch a call, or the implicit one of EVP_md5(), costs as much
// as the digest of a short message.
EVP_MD const* md5_algorithm() noexcept {
    static EVP_MD const* const algorithm = fetch("MD5");
    return algorithm;
}

EVP_MD const* sha256_algorithm() noexcept {
    static EVP_MD const* const algorithm = fetch("SHA256");
    return algorithm;
}

class context {
public:
    explicit context(EVP_MD const* algorithm) noexcept : algorithm_(algorithm), context_(EVP_MD_CTX_new()) {
        WXGATE_ASSERT(context_ != nullptr);
    }

    context(context const&) = delete;
    context& operator=(context const&) = delete;

    ~context() { EVP_MD_CTX_free(context_); }

    void start() noexcept { WXGATE_ASSERT(EVP_DigestInit_ex2(context_, algorithm_, nullptr) == 1); }

    void add(void const* data, std::size_t size) noexcept {
        WXGATE_ASSERT(EVP_DigestUpdate(context_, data, size) == 1);
    }

    void add(parts text) noexcept {
        for (std::string_view const part : text)
            add(part.data(), part.size());
    }

    template <std::size_t N>
    void finish(std::array<unsigned char, N>& out) noexcept {
        unsigned size = 0;
        WXGATE_ASSERT(EVP_DigestFinal_ex(context_, out.data(), &size) == 1 && size == N);
    }

private:
    EVP_MD const* algorithm_;
    EVP_MD_CTX* context_;
};

context& md5_context() noexcept {
    thread_local context instance(md5_algorithm());
    return instance;
}

context& sha256_context() noexcept {
    thread_local context instance(sha256_algorithm());
    return instance;
}

constexpr std::size_t sha256_block = 64;

// RFC 2104: a key longer than a block is hashed first, a shorter one filled up with zeros.
std::array<unsigned char, sha256_block> hmac_key_block(std::string_view key) noexcept {
    std::array<unsigned char, sha256_block> block{};
    if (key.size() > block.size()) {
        sha256_digest const hashed = sha256({key});
        std::copy(hashed.begin(), hashed.end(), block.begin());
    } else {
        std::copy(key.begin(), key.end(), block.begin());
    }
    return block;
}

} // namespace

md5_digest md5(parts text) noexcept {
    md5_digest out;
    context& c = md5_context();
    c.start();
    c.add(text);
    c.finish(out);
    return out;
}

sha256_digest sha256(parts text) noexcept {
    sha256_digest out;
    context& c = sha256_context();
    c.start();
    c.add(text);
    c.finish(out);
    return out;
}

// Written out over SHA-256 because EVP_MAC of OpenSSL 3.0 allocates five blocks for a message, this two.
sha256_digest hmac_sha256(std::string_view key, parts text) noexcept {
    auto block = hmac_key_block(key);
    sha256_digest out;
    context& c = sha256_context();
    for (auto& byte : block)
        byte ^= 0x36U;
    c.start();
    c.add(block.data(), block.size());
    c.add(text);
    c.finish(out);
    for (auto& byte : block)
        byte ^= 0x36U ^ 0x5CU;
    c.start();
    c.add(block.data(), block.size());
    c.add(out.data(), out.size());
    c.finish(out);
    OPENSSL_cleanse(block.data(), block.size());
    return out;
}

void write_hex(std::span<unsigned char const> bytes, char* out, bool upper) noexcept {
    char const* const digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    for (unsigned const byte : bytes) {
        *out++ = digits[byte >> 4U];
        *out++ = digits[byte & 15U];
    }
}

bool constant_time_equal(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace wxgate::wire
