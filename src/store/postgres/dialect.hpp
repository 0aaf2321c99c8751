// The ledger's SQL is written once, for SQLite; what PostgreSQL wants otherwise is made of it here. No I/O.
//
// Both take $1, RETURNING, ON CONFLICT, row values and WITH. What truly differs:
//
// - /*pg TEXT*/ in a statement is a comment to SQLite and TEXT to PostgreSQL: FOR UPDATE SKIP LOCKED. What
//   stands between /*sqlite*/ and the next of these is SQLite's alone. Neither names a parameter that is not
//   elsewhere, too.
// - /*now*/$n is the parameter to SQLite, which one process has to itself, and the database's own clock to
//   PostgreSQL: whose lease has ended is not for the clock of one of several machines to say.
// - /*each FROM*/, or /*each ,*/ behind another FROM, says that a statement may be run for the parameters of
//   many batches at once, and where they come in. (The first two of a batch's first statement name the row
//   that the batch changes, so that no two batches of one row are run so.) /*told E = $n*/ at its end: what E
//   is of a row that it wrote says by its parameter n, a text that no two of them share, whose row that is,
//   and so changed() and what RETURNING yields are each batch's own. Without it nobody may ask.
// - In CREATE and ALTER: INTEGER is bigint; TEXT is compared by its bytes (COLLATE "C"), as SQLite does,
//   whatever the database's locale; STRICT and WITHOUT ROWID are left out; a trigger that refuses (RAISE)
//   calls wxgate_refuse(), and one that refuses DELETE refuses TRUNCATE too.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wxgate::store::postgres {

struct translated {
    std::string sql;
    std::size_t params = 0; // how many the text names: the highest $n
};

/// One statement, of those that the ledger runs.
translated to_postgresql(std::string_view sql);

/// Whether a statement may be run for many.
bool takes_many(std::string_view sql) noexcept;

/// The number of the parameter that tells whose a row is; 0 when nobody asks.
std::size_t told_by(std::string_view sql) noexcept;

/// What a parameter of a statement is, where it is run for many.
namespace type {
inline constexpr char number = 'n';
inline constexpr char text = 't';
inline constexpr char unknown = '?'; // it was nothing but NULL so far
} // namespace type

/// The same statement for many: each parameter is an array, but for the unknown ones, which are NULL. `types`
/// has a letter each. What `told` names comes behind all else that is yielded.
std::string to_postgresql_for_many(std::string_view sql, std::string_view types);

/// A step of the schema: any number of statements.
std::string schema_to_postgresql(std::string_view sql);

/// Makes wxgate_refuse(), which the schema's triggers call: the batch ends with store_constraint.
inline constexpr std::string_view make_refuse =
    "CREATE OR REPLACE FUNCTION wxgate_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION "
    "''%'', TG_ARGV[0] USING ERRCODE = ''23514''; END'";

} // namespace wxgate::store::postgres
