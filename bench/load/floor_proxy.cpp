#include "load/floor_proxy.hpp"

#include "async/task.hpp"
#include "net/tls_context.hpp"

#include <wxgate/notification.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <thread>

namespace wxgate::bench {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

namespace {

constexpr std::size_t buffer_size = 8UL * 1024; // a message is smaller: one read takes it
constexpr std::size_t max_buffer = 48UL * 1024;
constexpr std::size_t number_size = 17; // of an order of the bench

struct reuse_port {
    template <class Protocol>
    int level(Protocol const&) const noexcept {
        return SOL_SOCKET;
    }

    template <class Protocol>
    int name(Protocol const&) const noexcept {
        return SO_REUSEPORT;
    }

    template <class Protocol>
    void const* data(Protocol const&) const noexcept {
        return &on;
    }

    template <class Protocol>
    std::size_t size(Protocol const&) const noexcept {
        return sizeof on;
    }

    int on = 1;
};

using request = http::request<http::string_body>;
using request_parser = http::request_parser<http::string_body>;
using response_parser = http::response_parser<http::string_body>;

tcp::endpoint endpoint_of(net::url const& u) {
    return {asio::ip::make_address(u.host), u.port};
}

struct plain_connection {
    explicit plain_connection(asio::io_context& context) : socket(context), buffer(max_buffer) {
        buffer.reserve(buffer_size);
    }

    tcp::socket& stream() { return socket; }

    tcp::socket socket;
    beast::flat_buffer buffer;
};

struct tls_connection {
    tls_connection(asio::io_context& context, net::tls_context const& tls)
        : socket(context), secure(socket, tls.context), buffer(max_buffer) {
        buffer.reserve(buffer_size);
    }

    tls_connection(tls_connection const&) = delete;
    tls_connection& operator=(tls_connection const&) = delete;

    ~tls_connection() { net::keep_session(secure.native_handle()); }

    asio::ssl::stream<tcp::socket&>& stream() { return secure; }

    tcp::socket socket;
    asio::ssl::stream<tcp::socket&> secure;
    beast::flat_buffer buffer;
};

// The connections to one host that wait for the next exchange; the one used last is taken first.
template <class Connection>
class kept {
public:
    std::unique_ptr<Connection> take() {
        if (idle_.empty())
            return nullptr;
        auto c = std::move(idle_.back());
        idle_.pop_back();
        return c;
    }

    void give_back(std::unique_ptr<Connection> c) { idle_.push_back(std::move(c)); }

private:
    std::vector<std::unique_ptr<Connection>> idle_;
};

// The order's number, where it stands in a notification.
std::string_view number_in(std::string_view notification) {
    constexpr std::string_view opening = "<out_trade_no><![CDATA[";
    auto const at = notification.find(opening);
    if (at == std::string_view::npos)
        return {};
    auto const rest = notification.substr(at + opening.size());
    return rest.substr(0, rest.find("]]>"));
}

} // namespace

class floor_proxy::worker {
public:
    worker(floor_settings const& s, host_port const& listen)
        : acceptor_(context_), pause_(context_), upstream_(endpoint_of(s.upstream)),
          upstream_host_(s.upstream.host), upstream_authority_(s.upstream.authority()),
          tls_(net::make_client_tls({s.ca_file, {}})), shop_(endpoint_of(s.shop)),
          shop_authority_(s.shop.authority()), shop_target_(s.shop.path.empty() ? "/" : s.shop.path) {
        constexpr std::string_view before = R"({"type":"payment.succeeded","data":{"out_trade_no":")";
        webhook_before_ = before;
        webhook_behind_ = R"(","as_long_as_the_gateways":")";
        auto const head =
            sizeof "POST  HTTP/1.1\r\nHost: \r\nContent-Type: application/json\r\nContent-Length: "
                   "999\r\n\r\n" -
            1 + shop_target_.size() + shop_authority_.size();
        auto const there = head + before.size() + number_size + webhook_behind_.size() + 3;
        webhook_behind_.append(s.webhook_size - std::min(s.webhook_size, there), 'x').append("\"}}");
        tcp::endpoint const where(asio::ip::make_address(listen.host), listen.port);
        acceptor_.open(where.protocol());
        acceptor_.set_option(tcp::acceptor::reuse_address(true));
        acceptor_.set_option(reuse_port{});
        acceptor_.bind(where);
        acceptor_.listen(4096);
        asio::co_spawn(context_, accept_all(), wxgate::report("floor.accept"));
    }

    worker(worker const&) = delete;
    worker& operator=(worker const&) = delete;

    ~worker() { stop(); }

    void start() {
        thread_ = std::thread([this] { run_guarded(context_, "floor"); });
    }

    void stop() {
        context_.stop();
        if (thread_.joinable())
            thread_.join();
    }

    host_port listen() const {
        auto const at = acceptor_.local_endpoint();
        return {at.address().to_string(), at.port()};
    }

    floor_counts const& counts() const noexcept { return counts_; }

private:
    awaitable<void> accept_all() {
        for (;;) {
            auto [ec, socket] = co_await acceptor_.async_accept(use_tuple);
            if (ec) { // out of descriptors: wait for some to come back
                pause_.expires_after(std::chrono::milliseconds(100));
                co_await pause_.async_wait(use_tuple);
                continue;
            }
            boost::system::error_code ignored;
            socket.set_option(tcp::no_delay(true), ignored);
            asio::co_spawn(context_, serve(std::move(socket)), wxgate::report("floor.session"));
        }
    }

