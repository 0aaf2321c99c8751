// Digests. Nothing is allocated, and no context that has seen a key is left behind. A digest that OpenSSL
// does not give is a broken system: the process ends.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string_view>

namespace wxgate::wire {

using md5_digest = std::array<unsigned char, 16>;
using sha256_digest = std::array<unsigned char, 32>;

/// The text is given in parts, so that a key need not be copied behind what it signs.
using parts = std::initializer_list<std::string_view>;

md5_digest md5(parts text) noexcept;

sha256_digest sha256(parts text) noexcept;

sha256_digest hmac_sha256(std::string_view key, parts text) noexcept;

/// Writes two hex digits a byte to `out`.
void write_hex(std::span<unsigned char const> bytes, char* out, bool upper) noexcept;

/// The time it takes depends on the sizes only.
bool constant_time_equal(std::string_view a, std::string_view b) noexcept;

} // namespace wxgate::wire
