#include "net/http_client.hpp"

#include "async/cancellation.hpp"
#include "async/deadline.hpp"
#include "net/address_rules.hpp"
#include "net/endpoints.hpp"
#include "net/pool_meter.hpp"
#include "net/tls_context.hpp"
#include "net/wire_text.hpp"
#include "net/write_now.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/throw_exception.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <deque>
#include <list>
#include <optional>

namespace wxgate::net {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using clock = std::chrono::steady_clock;

void throw_exception_from_error(exchange_failure const& f, boost::source_location const& where) {
    boost::throw_exception(boost::system::system_error(f.code, f.detail), where);
}

namespace {

// Headers, chunk headers and trailers must fit, bodies pass through. Beast 1.81 throws out of run() for a
// trailer value over 64 KiB and holds a chunk extension of any length: a buffer that small never holds
// either.
constexpr std::size_t read_buffer = 48UL * 1024;
constexpr std::size_t max_piece = 16UL * 1024; // of a download; also what one read takes at most

exchange_failure failed(errc code, std::string detail, bool sent) {
    return {make_error_code(code), std::move(detail), sent};
}

bool is_tls(boost::system::error_code const& ec) {
    return ec.category() == asio::error::get_ssl_category();
}

// Tells an alert about our certificate, sent by the other side, from everything else that TLS may not like.
errc code_of(boost::system::error_code const& ec, errc otherwise) {
    if (!is_tls(ec))
        return otherwise;
    return is_certificate_alert(static_cast<unsigned long>(ec.value())) ? errc::certificate_refused
                                                                        : errc::tls_failed;
}

// One connection to the host, plain or TLS.
class connection {
public:
    connection(asio::any_io_executor const& e, tls_context_ptr tls, client_limits const& limits)
        : socket_(e), tls_(std::move(tls)), guard_(socket_), buffer_(read_buffer), limits_(limits) {
        buffer_.reserve(max_piece); // else Beast reads 512 bytes at a time
    }

    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;

    ~connection() {
        if (stream_)
            keep_session(stream_->native_handle());
    }

    awaitable<std::optional<exchange_failure>>
    open(endpoints::list addresses, std::string const& host, session_slot& slot, clock::time_point until) {
        guard_.arm(until);
        auto [ec, where] = co_await asio::async_connect(socket_, addresses, use_tuple);
        if (ec)
            co_return failed(cause_of(ec, errc::connect_failed), ec.message(), false);
        boost::system::error_code ignored;
        socket_.set_option(tcp::no_delay(true), ignored);
        socket_.non_blocking(true, ignored); // for write_now()
        if (tls_) {
            stream_.emplace(socket_, tls_->context);
            prepare_client(stream_->native_handle(), host, &slot);
            auto [refused] = co_await stream_->async_handshake(asio::ssl::stream_base::client, use_tuple);
            if (refused)
                co_return failed(cause_of(refused, errc::tls_failed), refused.message(), false);
            resumed_ = SSL_session_reused(stream_->native_handle()) != 0;
        }
        guard_.disarm();
        opened_ = used_ = clock::now();
        co_return std::nullopt;
    }

    /// One request and its answer, whose body goes to the sink when there is one.
    awaitable<exchange_result> exchange(
        exchange_request const& request,
        std::string const& authority,
        download_sink* sink,
        clock::time_point until
    ) {
        guard_.arm(end_of_step(until));
        ++uses_;
        got_bytes_ = false;
        exchange_result answer = failed(errc::connection_lost, {}, false);
        if (stream_)
            answer = co_await exchange_over(*stream_, request, authority, sink, until);
        else
            answer = co_await exchange_over(socket_, request, authority, sink, until);
        guard_.disarm();
        used_ = clock::now();
        co_return answer;
    }

    /// After an exchange: true when the next one may use this connection too.
    bool reusable() const noexcept {
        return keep_ && buffer_.size() == 0 && uses_ < limits_.max_uses &&
               clock::now() - opened_ < limits_.max_connection_age;
    }

