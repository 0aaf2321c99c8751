// T9: each allocation that a request costs the server fails in turn. That request may be lost; the server is
// not, and nobody else's request is.
#include "allocations.hpp"
#include "async/task.hpp"
#include "net/http_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <sys/time.h>

#include <optional>
#include <string>
#include <thread>

using namespace wxgate;
using namespace wxgate::net;
using tcp = asio::ip::tcp;

namespace {

struct greeting final : http_handler {
    awaitable<http_reply> handle(http_request const& request) override {
        http_reply reply;
        reply.body = "You said: " + std::string(request.body);
        co_return reply;
    }

    http_reply refuse(unsigned status, std::string_view reason, std::string_view) override {
        http_reply reply;
        reply.status = status;
        reply.body = reason;
        return reply;
    }
};

// A server on a thread of its own, and a client that takes no memory there.
struct stage {
    stage() {
        server.emplace(context, server_limits(), handler, nullptr);
        port = server->listen({"127.0.0.1", 0}, false, true).port;
        thread = std::thread([this] {
            test::watch_this_thread();
            run_guarded(context, "test");
        });
    }

    ~stage() {
        test::fail_at(0);
        context.stop();
        thread.join();
        server.reset();
        while (context.poll() != 0)
            context.restart();
    }

    // What comes of one request on a connection of its own: the whole answer, or "" when there was none.
    std::string ask() const {
        asio::io_context mine;
        tcp::socket s(mine);
        boost::system::error_code ec;
        s.connect({asio::ip::address_v4::loopback(), port}, ec);
        timeval const patience{10, 0};
        ::setsockopt(s.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        std::string const request =
            "POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Long: " + std::string(300, 'h') +
            "\r\nContent-Length: 600\r\n\r\n" + std::string(600, 'b');
        asio::write(s, asio::buffer(request), ec);
        std::string all;
        char piece[4096];
        for (;;) {
            auto const n = ::recv(s.native_handle(), piece, sizeof piece, 0);
            if (n <= 0)
                return n == 0 || errno == ECONNRESET ? all : "it hangs";
            all.append(piece, static_cast<std::size_t>(n));
        }
    }

    greeting handler;
    asio::io_context context{1};
    std::optional<http_server> server;
    std::uint16_t port = 0;
    std::thread thread;
};

bool is(std::string const& answer, std::string_view status) {
    return answer.starts_with("HTTP/1.1 " + std::string(status));
}

} // namespace

BOOST_AUTO_TEST_SUITE(no_memory)

BOOST_AUTO_TEST_CASE(for_each_allocation_of_a_request) {
    stage s;
    BOOST_TEST_REQUIRE(is(s.ask(), "200"));
    int lost = 0;
    int refused = 0;
    long n = 1;
    for (bool struck = true; struck && n < 2000; ++n) {
        BOOST_TEST_CONTEXT("allocation " << n) {
            test::fail_at(n);
            auto const answer = s.ask();
            struck = test::has_failed();
            test::fail_at(0);
            bool const fine = answer.empty() || is(answer, "200") || is(answer, "500");
            BOOST_TEST(fine, answer);
            lost += answer.empty() ? 1 : 0;
            refused += is(answer, "500") ? 1 : 0;
            BOOST_TEST_REQUIRE(is(s.ask(), "200"), "the next request");
        }
    }
    BOOST_TEST_MESSAGE(
        n - 2 << " failures: " << lost << " without an answer, " << refused << " answered 500"
    );
    BOOST_TEST(n > 10);
    BOOST_TEST(refused > 0);
}

BOOST_AUTO_TEST_SUITE_END()
