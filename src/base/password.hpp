// Passwords as scrypt strings: scrypt:ln=15,r=8,p=3:SALT:HASH (salt and hash in base64), as
// `wxgate hash-password` prints them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wxgate {

/// The default is of OWASP's list: N = 2^15, r = 8, p = 3, 32 MiB.
struct scrypt_cost {
    unsigned ln = 15; // N = 2^ln
    unsigned r = 8;
    unsigned p = 3;
};

/// A string of this cost with a fresh salt. Takes about half a second at the default cost. Throws
/// std::runtime_error when OpenSSL fails.
std::string hash_password(std::string_view password, scrypt_cost cost = {});

/// A string of this cost that no password fits, made at once: for names that nobody has.
std::string nobodys_password(scrypt_cost cost);

/// Whether this is the password of `stored`, which must be a password string. As costly as hash_password();
/// the comparison takes the same time whatever the difference. False when OpenSSL fails (no memory).
bool verify_password(std::string_view password, std::string_view stored);

/// The cost of a password string; nothing when the text is none, or one that demands more than this program
/// is willing to pay (128 MiB, or five times the default's work).
std::optional<scrypt_cost> password_cost(std::string_view text);

inline bool is_password_string(std::string_view text) {
    return password_cost(text).has_value();
}

/// Whether guessing is cheaper than at the default cost.
bool is_cheap(scrypt_cost cost) noexcept;

/// The primitive: the first 32 bytes of scrypt(password, salt, cost); nothing when the cost is too high or
/// OpenSSL fails.
std::optional<std::string> scrypt(std::string_view password, std::string_view salt, scrypt_cost cost);

} // namespace wxgate