    /// True when an idle connection is still open and silent: readable means that the other side closes or
    /// talks nonsense.
    bool usable_now() {
        char byte = 0;
        auto const n = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        bool const silent = n < 0 && errno == EAGAIN;
        return silent && clock::now() - used_ < limits_.idle_timeout &&
               clock::now() - opened_ < limits_.max_connection_age;
    }

    bool resumed() const noexcept { return resumed_; }

    bool got_bytes() const noexcept { return got_bytes_; }

    clock::time_point used() const noexcept { return used_; }

private:
    using tls_stream = asio::ssl::stream<tcp::socket&>;

    clock::time_point end_of_step(clock::time_point until) const {
        return std::min<clock::time_point>(until, clock::now() + limits_.timeout);
    }

    template <class Stream>
    awaitable<exchange_result> exchange_over(
        Stream& stream,
        exchange_request const& request,
        std::string const& authority,
        download_sink* sink,
        clock::time_point until
    ) {
        keep_ = false;
        std::string const text = wire_text(request, authority);
        // When a write fails, some of it may have gone: only nothing written is "not sent".
        std::size_t const at_once = write_now(stream, text);
        if (at_once < text.size()) {
            auto const rest = asio::buffer(text) + at_once;
            auto [write_failed, written] = co_await asio::async_write(stream, rest, use_tuple);
            if (write_failed ==
                asio::error::operation_aborted) // cut: a part of a TLS record counts as nothing
                co_return lost(write_failed, true);
            if (write_failed) {
                auto const why = co_await reason_of(stream, write_failed);
                co_return lost(why, at_once + written != 0);
            }
        }
        exchange_result answer = failed(errc::connection_lost, {}, true);
        if (sink != nullptr)
            answer = co_await receive_pieces(stream, *sink, until);
        else
            answer = co_await receive_whole(stream);
        co_return answer;
    }

    template <class Stream>
    awaitable<exchange_result> receive_whole(Stream& stream) {
        http::response_parser<http::string_body> in;
        in.header_limit(static_cast<std::uint32_t>(limits_.max_response_header));
        in.body_limit(limits_.max_response);
        auto [read_failed, n] = co_await http::async_read(stream, buffer_, in, use_tuple);
        got_bytes_ = n != 0 || in.got_some();
        if (read_failed)
            co_return lost(read_failed, true);
        keep_ = may_keep(in);
        exchange_reply reply = head_of(in);
        reply.body = std::move(in.get().body());
        co_return reply;
    }

    template <class Stream>
    awaitable<exchange_result> receive_pieces(Stream& stream, download_sink& sink, clock::time_point until) {
        http::response_parser<http::buffer_body> in;
        in.header_limit(static_cast<std::uint32_t>(limits_.max_response_header));
        in.body_limit(boost::none);
        // Leaves the parser not eager: it goes no further than to the end of a chunk, so what has come is not
        // held back for what has not.
        auto [no_header, n] = co_await http::async_read_header(stream, buffer_, in, use_tuple);
        got_bytes_ = n != 0 || in.got_some();
        if (no_header)
            co_return lost(no_header, true);
        std::string piece(max_piece, '\0');
        while (!in.is_done()) {
            in.get().body().data = piece.data();
            in.get().body().size = piece.size();
            guard_.arm(end_of_step(until));
            auto [cut, used] = co_await http::async_read_some(stream, buffer_, in, use_tuple);
            if (cut && cut != http::error::need_buffer) // need_buffer: the piece is full
                co_return lost(cut, true);
            std::string_view const got(piece.data(), piece.size() - in.get().body().size);
            if (got.empty()) // a chunk's header
                continue;
            guard_.arm(until); // the sink's time is not the other side's
            error_code const ended = co_await sink.take(got);
            if (ended)
                co_return exchange_failure{ended, "its receiver ended the download", true};
            auto const state = co_await asio::this_coro::cancellation_state;
            if ((guard_.expired() || is_cancelled(state)) && !in.is_done())
                co_return lost(asio::error::operation_aborted, true);
        }
        keep_ = may_keep(in);
        co_return head_of(in);
    }

