// A PostgreSQL database as a thing of ours: whether it is, and which schema it has. Everything blocks.
#pragma once

#include "store/postgres/libpq.hpp"

#include <cstdint>
#include <span>

namespace wxgate::store::postgres {

/// What may be done about a schema that is older than this program.
enum class upgrade {
    no,     // refused: other gateways may be running; `wxgate migrate` is for that
    always, // the steps that it lacks are applied
};

/// Makes the tables in an empty database (in the first schema of the search_path), whatever `older` says, and
/// brings an older one to the newest step, if it may. Each step is a transaction; one program at a time, held
/// by a lock of the database, however many begin at once. Throws std::runtime_error: it is another program's,
/// is newer than the newest step or older and may not be changed, or a step fails (those before it stay).
void prepare_schema(PGconn* db, std::span<migration const> migrations, upgrade older);

/// Throws std::runtime_error unless the database is ours and has the newest step. Changes nothing.
void require_newest(PGconn* db, std::span<migration const> migrations);

/// The newest step that it has; 0 when it is empty. Throws std::runtime_error when it is not ours.
std::int64_t version_of(PGconn* db);

/// Looks for what must be there and is not: "" or a finding a line. Throws like version_of().
std::string find_damage(PGconn* db);

} // namespace wxgate::store::postgres
