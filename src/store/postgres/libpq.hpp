// libpq's things as values that clean up after themselves, where a database is, and what its errors mean.
#pragma once

#include "store/store.hpp"

#include <wxgate/limits.hpp>

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wxgate::store::postgres {

struct finish_connection {
    void operator()(PGconn* c) const noexcept { PQfinish(c); }
};

struct clear_result {
    void operator()(PGresult* r) const noexcept { PQclear(r); }
};

using connection = std::unique_ptr<PGconn, finish_connection>;
using result_set = std::unique_ptr<PGresult, clear_result>;

/// The database cannot be reached, or does not let us in.
struct unreachable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What a connection is for: its session's settings follow from it.
enum class role {
    schema, // looks at the schema and changes it; without limits of time
    write,  // READ COMMITTED, each commit durable before it is told
    read,   // read-only, each transaction on one snapshot
};

/// Where a database is and how it is spoken to. Immutable, so thread-safe.
class address {
public:
    /// `url` is postgresql://user:password@host:port/database?name=value with libpq's names. What it does not
    /// say is set here and not taken from the environment, but for the password (PGPASSWORD, ~/.pgpass):
    /// another host than this one is spoken to over TLS whose certificate is verified (sslmode=verify-full).
    /// Throws std::runtime_error, without the URL: it may hold a password.
    explicit address(std::string_view url);

    /// Connects; blocks, for `patience` a host and no more, and for as long as DNS takes. Throws unreachable.
    connection connect(role what, store_limits const& limits, std::chrono::seconds patience) const;

    /// For logs: postgresql://host:port/database, without user and password.
    std::string const& name() const noexcept { return name_; }

    /// False when it crosses a network without a verified certificate, as the URL demands.
    bool is_private() const noexcept { return private_; }

private:
    std::string const* find(std::string_view keyword) const;
    void set(std::string keyword, std::string value);
    void set_default(std::string_view keyword, std::string value);

    std::vector<std::pair<std::string, std::string>> parameters_;
    std::string name_;
    bool private_ = true;
};

/// How long a statement of a batch may take before the server ends it, and how long an answer may be awaited
/// before the connection is given up. All within a caller's patience (store_limits::timeout).
milliseconds statement_timeout(role what, store_limits const& limits) noexcept;
milliseconds answer_timeout(role what, store_limits const& limits) noexcept;

/// What an SQLSTATE says of a batch. In every case nothing of the batch is there.
enum class failure {
    refused,   // a constraint, or a value that the database does not take: the batch's fault
    overtaken, // a unique key: its guards may have been overtaken by somebody's commit, so it is tried again
    conflict,  // serialization, deadlock, a statement that is not prepared any more: tried again
    slow,      // ended by a timeout
    wrong,     // the statement is wrong, not the database
    database,  // full, read-only, shutting down, broken
};

failure failure_of(std::string_view sqlstate) noexcept;

/// libpq's message in one line.
std::string one_line(char const* message);

} // namespace wxgate::store::postgres