    template <class Parser>
    static exchange_reply head_of(Parser const& in) {
        auto const field = [&](http::field name) {
            auto const value = in.get()[name];
            return std::string(value.data(), value.size());
        };
        exchange_reply reply;
        reply.status = in.get().result_int();
        reply.content_type = field(http::field::content_type);
        reply.retry_after = field(http::field::retry_after);
        auto const date = in.get()[http::field::date];
        reply.date = from_http_date({date.data(), date.size()});
        return reply;
    }

    // After a whole answer. Not when another must follow (1xx), nor when its end is a matter of opinion:
    // Beast 1.81 passes over a Transfer-Encoding that it does not know.
    template <class Parser>
    static bool may_keep(Parser const& in) {
        bool const strange = in.get().count(http::field::transfer_encoding) != 0 && !in.chunked();
        return in.keep_alive() && in.get().result_int() >= 200 && !strange;
    }

    // Under TLS 1.3 a server that does not like our certificate says so after the handshake and closes: a
    // write then fails before its alert was read.
    awaitable<boost::system::error_code> reason_of(tls_stream& stream, boost::system::error_code failed) {
        char byte = 0;
        auto [ec, n] = co_await stream.async_read_some(asio::buffer(&byte, 1), use_tuple);
        co_return ec&& is_tls(ec) ? ec : failed;
    }

    static awaitable<boost::system::error_code> reason_of(tcp::socket&, boost::system::error_code failed) {
        co_return failed;
    }

    exchange_failure lost(boost::system::error_code const& ec, bool sent) const {
        if (guard_.expired())
            return failed(errc::timed_out, "no complete answer in time", sent);
        if (ec == http::error::body_limit || ec == http::error::header_limit ||
            ec == http::error::buffer_overflow)
            return failed(errc::response_too_large, ec.message(), sent);
        return failed(cause_of(ec, errc::connection_lost), ec.message(), sent);
    }

    // What ended an operation: the deadline, the caller, or the other side.
    errc cause_of(boost::system::error_code const& ec, errc otherwise) const {
        if (guard_.expired())
            return errc::timed_out;
        if (ec == asio::error::operation_aborted)
            return errc::cancelled;
        return code_of(ec, otherwise);
    }

    tcp::socket socket_;
    tls_context_ptr tls_;
    std::optional<tls_stream> stream_;
    deadline guard_;
    beast::flat_buffer buffer_;
    client_limits limits_;
    clock::time_point opened_;
    clock::time_point used_;
    std::size_t uses_ = 0;
    bool keep_ = false;
    bool got_bytes_ = false;
    bool resumed_ = false;
};

} // namespace

class http_client::impl : public std::enable_shared_from_this<impl> {
public:
    impl(asio::any_io_executor e, url origin, tls_context_ptr tls, http_client_options const& options)
        : executor_(std::move(e)), origin_(std::move(origin)), authority_(origin_.authority()),
          tls_(std::move(tls)), limits_(options.limits),
          public_addresses_only_(options.public_addresses_only),
          addresses_(executor_, origin_.host, origin_.port), reaper_(executor_),
          meter_(authority_, options.identity) {}

    void close() {
        closed_ = true;
        drop_idle(idle_.size());
        reaper_.cancel();
        for (auto* w : waiting_)
            w->cancel();
    }

    static awaitable<exchange_result> exchange(
        std::shared_ptr<impl> self, exchange_request request, download_sink* sink, clock::time_point until
    ) {
        auto const timeout = self->limits_.timeout;
        auto end = until;
        if (sink == nullptr) // a download is bounded step by step
            end = std::min<clock::time_point>(until, clock::now() + timeout);
        for (bool first = true;; first = false) {
            lease held(self);
            auto const state = co_await asio::this_coro::cancellation_state;
            if (!first || is_cancelled(state) || !self->take_idle(held)) { // nearly always there is one
                auto const acquired_by = std::min<clock::time_point>(end, clock::now() + timeout);
                auto const refused = co_await self->acquire(held, first, acquired_by);
                if (refused)
                    co_return *refused;
            }
            bool const kept = held.kept;
            exchange_result answer = co_await held.line->exchange(request, self->authority_, sink, end);
            bool const stale = !answer && kept && first && !held.line->got_bytes() && clock::now() < end &&
                               answer.error().code != errc::timed_out &&
                               answer.error().code != errc::cancelled;
            if (stale && (request.repeatable || !answer.error().sent))
                continue; // the lease drops the dead connection
            if (answer && held.line->reusable())
                held.give_back();
            co_return answer;
        }
    }