    awaitable<void> serve(tcp::socket socket) {
        beast::flat_buffer buffer(max_buffer);
        buffer.reserve(buffer_size);
        for (bool keep = true; keep;) {
            request_parser in;
            auto [ec, n] = co_await http::async_read(socket, buffer, in, use_tuple);
            if (ec)
                co_return;
            keep = in.get().keep_alive();
            bool answered = false;
            if (in.get().target() == "/pay/unifiedorder")
                answered = co_await create(socket, in.get(), keep);
            else if (in.get().target().starts_with("/notify/"))
                answered = co_await notify(socket, in.get().body(), keep);
            if (!answered)
                co_return;
        }
    }

    // The request as it came goes up, the answer as it came goes down.
    awaitable<bool> create(tcp::socket& socket, request& from, bool keep) {
        ++counts_.creates;
        from.set(http::field::host, upstream_authority_);
        from.keep_alive(true);
        std::optional<response_parser> in;
        bool const came = co_await exchange(to_upstream_, from, in);
        if (!came)
            co_return false;
        auto& answer = in->get();
        answer.keep_alive(keep);
        auto [ec, n] = co_await http::async_write(socket, answer, use_tuple);
        co_return !ec;
    }

    awaitable<bool> notify(tcp::socket& socket, std::string const& notification, bool keep) {
        ++counts_.notifications;
        request webhook(http::verb::post, shop_target_, 11);
        webhook.set(http::field::host, shop_authority_);
        webhook.set(http::field::content_type, "application/json");
        auto const number = number_in(notification);
        auto& body = webhook.body();
        body.reserve(webhook_before_.size() + number.size() + webhook_behind_.size());
        body.append(webhook_before_).append(number).append(webhook_behind_);
        webhook.prepare_payload();
        std::optional<response_parser> in;
        bool const came = co_await exchange(to_shop_, webhook, in);
        if (!came)
            co_return false;
        http::response<http::span_body<char const>> answer(http::status::ok, 11);
        answer.set(http::field::content_type, "text/xml");
        answer.keep_alive(keep);
        answer.body() = {notification_accepted.data(), notification_accepted.size()};
        answer.prepare_payload();
        auto [ec, n] = co_await http::async_write(socket, answer, use_tuple);
        co_return !ec;
    }

    // One request and its answer. A kept connection may have been closed meanwhile: then a new one.
    template <class Connection>
    awaitable<bool> exchange(kept<Connection>& to, request& out, std::optional<response_parser>& in) {
        for (;;) {
            auto c = to.take();
            bool const fresh = c == nullptr;
            if (fresh)
                co_await connect(c);
            if (c == nullptr)
                break;
            in.emplace();
            bool const came = co_await exchange_over(*c, out, *in);
            if (came && in->keep_alive())
                to.give_back(std::move(c));
            if (came)
                co_return true;
            if (fresh)
                break;
        }
        ++counts_.failures;
        co_return false;
    }

    template <class Connection>
    static awaitable<bool> exchange_over(Connection& c, request& out, response_parser& in) {
        auto [unsent, written] = co_await http::async_write(c.stream(), out, use_tuple);
        if (unsent)
            co_return false;
        auto [unread, n] = co_await http::async_read(c.stream(), c.buffer, in, use_tuple);
        co_return !unread;
    }

    awaitable<void> connect(std::unique_ptr<plain_connection>& to) {
        auto c = std::make_unique<plain_connection>(context_);
        auto [ec] = co_await c->socket.async_connect(shop_, use_tuple);
        if (ec)
            co_return;
        c->socket.set_option(tcp::no_delay(true));
        to = std::move(c);
    }

    awaitable<void> connect(std::unique_ptr<tls_connection>& to) {
        auto c = std::make_unique<tls_connection>(context_, *tls_);
        auto [ec] = co_await c->socket.async_connect(upstream_, use_tuple);
        if (ec)
            co_return;
        c->socket.set_option(tcp::no_delay(true));
        net::prepare_client(c->secure.native_handle(), upstream_host_, &session_);
        auto [refused] = co_await c->secure.async_handshake(asio::ssl::stream_base::client, use_tuple);
        if (!refused)
            to = std::move(c);
    }

    // Before the connections whose sessions it holds.
    net::session_slot session_;
    asio::io_context context_{1};
    tcp::acceptor acceptor_;
    asio::steady_timer pause_;
    tcp::endpoint upstream_;
    std::string upstream_host_;
    std::string upstream_authority_;
    net::tls_context_ptr tls_;
    tcp::endpoint shop_;
    std::string shop_authority_;
    std::string shop_target_;
    std::string webhook_before_;
    std::string webhook_behind_;
    kept<tls_connection> to_upstream_;
    kept<plain_connection> to_shop_;
    floor_counts counts_;
    std::thread thread_;
};

floor_proxy::floor_proxy(floor_settings const& s) {
    for (unsigned i = 0; i < s.threads; ++i)
        workers_.push_back(std::make_unique<worker>(s, i == 0 ? s.listen : listen()));
    for (auto const& w : workers_)
        w->start();
}

floor_proxy::~floor_proxy() = default;

host_port floor_proxy::listen() const {
    return workers_.front()->listen();
}

floor_counts floor_proxy::stop() {
    floor_counts all;
    for (auto const& w : workers_) {
        w->stop();
        all.creates += w->counts().creates;
        all.notifications += w->counts().notifications;
        all.failures += w->counts().failures;
    }
    return all;
}

} // namespace wxgate::bench
