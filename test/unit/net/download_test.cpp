// Answers that are taken in pieces, from a peer that is told byte by byte what to say.
#include "net/http_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <malloc.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace wxgate;
using namespace wxgate::net;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;
using tcp = asio::ip::tcp;

namespace {

constexpr std::size_t flood_size = 32UL * 1024 * 1024;
constexpr std::size_t longest_piece = 16UL * 1024;

// What one coroutine waits for and another tells, once.
class event {
public:
    explicit event(asio::io_context& c) : timer_(c, asio::steady_timer::time_point::max()) {}

    void tell() {
        told_ = true;
        timer_.cancel();
    }

    awaitable<void> wait() {
        if (!told_)
            co_await timer_.async_wait(use_tuple);
    }

private:
    asio::steady_timer timer_;
    bool told_ = false;
};

std::size_t heap_in_use() {
    auto const m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

struct collector final : download_sink {
    explicit collector(asio::io_context& c) : first_piece(c) {}

    awaitable<error_code> take(std::string_view piece) override {
        overlapped = overlapped || taking;
        taking = true;
        ++pieces;
        total += piece.size();
        shortest = std::min(shortest, piece.size());
        longest = std::max(longest, piece.size());
        if (weigh) {
            heap_at_first = pieces == 1 ? heap_in_use() : heap_at_first;
            heap_at_most = std::max(heap_at_most, heap_in_use());
        } else {
            text += piece;
        }
        auto const executor = co_await asio::this_coro::executor;
        asio::steady_timer timer(executor, rest);
        co_await timer.async_wait(use_tuple); // all others get their turn
        if (!weigh && !text.ends_with(piece))
            piece_changed = true;
        taking = false;
        first_piece.tell();
        error_code ended;
        if (pieces == refused_piece)
            ended = make_error_code(errc::store_unavailable);
        co_return ended;
    }

    event first_piece; // was taken
    bool weigh = false;
    std::chrono::milliseconds rest{0};
    std::size_t refused_piece = 0;
    std::string text;
    std::size_t pieces = 0;
    std::size_t total = 0;
    std::size_t shortest = longest_piece;
    std::size_t longest = 0;
    std::size_t heap_at_first = 0;
    std::size_t heap_at_most = 0;
    bool taking = false;
    bool overlapped = false;
    bool piece_changed = false;
};

// A client, and a peer that serves one connection after the other.
struct stage {
    /// Answers one request; true when the connection may carry another.
    using script = awaitable<bool> (*)(stage&, tcp::socket&);

    explicit stage(script answer, client_limits limits = {})
        : sink(context), acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          client(
              context.get_executor(),
              url{false, "127.0.0.1", acceptor.local_endpoint().port(), ""},
              nullptr,
              http_client_options{limits, false}
          ) {
        asio::co_spawn(context, serve(*this, answer), report("peer"));
    }

    static awaitable<void> serve(stage& s, script answer);

    exchange_result run(awaitable<exchange_result> work) {
        std::optional<exchange_result> got;
        std::exception_ptr failed;
        asio::co_spawn(context, std::move(work), [&](std::exception_ptr e, exchange_result r) {
            failed = e;
            got = std::move(r);
        });
        context.restart();
        while (!got && context.run_one_for(20s) != 0) {
        }
        if (failed)
            std::rethrow_exception(failed);
        BOOST_TEST_REQUIRE(got.has_value());
        return std::move(*got);
    }

    static exchange_request request(bool repeatable) {
        exchange_request q;
        q.target = "/pay/downloadbill";
        q.repeatable = repeatable;
        return q;
    }

    exchange_result download(std::chrono::milliseconds in = 10s, bool repeatable = false) {
        return run(client.download(request(repeatable), sink, clock_type::now() + in));
    }

    exchange_result exchange() { return run(client.exchange(request(false), clock_type::now() + 10s)); }

    asio::io_context context{1};
    collector sink;
    tcp::acceptor acceptor;
    http_client client;
    int connections = 0;
    int requests = 0;
    int on_this_connection = 0;
};

awaitable<bool> put(tcp::socket& peer, std::string_view text) {
    auto [ec, n] = co_await asio::async_write(peer, asio::buffer(text), use_tuple);
    co_return !ec;
}

awaitable<bool> read_request(tcp::socket& peer) {
    std::string text;
    auto buffer = asio::dynamic_buffer(text, 65536);
    auto [ec, n] = co_await asio::async_read_until(peer, buffer, "\r\n\r\n", use_tuple);
    co_return !ec;
}

awaitable<void> wait_until_gone(tcp::socket& peer) {
    char byte = 0;
    auto [ec, n] = co_await peer.async_read_some(asio::buffer(&byte, 1), use_tuple);
    BOOST_TEST(ec.failed());
}

awaitable<void> stage::serve(stage& s, script answer) {
    for (;;) {
        auto [ec, peer] = co_await s.acceptor.async_accept(use_tuple);
        if (ec)
            co_return;
        ++s.connections;
        s.on_this_connection = 0;
        for (bool more = true; more;) {
            more = co_await read_request(peer);
            if (!more)
                break;
            ++s.requests;
            ++s.on_this_connection;
            more = co_await answer(s, peer);
        }
    }
}

// ---- what the peer says -----------------------------------------------------------------------------------

constexpr std::string_view two_bytes = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr std::string_view half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello";

awaitable<bool> in_chunks(stage& s, tcp::socket& peer) {
    co_await put(
        peer,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
    );
    co_await s.sink.first_piece.wait(); // so a piece does not wait for what comes after it
    co_await put(peer, "7;a=b\r\n, world\r\n1");
    bool const fine = co_await put(peer, "0\r\n0123456789abcdef\r\n0\r\nX-Trailer: t\r\n\r\n");
    co_return fine;
}

// What was sent is read before anything more is.
awaitable<void> let_read() {
    auto const executor = co_await asio::this_coro::executor;
    for (int turn = 0; turn < 10; ++turn)
        co_await asio::post(executor, asio::use_awaitable);
}

awaitable<bool> in_segments(tcp::socket& peer, std::vector<std::string_view> pieces) {
    peer.set_option(tcp::no_delay(true));
    bool fine = true;
    for (std::string_view const piece : pieces) {
        fine = fine && co_await put(peer, piece);
        co_await let_read();
    }
    co_return fine;
}

constexpr std::string_view chunked_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

awaitable<bool> nothing_in_three(stage&, tcp::socket& peer) {
    std::vector<std::string_view> pieces(3);
    pieces[0] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    pieces[1] = "\r";
    pieces[2] = "\n";
    bool const fine = co_await in_segments(peer, std::move(pieces));
    co_return fine;
}

awaitable<bool> nothing_byte_by_byte(stage&, tcp::socket& peer) {
    static constexpr std::string_view end = "0\r\n\r\n";
    std::vector<std::string_view> pieces(1, chunked_head);
    for (std::size_t i = 0; i < end.size(); ++i)
        pieces.push_back(end.substr(i, 1));
    bool const fine = co_await in_segments(peer, std::move(pieces));
    co_return fine;
}

awaitable<bool> hello_byte_by_byte(stage&, tcp::socket& peer) {
    static constexpr std::string_view end = "5\r\nhello\r\n0\r\nX: y\r\n\r\n";
    std::vector<std::string_view> pieces(1, chunked_head);
    for (std::size_t i = 0; i < end.size(); ++i)
        pieces.push_back(end.substr(i, 1));
    bool const fine = co_await in_segments(peer, std::move(pieces));
    co_return fine;
}

awaitable<bool> in_two_parts(stage& s, tcp::socket& peer) {
    co_await put(peer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nh");
    co_await s.sink.first_piece.wait();
    bool const fine = co_await put(peer, "ello");
    co_return fine;
}

awaitable<bool> flood(stage&, tcp::socket& peer) {
    std::string const block(64UL * 1024, 'b');
    std::string const head = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(flood_size) + "\r\n\r\n";
    bool fine = co_await put(peer, head);
    for (std::size_t sent = 0; fine && sent < flood_size; sent += block.size())
        fine = co_await put(peer, block);
    co_return fine;
}

awaitable<bool> flood_in_chunks(stage&, tcp::socket& peer) {
    std::string const block = "10000\r\n" + std::string(64UL * 1024, 'b') + "\r\n";
    bool fine = co_await put(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (std::size_t sent = 0; fine && sent < flood_size; sent += 64UL * 1024)
        fine = co_await put(peer, block);
    fine = fine && co_await put(peer, "0\r\n\r\n");
    co_return fine;
}

awaitable<bool> endless(stage&, tcp::socket& peer) {
    bool fine = co_await put(peer, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n");
    while (fine)
        fine = co_await put(peer, "0123456789");
    co_return false;
}

awaitable<bool> until_the_end(stage&, tcp::socket& peer) {
    co_await put(peer, "HTTP/1.1 200 OK\r\n\r\nhello");
    co_return false;
}

awaitable<bool> half_a_length(stage&, tcp::socket& peer) {
    std::string const text = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + std::string(50'000, 'x');
    co_await put(peer, text);
    co_return false;
}

awaitable<bool> half_the_chunks(stage&, tcp::socket& peer) {
    co_await put(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    co_return false;
}

awaitable<bool> half_a_header(stage&, tcp::socket& peer) {
    co_await put(peer, "HTTP/1.1 200 OK\r\nContent-Le");
    co_return false;
}

awaitable<bool> half_and_silence(stage&, tcp::socket& peer) {
    co_await put(peer, half);
    co_await wait_until_gone(peer);
    co_return false;
}

awaitable<bool> once_and_silence(stage& s, tcp::socket& peer) {
    if (s.on_this_connection > 1) {
        co_await wait_until_gone(peer);
        co_return false;
    }
    bool const fine = co_await put(peer, two_bytes);
    co_return fine;
}

awaitable<bool> once_a_connection(stage& s, tcp::socket& peer) {
    if (s.on_this_connection > 1)
        co_return false;
    bool const fine = co_await put(peer, two_bytes);
    co_return fine;
}

awaitable<bool> once_and_half(stage& s, tcp::socket& peer) {
    if (s.on_this_connection > 1) {
        co_await put(peer, half);
        co_return false;
    }
    bool const fine = co_await put(peer, two_bytes);
    co_return fine;
}

awaitable<bool> not_found(stage&, tcp::socket& peer) {
    bool const fine = co_await put(
        peer,
        "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nRetry-After: 7\r\nContent-Length: "
        "4\r\n\r\ngone"
    );
    co_return fine;
}

awaitable<bool> elsewhere(stage&, tcp::socket& peer) {
    bool const fine =
        co_await put(peer, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
    co_return fine;
}

awaitable<bool> go_on(stage&, tcp::socket& peer) {
    co_await put(peer, "HTTP/1.1 100 Continue\r\n\r\n");
    co_await wait_until_gone(peer);
    co_return false;
}

awaitable<bool> one_and_a_half(stage&, tcp::socket& peer) {
    co_await put(peer, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Le");
    co_await wait_until_gone(peer);
    co_return false;
}

awaitable<bool> strangely_coded(stage&, tcp::socket& peer) {
    co_await put(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok");
    co_await wait_until_gone(peer);
    co_return false;
}

awaitable<bool> a_long_header(stage&, tcp::socket& peer) {
    std::string const text = "HTTP/1.1 200 OK\r\nX-Long: " + std::string(20'000, 'x') + "\r\n\r\n";
    co_await put(peer, text);
    co_return false;
}

awaitable<bool> a_long_extension(stage&, tcp::socket& peer) {
    std::string const text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n2;" +
                             std::string(1'000'000, 'x') + "\r\nok\r\n0\r\n\r\n";
    co_await put(peer, text);
    co_return false;
}

awaitable<bool> a_long_trailer(stage&, tcp::socket& peer) {
    std::string const text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Long: " +
                             std::string(70'000, 'x') + "\r\n\r\n";
    co_await put(peer, text);
    co_return false;
}

} // namespace

BOOST_AUTO_TEST_SUITE(download)

BOOST_AUTO_TEST_CASE(pieces_come_as_they_are_sent_and_the_connection_is_kept) {
    struct row {
        stage::script answer;
        std::string text;
        std::string type;
    };

    row const table[] = {
        {in_chunks, "hello, world0123456789abcdef", "text/plain"},
        {in_two_parts, "hello", ""},
    };
    for (auto const& r : table) {
        stage s(r.answer);
        for (int i = 1; i <= 3; ++i) {
            s.sink.text.clear();
            auto const answer = s.download();
            BOOST_TEST_REQUIRE(answer.has_value());
            BOOST_TEST(answer->status == 200U);
            BOOST_TEST(answer->content_type == r.type);
            BOOST_TEST(answer->body == "");
            BOOST_TEST(s.sink.text == r.text);
            BOOST_TEST(s.client.connections().idle == 1U);
        }
        auto const whole = s.exchange();
        BOOST_TEST_REQUIRE(whole.has_value());
        BOOST_TEST(whole->body == r.text);
        BOOST_TEST(s.connections == 1);
        BOOST_TEST(!s.sink.overlapped);
        BOOST_TEST(!s.sink.piece_changed);
        BOOST_TEST(s.sink.shortest > 0U);
    }
}

// RELIABILITY.md 0.2: Beast 1.81 asserts of the first that it does not come.
BOOST_AUTO_TEST_CASE(a_chunked_end_in_any_pieces) {
    struct row {
        stage::script answer;
        std::string_view text;
    };

    row const table[] = {{nothing_in_three, ""}, {nothing_byte_by_byte, ""}, {hello_byte_by_byte, "hello"}};
    for (auto const& each : table) {
        stage s(each.answer);
        auto const whole = s.exchange();
        BOOST_TEST_REQUIRE(whole.has_value());
        BOOST_TEST(whole->status == 200U);
        BOOST_TEST(whole->body == each.text);
        auto const pieces = s.download();
        BOOST_TEST_REQUIRE(pieces.has_value());
        BOOST_TEST(s.sink.text == each.text);
        BOOST_TEST(s.connections == 1, "its end was seen");
    }
}

BOOST_AUTO_TEST_CASE(any_size_goes_through_the_same_memory) {
    for (auto const answer : {flood, flood_in_chunks}) {
        stage s(answer);
        s.sink.weigh = true;
        auto const r = s.download(60s);
        BOOST_TEST_REQUIRE(r.has_value());
        BOOST_TEST(s.sink.total == flood_size);
        BOOST_TEST(s.sink.longest <= longest_piece);
        BOOST_TEST(!s.sink.overlapped);
        BOOST_TEST(s.sink.heap_at_most - s.sink.heap_at_first < 512U * 1024U);
        BOOST_TEST(s.client.connections().idle == 1U);
        auto const whole = s.exchange();
        BOOST_TEST_REQUIRE(!whole.has_value());
        BOOST_TEST((whole.error().code == errc::response_too_large));
    }
}

BOOST_AUTO_TEST_CASE(without_a_length_the_end_is_the_end) {
    stage s(until_the_end);
    auto const r = s.download();
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(s.sink.text == "hello");
    BOOST_TEST(s.client.connections().open == 0U);
}

BOOST_AUTO_TEST_CASE(a_peer_that_stops_in_the_middle) {
    struct row {
        stage::script answer;
        std::size_t taken;
    };

    row const table[] = {{half_a_length, 50'000}, {half_the_chunks, 5}, {half_a_header, 0}};
    for (auto const& r : table) {
        stage s(r.answer);
        auto const answer = s.download();
        BOOST_TEST_REQUIRE(!answer.has_value());
        BOOST_TEST((answer.error().code == errc::connection_lost), answer.error().code.message());
        BOOST_TEST(answer.error().sent);
        BOOST_TEST(s.sink.total == r.taken);
        BOOST_TEST(s.client.connections().open == 0U);
    }
}

BOOST_AUTO_TEST_CASE(the_sink_may_end_it) {
    stage s(flood);
    s.sink.refused_piece = 3;
    auto const r = s.download();
    BOOST_TEST_REQUIRE(!r.has_value());
    BOOST_TEST((r.error().code == errc::store_unavailable));
    BOOST_TEST(r.error().sent);
    BOOST_TEST(s.sink.pieces == 3U);
    BOOST_TEST(s.client.connections().open == 0U);
}

BOOST_AUTO_TEST_CASE(silence_is_bounded_by_the_timeout) {
    client_limits limits;
    limits.timeout = 200ms;
    stage s(half_and_silence, limits);
    auto const began = clock_type::now();
    auto const r = s.download(60s);
    BOOST_TEST_REQUIRE(!r.has_value());
    BOOST_TEST((r.error().code == errc::timed_out));
    BOOST_TEST(r.error().sent);
    BOOST_TEST(s.sink.text == "hello");
    BOOST_TEST((clock_type::now() - began < 15s));
    BOOST_TEST(s.client.connections().open == 0U);
}

BOOST_AUTO_TEST_CASE(silence_on_a_kept_connection_is_not_asked_again) {
    client_limits limits;
    limits.timeout = 200ms;
    stage s(once_and_silence, limits);
    BOOST_TEST_REQUIRE(s.download().has_value());
    auto const r = s.download(60s, true);
    BOOST_TEST_REQUIRE(!r.has_value());
    BOOST_TEST((r.error().code == errc::timed_out));
    BOOST_TEST(s.requests == 2);
}

BOOST_AUTO_TEST_CASE(the_whole_is_bounded_by_until) {
    stage s(endless);
    s.sink.weigh = true;
    auto const r = s.download(300ms);
    BOOST_TEST_REQUIRE(!r.has_value());
    BOOST_TEST((r.error().code == errc::timed_out));
    BOOST_TEST(s.sink.total > 0U);
}

BOOST_AUTO_TEST_CASE(until_holds_while_the_sink_works_and_the_timeout_does_not) {
    stage late(half_and_silence);
    late.sink.rest = 300ms;
    auto const r = late.download(200ms);
    BOOST_TEST_REQUIRE(!r.has_value());
    BOOST_TEST((r.error().code == errc::timed_out));
    client_limits limits;
    limits.timeout = 500ms;
    stage slow(in_two_parts, limits);
    slow.sink.rest = 700ms;
    auto const whole = slow.download(60s);
    BOOST_TEST(whole.has_value());
    BOOST_TEST(slow.sink.text == "hello");
}

BOOST_AUTO_TEST_CASE(a_dead_kept_connection_costs_one_more_try_when_the_call_is_repeatable) {
    stage s(once_a_connection);
    BOOST_TEST_REQUIRE(s.download().has_value());
    BOOST_TEST_REQUIRE(s.download(10s, true).has_value());
    BOOST_TEST(s.connections == 2);
    BOOST_TEST(s.requests == 3);
    BOOST_TEST(s.sink.text == "okok");
    auto const once = s.download(10s, false);
    BOOST_TEST_REQUIRE(!once.has_value());
    BOOST_TEST((once.error().code == errc::connection_lost));
    BOOST_TEST(s.requests == 4);
}

BOOST_AUTO_TEST_CASE(nothing_is_asked_again_once_an_answer_began) {
    stage s(once_and_half);
    BOOST_TEST_REQUIRE(s.download().has_value());
    auto const r = s.download(10s, true);
    BOOST_TEST_REQUIRE(!r.has_value());
    BOOST_TEST((r.error().code == errc::connection_lost));
    BOOST_TEST(s.requests == 2);
    BOOST_TEST(s.sink.text == "okhello");
}

BOOST_AUTO_TEST_CASE(every_status_is_an_answer) {
    stage s(not_found);
    auto const r = s.download();
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(r->status == 404U);
    BOOST_TEST(r->content_type == "text/plain");
    BOOST_TEST(r->retry_after == "7");
    BOOST_TEST(r->body == "");
    BOOST_TEST(s.sink.text == "gone");
    auto const whole = s.exchange();
    BOOST_TEST_REQUIRE(whole.has_value());
    BOOST_TEST(whole->retry_after == "7");
    BOOST_TEST(whole->body == "gone");
    BOOST_TEST(s.connections == 1);
}

BOOST_AUTO_TEST_CASE(a_redirect_is_an_answer_too) {
    stage s(elsewhere);
    auto const r = s.download();
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(r->status == 302U);
    auto const whole = s.exchange();
    BOOST_TEST_REQUIRE(whole.has_value());
    BOOST_TEST(whole->status == 302U);
    BOOST_TEST(s.requests == 2);
    BOOST_TEST(s.sink.pieces == 0U);
}

BOOST_AUTO_TEST_CASE(an_answer_without_a_certain_end_is_not_followed_by_another) {
    struct row {
        stage::script answer;
        unsigned status;
    };

    row const table[] = {{go_on, 100}, {one_and_a_half, 200}, {strangely_coded, 200}};
    for (auto const& r : table) {
        stage s(r.answer);
        auto const pieces = s.download();
        BOOST_TEST_REQUIRE(pieces.has_value());
        BOOST_TEST(pieces->status == r.status);
        BOOST_TEST(s.client.connections().open == 0U);
        auto const whole = s.exchange();
        BOOST_TEST_REQUIRE(whole.has_value());
        BOOST_TEST(whole->status == r.status);
        BOOST_TEST(s.client.connections().open == 0U);
    }
}

BOOST_AUTO_TEST_CASE(what_stands_around_a_body_is_bounded) {
    for (auto const answer : {a_long_header, a_long_extension, a_long_trailer}) {
        stage s(answer);
        auto const pieces = s.download();
        BOOST_TEST_REQUIRE(!pieces.has_value());
        BOOST_TEST((pieces.error().code == errc::response_too_large), pieces.error().code.message());
        auto const whole = s.exchange();
        BOOST_TEST_REQUIRE(!whole.has_value());
        BOOST_TEST((whole.error().code == errc::response_too_large), whole.error().code.message());
        BOOST_TEST(s.client.connections().open == 0U);
    }
}

BOOST_AUTO_TEST_SUITE_END()
