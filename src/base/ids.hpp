// Identifiers and random text, from OpenSSL's CSPRNG.
#pragma once

#include <cstddef>
#include <string>

namespace wxgate {

/// `size` random bytes. Throws std::runtime_error when the generator fails.
std::string random_bytes(std::size_t size);

/// `size` characters of [0-9A-Za-z], without modulo bias.
std::string random_alnum(std::size_t size);

/// 26 characters, sortable by the time they were made: 10 of milliseconds and 16 random (Crockford's base32,
/// as ULID).
std::string make_id();

} // namespace wxgate
