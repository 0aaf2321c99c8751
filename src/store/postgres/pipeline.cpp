#include "store/postgres/pipeline.hpp"

#include "base/log.hpp"
#include "store/postgres/dialect.hpp"
#include "store/postgres/values.hpp"

#include <boost/asio/post.hpp>

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

namespace wxgate::store::postgres {

namespace {

/// Statements are literals of the program, so there are few; the bound is for the day when somebody builds
/// one.
constexpr std::size_t max_statements = 512;
constexpr std::size_t no_params = std::numeric_limits<std::size_t>::max(); // of what cannot be run

bool holds_nul(statement const& s) noexcept {
    return std::any_of(s.params.begin(), s.params.end(), [](value const& v) {
        auto const* text = std::get_if<std::string>(&v);
        return text != nullptr && text->find('\0') != std::string::npos;
    });
}

parameters parameters_of(run const& r, std::string_view types) {
    if (r.is_of_many())
        return {r, types};
    return parameters(r.places.front().get());
}

/// The server has forgotten what was prepared, or what it means.
bool is_of_preparing(std::string_view sqlstate) noexcept {
    return sqlstate == "26000" || sqlstate == "0A000";
}

bool is_blank(std::string_view sql) noexcept {
    return sql.find_first_not_of(" \t\r\n;") == std::string_view::npos;
}

} // namespace

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
    if (statements_.size() > max_statements)
        statements_.clear();
    jobs good;
    jobs refused;
    for (auto& j : group) {
        auto const bad = look_at(*j);
        if (bad == errc{}) {
            good.push_back(std::move(j));
            continue;
        }
        j->fail(bad);
        refused.push_back(std::move(j));
    }
    post_completions(std::move(refused));
    if (good.empty())
        return;
    exchange e;
    e.reads = reads;
    e.attempt = attempt;
    e.sent = exchange::clock::now();
    e.take(std::move(good));
    bool const sent = connection_ != nullptr && send_all(e);
    book_.expect(std::move(e));
    if (!sent)
        return end_soon(
            connection_ == nullptr ? "it had ended" : one_line(PQerrorMessage(connection_.get()))
        );
    flush();
}

/// errc{} when the batch can be sent.
errc pipeline::look_at(job const& j) {
    for (auto const& s : j.work) {
        if (!is_next(j, s))
            continue;
        if (holds_nul(s))
            return errc::store_constraint; // no text of PostgreSQL's has one: libpq would cut it off
        if (known(s.sql).params == s.params.size())
            continue;
        log::error("the store was given a batch that it cannot run", {{"why", "its parameters"}});
        return errc::store_unavailable;
    }
    return errc{};
}

pipeline::prepared& pipeline::known(std::string_view sql) {
    auto const found = statements_.find(sql);
    if (found != statements_.end())
        return found->second;
    auto made = to_postgresql(sql);
    auto& p = add(std::string(sql), std::move(made.sql));
    p.params = is_blank(p.sql) ? no_params : made.params;
    p.types.assign(made.params, type::unknown);
    return p;
}

/// For many it is another one for each set of types.
pipeline::prepared& pipeline::known(run const& r) {
    auto& one = known(r.sql);
    if (!r.is_of_many())
        return one;
    learn_types(r, one.types);
    auto key = std::string(r.sql) + one.types;
    auto const found = statements_.find(key);
    if (found != statements_.end())
        return found->second;
    auto const types = one.types;
    auto& p = add(std::move(key), to_postgresql_for_many(r.sql, types));
    p.types = types;
    return p;
}

pipeline::prepared& pipeline::add(std::string key, std::string sql) {
    auto& p = statements_[key];
    p.key = std::move(key);
    p.name = "w" + std::to_string(++last_name_);
    p.sql = std::move(sql);
    return p;
}

/// What is to be prepared comes first: it fails only by itself, and not behind a statement that did.
bool pipeline::send_all(exchange& e) {
    std::vector<prepared*> all;
    all.reserve(e.runs.size());
    for (auto const& r : e.runs)
        all.push_back(&known(r));
    for (std::size_t i = 0; i < all.size(); ++i)
        if (!all[i]->sent && !send_prepare(*all[i], e.runs[i], e))
            return false;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (!send_run(*all[i], e.runs[i]))
            return false;
    return PQpipelineSync(connection_.get()) == 1;
}

bool pipeline::send_prepare(prepared& p, run const& r, exchange& e) {
    p.sent = true;
    e.prepares.push_back(p.key);
    auto const with = parameters_of(r, p.types);
    return PQsendPrepare(connection_.get(), p.name.c_str(), p.sql.c_str(), with.size(), with.types()) == 1;
}

bool pipeline::send_run(prepared const& p, run const& r) {
    auto const with = parameters_of(r, p.types);
    return PQsendQueryPrepared(
               connection_.get(),
               p.name.c_str(),
               with.size(),
               with.values(),
               with.lengths(),
               with.formats(),
               0
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

bool pipeline::is_silent_since(exchange::clock::time_point then) const noexcept {
    return !book_.empty() && book_.waiting_since() < then;
}

void pipeline::end_if_silent_since(exchange::clock::time_point then) {
    if (is_silent_since(then))
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
