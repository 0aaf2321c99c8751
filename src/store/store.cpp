#include "store/store.hpp"

#include "base/assert.hpp"
#include "store/postgres/postgres_store.hpp"
#include "store/sqlite_store.hpp"

#include <stdexcept>

namespace wxgate::store {

namespace {

constexpr std::string_view sqlite_scheme = "sqlite:";

/// FILE of sqlite:FILE. Throws std::runtime_error for any other URL, which it does not repeat: it may hold a
/// password.
std::string sqlite_file(std::string_view url) {
    if (!url.starts_with(sqlite_scheme))
        throw std::runtime_error("the store's URL is not of the form sqlite:FILE or postgresql://…");
    url.remove_prefix(sqlite_scheme.size());
    if (url.empty() || url.front() == ':' || url.find('\0') != std::string_view::npos)
        throw std::runtime_error("the store's URL sqlite:FILE names no file");
    return std::string(url);
}

[[noreturn]] void throw_about(std::string const& file, std::exception const& e) {
    throw std::runtime_error("the store sqlite:" + file + ": " + e.what());
}

/// What `work` gives with the database's address.
template <class F>
auto with_postgres(std::string const& url, F work) {
    postgres::address where(url);
    std::string const name = where.name();
    try {
        return work(std::move(where));
    } catch (std::exception const& e) {
        throw std::runtime_error("the store " + name + ": " + e.what());
    }
}

std::shared_ptr<store> open_postgres(store_options const& options) {
    return with_postgres(options.url, [&](postgres::address where) -> std::shared_ptr<store> {
        return std::make_shared<postgres::postgres_store>(std::move(where), options);
    });
}

/// What `look` gives with a connection to it.
template <class F>
auto look_at_postgres(std::string const& url, F look) {
    return with_postgres(url, [&](postgres::address const& where) {
        auto const db = where.connect(postgres::role::schema, {}, std::chrono::seconds(5));
        return look(db.get());
    });
}

} // namespace

bool is_server(std::string_view url) noexcept {
    return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

std::string display_name(std::string const& url) {
    return is_server(url) ? postgres::address(url).name() : url;
}

bool rows::is_null(std::size_t row, std::size_t column) const {
    return std::holds_alternative<std::monostate>(at(row, column));
}

std::int64_t rows::integer(std::size_t row, std::size_t column) const {
    auto const* number = std::get_if<std::int64_t>(&at(row, column));
    WXGATE_ASSERT(number != nullptr);
    return *number;
}

std::string const& rows::text(std::size_t row, std::size_t column) const {
    static std::string const none;
    auto const& cell = at(row, column);
    if (std::holds_alternative<std::monostate>(cell))
        return none;
    auto const* text = std::get_if<std::string>(&cell);
    WXGATE_ASSERT(text != nullptr);
    return *text;
}

value const& rows::at(std::size_t row, std::size_t column) const {
    WXGATE_ASSERT(row < size() && column < columns_);
    return cells_[row * columns_ + column];
}

bool is_wanted(wanted when, rows const& first) noexcept {
    switch (when) {
    case wanted::always:
        break;
    case wanted::unless_changed:
        return first.changed() == 0;
    case wanted::unless_told:
        return first.empty();
    }
    return true;
}

store_load store::load(std::chrono::steady_clock::time_point) const noexcept {
    return {};
}

std::shared_ptr<store> open(store_options options) {
    if (is_server(options.url))
        return open_postgres(options);
    auto const file = sqlite_file(options.url);
    try {
        return std::make_shared<sqlite_store>(file, options);
    } catch (std::exception const& e) {
        throw_about(file, e);
    }
}

std::string check_integrity(std::string const& url, depth how) {
    if (is_server(url))
        return look_at_postgres(url, postgres::find_damage);
    auto const file = sqlite_file(url);
    try {
        return check_sqlite(file, how);
    } catch (std::exception const& e) {
        throw_about(file, e);
    }
}

std::int64_t schema_version(std::string const& url) {
    if (is_server(url))
        return look_at_postgres(url, postgres::version_of);
    auto const file = sqlite_file(url);
    try {
        return sqlite_schema_version(file);
    } catch (std::exception const& e) {
        throw_about(file, e);
    }
}

} // namespace wxgate::store
