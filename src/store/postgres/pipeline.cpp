#include "store/postgres/pipeline.hpp"

#include "base/log.hpp"
#include "store/postgres/dialect.hpp"

#include <boost/asio/post.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace wxgate::store::postgres {

namespace {

// Of pg_type, which never change.
constexpr Oid oid_of_bool = 16;
constexpr Oid oid_of_int8 = 20;
constexpr Oid oid_of_int2 = 21;
constexpr Oid oid_of_int4 = 23;
constexpr Oid oid_of_text = 25;
constexpr Oid oid_of_numeric = 1700; // what SUM makes of bigint
constexpr Oid oid_to_be_inferred = 0;

/// Statements are literals of the program, so there are few; the bound is for the day when somebody builds
/// one.
constexpr std::size_t max_statements = 512;

Oid oid_of(value const& v) noexcept {
    if (std::holds_alternative<std::int64_t>(v))
        return oid_of_int8;
    if (std::holds_alternative<std::string>(v))
        return oid_of_text;
    return oid_to_be_inferred;
}

bool is_number(Oid type) noexcept {
    return type == oid_of_int8 || type == oid_of_int4 || type == oid_of_int2 || type == oid_of_numeric;
}

value cell(PGresult const* r, int row, int column) {
    if (PQgetisnull(r, row, column) != 0)
        return {};
    char const* const bytes = PQgetvalue(r, row, column);
    auto const size = static_cast<std::size_t>(PQgetlength(r, row, column));
    auto const type = PQftype(r, column);
    if (type == oid_of_bool)
        return std::int64_t{*bytes == 't' ? 1 : 0};
    std::int64_t number = 0;
    if (is_number(type)) {
        auto const [end, ec] = std::from_chars(bytes, bytes + size, number);
        if (ec == std::errc() && end == bytes + size)
            return number;
    }
    return std::string(bytes, size);
}

/// How many rows a result's statement changed.
std::int64_t changed_by(PGresult* r) {
    std::string_view const status = PQcmdStatus(r);
    if (!status.starts_with("INSERT") && !status.starts_with("UPDATE") && !status.starts_with("DELETE"))
        return 0;
    std::string_view const text = PQcmdTuples(r);
    std::int64_t changed = 0;
    std::from_chars(text.data(), text.data() + text.size(), changed);
    return changed;
}

bool holds_nul(statement const& s) noexcept {
    return std::any_of(s.params.begin(), s.params.end(), [](value const& v) {
        auto const* text = std::get_if<std::string>(&v);
        return text != nullptr && text->find('\0') != std::string::npos;
    });
}

/// A statement's parameters as libpq wants them: texts, each ended by a NUL.
class bound {
public:
    explicit bound(std::vector<value> const& params) : digits_(params.size()) {
        values_.reserve(params.size());
        for (std::size_t i = 0; i < params.size(); ++i)
            values_.push_back(text_of(params[i], digits_[i]));
    }

    char const* const* values() const noexcept { return values_.data(); }

    int size() const noexcept { return static_cast<int>(values_.size()); }

private:
    using digits = std::array<char, 24>;

    static char const* text_of(value const& v, digits& room) noexcept {
        if (auto const* number = std::get_if<std::int64_t>(&v)) {
            auto const end = std::to_chars(room.data(), room.data() + room.size() - 1, *number).ptr;
            *end = '\0';
            return room.data();
        }
        auto const* text = std::get_if<std::string>(&v);
        return text == nullptr ? nullptr : text->c_str();
    }

    std::vector<digits> digits_;
    std::vector<char const*> values_;
};

/// The server has forgotten what was prepared, or what it means.
bool is_of_preparing(std::string_view sqlstate) noexcept {
    return sqlstate == "26000" || sqlstate == "0A000";
}

bool is_blank(std::string_view sql) noexcept {
    return sql.find_first_not_of(" \t\r\n;") == std::string_view::npos;
}

} // namespace

