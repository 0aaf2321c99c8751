#include "net/http_server.hpp"

#include "async/deadline.hpp"
#include "async/outgoing.hpp"
#include "base/assert.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/text.hpp"
#include "net/acceptor.hpp"
#include "net/http_gate.hpp"
#include "net/refusals.hpp"
#include "net/tls_context.hpp"
#include "net/unsent_replies.hpp"
#include "net/wire_text.hpp"
#include "net/write_now.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <list>
#include <optional>

namespace wxgate::net {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using clock = std::chrono::steady_clock;

namespace {

struct connection_base {
    virtual ~connection_base() = default;
    virtual tcp::socket& socket() = 0;

    bool busy = false; // a request is being read or answered
};

} // namespace

class http_server::impl : public std::enable_shared_from_this<impl> {
public:
    impl(
        asio::io_context& context,
        server_limits limits,
        http_handler& handler,
        tls_context_ptr tls,
        std::shared_ptr<peer_rules> peers
    )
        : context_(context), limits_(limits), handler_(handler), tls_(std::move(tls)),
          peers_(std::move(peers)), acceptor_(context), unsent_(limits_.max_unsent),
          drained_(context, clock::time_point::max()), pause_(context) {}

    address listen(address const& where, bool share, bool first) {
        auto const bound = open_acceptor(acceptor_, where, share, first, limits_.socket_buffer);
        asio::co_spawn(context_, accept_loop(shared_from_this()), report("listener"));
        return bound;
    }

    void set_tls(tls_context_ptr tls) { tls_ = std::move(tls); }

    void stop_accepting() {
        draining_ = true;
        boost::system::error_code ignored;
        acceptor_.close(ignored);
        pause_.cancel();
    }

    static awaitable<void> drain(std::shared_ptr<impl> self) {
        self->stop_accepting();
        boost::system::error_code ignored;
        for (auto* c : self->live_)
            if (!c->busy)
                c->socket().shutdown(tcp::socket::shutdown_receive, ignored); // its read ends with eof
        if (!self->live_.empty()) {
            self->drained_.expires_after(self->limits_.drain_timeout);
            co_await self->drained_.async_wait(use_tuple);
        }
        for (auto* c : self->live_)
            drop(c->socket());
        if (!self->live_.empty()) { // cut: their coroutines end at their next step
            self->drained_.expires_after(std::chrono::seconds(1));
            co_await self->drained_.async_wait(use_tuple);
        }
    }

    void close() {
        stop_accepting();
        for (auto* c : live_)
            drop(c->socket());
    }

    std::size_t connections() const noexcept { return live_.size(); }

private:
    // One connection: its stream, its buffer, and its place in the list of live ones, left when it is
    // destroyed.
    template <class Stream>
    struct connection final : connection_base {
        connection(
            std::shared_ptr<impl> o,
            tcp::socket s,
            tls_context_ptr t,
            client_peer who,
            address_counter::place taken
        )
            : owner(std::move(o)), tls(std::move(t)), stream(make_stream(std::move(s), tls.get())),
              guard(beast::get_lowest_layer(stream)), buffer(owner->limits_.read_buffer),
              peer(std::move(who)), counted(std::move(taken)) {
            place = owner->live_.insert(owner->live_.end(), this);
            owner->open_.add(1);
        }

        connection(connection const&) = delete;
        connection& operator=(connection const&) = delete;

        ~connection() override {
            owner->live_.erase(place);
            owner->open_.add(-1);
            if (owner->draining_ && owner->live_.empty())
                owner->drained_.cancel();
        }

        static Stream make_stream(tcp::socket s, tls_context const* t) {
            if constexpr (std::is_same_v<Stream, tcp::socket>)
                return s;
            else
                return Stream(std::move(s), t->context);
        }

        tcp::socket& socket() override { return beast::get_lowest_layer(stream); }

        std::shared_ptr<impl> owner;
        tls_context_ptr tls;
        Stream stream;
        deadline guard;
        beast::flat_buffer buffer;
        std::list<connection_base*>::iterator place;
        client_peer const peer;
        address_counter::place const counted;
        std::string peer_common_name;
    };

    using plain_connection = connection<tcp::socket>;
    using tls_connection = connection<asio::ssl::stream<tcp::socket>>;

