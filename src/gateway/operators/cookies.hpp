// The cookie of an operator's session.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wxgate::gateway {

/// Characters of a session's token, which are hex.
inline constexpr std::size_t session_token_size = 64;

/// The value of a cookie, or "".
std::string_view cookie_of(std::string_view cookies, std::string_view name) noexcept;

/// The session's token; "" when there is none that could be: no session has it.
std::string token_of(std::string_view cookies);

/// Set-Cookie of a session that begins, and of one that is over. Without Secure: the listener is plain HTTP.
std::string session_cookie(std::string const& token);
std::string no_session_cookie();

} // namespace wxgate::gateway
