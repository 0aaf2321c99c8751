// Wall-clock times as the contract writes them. Deadlines use std::chrono::steady_clock, never these.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wxgate {

/// Milliseconds since 1970 UTC: how times stand in the store.
using unix_ms = std::int64_t;

unix_ms now_ms() noexcept;

/// RFC 3339 UTC with milliseconds: 2026-11-23T04:05:06.789Z.
std::string to_rfc3339(unix_ms t);

/// The same, behind what is in `out`.
void append_rfc3339(std::string& out, unix_ms t);

/// Any RFC 3339 time (zone demanded); nothing for anything else.
std::optional<unix_ms> from_rfc3339(std::string_view text) noexcept;

/// HTTP's date (RFC 9110, 5.6.7): Sun, 06 Nov 1994 08:49:37 GMT.
std::string to_http_date(unix_ms t);

/// The reverse; nothing for anything else, the obsolete forms included.
std::optional<unix_ms> from_http_date(std::string_view text) noexcept;

} // namespace wxgate
