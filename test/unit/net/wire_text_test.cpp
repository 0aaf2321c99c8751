#include "net/wire_text.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::net;

namespace {

http_reply busy() {
    http_reply r;
    r.status = 503;
    r.content_type = "text/plain";
    r.body = "busy";
    r.headers.emplace_back("Retry-After", "1");
    return r;
}

exchange_request asked(std::string method, std::string body) {
    exchange_request q;
    q.method = std::move(method);
    q.target = "/pay/unifiedorder?a=1";
    q.body = std::move(body);
    return q;
}

} // namespace

BOOST_AUTO_TEST_SUITE(wire_texts)

BOOST_AUTO_TEST_CASE(replies) {
    std::string const head = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\n"
                             "Content-Length: 4\r\nRetry-After: 1\r\n";
    BOOST_TEST(wire_text(busy(), true, false) == head + "\r\nbusy");
    BOOST_TEST(wire_text(busy(), false, false) == head + "Connection: close\r\n\r\nbusy");
    BOOST_TEST(wire_text(busy(), true, true) == head + "\r\n"); // HEAD is told the length that GET has
    BOOST_TEST(wire_text(busy(), false, true) == head + "Connection: close\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(replies_without_content) {
    for (auto const& [status, line] :
         {std::pair(204U, "204 No Content"), std::pair(304U, "304 Not Modified")}) {
        auto r = busy();
        r.status = status;
        BOOST_TEST(
            wire_text(r, true, false) == "HTTP/1.1 " + std::string(line) + "\r\nRetry-After: 1\r\n\r\n"
        );
    }
}

BOOST_AUTO_TEST_CASE(a_reply_with_an_empty_body_says_so) {
    auto r = busy();
    r.body.clear();
    BOOST_TEST(wire_text(r, true, false).find("Content-Length: 0\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(requests) {
    std::string const start = " /pay/unifiedorder?a=1 HTTP/1.1\r\nHost: example.com:8443\r\n";
    auto const text = [](exchange_request const& q) { return wire_text(q, "example.com:8443"); };
    BOOST_TEST(text(asked("GET", "")) == "GET" + start + "\r\n");
    BOOST_TEST(text(asked("POST", "")) == "POST" + start + "Content-Length: 0\r\n\r\n");
    auto q = asked("POST", "<xml/>");
    q.content_type = "text/xml";
    q.headers.emplace_back("traceparent", "00-1-2-01");
    BOOST_TEST(
        text(q) == "POST" + start +
                       "traceparent: 00-1-2-01\r\nContent-Type: text/xml\r\n"
                       "Content-Length: 6\r\n\r\n<xml/>"
    );
}

BOOST_AUTO_TEST_SUITE_END()