    // What goes wrong over one connection (memory that is not there) ends that one: the listener lives as
    // long as the server.
    static awaitable<void> accept_loop(std::shared_ptr<impl> self) {
        for (bool rest = false; !self->draining_;) {
            try {
                if (rest)
                    co_await self->pause();
                rest = true;
                bool const accepted = co_await self->accept_one();
                rest = !accepted;
            } catch (...) {
                report_failure("listener", std::current_exception());
            }
        }
    }

    // Out of descriptors or memory: some must come back first, without spinning meanwhile.
    awaitable<void> pause() {
        pause_.expires_after(std::chrono::milliseconds(100));
        co_await pause_.async_wait(use_tuple);
    }

    awaitable<bool> accept_one() {
        auto [ec, socket] = co_await acceptor_.async_accept(use_tuple);
        if (!ec && !draining_)
            start(std::move(socket));
        co_return !ec;
    }

    void start(tcp::socket socket) {
        boost::system::error_code ec;
        auto const remote = socket.remote_endpoint(ec);
        if (ec)
            return;
        if (live_.size() >= limits_.max_connections) {
            turn_away(socket, too_many_, "too many connections");
            return;
        }
        auto peer = who_is(remote.address(), peers_.get());
        auto place = peers_ ? peers_->enter(peer.ip) : address_counter::place();
        if (!place) {
            turn_away(socket, too_many_of_one_, "too many connections from this address");
            return;
        }
        socket.set_option(tcp::no_delay(true), ec);
        socket.non_blocking(true, ec); // for write_now()
        if (tls_)
            asio::co_spawn(
                context_,
                serve_tls(std::make_unique<tls_connection>(
                    shared_from_this(), std::move(socket), tls_, std::move(peer), std::move(*place)
                )),
                report("session")
            );
        else
            asio::co_spawn(
                context_,
                serve_plain(std::make_unique<plain_connection>(
                    shared_from_this(), std::move(socket), nullptr, std::move(peer), std::move(*place)
                )),
                report("session")
            );
    }

    // Says why, as far as that needs no waiting: a peer over the bound is given nothing that lasts. Where TLS
    // is spoken there is no such answer.
    void turn_away(tcp::socket& socket, metrics::counter& count, std::string_view why) {
        count.add();
        if (tls_)
            return;
        std::string const text = wire_text(handler_.refuse(503, why, {}), false, false);
        boost::system::error_code ignored;
        socket.non_blocking(true, ignored);
        socket.write_some(asio::buffer(text), ignored); // into an empty buffer
        socket.shutdown(tcp::socket::shutdown_send, ignored);
    }

    static awaitable<void> serve_plain(std::unique_ptr<plain_connection> c) {
        bool const clean = co_await serve(*c);
        if (clean)
            co_await linger(*c);
    }

    static awaitable<void> serve_tls(std::unique_ptr<tls_connection> c) {
        c->guard.arm(c->owner->limits_.handshake_timeout);
        auto [ec] = co_await c->stream.async_handshake(asio::ssl::stream_base::server, use_tuple);
        if (ec)
            co_return;
        c->peer_common_name = peer_common_name(c->stream.native_handle());
        bool const clean = co_await serve(*c);
        if (!clean)
            co_return;
        c->guard.arm(std::chrono::seconds(2)); // async_shutdown waits for the peer and might wait for ever
        auto [ignored] = co_await c->stream.async_shutdown(use_tuple);
        static_cast<void>(ignored);
    }

    using parser = http::request_parser<http::string_body>;

    // Serves requests in order, one at a time, until one says close. True: the connection should be closed
    // politely.
    template <class C>
    static awaitable<bool> serve(C& c) {
        auto const& limits = c.owner->limits_;
        for (std::size_t served = 0;; ++served) {
            c.busy = c.buffer.size() != 0;
            // A connection that was never used gets no longer than a header may take.
            c.guard.arm(c.busy || served == 0 ? limits.header_timeout : limits.idle_timeout);
            header_scanner scanner(limits);
            bool const received = co_await read_header(c, scanner);
            if (!received)
                co_return false;
            if (scanner.refusal()) {
                co_await refuse(c, scanner.refusal(), scanner.target());
                co_return true;
            }
            bool const last = served + 1 >= limits.max_requests_per_connection;
            auto const next = co_await serve_one(c, scanner.target(), last);
            if (next != after::next_request)
                co_return next == after::polite_close;
        }
    }

    enum class after { next_request, polite_close, cut };

