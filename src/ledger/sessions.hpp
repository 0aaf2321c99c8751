// Operators' sessions. The store keeps a digest of the token, so that whoever reads it cannot use it.
#pragma once

#include "base/time.hpp"
#include "store/store.hpp"

#include <wxgate/limits.hpp>

#include <optional>
#include <string>

namespace wxgate::ledger {

struct operator_session {
    std::string token_hash;  // SHA-256 of the token, in hex
    std::string name;        // the operator's
    std::string fingerprint; // of the password it began with: another password ends it
    unix_ms created_at = 0;
    unix_ms last_seen_at = 0;
};

/// All calls complete when what they say is durable. Errors are the store's.
class sessions {
public:
    sessions(store::store& s, login_limits const& limits) : store_(s), limits_(limits) {}

    /// Begins a session and ends the one of token `replaced` ("": none). Forgets those that have ended, and
    /// the oldest when there are too many.
    awaitable<result<void>> begin(operator_session session, std::string replaced);

    /// The session, unless it has been idle or has lived too long.
    awaitable<result<std::optional<operator_session>>> find(std::string token_hash, unix_ms now);

    /// It is in use. Written once a minute at most, so that it may end up to a minute early.
    awaitable<result<void>> touch(operator_session session, unix_ms now);

    awaitable<result<void>> end(std::string token_hash);

private:
    store::store& store_;
    login_limits limits_;
};

} // namespace wxgate::ledger
