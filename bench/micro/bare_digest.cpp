#include "micro/bare_digest.hpp"

#include "base/assert.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>

namespace wxgate::bench {

namespace {

constexpr std::size_t sha256_block = 64;

std::string key_block(std::string_view key, unsigned char with) {
    WXGATE_ASSERT(key.size() <= sha256_block);
    std::string block(key);
    block.resize(sha256_block, '\0');
    for (char& c : block)
        c = static_cast<char>(static_cast<unsigned char>(c) ^ with);
    return block;
}

unsigned char const* bytes(std::string_view text) noexcept {
    return reinterpret_cast<unsigned char const*>(text.data());
}

} // namespace

bare_digest::bare_digest(char const* algorithm)
    : algorithm_(EVP_MD_fetch(nullptr, algorithm, nullptr)), context_(EVP_MD_CTX_new()) {
    WXGATE_ASSERT(algorithm_ && context_);
}

void bare_digest::start() noexcept {
    WXGATE_ASSERT(EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) == 1);
}

void bare_digest::add(std::string_view text) noexcept {
    WXGATE_ASSERT(EVP_DigestUpdate(context_.get(), text.data(), text.size()) == 1);
}

void bare_digest::finish(digest_bytes& out) noexcept {
    WXGATE_ASSERT(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1);
}

void bare_digest::make(std::string_view text, digest_bytes& out) noexcept {
    start();
    add(text);
    finish(out);
}

bare_mac::bare_mac(std::string_view key)
    : algorithm_(EVP_MAC_fetch(nullptr, "HMAC", nullptr)), context_(EVP_MAC_CTX_new(algorithm_.get())) {
    WXGATE_ASSERT(algorithm_ && context_);
    std::string name = "SHA256";
    OSSL_PARAM const parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
        OSSL_PARAM_construct_end(),
    };
    WXGATE_ASSERT(EVP_MAC_init(context_.get(), bytes(key), key.size(), parameters) == 1);
}

void bare_mac::make(std::string_view text, digest_bytes& out) noexcept {
    std::size_t size = 0;
    WXGATE_ASSERT(EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1); // the same key again
    WXGATE_ASSERT(EVP_MAC_update(context_.get(), bytes(text), text.size()) == 1);
    WXGATE_ASSERT(EVP_MAC_final(context_.get(), out.data(), &size, out.size()) == 1);
}

bare_hmac::bare_hmac(std::string_view key)
    : digest_("SHA256"), inner_(key_block(key, 0x36)), outer_(key_block(key, 0x5C)) {
}

void bare_hmac::make(std::string_view text, digest_bytes& out) noexcept {
    digest_.start();
    digest_.add(inner_);
    digest_.add(text);
    digest_.finish(out);
    digest_.start();
    digest_.add(outer_);
    digest_.add({reinterpret_cast<char const*>(out.data()), out.size()});
    digest_.finish(out);
}

} // namespace wxgate::bench
