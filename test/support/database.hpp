// The gateway's store seen from outside: its SQLite file, opened for reading only, or its schema of a
// PostgreSQL database, whose URL stands in a file beside where that one would be (FILE.url).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct sqlite3;

namespace wxgate::test {

/// Says where the store is that goes by the name of this file.
void place_store(std::string const& file, std::string const& url);

/// The URL of its PostgreSQL database; "": it is the file itself.
std::string url_of_store(std::string const& file);

/// Returns when nobody who calls himself `application` is connected any more: what a killed program had sent
/// is done, or undone.
void wait_until_gone(std::string const& url, std::string const& application);

/// conf/scratch-postgres with these words, of the server that the test runs on: {"stop", "immediate"},
/// {"again"}. Throws when it fails.
void tell_server(std::vector<std::string> words);

class postgres_client;

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
    friend class one_moment;
    std::string lines_of(std::string const& table) const;

    std::string file_;
    std::string url_; // "": SQLite
};

/// While it lives, what this thread reads of the store is of one moment, however many write meanwhile.
/// (Without effect on SQLite, where one writes, who does not run then.)
class one_moment {
public:
    explicit one_moment(database const& of);
    ~one_moment();
    one_moment(one_moment const&) = delete;
    one_moment& operator=(one_moment const&) = delete;

private:
    std::string const url_;
};

/// Changes the file behind the gateway's back, while the gateway is stopped.
void change_offline(std::string const& file, std::string const& sql);

/// Keeps everybody from writing, as another program might; reading goes on.
class exclusive_lock {
public:
    explicit exclusive_lock(std::string const& file);
    ~exclusive_lock();
    exclusive_lock(exclusive_lock const&) = delete;
    exclusive_lock& operator=(exclusive_lock const&) = delete;

private:
    sqlite3* db_ = nullptr;
    std::unique_ptr<postgres_client> server_;
};

} // namespace wxgate::test
