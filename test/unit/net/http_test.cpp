// Our client against our server, over real sockets: keep-alive, TLS resumption, verification, deadlines, the
// pool's bound, drain.
#include "base/metrics.hpp"
#include "net/http_client.hpp"
#include "net/http_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

using namespace wxgate;
using namespace wxgate::net;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr std::size_t big = 1'000'000;

// Echoes the body; "/slow" waits for a second, "/cut" cuts the connection, "/throw" throws, "/big" answers a
// megabyte, "/busy" 503, "/moved" a redirect and "/dated" with a date.
struct echo final : http_handler {
    awaitable<http_reply> handle(http_request const& request) override {
        ++handled;
        http_reply reply;
        if (request.path == "/throw")
            throw std::runtime_error("as asked");
        if (request.path == "/slow") {
            asio::steady_timer timer(co_await asio::this_coro::executor, 1s);
            co_await timer.async_wait(use_tuple);
        }
        reply.disconnect = request.path == "/cut";
        reply.body = std::string(request.method) + ' ' + std::string(request.body);
        if (request.path == "/big")
            reply.body = big_body();
        if (request.path == "/busy") {
            reply.status = 503;
            reply.headers.emplace_back("Retry-After", "120");
        }
        if (request.path == "/moved") {
            reply.status = 302;
            reply.headers.emplace_back("Location", "/");
        }
        if (request.path == "/dated")
            reply.headers.emplace_back("Date", "Sun, 06 Nov 1994 08:49:37 GMT");
        co_return reply;
    }

    http_reply refuse(unsigned status, std::string_view reason, std::string_view) override {
        http_reply reply;
        reply.status = status;
        reply.body = reason;
        return reply;
    }

    static std::string big_body() {
        std::string body(big, '\0');
        for (std::size_t i = 0; i < body.size(); ++i)
            body[i] = static_cast<char>('a' + i % 23);
        return body;
    }

    int handled = 0;
};

struct gathered final : download_sink {
    awaitable<error_code> take(std::string_view piece) override {
        longest = std::max(longest, piece.size());
        text += piece;
        co_return error_code{};
    }

    std::string text;
    std::size_t longest = 0;
};

struct identity_files {
    identity_files() {
        std::filesystem::create_directories(folder);
        certificate_request authority;
        authority.common_name = "test ca";
        authority.authority = true;
        auto const ca = issue_certificate(authority);
        certificate_request server;
        server.common_name = "127.0.0.1";
        server.ip_addresses = {"127.0.0.1"};
        auto const leaf = issue_certificate(server, &ca);
        write("ca.pem", ca.certificate);
        write("server.pem", leaf.certificate);
        write("server.key", leaf.private_key);
    }

    ~identity_files() { std::filesystem::remove_all(folder); }

    void write(char const* name, std::string const& text) const { std::ofstream(folder / name) << text; }

    std::string path(char const* name) const { return (folder / name).string(); }

    std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("wxgate-http-" + std::to_string(getpid()));
};

struct pair {
    explicit pair(bool tls, client_limits limits = {}, server_limits server_bounds = {}) {
        tls_context_ptr server_side;
        tls_context_ptr client_side;
        if (tls) {
            server_side = make_server_tls({files.path("server.pem"), files.path("server.key"), {}});
            client_side = make_client_tls({files.path("ca.pem"), {}});
        }
        server.emplace(context, server_bounds, handler, server_side);
        where = server->listen({"127.0.0.1", 0}, true, true);
        http_client_options const options{limits, false};
        client.emplace(context.get_executor(), url{tls, "127.0.0.1", where.port, ""}, client_side, options);
    }

    template <class T>
    T run(awaitable<T> work) {
        std::optional<T> got;
        std::exception_ptr failed;
        asio::co_spawn(context, std::move(work), [&](std::exception_ptr e, T value) {
            failed = e;
            got = std::move(value);
        });
        context.restart();
        while (!got && context.run_one_for(20s) != 0) {
        }
        if (failed)
            std::rethrow_exception(failed);
        BOOST_TEST_REQUIRE(got.has_value());
        return std::move(*got);
    }

    exchange_result
    get(std::string target,
        std::string body = "x",
        bool repeatable = false,
        std::chrono::milliseconds in = 10s) {
        exchange_request q;
        q.target = std::move(target);
        q.body = std::move(body);
        q.repeatable = repeatable;
        return run(client->exchange(std::move(q), clock_type::now() + in));
    }