rows read_rows(PGresult const* r) {
    int const columns = PQnfields(r);
    int const count = PQntuples(r);
    std::vector<value> cells;
    cells.reserve(static_cast<std::size_t>(columns) * static_cast<std::size_t>(count));
    for (int row = 0; row < count; ++row)
        for (int column = 0; column < columns; ++column)
            cells.push_back(cell(r, row, column));
    // libpq only looks at it
    return {static_cast<std::size_t>(columns), std::move(cells), changed_by(const_cast<PGresult*>(r))};
}

pipeline::pipeline(asio::io_context& context, connection c, pipeline_user& user)
    : context_(context), connection_(std::move(c)), user_(user), socket_(context) {
    if (PQsetnonblocking(connection_.get(), 1) != 0 || PQenterPipelineMode(connection_.get()) != 1)
        throw std::runtime_error(one_line(PQerrorMessage(connection_.get())));
    int const copy = ::dup(PQsocket(connection_.get()));
    if (copy < 0)
        throw std::runtime_error("no descriptor is left");
    boost::system::error_code ec;
    socket_.assign(copy, ec);
    if (!ec)
        return;
    ::close(copy);
    throw std::runtime_error(ec.message());
}

void pipeline::start() {
    await_input();
}

// ---- out

void pipeline::send(jobs group, bool reads, int attempt) {
    exchange e;
    e.reads = reads;
    e.attempt = attempt;
    e.sent = exchange::clock::now();
    if (statements_.size() > max_statements)
        statements_.clear();
    jobs refused;
    for (auto& j : group) {
        auto const bad = prepare(*j, e);
        if (bad == errc{}) {
            e.add(std::move(j));
            continue;
        }
        j->fail(bad);
        refused.push_back(std::move(j));
    }
    post_completions(std::move(refused));
    if (e.work.empty())
        return;
    bool const good = connection_ != nullptr && send_all(e);
    book_.expect(std::move(e));
    if (!good)
        return end_soon(
            connection_ == nullptr ? "it had ended" : one_line(PQerrorMessage(connection_.get()))
        );
    flush();
}

/// Notes the statements that this connection has not prepared yet. errc{} when the batch can be sent.
errc pipeline::prepare(job const& j, exchange& e) {
    auto const before = e.prepares.size();
    for (auto const& s : j.work) {
        auto const bad = is_next(j, s) ? prepare(s, e) : errc{};
        if (bad == errc{})
            continue;
        forget(e, before);
        e.prepares.resize(before);
        return bad;
    }
    return errc{};
}

errc pipeline::prepare(statement const& s, exchange& e) {
    if (holds_nul(s))
        return errc::store_constraint; // no text of PostgreSQL's has one, and libpq would cut it off there
    auto found = statements_.find(s.sql);
    if (found == statements_.end()) {
        auto const t = to_postgresql(s.sql);
        if (is_blank(t.sql) || t.params != s.params.size()) {
            log::error("the store was given a batch that it cannot run", {{"why", "its parameters"}});
            return errc::store_unavailable;
        }
        prepared const p{"w" + std::to_string(++last_name_), t.params, false};
        found = statements_.emplace(s.sql, p).first;
        e.prepares.emplace_back(s.sql);
    }
    return found->second.params == s.params.size() ? errc{} : errc::store_unavailable;
}

/// What is to be prepared comes first: it fails only by itself, and not behind a statement that did.
bool pipeline::send_all(exchange const& e) {
    auto const each = [&e](auto const& sent) {
        return std::all_of(e.work.begin(), e.work.end(), [&](auto const& j) {
            return std::all_of(j->work.begin(), j->work.end(), [&](statement const& s) {
                return !is_next(*j, s) || sent(s);
            });
        });
    };
    return (e.prepares.empty() || each([this](statement const& s) { return send_prepare(s); })) &&
           each([this](statement const& s) { return send_statement(s); }) &&
           PQpipelineSync(connection_.get()) == 1;
}

/// Unless it was.
bool pipeline::send_prepare(statement const& s) {
    auto& p = statements_.find(s.sql)->second;
    if (p.sent)
        return true;
    p.sent = true;
    auto const sql = to_postgresql(s.sql).sql;
    std::vector<Oid> types;
    types.reserve(s.params.size());
    for (auto const& v : s.params)
        types.push_back(oid_of(v));
    int const count = static_cast<int>(types.size());
    return PQsendPrepare(connection_.get(), p.name.c_str(), sql.c_str(), count, types.data()) == 1;
}