    // Reads until the header is complete or refused; false when the connection ended or was no HTTP.
    template <class C>
    static awaitable<bool> read_header(C& c, header_scanner& scanner) {
        for (;;) {
            auto const state = scanner.scan(text_of(c.buffer));
            if (state == header_scanner::state::complete || state == header_scanner::state::refused)
                co_return true;
            if (state == header_scanner::state::not_http)
                co_return false;
            auto [ec, n] = co_await c.stream.async_read_some(c.buffer.prepare(4096), use_tuple);
            if (ec)
                co_return false;
            c.buffer.commit(n);
            if (!c.busy) {
                c.busy = true;
                c.guard.arm(c.owner->limits_.header_timeout); // from the first byte
            }
        }
    }

    template <class C>
    static awaitable<after> serve_one(C& c, std::string const& target, bool last) {
        parser p;
        p.header_limit(static_cast<std::uint32_t>(c.owner->limits_.max_header + 1));
        p.body_limit(boost::none); // judge() bounds Content-Length, and nothing else frames a body
        boost::system::error_code ec;
        c.buffer.consume(p.put(c.buffer.data(), ec));
        if (ec || !p.is_header_done()) {
            verdict const malformed{400, "malformed HTTP"};
            co_await refuse(c, malformed, target);
            co_return after::polite_close;
        }
        http_request request = view_of(p.get(), c);
        auto const length = p.content_length();
        auto const has_length = length.has_value() ? std::optional<std::uint64_t>(*length) : std::nullopt;
        if (verdict const v = judge(request, has_length, c.owner->limits_)) {
            co_await refuse(c, v, target);
            co_return after::polite_close;
        }
        bool const may_keep = p.keep_alive() && !last && !c.owner->draining_;
        auto const to_come = static_cast<std::size_t>(has_length.value_or(0)); // at most max_body
        bool const is_here = c.buffer.size() >= to_come;
        bool const head = request.method == "HEAD";
        if (auto refusal = shed(c, request)) {
            if (is_here)
                c.buffer.consume(to_come);
            co_return co_await write_reply(c, std::move(*refusal), may_keep && is_here, head);
        }
        bool const none_came = c.buffer.size() == 0;
        if (!take_body(c, p)) {
            bool const complete = co_await read_body(c, p, none_came);
            if (!complete)
                co_return after::cut;
        }
        if (!is_here) // others came while it was waited for
            if (auto refusal = shed(c, request))
                co_return co_await write_reply(c, std::move(*refusal), may_keep, head);
        request.body = p.get().body();
        http_reply reply = co_await answer(c, request);
        if (reply.disconnect)
            co_return after::cut;
        bool const keep = may_keep && !reply.close && !c.owner->draining_;
        co_return co_await write_reply(c, std::move(reply), keep, head);
    }

    // The request has come as far as it had to; whether it is too much. Cheap.
    template <class C>
    static std::optional<http_reply> shed(C& c, http_request& request) {
        request.received = clock::now();
        return c.owner->handler_.shed(request);
    }

    // What is here of the body; true when that is all of it.
    template <class C>
    static bool take_body(C& c, parser& p) {
        p.eager(true);
        boost::system::error_code ignored; // of a body framed by its length, need_more at most
        if (c.buffer.size() != 0 && !p.is_done())
            c.buffer.consume(p.put(c.buffer.data(), ignored));
        return p.is_done();
    }

    // The rest of it.
    template <class C>
    static awaitable<bool> read_body(C& c, parser& p, bool none_came) {
        c.guard.arm(c.owner->limits_.body_timeout);
        if (none_came && !p.get()[http::field::expect].empty()) {
            static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
            auto [ec, n] = co_await asio::async_write(c.stream, asio::buffer(go_on), use_tuple);
            if (ec)
                co_return false;
        }
        auto [failed, n] = co_await http::async_read(c.stream, c.buffer, p, use_tuple);
        co_return !failed;
    }

    template <class C>
    static awaitable<http_reply> answer(C& c, http_request& request) {
        c.guard.disarm(); // the handler bounds itself by request.deadline
        request.deadline = request.received + c.owner->limits_.request_timeout;
        auto& handler = c.owner->handler_;
        try {
            http_reply reply = co_await handler.handle(request);
            co_return reply;
        } catch (...) {
            report_failure("handler", std::current_exception());
        }
        http_reply reply = handler.refuse(500, "internal error", request.target);
        reply.close = true;
        co_return reply;
    }

    template <class C>
    static awaitable<void> refuse(C& c, verdict v, std::string_view target) {
        http_reply reply = c.owner->handler_.refuse(v.status, v.reason, target);
        co_await write_reply(c, std::move(reply), false, false);
    }