    static awaitable<error_code> warm(std::shared_ptr<impl> self, clock::time_point until) {
        lease held(self);
        auto const refused = co_await self->acquire(held, true, until);
        if (refused)
            co_return refused->code;
        held.give_back();
        co_return error_code{};
    }

    counts connections() const noexcept { return {open_, idle_.size(), opened_, resumed_}; }

private:
    // A connection in use, or a place for one. What is not given back is dropped, and its place freed.
    struct lease {
        explicit lease(std::shared_ptr<impl> p) : pool(std::move(p)) {}

        lease(lease const&) = delete;
        lease& operator=(lease const&) = delete;

        ~lease() {
            line.reset();
            if (placed)
                pool->free_place();
        }

        void give_back() {
            placed = false;
            pool->take_back(std::move(line));
        }

        std::shared_ptr<impl> pool;
        std::unique_ptr<connection> line;
        bool placed = false; // counted in open_
        bool kept = false;   // used before
    };

    // Fills the lease with an idle connection (when `any` will do) or a new one; waits for a place when all
    // are busy.
    awaitable<std::optional<exchange_failure>> acquire(lease& held, bool any, clock::time_point until) {
        bool waited = false;
        bool woken = false;
        for (;;) {
            auto const state = co_await asio::this_coro::cancellation_state;
            if (is_cancelled(state)) {
                if (woken) // for another, then
                    wake_one();
                co_return failed(errc::cancelled, {}, false);
            }
            if (closed_)
                co_return failed(errc::shutting_down, {}, false);
            if (any && take_idle(held))
                co_return std::nullopt;
            if (open_ >= limits_.max_connections && !any)
                drop_idle(1);
            if (open_ < limits_.max_connections)
                break;
            if (waiting_.size() >= limits_.max_waiters || clock::now() >= until) {
                meter_.exhausted.add();
                co_return failed(
                    errc::pool_exhausted, std::to_string(open_) + " connections are busy", false
                );
            }
            asio::steady_timer patience(executor_, until);
            waiting_.push_back(&patience);
            tell();
            co_await patience.async_wait(use_tuple);
            woken = waiting_.remove(&patience) == 0; // still there when nobody woke it but the clock
            tell();
            waited = true;
        }
        ++open_;
        tell();
        held.placed = true;
        auto const in_time = clock::now() + limits_.connect_timeout;
        auto refused = co_await connect(held, std::min<clock::time_point>(until, in_time));
        if (refused && refused->code == errc::timed_out && waited && until < in_time)
            refused->code = make_error_code(errc::pool_exhausted); // it was the wait that took the time
        co_return refused;
    }

    awaitable<std::optional<exchange_failure>> connect(lease& held, clock::time_point until) {
        auto addresses = co_await addresses_.get(until);
        auto const state = co_await asio::this_coro::cancellation_state;
        if (is_cancelled(state))
            co_return failed(errc::cancelled, origin_.host, false);
        if (!addresses)
            co_return exchange_failure{addresses.error(), origin_.host, false};
        if (public_addresses_only_ && !all_public(*addresses))
            co_return failed(errc::address_not_allowed, origin_.host, false);
        held.line = std::make_unique<connection>(executor_, tls_, limits_);
        auto refused = co_await held.line->open(std::move(*addresses), origin_.host, *slot_, until);
        if (!refused) {
            ++opened_;
            meter_.opened.add();
        }
        if (!refused && held.line->resumed()) {
            ++resumed_;
            meter_.resumed.add();
        }
        co_return refused;
    }