bool pipeline::send_statement(statement const& s) {
    bound const params(s.params);
    auto const& name = statements_.find(s.sql)->second.name;
    return PQsendQueryPrepared(
               connection_.get(), name.c_str(), params.size(), params.values(), nullptr, nullptr, 0
           ) == 1;
}

void pipeline::flush() {
    if (flushing_ || connection_ == nullptr)
        return;
    int const left = PQflush(connection_.get());
    if (left < 0)
        return end_soon(one_line(PQerrorMessage(connection_.get())));
    if (left == 0)
        return;
    flushing_ = true;
    socket_.async_wait(
        asio::posix::stream_descriptor::wait_write,
        [self = shared_from_this()](boost::system::error_code const& ec) {
            self->flushing_ = false;
            if (!ec)
                self->flush();
        }
    );
}

// ---- in

// Always pending: were it not, both sides could wait for the other to read.
void pipeline::await_input() {
    socket_.async_wait(
        asio::posix::stream_descriptor::wait_read,
        [self = shared_from_this()](boost::system::error_code const& ec) {
            if (!ec && self->connection_ != nullptr)
                self->on_input();
        }
    );
}

void pipeline::on_input() {
    std::vector<exchange> done;
    bool good = PQconsumeInput(connection_.get()) == 1;
    good = take_results(done) && good; // also of a broken connection: answers that came before it broke
    if (!done.empty())
        user_.answered(std::move(done));
    if (connection_ == nullptr) // by whoever was answered
        return;
    if (!good)
        return end(one_line(PQerrorMessage(connection_.get())));
    await_input();
}

/// False: nothing more is to be hoped for.
bool pipeline::take_results(std::vector<exchange>& done) {
    while (!book_.empty() && PQisBusy(connection_.get()) == 0) {
        result_set r(PQgetResult(connection_.get()));
        if (r != nullptr) {
            if (!take(std::move(r), done))
                return false;
        } else if (!book_.on_end() || PQstatus(connection_.get()) == CONNECTION_BAD) {
            return false;
        }
    }
    return true;
}

bool pipeline::take(result_set r, std::vector<exchange>& done) {
    switch (PQresultStatus(r.get())) {
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
        return book_.on_rows(read_rows(r.get()));
    case PGRES_PIPELINE_ABORTED:
        return book_.on_skipped();
    case PGRES_PIPELINE_SYNC: {
        exchange e;
        if (!book_.on_sync(e))
            return false;
        forget(e, e.prepared);
        done.push_back(std::move(e));
        return true;
    }
    default:
        break;
    }
    char const* const code = PQresultErrorField(r.get(), PG_DIAG_SQLSTATE);
    std::string sqlstate = code == nullptr ? "" : code;
    if (is_of_preparing(sqlstate))
        statements_.clear(); // all of them are prepared anew when they come next
    return book_.on_error(std::move(sqlstate), one_line(PQresultErrorMessage(r.get())));
}

/// Those that it was to prepare, from the `first` on.
void pipeline::forget(exchange const& e, std::size_t first) {
    for (auto i = first; i < e.prepares.size(); ++i)
        if (auto const found = statements_.find(e.prepares[i]); found != statements_.end())
            statements_.erase(found);
}

// ---- the end

void pipeline::end_if_silent_since(exchange::clock::time_point then) {
    if (!book_.empty() && book_.oldest() < then)
        end("no answer in time");
}

void pipeline::end_soon(std::string why) {
    asio::post(context_, [self = shared_from_this(), why = std::move(why)] { self->end(why); });
}

void pipeline::end(std::string const& why) {
    if (connection_ == nullptr && book_.empty())
        return;
    close();
    user_.lost(*this, book_.give_up(), why);
}

void pipeline::close() noexcept {
    boost::system::error_code ignored;
    socket_.close(ignored);
    connection_.reset();
}

} // namespace wxgate::store::postgres
