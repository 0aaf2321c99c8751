// The gateway's SQLite file seen from outside, opened for reading only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct sqlite3;

namespace wxgate::test {

class database {
public:
    explicit database(std::string file);

    /// The rows of a query, every cell as text (NULL is "").
    std::vector<std::vector<std::string>> rows(std::string const& sql) const;

    /// The first cell of the first row as a number; 0 without one.
    std::int64_t number(std::string const& sql) const;

    /// "ok", or what is wrong.
    std::string integrity() const;

    /// A digest of all tables but `except`, and but the columns that background work moves on its own (when
    /// something is due, how often it was tried, who holds it).
    std::string digest(std::vector<std::string> const& except = {}) const;

    /// Everything in it as one text.
    std::string dump() const;

private:
    std::string file_;
};

/// Changes the file behind the gateway's back, while the gateway is stopped.
void change_offline(std::string const& file, std::string const& sql);

/// Holds the database's write lock, as another program might.
class exclusive_lock {
public:
    explicit exclusive_lock(std::string const& file);
    ~exclusive_lock();
    exclusive_lock(exclusive_lock const&) = delete;
    exclusive_lock& operator=(exclusive_lock const&) = delete;

private:
    sqlite3* db_ = nullptr;
};

} // namespace wxgate::test