    // All, not any: who owns the name chooses which of them are tried.
    static bool all_public(endpoints::list const& addresses) {
        return std::all_of(addresses.begin(), addresses.end(), [](tcp::endpoint const& where) {
            return is_public(where.address());
        });
    }

    // None when it is closed.
    bool take_idle(lease& held) {
        while (!idle_.empty()) {
            auto line = std::move(idle_.back()); // the last used first: the others may then grow old and go
            idle_.pop_back();
            if (!line->usable_now()) {
                line.reset();
                --open_;
                continue;
            }
            held.line = std::move(line);
            held.placed = held.kept = true;
            tell();
            return true;
        }
        tell();
        return false;
    }

    void drop_idle(std::size_t n) {
        while (n-- > 0 && !idle_.empty()) {
            idle_.pop_front();
            --open_;
        }
        tell();
    }

    void free_place() {
        --open_;
        tell();
        wake_one();
    }

    void take_back(std::unique_ptr<connection> line) {
        if (closed_) {
            line.reset();
            free_place();
            return;
        }
        idle_.push_back(std::move(line));
        tell();
        wake_one();
        if (!reaping_)
            reap();
    }

    void wake_one() {
        if (waiting_.empty())
            return;
        auto* const next = waiting_.front();
        waiting_.pop_front(); // so that the next wake is another's
        next->cancel();
    }

    // The metrics are as this pool is.
    void tell() noexcept {
        meter_.open.set(static_cast<std::int64_t>(open_));
        meter_.idle.set(static_cast<std::int64_t>(idle_.size()));
        meter_.waiting.set(static_cast<std::int64_t>(waiting_.size()));
    }

    // Closes what has been idle too long, before WeChat does. No timer runs while nothing is idle.
    void reap() {
        reaping_ = true;
        reaper_.expires_at(idle_.front()->used() + limits_.idle_timeout);
        reaper_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
            auto const self = weak.lock();
            if (!self || ec)
                return;
            auto const oldest = clock::now() - self->limits_.idle_timeout;
            while (!self->idle_.empty() && self->idle_.front()->used() <= oldest)
                self->drop_idle(1);
            self->reaping_ = false;
            if (!self->idle_.empty())
                self->reap();
        });
    }

    asio::any_io_executor executor_;
    url origin_;
    std::string authority_;
    tls_context_ptr tls_;
    client_limits limits_;
    bool public_addresses_only_;
    endpoints addresses_;
    // Named by every stream, so before the connections here and owned by the pool that every lease shares.
    std::unique_ptr<session_slot> slot_ = std::make_unique<session_slot>();
    std::deque<std::unique_ptr<connection>> idle_; // by the time they were last used
    std::list<asio::steady_timer*> waiting_;
    asio::steady_timer reaper_;
    std::size_t open_ = 0; // in use, idle or being opened
    std::uint64_t opened_ = 0;
    std::uint64_t resumed_ = 0;
    bool reaping_ = false;
    bool closed_ = false;
    pool_meter meter_;
};

http_client::http_client(
    asio::any_io_executor executor, url origin, tls_context_ptr tls, http_client_options options
)
    : impl_(std::make_shared<impl>(std::move(executor), std::move(origin), std::move(tls), options)) {
}

http_client::~http_client() {
    impl_->close();
}

void http_client::close() {
    impl_->close();
}

awaitable<exchange_result> http_client::exchange(exchange_request request, clock::time_point until) {
    return impl::exchange(impl_, std::move(request), nullptr, until);
}

awaitable<exchange_result>
http_client::download(exchange_request request, download_sink& sink, clock::time_point until) {
    return impl::exchange(impl_, std::move(request), &sink, until);
}

awaitable<error_code> http_client::warm(clock::time_point until) {
    return impl::warm(impl_, until);
}

http_client::counts http_client::connections() const noexcept {
    return impl_->connections();
}

} // namespace wxgate::net
