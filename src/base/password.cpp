#include "base/password.hpp"

#include "base/ids.hpp"
#include "base/text.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <stdexcept>

namespace wxgate {

namespace {

constexpr std::size_t salt_size = 16;
constexpr std::size_t max_salt_size = 64;
constexpr std::size_t hash_size = 32;
constexpr std::uint64_t mib = 1ULL << 20U;
constexpr std::uint64_t max_table = 128 * mib; // N = 2^17 with r = 8
constexpr std::uint64_t max_work = 512 * mib;  // the default fills 96 MiB in half a second

struct stored_password {
    scrypt_cost cost;
    std::string salt;
    std::string hash;
};

std::uint64_t table_of(scrypt_cost c) noexcept {
    return 128ULL * c.r << c.ln;
}

bool is_payable(scrypt_cost c) noexcept {
    bool const in_range = c.ln >= 1 && c.ln <= 20 && c.r >= 1 && c.r <= 32 && c.p >= 1 && c.p <= 16;
    bool const in_standard = c.ln < 16 * c.r; // RFC 7914: N < 2^(128 r / 8); OpenSSL refuses the rest
    return in_range && in_standard && table_of(c) <= max_table && table_of(c) * c.p <= max_work;
}

// Takes "NAME=NUMBER" and the separator behind it from the front.
std::optional<unsigned> take_number(std::string_view& text, std::string_view name, char separator) {
    if (!text.starts_with(name))
        return std::nullopt;
    text.remove_prefix(name.size());
    auto const end = text.find(separator);
    if (end == std::string_view::npos)
        return std::nullopt;
    auto const n = parse_uint(text.substr(0, end), 99);
    text.remove_prefix(end + 1);
    if (!n)
        return std::nullopt;
    return static_cast<unsigned>(*n);
}

std::optional<stored_password> parse(std::string_view text) {
    constexpr std::string_view prefix = "scrypt:";
    if (text.size() > 256 || !text.starts_with(prefix))
        return std::nullopt;
    text.remove_prefix(prefix.size());
    auto const ln = take_number(text, "ln=", ',');
    auto const r = ln ? take_number(text, "r=", ',') : std::nullopt;
    auto const p = r ? take_number(text, "p=", ':') : std::nullopt;
    auto const colon = text.find(':');
    if (!p || colon == std::string_view::npos)
        return std::nullopt;
    auto salt = from_base64(text.substr(0, colon));
    auto hash = from_base64(text.substr(colon + 1));
    scrypt_cost const cost{*ln, *r, *p};
    if (!salt || !hash || salt->size() < salt_size || salt->size() > max_salt_size ||
        hash->size() != hash_size || !is_payable(cost))
        return std::nullopt;
    return stored_password{cost, std::move(*salt), std::move(*hash)};
}

std::string to_string(scrypt_cost cost, std::string const& salt, std::string const& hash) {
    return "scrypt:ln=" + std::to_string(cost.ln) + ",r=" + std::to_string(cost.r) +
           ",p=" + std::to_string(cost.p) + ':' + to_base64(salt) + ':' + to_base64(hash);
}

} // namespace

std::optional<std::string> scrypt(std::string_view password, std::string_view salt, scrypt_cost cost) {
    if (!is_payable(cost))
        return std::nullopt;
    std::array<unsigned char, hash_size> out{};
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): OpenSSL's bytes
    auto const* salt_bytes = reinterpret_cast<unsigned char const*>(salt.data());
    // OpenSSL's own limit is 32 MiB, which N = 2^15 passes already.
    int const done = EVP_PBE_scrypt(
        password.data(),
        password.size(),
        salt_bytes,
        salt.size(),
        1ULL << cost.ln,
        cost.r,
        cost.p,
        max_table + 16 * mib,
        out.data(),
        out.size()
    );
    if (done != 1)
        return std::nullopt;
    return std::string(out.begin(), out.end());
}

std::string hash_password(std::string_view password, scrypt_cost cost) {
    std::string const salt = random_bytes(salt_size);
    auto const hash = scrypt(password, salt, cost);
    if (!hash)
        throw std::runtime_error("OpenSSL cannot hash the password");
    return to_string(cost, salt, *hash);
}

std::string nobodys_password(scrypt_cost cost) {
    return to_string(cost, random_bytes(salt_size), random_bytes(hash_size));
}

bool verify_password(std::string_view password, std::string_view stored) {
    auto const known = parse(stored);
    if (!known)
        return false;
    auto const hash = scrypt(password, known->salt, known->cost);
    return hash && CRYPTO_memcmp(hash->data(), known->hash.data(), hash_size) == 0;
}

std::optional<scrypt_cost> password_cost(std::string_view text) {
    auto const known = parse(text);
    return known ? std::optional(known->cost) : std::nullopt;
}

bool is_cheap(scrypt_cost cost) noexcept {
    scrypt_cost const usual;
    return table_of(cost) * cost.p < table_of(usual) * usual.p;
}

} // namespace wxgate
