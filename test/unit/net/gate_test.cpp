// The gate as a table: what comes in, byte by byte and all at once, and what is answered.
#include "net/http_gate.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace wxgate;
using namespace wxgate::net;
using state = header_scanner::state;

namespace {

struct outcome {
    state what;
    unsigned status;
};

outcome scan_in_steps(std::string const& bytes, std::size_t step) {
    server_limits const limits;
    header_scanner s(limits);
    state what = state::more;
    for (std::size_t n = step; what == state::more; n += step) {
        what = s.scan(std::string_view(bytes).substr(0, n));
        if (n >= bytes.size())
            break;
    }
    return {what, s.refusal().status};
}

struct row {
    char const* name;
    std::string bytes;
    state what;
    unsigned status;
};

std::string fields(int n) {
    std::string out;
    for (int i = 0; i < n; ++i)
        out += "X-" + std::to_string(i) + ": v\r\n";
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(gate)

BOOST_AUTO_TEST_CASE(raw_headers) {
    using namespace std::string_literals;
    row const table[] = {
        {"plain", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", state::complete, 0},
        {"with a body behind it", "POST / HTTP/1.1\r\nHost: a\r\n\r\nbody\n\x01", state::complete, 0},
        {"http 1.0", "GET / HTTP/1.0\r\n\r\n", state::complete, 0},
        {"half", "GET / HTTP/1.1\r\nHost: a\r\n", state::more, 0},
        {"tls hello", "\x16\x03\x01\x02", state::not_http, 0},
        {"bare line feed", "GET / HTTP/1.1\nHost: a\n\n", state::refused, 400},
        {"bare carriage return", "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", state::refused, 400},
        {"folded", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", state::refused, 400},
        {"folded first line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", state::refused, 400},
        {"nul in a value", "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n"s, state::refused, 400},
        {"nul in the target", "GET /\0 HTTP/1.1\r\n\r\n"s, state::refused, 400},
        {"8-bit target", "GET /\xe4\xb8 HTTP/1.1\r\n\r\n", state::refused, 400},
        {"fragment", "GET /#a HTTP/1.1\r\n\r\n", state::refused, 400},
        {"absolute form", "GET http://a/ HTTP/1.1\r\n\r\n", state::refused, 400},
        {"authority form", "CONNECT a:443 HTTP/1.1\r\n\r\n", state::refused, 400},
        {"asterisk form", "OPTIONS * HTTP/1.1\r\n\r\n", state::refused, 400},
        {"http 0.9", "GET /\r\n", state::refused, 400},
        {"http 1.2", "GET / HTTP/1.2\r\n", state::refused, 505},
        {"http 2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", state::refused, 505},
        {"lower case", "GET / http/1.1\r\n", state::refused, 400},
        {"leading empty line", "\r\nGET / HTTP/1.1\r\n\r\n", state::refused, 400},
        {"two spaces", "GET  / HTTP/1.1\r\n\r\n", state::refused, 400},
        {"no target", "GET HTTP/1.1\r\n\r\n", state::refused, 400},
        {"target at the bound", "GET /" + std::string(2047, 'a') + " HTTP/1.1\r\n\r\n", state::complete, 0},
        {"target over it", "GET /" + std::string(2048, 'a') + " HTTP/1.1\r\n\r\n", state::refused, 414},
        {"target without end", "GET /" + std::string(9000, 'a'), state::refused, 414},
        {"method without end", std::string(10'000, 'A'), state::refused, 431},
        {"64 fields", "GET / HTTP/1.1\r\n" + fields(64) + "\r\n", state::complete, 0},
        {"65 fields", "GET / HTTP/1.1\r\n" + fields(65) + "\r\n", state::refused, 431},
        {"8 KiB of header",
         "GET / HTTP/1.1\r\nX: " + std::string(9000, 'a') + "\r\n\r\n",
         state::refused,
         431},
    };
    for (auto const& r : table) {
        for (std::size_t const step : {std::size_t{1}, std::size_t{3}, r.bytes.size()}) {
            auto const got = scan_in_steps(r.bytes, step);
            BOOST_TEST((got.what == r.what), r.name << " in steps of " << step);
            BOOST_TEST(got.status == r.status, r.name << ": " << got.status << " in steps of " << step);
        }
    }
}

BOOST_AUTO_TEST_CASE(judged_headers) {
    struct judged {
        char const* name;
        char const* method;
        std::vector<header_view> headers;
        std::optional<std::uint64_t> length;
        unsigned status;
    };

    judged const table[] = {
        {"plain get", "GET", {{"Host", "a"}}, {}, 0},
        {"plain post", "POST", {{"Host", "a:80"}, {"Content-Length", "3"}}, 3, 0},
        {"post without length", "POST", {{"Host", "a"}}, {}, 411},
        {"chunked", "POST", {{"Host", "a"}, {"Transfer-Encoding", "chunked"}}, {}, 411},
        {"gzip and length",
         "POST",
         {{"Host", "a"}, {"Transfer-Encoding", "gzip"}, {"Content-Length", "5"}},
         5,
         411},
        {"length twice", "POST", {{"Host", "a"}, {"Content-Length", "3"}, {"content-length", "3"}}, 3, 400},
        {"length as a list", "POST", {{"Host", "a"}, {"Content-Length", "3, 3"}}, 3, 400},
        {"two hosts", "GET", {{"Host", "a"}, {"Host", "a"}}, {}, 400},
        {"host of two words", "GET", {{"Host", "a b"}}, {}, 400},
        {"two keys",
         "GET",
         {{"Host", "a"}, {"Authorization", "Bearer a"}, {"Authorization", "Bearer b"}},
         {},
         400},
        {"8-bit key", "GET", {{"Host", "a"}, {"Authorization", "Bearer \xff"}}, {}, 400},
        {"8-bit elsewhere", "GET", {{"Host", "a"}, {"User-Agent", "\xff"}}, {}, 0},
        {"upgrade", "GET", {{"Host", "a"}, {"Upgrade", "h2c"}}, {}, 400},
        {"expectation", "POST", {{"Host", "a"}, {"Content-Length", "3"}, {"Expect", "100-continue"}}, 3, 0},
        {"other expectation", "POST", {{"Host", "a"}, {"Content-Length", "3"}, {"Expect", "200-ok"}}, 3, 417},
        {"expectation of too much",
         "POST",
         {{"Host", "a"}, {"Content-Length", "9999999"}, {"Expect", "100-continue"}},
         9'999'999,
         417},
        {"too much", "POST", {{"Host", "a"}, {"Content-Length", "65537"}}, 65'537, 413},
        {"as much as may be", "POST", {{"Host", "a"}, {"Content-Length", "65536"}}, 65'536, 0},
        {"encoded", "POST", {{"Host", "a"}, {"Content-Length", "3"}, {"Content-Encoding", "gzip"}}, 3, 415},
        {"unknown method", "BREW", {{"Host", "a"}}, {}, 501},
    };
    for (auto const& r : table) {
        http_request q;
        q.method = r.method;
        q.version = 11;
        q.headers = r.headers;
        auto const v = judge(q, r.length, server_limits{});
        BOOST_TEST(v.status == r.status, r.name << ": " << v.status);
    }
    http_request no_host;
    no_host.method = "GET";
    no_host.version = 11;
    BOOST_TEST(judge(no_host, {}, server_limits{}).status == 400U);
    no_host.version = 10;
    BOOST_TEST(judge(no_host, {}, server_limits{}).status == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
