#include "wire/digest.hpp"

#include "base/assert.hpp"

// Not EVP: OpenSSL 3.0 allocates a context of its provider at every EVP_DigestInit, and what EVP adds to the
// two digests of an HMAC is a sixth of its time. The functions used here are the ones below EVP. They are
// deprecated since 3.0, and ask no provider whatever the configuration says.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/crypto.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

namespace wxgate::wire {

namespace {

// A digest under way, in a context on the stack. It may have seen a key: nothing of it is left behind.
template <
    class Context,
    class Digest,
    int (*init)(Context*),
    int (*update)(Context*, void const*, std::size_t),
    int (*end)(unsigned char*, Context*)>
class hash {
public:
    hash() noexcept { WXGATE_ASSERT(init(&context_) == 1); }

    hash(hash const&) = delete;
    hash& operator=(hash const&) = delete;

    ~hash() { OPENSSL_cleanse(&context_, sizeof context_); }

    void add(void const* data, std::size_t size) noexcept {
        WXGATE_ASSERT(update(&context_, data, size) == 1);
    }

    void add(parts text) noexcept {
        for (std::string_view const part : text)
            add(part.data(), part.size());
    }

    Digest finish() noexcept {
        Digest out;
        WXGATE_ASSERT(end(out.data(), &context_) == 1);
        return out;
    }

private:
    Context context_;
};

using md5_hash = hash<MD5_CTX, md5_digest, MD5_Init, MD5_Update, MD5_Final>;
using sha256_hash = hash<SHA256_CTX, sha256_digest, SHA256_Init, SHA256_Update, SHA256_Final>;

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

using hex_table = std::array<std::array<char, 2>, 256>;

constexpr hex_table make_hex_table(std::string_view digits) noexcept {
    hex_table pairs{};
    for (std::size_t byte = 0; byte < pairs.size(); ++byte)
        pairs[byte] = {digits[byte >> 4U], digits[byte & 15U]};
    return pairs;
}

constexpr hex_table upper_hex = make_hex_table("0123456789ABCDEF");
constexpr hex_table lower_hex = make_hex_table("0123456789abcdef");

} // namespace

md5_digest md5(parts text) noexcept {
    md5_hash h;
    h.add(text);
    return h.finish();
}

sha256_digest sha256(parts text) noexcept {
    sha256_hash h;
    h.add(text);
    return h.finish();
}

sha256_digest hmac_sha256(std::string_view key, parts text) noexcept {
    auto block = hmac_key_block(key);
    for (auto& byte : block)
        byte ^= 0x36U;
    sha256_hash inner;
    inner.add(block.data(), block.size());
    inner.add(text);
    sha256_digest const inside = inner.finish();
    for (auto& byte : block)
        byte ^= 0x36U ^ 0x5CU;
    sha256_hash outer;
    outer.add(block.data(), block.size());
    outer.add(inside.data(), inside.size());
    OPENSSL_cleanse(block.data(), block.size());
    return outer.finish();
}

void write_hex(std::span<unsigned char const> bytes, char* out, bool upper) noexcept {
    hex_table const& pairs = upper ? upper_hex : lower_hex;
    for (unsigned char const byte : bytes) {
        std::memcpy(out, pairs[byte].data(), 2);
        out += 2;
    }
}

bool constant_time_equal(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace wxgate::wire
