// One connection to PostgreSQL in libpq's pipeline mode, under Asio: groups of batches go out as they come,
// each up to a sync point of its own, and so each is a transaction in one round trip; there is no BEGIN.
#pragma once

#include "store/postgres/libpq.hpp"
#include "store/postgres/replies.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace wxgate::store::postgres {

class pipeline;

/// Who hears what becomes of batches; on the pipeline's thread, and never from within pipeline::send().
class pipeline_user {
public:
    pipeline_user() = default;
    pipeline_user(pipeline_user const&) = delete;
    pipeline_user& operator=(pipeline_user const&) = delete;

    /// These were answered, well or not.
    virtual void answered(std::vector<exchange> done) = 0;

    /// The connection is gone, and with it what was under way: it may have been done or not.
    virtual void lost(pipeline& which, std::vector<exchange> unanswered, std::string const& why) = 0;

protected:
    ~pipeline_user() = default;
};

/// All calls on the io_context's one thread. `user` must live until lost() was called or close() was.
class pipeline : public std::enable_shared_from_this<pipeline> {
public:
    /// Takes over a connection that is idle. Throws std::runtime_error.
    pipeline(asio::io_context& context, connection c, pipeline_user& user);
    pipeline(pipeline const&) = delete;
    pipeline& operator=(pipeline const&) = delete;

    /// To be called once, when a shared_ptr has it.
    void start();

    /// Sends what is next of these batches, to be done together or not at all; `reads` and `attempt` come
    /// back with them. What cannot be sent is lost() soon.
    void send(jobs group, bool reads, int attempt);

    /// Groups.
    std::size_t under_way() const noexcept { return book_.size(); }

    /// Whether the server has owed it an answer since before `then`.
    bool is_silent_since(exchange::clock::time_point then) const noexcept;

    /// Ends the connection when it is.
    void end_if_silent_since(exchange::clock::time_point then);

    /// Ends it, and lost() with it, if it has not ended.
    void end(std::string const& why);

    /// Ends it without a word. Nothing may be under way.
    void close() noexcept;

private:
    struct text_hash {
        using is_transparent = void;

        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>()(text);
        }
    };

    /// A statement of this connection.
    struct prepared {
        std::string key; // of statements_: the ledger's text, and the types where it is for many
        std::string name;
        std::string sql;
        std::string types; // of the text's parameters, as far as they are known
        std::size_t params = 0;
        bool sent = false;
    };

    errc look_at(job const& j);
    prepared& known(std::string_view sql);
    prepared& known(run const& r);
    prepared& add(std::string key, std::string sql);
    bool send_all(exchange& e);
    bool send_prepare(prepared& p, run const& r, exchange& e);
    bool send_run(prepared const& p, run const& r);
    void end_soon(std::string why);
    void await_input();
    void on_input();
    bool take_results(std::vector<exchange>& done);
    bool take(result_set r, std::vector<exchange>& done);
    void forget(exchange const& e, std::size_t first);
    void flush();

    asio::io_context& context_;
    connection connection_;
    pipeline_user& user_;
    asio::posix::stream_descriptor socket_; // a duplicate: libpq closes its own whenever it likes
    reply_book book_;
    std::unordered_map<std::string, prepared, text_hash, std::equal_to<>> statements_;
    std::uint64_t last_name_ = 0;
    bool flushing_ = false;
};

} // namespace wxgate::store::postgres
