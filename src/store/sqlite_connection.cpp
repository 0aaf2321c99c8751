#include "store/sqlite_connection.hpp"

#include "base/text.hpp"
#include "store/sqlite_log_writes.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <stdexcept>
#include <thread>
#include <type_traits>

namespace wxgate::store {

namespace {

/// Statements are literals of the program, so there are few; the bound is for the day when somebody builds
/// one.
constexpr std::size_t max_statements = 512;

/// Brings a statement back to its start however its run ended, and lets go of the parameters, which are not
/// ours.
class reset_guard {
public:
    explicit reset_guard(sqlite3_stmt* s) noexcept : statement_(s) {}

    reset_guard(reset_guard const&) = delete;
    reset_guard& operator=(reset_guard const&) = delete;

    ~reset_guard() {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }

private:
    sqlite3_stmt* statement_;
};

int bind_one(sqlite3_stmt* s, int position, value const& v) noexcept {
    if (auto const* number = std::get_if<std::int64_t>(&v))
        return sqlite3_bind_int64(s, position, *number);
    if (auto const* text = std::get_if<std::string>(&v))
        // nullptr is SQLITE_STATIC: not copied, the batch outlives the step
        return sqlite3_bind_text64(s, position, text->data(), text->size(), nullptr, SQLITE_UTF8);
    return sqlite3_bind_null(s, position);
}

value cell(sqlite3_stmt* s, int column) {
    switch (sqlite3_column_type(s, column)) {
    case SQLITE_NULL:
        return {};
    case SQLITE_INTEGER:
        return std::int64_t{sqlite3_column_int64(s, column)};
    default:
        break;
    }
    auto const* bytes = reinterpret_cast<char const*>(sqlite3_column_text(s, column));
    auto const size = static_cast<std::size_t>(sqlite3_column_bytes(s, column));
    return bytes == nullptr ? std::string() : std::string(bytes, size);
}

/// Without statistics of its memory SQLite allocates without a lock. Refused (and no harm) when another user
/// of the library in this process was there first.
void configure_once() noexcept {
    static int const code = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    static_cast<void>(code);
}

/// Only white space and semicolons: sqlite3_prepare would leave a second statement unrun without a word.
bool is_blank(std::string_view text) noexcept {
    return text.find_first_not_of(" \t\r\n;") == std::string_view::npos;
}

} // namespace

bool is_constraint(int code) noexcept {
    return (code & 0xff) == SQLITE_CONSTRAINT;
}

bool is_database_fault(int code) noexcept {
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_CONSTRAINT:
    case SQLITE_ERROR: // the statement is wrong, not the database
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
        return false;
    default:
        return true;
    }
}

errc to_errc(int code) noexcept {
    return is_constraint(code) ? errc::store_constraint : errc::store_unavailable;
}

sqlite_connection::sqlite_connection(std::string const& path, access how, milliseconds busy_timeout) {
    configure_once();
    int const flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                      (how == access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    sqlite3* db = nullptr;
    int const code = sqlite3_open_v2(path.c_str(), &db, flags, gather_log_writes());
    db_.reset(db);
    if (code != SQLITE_OK)
        throw std::runtime_error("cannot open the database: " + describe(code));
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, static_cast<int>(busy_timeout.count()));
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    // "text" in double quotes is a name and nothing else, as in PostgreSQL
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    // secure_delete, which Debian has on, blanks what an index no longer has: it is still in the table.
    execute("PRAGMA trusted_schema=OFF; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA "
            "secure_delete=OFF; PRAGMA cache_size=-32768");
}

// The one who has the file takes the lock back within microseconds of each commit; SQLite's own handler looks
// every tenth of a second in the end, and would hardly ever find the gap.
int sqlite_connection::wait_briefly(void* self, int times) noexcept {
    constexpr milliseconds pause{1};
    if (times * pause >= static_cast<sqlite_connection*>(self)->patience_)
        return 0;
    std::this_thread::sleep_for(pause);
    return 1;
}

void sqlite_connection::become_guest(milliseconds busy_timeout) {
    patience_ = busy_timeout;
    sqlite3_busy_handler(db_.get(), &sqlite_connection::wait_briefly, this);
    if (sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr) != SQLITE_OK)
        throw std::runtime_error("cannot be opened beside another process");
    execute("PRAGMA wal_autocheckpoint=0");
}

