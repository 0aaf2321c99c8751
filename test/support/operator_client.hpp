// An operator's browser, as far as the calls of CONTRACT.md 4 need one: it keeps the session's cookie and
// shows the CSRF token.
#pragma once

#include "support/http.hpp"

#include <cstdint>
#include <string>

namespace wxgate::test {

/// Each request has a connection of its own; the const members may be called from many threads.
class operator_client {
public:
    explicit operator_client(std::uint16_t port) : api_(port) {}

    /// With the cookie it has, as a browser does; keeps what a good answer gives.
    reply login(std::string const& name, std::string const& password);

    /// Forgets the session when the answer says so.
    reply logout();

    reply get(std::string const& target, header_list headers = {}) const;
    reply post(std::string const& target, json::value const& body, header_list headers = {}) const;
    /// POST of any text as application/json; without a body, of nothing.
    reply post_text(std::string const& target, std::string body = {}, header_list headers = {}) const;

    /// The cookie's value; "" without a session.
    std::string const& session() const noexcept { return session_; }

    std::string const& csrf_token() const noexcept { return csrf_token_; }

    /// As if it had been given these: for those who were not.
    void pretend(std::string session, std::string csrf_token);

    /// "wxgate_session=…" as a header, for a test that sends the rest by itself.
    header_list cookie() const;

private:
    void keep_cookie(reply const& r);

    api api_;
    std::string session_;
    std::string csrf_token_;
};

} // namespace wxgate::test
