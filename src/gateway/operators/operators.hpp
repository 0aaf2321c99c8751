// The people of the shop: login, sessions, and that a request was made on purpose.
#pragma once

#include "gateway/operators/lockout.hpp"
#include "gateway/operators/password_checker.hpp"
#include "gateway/payments/payments.hpp"
#include "ledger/sessions.hpp"
#include "net/http_types.hpp"

namespace wxgate::gateway {

/// Somebody who has signed in. The role is the configuration's at this moment, not the session's.
struct signed_in {
    std::string name;
    gateway::role role = gateway::role::viewer;
    std::string token;
    std::string csrf_token;
};

/// Belongs to the worker that has the admin listener. The settings passed in are those of the request: they
/// must live until the call has completed.
class operators {
public:
    explicit operators(shared_state& shared, login_limits const& limits = {})
        : checker_(limits), lockout_(limits), sessions_(*shared.store, limits) {}

    /// Begins a session with a token of its own; one of `cookies` that was there is ended. Refused: 401 (the
    /// same for a wrong name and a wrong password, and as costly), 429 (shut for a while), 503 (too many at
    /// once).
    awaitable<answer<signed_in>> login(
        settings const& s, std::string name, std::string password, std::string_view cookies, call_context call
    );

    /// Whose request this is, by its header Cookie; 401 when it has no session that holds.
    awaitable<answer<signed_in>> authenticate(settings const& s, std::string_view cookies);

    awaitable<answer<void>> logout(signed_in who);

    /// At the program's end: who waits for a password's check is refused, after the hash in progress.
    void stop() noexcept { checker_.stop(); }

private:
    std::optional<problem> shut(std::string const& name) const;
    awaitable<answer<signed_in>> begin(operator_account who, std::string_view cookies);

    password_checker checker_;
    lockout lockout_;
    ledger::sessions sessions_;
};

/// Refuses what another site made a browser send. A client that is no browser says nothing of where its
/// request is from, and passes.
std::optional<problem> check_origin(net::http_request const& request);

/// Refuses a request without the session's X-CSRF-Token.
std::optional<problem> check_csrf(net::http_request const& request, signed_in const& who);

} // namespace wxgate::gateway