    identity_files files;
    asio::io_context context{1};
    echo handler;
    std::optional<http_server> server;
    std::optional<http_client> client;
    address where;
};

} // namespace

BOOST_AUTO_TEST_SUITE(http)

BOOST_AUTO_TEST_CASE(connections_are_kept) {
    for (bool const tls : {false, true}) {
        pair p(tls);
        for (int i = 0; i < 5; ++i) {
            auto const r = p.get("/", std::string(20'000, 'b'));
            BOOST_TEST_REQUIRE(r.has_value());
            BOOST_TEST(r->status == 200U);
            BOOST_TEST(r->body.size() == 20'005U);
        }
        BOOST_TEST(p.client->connections().opened == 1U);
        BOOST_TEST(p.client->connections().idle == 1U);
    }
}

BOOST_AUTO_TEST_CASE(a_download_comes_in_pieces_over_kept_connections) {
    for (bool const tls : {false, true}) {
        pair p(tls);
        for (int i = 0; i < 3; ++i) {
            gathered sink;
            exchange_request q;
            q.target = "/big";
            auto const r = p.run(p.client->download(std::move(q), sink, clock_type::now() + 10s));
            BOOST_TEST_REQUIRE(r.has_value());
            BOOST_TEST(r->status == 200U);
            BOOST_TEST(r->content_type == "application/json");
            BOOST_TEST(r->body == "");
            BOOST_TEST((sink.text == echo::big_body()));
            BOOST_TEST(sink.longest <= 16U * 1024U);
            BOOST_TEST(p.get("/").has_value());
        }
        BOOST_TEST(p.client->connections().opened == 1U);
        BOOST_TEST(p.client->connections().idle == 1U);
    }
}

BOOST_AUTO_TEST_CASE(retry_after_is_told) {
    pair p(false);
    auto const busy = p.get("/busy");
    BOOST_TEST_REQUIRE(busy.has_value());
    BOOST_TEST(busy->status == 503U);
    BOOST_TEST(busy->retry_after == "120");
    auto const fine = p.get("/");
    BOOST_TEST_REQUIRE(fine.has_value());
    BOOST_TEST(fine->retry_after == "");
}

BOOST_AUTO_TEST_CASE(the_date_is_told) {
    pair p(false);
    auto const dated = p.get("/dated");
    BOOST_TEST_REQUIRE(dated.has_value());
    BOOST_TEST_REQUIRE(dated->date.has_value());
    BOOST_TEST(*dated->date == 784111777000);
    BOOST_TEST(!p.get("/")->date.has_value());
}

// By host and identity, and nothing is left of a pool that has ended.
BOOST_AUTO_TEST_CASE(a_pool_tells_of_itself) {
    pair p(true);
    auto const labels = "host=\"127.0.0.1:" + std::to_string(p.where.port) + "\",identity=\"10000100\"";
    auto const gauge = [&](char const* name) { return metrics::get_gauge(name, "", labels).value(); };
    auto const counter = [&](char const* name) { return metrics::get_counter(name, "", labels).value(); };
    client_limits limits;
    limits.max_connections = 1;
    http_client_options const options{limits, false, "10000100"};
    auto const tls = make_client_tls({p.files.path("ca.pem"), {}});
    url const origin{true, "127.0.0.1", p.where.port, ""};
    p.client.emplace(p.context.get_executor(), origin, tls, options);
    BOOST_TEST_REQUIRE(p.get("/").has_value());
    BOOST_TEST(gauge("wxgate_pool_connections_open") == 1);
    BOOST_TEST(gauge("wxgate_pool_connections_idle") == 1);
    BOOST_TEST(counter("wxgate_pool_connections_opened_total") == 1U);
    BOOST_TEST(counter("wxgate_pool_sessions_resumed_total") == 0U);

    {
        http_client second(p.context.get_executor(), origin, tls, options); // another worker's
        BOOST_TEST(!p.run(second.warm(clock_type::now() + 5s)).failed());
        BOOST_TEST(gauge("wxgate_pool_connections_open") == 2);
    }
    p.context.restart();
    p.context.run_for(100ms);
    BOOST_TEST(gauge("wxgate_pool_connections_open") == 1);
    BOOST_TEST(gauge("wxgate_pool_connections_idle") == 1);

    // One is busy, and the other has no time to wait for it.
    std::optional<exchange_result> slow;
    exchange_request q;
    q.target = "/slow";
    auto busy = p.client->exchange(std::move(q), clock_type::now() + 10s);
    asio::co_spawn(p.context, std::move(busy), [&](std::exception_ptr, exchange_result r) {
        slow = std::move(r);
    });
    auto const late = p.get("/", "x", false, 200ms);
    BOOST_TEST_REQUIRE(!late.has_value());
    BOOST_TEST((late.error().code == errc::pool_exhausted));
    BOOST_TEST(counter("wxgate_pool_exhausted_total") == 1U);
    BOOST_TEST(gauge("wxgate_pool_waiting") == 0);
    BOOST_TEST(gauge("wxgate_pool_connections_idle") == 0);
    while (!slow && p.context.run_one_for(20s) != 0) {
    }
    BOOST_TEST_REQUIRE(slow.has_value());

    p.client->close();
    BOOST_TEST(gauge("wxgate_pool_connections_open") == 0);
    BOOST_TEST(gauge("wxgate_pool_connections_idle") == 0);
}

BOOST_AUTO_TEST_CASE(a_redirect_is_not_followed) {
    pair p(false);
    auto const r = p.get("/moved", "x", true);
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(r->status == 302U);
    BOOST_TEST(p.handler.handled == 1);
}

BOOST_AUTO_TEST_CASE(only_public_addresses_when_told_so) {
    pair p(false);
    http_client_options options;
    options.public_addresses_only = true;
    for (char const* host : {"127.0.0.1", "localhost", "::1", "::ffff:127.0.0.1"}) {
        http_client c(p.context.get_executor(), url{false, host, p.where.port, ""}, nullptr, options);
        for (int i = 0; i < 2; ++i) {
            auto const r = p.run(c.exchange({}, clock_type::now() + 5s));
            BOOST_TEST_REQUIRE(!r.has_value(), host);
            BOOST_TEST((r.error().code == errc::address_not_allowed), host);
            BOOST_TEST(!r.error().sent, host);
        }
        gathered sink;
        auto const d = p.run(c.download({}, sink, clock_type::now() + 5s));
        BOOST_TEST_REQUIRE(!d.has_value(), host);
        BOOST_TEST((d.error().code == errc::address_not_allowed), host);
        error_code const w = p.run(c.warm(clock_type::now() + 5s));
        BOOST_TEST((w == errc::address_not_allowed), host);
        BOOST_TEST(c.connections().open == 0U);
        BOOST_TEST(c.connections().opened == 0U);
    }
    BOOST_TEST(p.server->connections() == 0U);
    BOOST_TEST(p.get("/").has_value()); // who was not told so reaches it
}

BOOST_AUTO_TEST_CASE(sessions_are_resumed) {
    client_limits limits;
    limits.max_uses = 1; // a new connection each time
    pair p(true, limits);
    for (int i = 0; i < 4; ++i)
        BOOST_TEST_REQUIRE(p.get("/").has_value());
    BOOST_TEST(p.client->connections().opened == 4U);
    BOOST_TEST(p.client->connections().resumed == 3U);
}

BOOST_AUTO_TEST_CASE(an_untrusted_server_is_refused_before_a_byte_is_sent) {
    pair p(true);
    http_client c(
        p.context.get_executor(), url{true, "127.0.0.1", p.where.port, ""}, make_client_tls({}), {}
    );
    auto const r = p.run(c.exchange({}, clock_type::now() + 5s));
    BOOST_TEST_REQUIRE(!r.has_value());
    BOOST_TEST((r.error().code == errc::tls_failed));
    BOOST_TEST(!r.error().sent);
    http_client wrong_name(
        p.context.get_executor(),
        url{true, "localhost", p.where.port, ""},
        make_client_tls({p.files.path("ca.pem"), {}}),
        {}
    );
    auto const n = p.run(wrong_name.exchange({}, clock_type::now() + 5s));
    BOOST_TEST_REQUIRE(!n.has_value());
    BOOST_TEST((n.error().code == errc::tls_failed));
    BOOST_TEST(p.handler.handled == 0);
}

BOOST_AUTO_TEST_CASE(nobody_there_is_not_sent) {
    pair p(false);
    p.server.reset();
    auto const r = p.get("/");
    BOOST_TEST_REQUIRE(!r.has_value());
    BOOST_TEST((r.error().code == errc::connect_failed));
    BOOST_TEST(!r.error().sent);
}

BOOST_AUTO_TEST_CASE(an_answer_that_does_not_come_is_sent_and_timed_out) {
    pair p(true);
    auto const r = p.get("/slow", "x", false, 200ms);
    BOOST_TEST_REQUIRE(!r.has_value());
    BOOST_TEST((r.error().code == errc::timed_out));
    BOOST_TEST(r.error().sent);
    BOOST_TEST(p.client->connections().open == 0U);
}

BOOST_AUTO_TEST_CASE(a_cut_call_is_made_once_unless_it_is_repeatable) {
    pair p(true);
    BOOST_TEST_REQUIRE(p.get("/").has_value()); // the next goes over a kept connection
    auto const once = p.get("/cut");
    BOOST_TEST_REQUIRE(!once.has_value());
    BOOST_TEST(once.error().sent);
    BOOST_TEST(p.handler.handled == 2);
    BOOST_TEST_REQUIRE(p.get("/").has_value());
    auto const twice = p.get("/cut", "x", true);
    BOOST_TEST(!twice.has_value());
    BOOST_TEST(p.handler.handled == 5); // once more on a fresh connection, and no more
}

BOOST_AUTO_TEST_CASE(the_pool_is_bounded_and_its_queue_too) {
    client_limits limits;
    limits.max_connections = 1;
    limits.max_waiters = 1;
    pair p(false, limits);
    int answered = 0;
    int exhausted = 0;
    for (int i = 0; i < 3; ++i) {
        exchange_request q;
        q.target = "/slow";
        asio::co_spawn(
            p.context,
            p.client->exchange(std::move(q), clock_type::now() + 10s),
            [&](std::exception_ptr, exchange_result r) {
                answered += r ? 1 : 0;
                exhausted += !r && r.error().code == errc::pool_exhausted ? 1 : 0;
            }
        );
    }
    while (answered + exhausted < 3 && p.context.run_one_for(20s) != 0) {
    }
    BOOST_TEST(answered == 2);
    BOOST_TEST(exhausted == 1);
    BOOST_TEST(p.client->connections().opened == 1U);
}

BOOST_AUTO_TEST_CASE(a_handler_that_throws_is_answered_500) {
    pair p(false);
    auto const r = p.get("/throw");
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(r->status == 500U);
    BOOST_TEST(p.get("/").has_value());
}

BOOST_AUTO_TEST_CASE(idle_connections_go_before_the_server_closes_them) {
    client_limits limits;
    limits.idle_timeout = 50ms;
    pair p(true, limits);
    BOOST_TEST_REQUIRE(p.get("/").has_value());
    auto const end = clock_type::now() + 10s;
    while (p.client->connections().open != 0 && clock_type::now() < end)
        p.context.run_one_for(1s);
    BOOST_TEST(p.client->connections().open == 0U);
}

BOOST_AUTO_TEST_CASE(drain_ends_idle_connections_and_finishes_busy_ones) {
    pair p(false);
    BOOST_TEST_REQUIRE(p.get("/").has_value()); // now idle
    std::optional<exchange_result> busy;
    exchange_request q;
    q.target = "/slow";
    http_client second(p.context.get_executor(), url{false, "127.0.0.1", p.where.port, ""}, nullptr, {});
    asio::co_spawn(
        p.context,
        second.exchange(std::move(q), clock_type::now() + 10s),
        [&](std::exception_ptr, exchange_result r) { busy = std::move(r); }
    );
    while (p.handler.handled < 2)
        p.context.run_one_for(5s);
    bool drained = false;
    asio::co_spawn(p.context, p.server->drain(), [&](std::exception_ptr) { drained = true; });
    while ((!drained || !busy) && p.context.run_one_for(20s) != 0) {
    }
    BOOST_TEST(drained);
    BOOST_TEST_REQUIRE(busy.has_value());
    BOOST_TEST_REQUIRE(busy->has_value());
    BOOST_TEST((*busy)->status == 200U);
    BOOST_TEST(p.server->connections() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
