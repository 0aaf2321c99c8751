// What is due, and who has it: the columns due_at, lease_owner and lease_until of orders, refunds and the
// outbox, and what is done with them. For ledger's own sources.
#pragma once

#include "base/time.hpp"
#include "ledger/cells.hpp"
#include "store/store.hpp"

#include <optional>
#include <string>
#include <string_view>

// Whose lease has ended is for one clock to say: this process's, which has the store to itself, or the
// database's (store/postgres/dialect.hpp). What is due, and when, is everybody's own matter.
#define WXGATE_NOW "/*now*/"
#define WXGATE_SKIP_LOCKED " /*pg FOR UPDATE SKIP LOCKED*/"

// The statements, as literals. `more` is "" or a condition that ends with AND; its parameters come last.

// $1 who takes it, $2 now, $3 how long the lease is, $4 how many at most. MATERIALIZED, as it must be looked
// for once only: what has been taken would not be found a second time, and others instead.
#define WXGATE_CLAIM(table, key, more, columns)                                                              \
    "WITH due AS MATERIALIZED (SELECT " key " FROM " table " WHERE " more                                    \
    "due_at <= $2 AND lease_until < " WXGATE_NOW "$2"                                                        \
    " ORDER BY due_at LIMIT $4" WXGATE_SKIP_LOCKED ") UPDATE " table                                         \
    " SET lease_owner = $1, lease_until = " WXGATE_NOW "$2"                                                  \
    " + $3 WHERE (" key ") IN (SELECT " key " FROM due) RETURNING " columns

// $1 now.
#define WXGATE_NEXT_DUE(table, more)                                                                         \
    "SELECT due_at FROM " table " WHERE " more "due_at IS NOT NULL AND lease_until < " WXGATE_NOW "$1"       \
    " ORDER BY due_at LIMIT 1"

// $1 mch_id, $2 the number, $3 merchant, $4 who has it, $5 the version that was seen, $6 when it is due next,
// $7 tries.
#define WXGATE_POSTPONE(table, number)                                                                       \
    "UPDATE " table " SET due_at = $6, tries = $7, lease_until = 0 WHERE mch_id = $1 AND " number            \
    " = $2 AND " WXGATE_ITS_MERCHANT " = $3 AND lease_owner = $4 AND version = $5 AND due_at IS NOT NULL"

// $1 what the names of those who had them begin with; "": all.
#define WXGATE_FORGET_LEASES(table)                                                                          \
    "UPDATE " table " SET lease_until = 0 WHERE due_at IS NOT NULL AND lease_until > 0 AND ($1 = '' OR "     \
    "substr(lease_owner, 1, length($1)) = $1)"

namespace wxgate::ledger {

/// What WXGATE_CLAIM takes, but for the parameters of `more`.
store::statement claim_of(std::string_view sql, std::string owner, milliseconds lease, std::int64_t most);

/// The earliest of what these statements (WXGATE_NEXT_DUE) yield; nothing when that is nothing.
awaitable<result<std::optional<unix_ms>>> earliest_due(store::store& s, store::batch b);

/// One statement, and its rows.
awaitable<result<store::rows>> write_one(store::store& s, store::statement one);

/// One statement whose rows nobody wants.
awaitable<result<void>> write_only(store::store& s, store::statement one);

} // namespace wxgate::ledger