int sqlite_connection::run(statement const& s, rows& out) {
    try {
        prepared const* p = nullptr;
        if (int const code = prepare(s.sql, p); code != SQLITE_OK)
            return code;
        reset_guard const guard(p->handle.get());
        if (int const code = bind(*p, s.params); code != SQLITE_OK)
            return code;
        return step(p->handle.get(), out);
    } catch (std::bad_alloc const&) {
        return SQLITE_NOMEM; // an engine's thread must not end of it
    }
}

int sqlite_connection::run(std::string_view sql) {
    rows ignored;
    statement const s{sql, {}};
    return run(s, ignored);
}

int sqlite_connection::run(batch const& b, results& out) {
    out.reserve(b.size());
    for (auto const& s : b) {
        auto& r = out.emplace_back();
        if (!is_wanted(s.when, out.front()))
            continue;
        if (int const code = run(s, r); code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}

void sqlite_connection::execute(std::string const& sql) {
    int const code = sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK)
        throw std::runtime_error(describe(code));
}

rows sqlite_connection::query(std::string_view sql) {
    statement const s{sql, {}};
    rows out;
    if (int const code = run(s, out); code != SQLITE_OK)
        throw std::runtime_error(describe(code));
    return out;
}

void sqlite_connection::roll_back() noexcept {
    if (in_transaction())
        sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

std::string sqlite_connection::describe(int code) const {
    // A code of our own (a wrong number of parameters) is not what the connection's message is about.
    bool const own = db_ == nullptr || (sqlite3_errcode(db_.get()) & 0xff) != (code & 0xff);
    std::string text = own ? sqlite3_errstr(code) : sqlite3_errmsg(db_.get());
    return text + " (" + std::to_string(code) + ")";
}

int sqlite_connection::prepare(std::string_view sql, prepared const*& out) {
    // Compared all the same: a text that was no literal may be gone, and another stand in its place.
    if (auto const found = statements_.find(sql.data());
        found != statements_.end() && found->second.sql == sql) {
        out = &found->second;
        return SQLITE_OK;
    }
    if (sql.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
        return SQLITE_TOOBIG;
    sqlite3_stmt* handle = nullptr;
    char const* tail = nullptr;
    int const code = sqlite3_prepare_v3(
        db_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &handle, &tail
    );
    prepared p;
    p.sql = sql;
    p.handle.reset(handle);
    if (code != SQLITE_OK)
        return code;
    if (handle == nullptr || !is_blank(sql.substr(static_cast<std::size_t>(tail - sql.data()))))
        return SQLITE_MISUSE;
    // To SQLite `$1` is a name like any other: its number is the order of its first appearance.
    int const count = sqlite3_bind_parameter_count(handle);
    for (int i = 1; i <= count; ++i) {
        char const* name = sqlite3_bind_parameter_name(handle, i);
        auto const number = name == nullptr || *name != '$' ? std::nullopt : parse_uint(name + 1, 32'766);
        if (!number || *number == 0)
            return SQLITE_MISUSE;
        p.sources.push_back(*number - 1);
        p.params = std::max<std::size_t>(p.params, *number);
    }
    if (statements_.size() >= max_statements)
        statements_.clear();
    out = &statements_.insert_or_assign(sql.data(), std::move(p)).first->second;
    return SQLITE_OK;
}

int sqlite_connection::bind(prepared const& p, std::vector<value> const& params) {
    if (params.size() != p.params) // an error to PostgreSQL, so here too
        return SQLITE_RANGE;
    for (std::size_t i = 0; i < p.sources.size(); ++i) {
        int const code = bind_one(p.handle.get(), static_cast<int>(i) + 1, params[p.sources[i]]);
        if (code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}

int sqlite_connection::step(sqlite3_stmt* s, rows& out) {
    int const columns = sqlite3_column_count(s);
    std::vector<value> cells;
    int code = sqlite3_step(s);
    for (; code == SQLITE_ROW; code = sqlite3_step(s)) {
        if (cells.empty())
            cells.reserve(static_cast<std::size_t>(columns)); // one row, mostly
        for (int c = 0; c < columns; ++c)
            cells.push_back(cell(s, c));
    }
    if (code != SQLITE_DONE)
        return code;
    auto const changed = sqlite3_stmt_readonly(s) != 0 ? 0 : sqlite3_changes64(sqlite3_db_handle(s));
    out = rows(static_cast<std::size_t>(columns), std::move(cells), changed);
    return SQLITE_OK;
}

} // namespace wxgate::store