    template <class C>
    static awaitable<after> write_reply(C& c, http_reply reply, bool keep, bool head) {
        std::string text = wire_text(reply, keep, head);
        std::string().swap(reply.body); // a slow reader may hold this for long
        c.guard.arm(c.owner->limits_.write_timeout);
        unsent_replies::reply const unsent(c.owner->unsent_, c.socket(), text.size());
        std::size_t const written = write_now(c.stream, text);
        if (written < text.size()) {
            auto const rest = asio::buffer(text) + written;
            auto [ec, n] = co_await asio::async_write(c.stream, rest, use_tuple);
            if (ec)
                co_return after::cut;
        }
        if (bytes_not_sent(c.socket()) != 0) { // the kernel alone has it, and might take many more
            std::string().swap(text);
            auto const failed = co_await wait_until_sent(c.socket());
            if (failed)
                co_return after::cut;
        }
        co_return keep ? after::next_request : after::polite_close;
    }

    // Reads on for a moment after the last answer: closing at once would reset the connection and destroy the
    // answer.
    static awaitable<void> linger(plain_connection& c) {
        boost::system::error_code ignored;
        c.stream.shutdown(tcp::socket::shutdown_send, ignored);
        c.guard.arm(c.owner->limits_.linger);
        std::size_t left = 64UL * 1024;
        while (left > 0) {
            c.buffer.clear();
            auto [ec, n] = co_await c.stream.async_read_some(c.buffer.prepare(4096), use_tuple);
            if (ec)
                co_return;
            left -= std::min(left, n);
        }
    }

    static std::string_view text_of(beast::flat_buffer const& b) {
        return {static_cast<char const*>(b.data().data()), b.data().size()};
    }

    template <class C>
    static http_request view_of(parser::value_type const& message, C const& c) {
        http_request r;
        auto const text = [](beast::string_view s) { return std::string_view(s.data(), s.size()); };
        r.method = text(message.method_string());
        r.version = message.version();
        r.target = text(message.target());
        auto const mark = std::min(r.target.find('?'), r.target.size());
        r.path = r.target.substr(0, mark);
        r.query = r.target.substr(std::min(mark + 1, r.target.size()));
        r.headers.reserve(16);
        for (auto const& h : message)
            r.headers.push_back({text(h.name_string()), text(h.value())});
        r.peer = c.peer.is_proxy ? caller_behind(c.peer.ip, r, c.owner->peers_->proxies) : c.peer.text;
        r.peer_common_name = c.peer_common_name;
        return r;
    }

    static std::string
    caller_behind(ip_address const& proxy, http_request const& r, trusted_networks const& proxies) {
        std::vector<std::string_view> forwarded;
        for (auto const& h : r.headers)
            if (ascii_iequals(h.name, "x-forwarded-for"))
                forwarded.push_back(h.value);
        return caller_of(proxy, forwarded, proxies).to_string();
    }

    asio::io_context& context_;
    server_limits limits_;
    http_handler& handler_;
    tls_context_ptr tls_;
    std::shared_ptr<peer_rules> const peers_; // null: nobody is a proxy, and addresses are not counted
    tcp::acceptor acceptor_;
    std::list<connection_base*> live_;
    unsent_replies unsent_;
    asio::steady_timer drained_;
    asio::steady_timer pause_;
    bool draining_ = false;
    metrics::gauge& open_ = metrics::get_gauge("wxgate_http_connections", "Open connections of clients.");
    metrics::counter& too_many_ = shed_counter("connections", "connection");
    metrics::counter& too_many_of_one_ = shed_counter("address", "connection");
};

http_server::http_server(
    asio::io_context& context,
    server_limits limits,
    http_handler& handler,
    tls_context_ptr tls,
    std::shared_ptr<peer_rules> peers
)
    : impl_(std::make_shared<impl>(context, limits, handler, std::move(tls), std::move(peers))) {
}

http_server::~http_server() {
    impl_->close();
}

address http_server::listen(address const& where, bool share, bool first) {
    return impl_->listen(where, share, first);
}

void http_server::set_tls(tls_context_ptr tls) {
    impl_->set_tls(std::move(tls));
}

awaitable<void> http_server::drain() {
    return impl::drain(impl_);
}

std::size_t http_server::connections() const noexcept {
    return impl_->connections();
}

} // namespace wxgate::net
