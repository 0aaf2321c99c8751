// The third step of the schema: operators' sessions. For ledger/schema.cpp.
#pragma once

#include <string_view>

namespace wxgate::ledger {

inline constexpr std::string_view version_3 = R"sql(
CREATE TABLE operator_sessions (
    token_hash   TEXT NOT NULL PRIMARY KEY CHECK (length(token_hash) = 64),
    name         TEXT NOT NULL,
    fingerprint  TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL CHECK (last_seen_at >= created_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX operator_sessions_oldest ON operator_sessions (last_seen_at);
)sql";

} // namespace wxgate::ledger
