// req_info of a refund notification: base64 of AES-256-ECB with PKCS#7 padding, under the lower-case hex MD5
// of the merchant's API key (all 32 digits of it, leading zeros included). It is the only thing in that
// message that shows who sent it, and ECB blocks can be spliced: what decrypts is a hint to confirm by query,
// no proof.
#pragma once

#include <wxgate/error.hpp>

#include <string>
#include <string_view>

namespace wxgate::wire {

/// The bytes that `ciphertext` (raw, not base64) stands for under a key of 32 bytes; errc::bad_ciphertext
/// when it is empty, not whole blocks or wrongly padded, one code for all so that the answer tells nothing.
result<std::string> aes256_ecb_decrypt(std::string_view key, std::string_view ciphertext);

/// The reverse.
result<std::string> aes256_ecb_encrypt(std::string_view key, std::string_view plaintext);

/// The document inside req_info; errc::bad_ciphertext for whatever is not one made with this API key.
result<std::string> decrypt_req_info(std::string_view req_info, std::string_view api_key);

/// The req_info that holds `document` (the sandbox's side).
result<std::string> encrypt_req_info(std::string_view document, std::string_view api_key);

} // namespace wxgate::wire
