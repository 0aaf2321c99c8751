// The bench's reader of HTTP messages, in whatever pieces they come.
#include "load/http_message.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate::bench;
using kind = message_reader::kind;
using state = message_reader::state;

namespace {

constexpr std::string_view answer = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
                                    "content-length: 13\r\nX-Request-Id: abc\r\n\r\n{\"a\":\"b c d\"}";
constexpr std::string_view no_content = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
constexpr std::string_view webhook = "POST /hook HTTP/1.1\r\nHost: 127.0.0.1:1\r\nwebhook-id:  w1 \r\n"
                                     "Content-Length: 2\r\n\r\n{}";

void check_answer(message_reader const& r) {
    BOOST_TEST((r.now() == state::complete));
    BOOST_TEST(r.status() == 201U);
    BOOST_TEST(r.body() == "{\"a\":\"b c d\"}");
    BOOST_TEST(r.header("x-request-id") == "abc");
    BOOST_TEST(r.header("Content-Type") == "application/json");
    BOOST_TEST(r.header("Content") == "");
    BOOST_TEST(r.keep_alive());
    BOOST_TEST(r.size() == answer.size());
}

state read(kind k, std::string_view text) {
    message_reader r(k);
    return r.append(text);
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_message)

BOOST_AUTO_TEST_CASE(a_response_is_read_wherever_it_is_split) {
    for (std::size_t at = 0; at <= answer.size(); ++at) {
        BOOST_TEST_CONTEXT("split at " << at) {
            message_reader r(kind::response);
            if (at > 0)
                r.append(answer.substr(0, at));
            if (at < answer.size()) {
                BOOST_TEST((r.now() == state::incomplete));
                r.append(answer.substr(at));
            }
            check_answer(r);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_response_is_read_byte_by_byte) {
    message_reader r(kind::response);
    for (char const& c : answer.substr(0, answer.size() - 1))
        BOOST_TEST((r.append({&c, 1}) == state::incomplete));
    BOOST_TEST((r.append(answer.substr(answer.size() - 1)) == state::complete));
    check_answer(r);
}

BOOST_AUTO_TEST_CASE(what_comes_behind_waits_for_its_turn) {
    message_reader r(kind::response);
    BOOST_TEST((r.append(std::string(answer) + std::string(no_content)) == state::complete));
    check_answer(r);
    BOOST_TEST((r.next() == state::complete));
    BOOST_TEST(r.status() == 204U);
    BOOST_TEST(r.body() == "");
    BOOST_TEST(!r.keep_alive());
    BOOST_TEST((r.next() == state::incomplete));
    BOOST_TEST(r.untouched());
    r.append(answer);
    check_answer(r);
}

BOOST_AUTO_TEST_CASE(a_request_is_read) {
    message_reader r(kind::request);
    BOOST_TEST((r.append(webhook) == state::complete));
    BOOST_TEST(r.method() == "POST");
    BOOST_TEST(r.target() == "/hook");
    BOOST_TEST(r.body() == "{}");
    BOOST_TEST(r.header("Webhook-Id") == "w1");
    BOOST_TEST((read(kind::request, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n") == state::complete));
}

BOOST_AUTO_TEST_CASE(what_is_not_spoken_is_refused) {
    for (std::string_view const text :
         {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
          "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
          "HTTP/1.1 100 Continue\r\n\r\n",
          "HTTP/1.1 200 OK\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
          "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
          "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
          "<html></html>\r\n\r\n"})
        BOOST_TEST((read(kind::response, text) == state::bad), text);
    BOOST_TEST((read(kind::request, "POST / HTTP/1.1\r\nHost: a\r\n\r\n") == state::bad));
    BOOST_TEST((read(kind::request, "POST /  HTTP/1.1\r\n\r\n") == state::bad));
    BOOST_TEST((read(kind::response, std::string(100'000, 'a')) == state::bad));
}

BOOST_AUTO_TEST_CASE(a_request_is_written) {
    request_head const head("POST", "/v1/payments", "127.0.0.1:8080", {{"Authorization", "Bearer k"}});
    auto const text = head.with("{}");
    BOOST_TEST(
        text == "POST /v1/payments HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAuthorization: Bearer k\r\n"
                "Content-Length: 2\r\n\r\n{}"
    );
    BOOST_TEST((read(kind::request, text) == state::complete));
}

BOOST_AUTO_TEST_CASE(a_member_is_found_in_json) {
    constexpr std::string_view json =
        R"({"trade_type":"JSAPI","type":"x","body":"a \"total_fee\":1 b","total_fee":1299,"none":null,)"
        R"("request_payment":{"appId":"wx","package":"prepay_id=}{\"","n":{"a":1}},"last":7})";
    BOOST_TEST(json_member(json, "type") == "x");
    BOOST_TEST(json_member(json, "total_fee") == "1299");
    BOOST_TEST(json_member(json, "none") == "null");
    BOOST_TEST(json_member(json, "last") == "7");
    BOOST_TEST(json_member(json, "absent") == "");
    BOOST_TEST(json_member(json, "body") == R"(a \"total_fee\":1 b)");
    BOOST_TEST(
        json_member(json, "request_payment") == R"({"appId":"wx","package":"prepay_id=}{\"","n":{"a":1}})"
    );
    for (std::size_t n = 0; n < json.size(); ++n)
        json_member(json.substr(0, n), "request_payment"); // cut anywhere: no more than what is there
}

BOOST_AUTO_TEST_SUITE_END()
