#include "ledger/sessions.hpp"

namespace wxgate::ledger {

awaitable<result<void>> sessions::begin(operator_session session, std::string replaced) {
    auto const now = session.created_at;
    store::batch b;
    b.push_back(
        {"DELETE FROM operator_sessions WHERE last_seen_at < $1 OR created_at < $2 OR token_hash = $3",
         {now - limits_.session_idle.count(), now - limits_.session_life.count(), std::move(replaced)}}
    );
    b.push_back(
        {"DELETE FROM operator_sessions WHERE token_hash IN"
         " (SELECT token_hash FROM operator_sessions ORDER BY last_seen_at DESC LIMIT 1000000 OFFSET $1)",
         {static_cast<std::int64_t>(limits_.max_sessions - 1)}}
    );
    b.push_back(
        {"INSERT INTO operator_sessions (token_hash, name, fingerprint, created_at, last_seen_at)"
         " VALUES ($1, $2, $3, $4, $4)",
         {std::move(session.token_hash), std::move(session.name), std::move(session.fingerprint), now}}
    );
    auto const r = co_await store_.write(std::move(b));
    if (!r)
        co_return r.error();
    co_return result<void>();
}

awaitable<result<std::optional<operator_session>>> sessions::find(std::string token_hash, unix_ms now) {
    store::batch b;
    b.push_back(
        {"SELECT token_hash, name, fingerprint, created_at, last_seen_at FROM operator_sessions"
         " WHERE token_hash = $1 AND last_seen_at >= $2 AND created_at >= $3",
         {std::move(token_hash), now - limits_.session_idle.count(), now - limits_.session_life.count()}}
    );
    auto const r = co_await store_.read(std::move(b));
    if (!r)
        co_return r.error();
    std::optional<operator_session> found;
    auto const& row = r->front();
    if (!row.empty())
        found = operator_session{
            row.text(0, 0), row.text(0, 1), row.text(0, 2), row.integer(0, 3), row.integer(0, 4)};
    co_return found;
}

awaitable<result<void>> sessions::touch(operator_session session, unix_ms now) {
    if (now - session.last_seen_at < limits_.session_touch.count())
        co_return result<void>();
    store::batch b;
    b.push_back(
        {"UPDATE operator_sessions SET last_seen_at = $2 WHERE token_hash = $1 AND last_seen_at < $2",
         {std::move(session.token_hash), now}}
    );
    auto const r = co_await store_.write(std::move(b));
    if (!r)
        co_return r.error();
    co_return result<void>();
}

awaitable<result<void>> sessions::end(std::string token_hash) {
    store::batch b;
    b.push_back({"DELETE FROM operator_sessions WHERE token_hash = $1", {std::move(token_hash)}});
    auto const r = co_await store_.write(std::move(b));
    if (!r)
        co_return r.error();
    co_return result<void>();
}

} // namespace wxgate::ledger
