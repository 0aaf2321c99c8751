#include "load/bulk_insert.hpp"

#include "base/assert.hpp"

#include <stdexcept>

namespace wxgate::bench {

namespace {

constexpr std::size_t group_rows =
    64; // times the widest table's columns: far below SQLite's 32766 parameters

std::string insert_into(std::string_view table, std::vector<std::string_view> const& columns) {
    std::string sql = "INSERT INTO ";
    sql.append(table).append(" (");
    for (auto const column : columns)
        sql.append(column).append(column == columns.back() ? ") VALUES " : ", ");
    return sql;
}

std::string placeholders(std::size_t columns, std::size_t rows) {
    std::string row = "(?";
    for (std::size_t i = 1; i < columns; ++i)
        row += ",?";
    row += ')';
    std::string all = row;
    for (std::size_t i = 1; i < rows; ++i)
        all.append(",").append(row);
    return all;
}

} // namespace

bulk_insert::bulk_insert(
    store::sqlite_connection& db, std::string_view table, std::vector<std::string_view> const& columns
)
    : db_(db), head_(insert_into(table, columns)), columns_(columns.size()), group_(prepare(group_rows)) {
    cells_.reserve(columns_ * group_rows);
}

bulk_insert& bulk_insert::number(std::int64_t value) {
    cells_.push_back({kind::number, value, 0});
    return *this;
}

bulk_insert& bulk_insert::text(std::string_view value) {
    cells_.push_back({kind::text, static_cast<std::int64_t>(texts_.size()), value.size()});
    texts_ += value;
    return *this;
}

bulk_insert& bulk_insert::null() {
    cells_.push_back({kind::null, 0, 0});
    return *this;
}

bulk_insert& bulk_insert::text_or_null(std::string_view value) {
    return value.empty() ? null() : text(value);
}

void bulk_insert::end_row() {
    WXGATE_ASSERT(!cells_.empty() && cells_.size() % columns_ == 0);
    ++rows_;
    if (cells_.size() == columns_ * group_rows)
        flush();
}

bool bulk_insert::almost_full() const noexcept {
    return cells_.size() + columns_ >= columns_ * group_rows;
}

void bulk_insert::flush() {
    if (cells_.empty())
        return;
    auto const rows = cells_.size() / columns_;
    if (rows == group_rows)
        run(group_.get());
    else
        run(prepare(rows).get());
    cells_.clear();
    texts_.clear();
}

bulk_insert::statement bulk_insert::prepare(std::size_t rows) const {
    std::string const sql = head_ + placeholders(columns_, rows);
    sqlite3_stmt* handle = nullptr;
    check(sqlite3_prepare_v3(
        db_.native(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &handle, nullptr
    ));
    return statement(handle);
}

int bulk_insert::bind(sqlite3_stmt* s, int position, cell const& c) const noexcept {
    if (c.what == kind::number)
        return sqlite3_bind_int64(s, position, c.number);
    if (c.what == kind::null)
        return sqlite3_bind_null(s, position);
    // nullptr is SQLITE_STATIC: not copied, texts_ stays as it is until the statement has run
    return sqlite3_bind_text64(s, position, texts_.data() + c.number, c.size, nullptr, SQLITE_UTF8);
}

void bulk_insert::run(sqlite3_stmt* s) const {
    for (std::size_t i = 0; i < cells_.size(); ++i)
        check(bind(s, static_cast<int>(i) + 1, cells_[i]));
    int const stepped = sqlite3_step(s);
    if (stepped != SQLITE_DONE)
        check(stepped == SQLITE_ROW ? SQLITE_MISUSE : stepped);
    check(sqlite3_reset(s));
}

void bulk_insert::check(int code) const {
    if (code != SQLITE_OK)
        throw std::runtime_error(db_.describe(code));
}

} // namespace wxgate::bench
