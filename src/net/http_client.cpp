#include "net/http_client.hpp"

#include "async/deadline.hpp"
#include "net/endpoints.hpp"
#include "net/tls_context.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/throw_exception.hpp>

#include <sys/socket.h>

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
        : socket_(e), tls_(std::move(tls)), guard_(socket_),
          buffer_(limits.max_response_header + limits.max_response), limits_(limits) {}

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
            co_return failed(guard_.expired() ? errc::timed_out : errc::connect_failed, ec.message(), false);
        boost::system::error_code ignored;
        socket_.set_option(tcp::no_delay(true), ignored);
        if (tls_) {
            stream_.emplace(socket_, tls_->context);
            prepare_client(stream_->native_handle(), host, &slot);
            auto [refused] = co_await stream_->async_handshake(asio::ssl::stream_base::client, use_tuple);
            if (refused)
                co_return failed(
                    guard_.expired() ? errc::timed_out : code_of(refused, errc::tls_failed),
                    refused.message(),
                    false
                );
            resumed_ = SSL_session_reused(stream_->native_handle()) != 0;
        }
        guard_.disarm();
        opened_ = used_ = clock::now();
        co_return std::nullopt;
    }

    awaitable<exchange_result>
    exchange(exchange_request const& request, std::string const& authority, clock::time_point until) {
        guard_.arm(until);
        ++uses_;
        got_bytes_ = false;
        exchange_result answer = failed(errc::connection_lost, {}, false);
        if (stream_)
            answer = co_await exchange_over(*stream_, request, authority);
        else
            answer = co_await exchange_over(socket_, request, authority);
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

    template <class Stream>
    awaitable<exchange_result>
    exchange_over(Stream& stream, exchange_request const& request, std::string const& authority) {
        keep_ = false;
        http::request<http::span_body<char const>> out;
        out.version(11);
        out.method_string(request.method);
        out.target(request.target);
        out.set(http::field::host, authority);
        for (auto const& [name, value] : request.headers)
            out.set(name, value);
        if (!request.content_type.empty())
            out.set(http::field::content_type, request.content_type);
        out.body() = {request.body.data(), request.body.size()};
        out.prepare_payload();
        // When a write fails, some of it may have gone: only nothing written is "not sent".
        auto [write_failed, written] = co_await http::async_write(stream, out, use_tuple);
        if (write_failed) {
            auto const why = co_await reason_of(stream, write_failed);
            co_return lost(why, written != 0);
        }
        http::response_parser<http::string_body> in;
        in.header_limit(static_cast<std::uint32_t>(limits_.max_response_header));
        in.body_limit(limits_.max_response);
        auto [read_failed, n] = co_await http::async_read(stream, buffer_, in, use_tuple);
        got_bytes_ = n != 0 || in.got_some();
        if (read_failed)
            co_return lost(read_failed, true);
        keep_ = in.keep_alive();
        exchange_reply reply;
        reply.status = in.get().result_int();
        auto const type = in.get()[http::field::content_type];
        reply.content_type.assign(type.data(), type.size());
        reply.body = std::move(in.get().body());
        co_return reply;
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
        return failed(code_of(ec, errc::connection_lost), ec.message(), sent);
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
    impl(asio::any_io_executor e, url origin, tls_context_ptr tls, client_limits limits)
        : executor_(std::move(e)), origin_(std::move(origin)), authority_(origin_.authority()),
          tls_(std::move(tls)), limits_(limits), addresses_(executor_, origin_.host, origin_.port),
          reaper_(executor_) {}

    void close() {
        closed_ = true;
        idle_.clear();
        reaper_.cancel();
        for (auto* w : waiting_)
            w->cancel();
    }

    static awaitable<exchange_result>
    exchange(std::shared_ptr<impl> self, exchange_request request, clock::time_point until) {
        auto const end = std::min(until, clock::now() + self->limits_.timeout);
        for (bool first = true;; first = false) {
            lease held(self);
            auto const refused = co_await self->acquire(held, first, end);
            if (refused)
                co_return *refused;
            bool const kept = held.kept;
            exchange_result answer = co_await held.line->exchange(request, self->authority_, end);
            bool const stale = !answer && kept && first && !held.line->got_bytes() && clock::now() < end;
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
        for (;;) {
            if (closed_)
                co_return failed(errc::shutting_down, {}, false);
            if (any && take_idle(held))
                co_return std::nullopt;
            if (open_ >= limits_.max_connections && !any)
                drop_idle(1);
            if (open_ < limits_.max_connections)
                break;
            if (waiting_.size() >= limits_.max_waiters || clock::now() >= until)
                co_return failed(
                    errc::pool_exhausted, std::to_string(open_) + " connections are busy", false
                );
            asio::steady_timer patience(executor_, until);
            waiting_.push_back(&patience);
            co_await patience.async_wait(use_tuple);
            waiting_.remove(&patience); // still there when nobody woke it but the clock
        }
        ++open_;
        held.placed = true;
        auto const connect_end = std::min(until, clock::now() + limits_.connect_timeout);
        auto addresses = co_await addresses_.get(connect_end);
        if (!addresses)
            co_return exchange_failure{addresses.error(), origin_.host, false};
        held.line = std::make_unique<connection>(executor_, tls_, limits_);
        auto refused = co_await held.line->open(std::move(*addresses), origin_.host, *slot_, connect_end);
        if (!refused) {
            ++opened_;
            resumed_ += static_cast<std::uint64_t>(held.line->resumed());
        }
        co_return refused;
    }

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
            return true;
        }
        return false;
    }

    void drop_idle(std::size_t n) {
        while (n-- > 0 && !idle_.empty()) {
            idle_.pop_front();
            --open_;
        }
    }

    void free_place() {
        --open_;
        wake_one();
    }

    void take_back(std::unique_ptr<connection> line) {
        if (closed_) {
            --open_;
            return;
        }
        idle_.push_back(std::move(line));
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
};

http_client::http_client(
    asio::any_io_executor executor, url origin, tls_context_ptr tls, client_limits limits
)
    : impl_(std::make_shared<impl>(std::move(executor), std::move(origin), std::move(tls), limits)) {
}

http_client::~http_client() {
    impl_->close();
}

void http_client::close() {
    impl_->close();
}

awaitable<exchange_result> http_client::exchange(exchange_request request, clock::time_point until) {
    return impl::exchange(impl_, std::move(request), until);
}

awaitable<error_code> http_client::warm(clock::time_point until) {
    return impl::warm(impl_, until);
}

http_client::counts http_client::connections() const noexcept {
    return impl_->connections();
}

} // namespace wxgate::net
