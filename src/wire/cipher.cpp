#include "wire/cipher.hpp"

#include "base/text.hpp"
#include "wire/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <memory>

namespace wxgate::wire {

namespace {

constexpr std::size_t key_size = 32;
constexpr std::size_t block_size = 16;
constexpr std::size_t max_text = 1024 * 1024; // far above any req_info, and an int can hold it

enum class direction : int { decrypt = 0, encrypt = 1 };

struct context_deleter {
    void operator()(EVP_CIPHER_CTX* c) const noexcept { EVP_CIPHER_CTX_free(c); }
};

using context_ptr = std::unique_ptr<EVP_CIPHER_CTX, context_deleter>;

EVP_CIPHER const* algorithm() noexcept {
    static EVP_CIPHER const* const fetched = EVP_CIPHER_fetch(nullptr, "AES-256-ECB", nullptr);
    return fetched;
}

unsigned char const* bytes(char const* p) noexcept {
    return reinterpret_cast<unsigned char const*>(p); // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
}

unsigned char* bytes(char* p) noexcept {
    return reinterpret_cast<unsigned char*>(p); // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
}

result<std::string> run(direction way, std::string_view key, std::string_view in) {
    if (key.size() != key_size || in.size() > max_text)
        return error_code(errc::bad_ciphertext);
    context_ptr const context(EVP_CIPHER_CTX_new());
    if (!context || algorithm() == nullptr)
        return error_code(errc::bad_ciphertext);
    std::string out(in.size() + block_size, '\0');
    int head = 0;
    int tail = 0;
    bool const done =
        EVP_CipherInit_ex2(
            context.get(), algorithm(), bytes(key.data()), nullptr, static_cast<int>(way), nullptr
        ) == 1 &&
        EVP_CipherUpdate(
            context.get(), bytes(out.data()), &head, bytes(in.data()), static_cast<int>(in.size())
        ) == 1 &&
        EVP_CipherFinal_ex(context.get(), bytes(out.data()) + head, &tail) == 1;
    if (!done)
        return error_code(errc::bad_ciphertext);
    out.resize(static_cast<std::size_t>(head) + static_cast<std::size_t>(tail));
    return out;
}

// The key of req_info, wiped when it goes.
class req_info_key {
public:
    explicit req_info_key(std::string_view api_key) noexcept {
        write_hex(md5({api_key}), hex_.data(), false);
    }

    req_info_key(req_info_key const&) = delete;
    req_info_key& operator=(req_info_key const&) = delete;

    ~req_info_key() { OPENSSL_cleanse(hex_.data(), hex_.size()); }

    std::string_view text() const noexcept { return {hex_.data(), hex_.size()}; }

private:
    std::array<char, key_size> hex_{};
};

} // namespace

result<std::string> aes256_ecb_decrypt(std::string_view key, std::string_view ciphertext) {
    if (ciphertext.empty() || ciphertext.size() % block_size != 0)
        return error_code(errc::bad_ciphertext);
    return run(direction::decrypt, key, ciphertext);
}

result<std::string> aes256_ecb_encrypt(std::string_view key, std::string_view plaintext) {
    return run(direction::encrypt, key, plaintext);
}

result<std::string> decrypt_req_info(std::string_view req_info, std::string_view api_key) {
    if (api_key.empty())
        return error_code(errc::bad_ciphertext);
    auto const ciphertext = from_base64(req_info);
    if (!ciphertext)
        return error_code(errc::bad_ciphertext);
    return aes256_ecb_decrypt(req_info_key(api_key).text(), *ciphertext);
}

result<std::string> encrypt_req_info(std::string_view document, std::string_view api_key) {
    if (api_key.empty())
        return error_code(errc::bad_ciphertext);
    auto ciphertext = aes256_ecb_encrypt(req_info_key(api_key).text(), document);
    if (!ciphertext)
        return ciphertext;
    return to_base64(*ciphertext);
}

} // namespace wxgate::wire
