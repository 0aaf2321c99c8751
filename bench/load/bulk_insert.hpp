// INSERTs of many rows at a time, for filling a store faster than the gateway ever would.
#pragma once

#include "store/sqlite_connection.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace wxgate::bench {

/// Rows for one table, gathered cell by cell and inserted in groups by one prepared statement. Belongs to the
/// connection's thread; the connection outlives it. Everything throws std::runtime_error with SQLite's words.
class bulk_insert {
public:
    bulk_insert(
        store::sqlite_connection& db, std::string_view table, std::vector<std::string_view> const& columns
    );
    bulk_insert(bulk_insert const&) = delete;
    bulk_insert& operator=(bulk_insert const&) = delete;

    // The next cell of the row, in the order of the columns.
    bulk_insert& number(std::int64_t value);
    bulk_insert& text(std::string_view value); // copied
    bulk_insert& null();

    /// text(), or null() when it is empty.
    bulk_insert& text_or_null(std::string_view value);

    /// The row is complete (all cells are there): inserted with its group when that is full.
    void end_row();

    /// Inserts what waits.
    void flush();

    /// True when the next end_row() inserts.
    bool almost_full() const noexcept;

    std::uint64_t rows() const noexcept { return rows_; } // given so far

private:
    enum class kind { null, number, text };

    struct cell {
        kind what;
        std::int64_t number; // or where the text begins
        std::size_t size;
    };

    struct finalize_statement {
        void operator()(sqlite3_stmt* s) const noexcept { sqlite3_finalize(s); }
    };

    using statement = std::unique_ptr<sqlite3_stmt, finalize_statement>;

    statement prepare(std::size_t rows) const;
    int bind(sqlite3_stmt* s, int position, cell const& c) const noexcept;
    void run(sqlite3_stmt* s) const;
    void check(int code) const;

    store::sqlite_connection& db_;
    std::string head_; // INSERT INTO … VALUES
    std::size_t columns_;
    statement group_;
    std::vector<cell> cells_;
    std::string texts_;
    std::uint64_t rows_ = 0;
};

} // namespace wxgate::bench
