// What the tests of the store share: a directory of their own, a small schema, and ways to await from plain
// code.
#pragma once

#include "store/store.hpp"
#include "support/postgres_schema.hpp"

#include <boost/asio/io_context.hpp>
#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace wxgate {

/// For Boost.Test's messages.
inline std::ostream& operator<<(std::ostream& out, errc e) {
    return out << make_error_code(e).message();
}

} // namespace wxgate

namespace wxgate::store::test {

using answer = result<results>;

/// Table t (k TEXT PRIMARY KEY, n INTEGER CHECK (n >= 0), s TEXT): what most tests write to.
extern std::vector<migration> const schema;

/// A directory that is gone with the object, and the database in it; or, where a PostgreSQL server is given,
/// a schema of its own there.
class database_dir {
public:
    database_dir();
    ~database_dir();
    database_dir(database_dir const&) = delete;
    database_dir& operator=(database_dir const&) = delete;

    std::string file() const { return (path_ / "w.db").string(); }

    std::string url() const { return schema_ ? schema_->url() : "sqlite:" + file(); }

    /// PostgreSQL only: somebody else's connection.
    wxgate::test::postgres_client& client() const { return schema_->client(); }

    /// PostgreSQL only: returns when no program is connected any more, and what one had sent is done.
    void wait_until_alone() const;

    std::shared_ptr<store> open(store_limits limits = {}, std::span<migration const> steps = schema) const;

    /// The line that open() throws, "" if it does not throw.
    std::string refusal(std::span<migration const> steps = schema) const;

private:
    std::filesystem::path path_;
    std::unique_ptr<wxgate::test::postgres_schema> schema_;
};

/// A connection of somebody else's to the same file.
class stranger {
public:
    explicit stranger(std::string const& file);
    ~stranger();
    stranger(stranger const&) = delete;
    stranger& operator=(stranger const&) = delete;

    void run(std::string const& sql);
    std::int64_t number(std::string const& sql);

private:
    sqlite3* db_ = nullptr;
};

/// An event loop for one test. Each answer has a place that is filled when it comes.
class loop {
public:
    using place = std::shared_ptr<std::optional<answer>>;

    /// Starts a write or read; it is queued when this returns.
    place start(awaitable<answer> op);

    /// Runs until nothing is under way; the test fails if that takes longer than half a minute.
    void finish();

    asio::io_context context{1};
};

answer await(awaitable<answer> op);
answer write(store& s, batch b);
rows read(store& s, std::string_view sql, std::vector<value> params = {});
std::int64_t count(store& s);
batch insert(std::string key, std::int64_t n = 0, value text = {});

/// Returns when the engine has taken all that was queued.
void wait_until_queue_is(std::int64_t size);

/// Writes the batches so that they certainly share one group: a stranger's lock holds the writer back
/// meanwhile.
std::vector<answer> write_as_group(database_dir const& dir, store& s, std::vector<batch> batches);

} // namespace wxgate::store::test
