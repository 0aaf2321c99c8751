// RELIABILITY.md 3.1: how a message is framed. Each row is sent to the merchants' API and to WeChat's
// notification path, with a body that would do something if it were believed.
#include "fixture.hpp"

#include <algorithm>
#include <functional>

namespace {

using namespace wxgate::test;

struct framing {
    std::string id;
    std::string headers;            // that frame the body
    std::vector<std::string> after; // what follows the header section, in pieces
    std::vector<unsigned> statuses; // one of these; 0: closed without an answer
};

std::string hex_of(std::size_t n) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (; n; n /= 16)
        text.insert(text.begin(), digits[n % 16]);
    return text;
}

// `next` is a second, complete request that must never be answered.
std::vector<framing> table(std::string const& body, std::string const& next) {
    auto const size = std::to_string(body.size());
    auto const chunk = hex_of(body.size()) + "\r\n" + body + "\r\n";
    auto const chunked = chunk + "0\r\n\r\n";
    std::string const length = "Content-Length: ";
    std::string const coding = "Transfer-Encoding: chunked\r\n";
    return {
        {"H-01 length and chunked", length + size + "\r\n" + coding, {chunked + next}, {400}},
        {"H-01 length 0 and chunked", length + "0\r\n" + coding, {chunked + next}, {400}},
        {"H-02 chunked and length", coding + length + size + "\r\n", {chunked + next}, {400}},
        {"H-03 gzip and length",
         "Transfer-Encoding: gzip\r\n" + length + size + "\r\n",
         {body + next},
         {400, 411}},
        {"H-03 identity and length",
         "Transfer-Encoding: identity\r\n" + length + size + "\r\n",
         {body + next},
         {400, 411}},
        {"H-04 gzip, no length", "Transfer-Encoding: gzip\r\n", {next}, {400, 411}},
        {"H-05 xchunked", "Transfer-Encoding: xchunked\r\n", {chunked + next}, {400, 411}},
        {"H-06 chunked, identity", "Transfer-Encoding: chunked, identity\r\n", {chunked + next}, {400, 411}},
        {"H-06 gzip, chunked", "Transfer-Encoding: gzip, chunked\r\n", {chunked + next}, {400, 411}},
        {"H-06 empty coding", "Transfer-Encoding: \r\n" + length + size + "\r\n", {body + next}, {400, 411}},
        {"H-07 space before the colon", "Transfer-Encoding : chunked\r\n", {chunked + next}, {400}},
        {"H-07 space before the colon of the length",
         "Content-Length : " + size + "\r\n",
         {body + next},
         {400}},
        {"H-08 chunked twice", coding + coding, {chunked + next}, {400}},
        {"H-10 well chunked", coding, {chunked + next}, {411}},
        {"H-12 chunk extension of 100 KB",
         coding,
         {hex_of(body.size()) + ";x=" + std::string(100'000, 'e') + "\r\n" + body + "\r\n0\r\n\r\n"},
         {0, 400, 411}},
        {"H-13 trailer of 100 KB",
         coding,
         {chunk + "0\r\nX-Bomb: " + std::string(100'000, 't') + "\r\n\r\n"},
         {0, 400, 411}},
        {"H-13 trailer of 70000 in pieces",
         coding,
         {chunk + "0\r\nX-Bomb: ", std::string(35'000, 't'), std::string(35'000, 't'), "\r\n\r\n"},
         {0, 400, 411}},
        {"H-14 trailer Authorization",
         coding,
         {chunk + "0\r\nAuthorization: Bearer evil\r\n\r\n" + next},
         {400, 411}},
        {"H-15 last chunk in pieces", coding, {chunk + "0\r\n", "\r", "\n"}, {400, 411}},
        {"H-16 chunk size too large", coding, {"10000000000000003\r\n" + body + "\r\n0\r\n\r\n"}, {400, 411}},
        {"H-16 chunk size 0x3", coding, {"0x3\r\nabc\r\n0\r\n\r\n"}, {400, 411}},
        {"H-16 chunk size with a space", coding, {" 3\r\nabc\r\n0\r\n\r\n"}, {400, 411}},
        {"H-16 bare LF after the size", coding, {"3\nabc\r\n0\r\n\r\n"}, {400, 411}},
        {"H-16 data not followed by CRLF", coding, {"3\r\nabcd0\r\n\r\n"}, {400, 411}},
        {"H-17 the same length twice", length + size + "\r\n" + length + size + "\r\n", {body + next}, {400}},
        {"H-18 two lengths", length + size + "\r\n" + length + "3\r\n", {body + next}, {400}},
        {"H-19 a list of lengths", length + size + ", " + size + "\r\n", {body + next}, {400}},
        {"H-20 +n", length + "+" + size + "\r\n", {body + next}, {400}},
        {"H-20 -1", length + "-1\r\n", {body + next}, {400}},
        {"H-20 hex", length + "0x" + hex_of(body.size()) + "\r\n", {body + next}, {400}},
        {"H-20 empty", length + "\r\n", {body + next}, {400}},
        {"H-20 2^64", length + "18446744073709551616\r\n", {body + next}, {400}},
        {"H-20 with a space inside", length + "1 1\r\n", {body + next}, {400}},
        {"H-20 decimals", length + size + ".0\r\n", {body + next}, {400}},
        {"H-22 2^64 - 1", length + "18446744073709551615\r\n", {body}, {413}},
        {"H-22 over max_body by one", length + "65537\r\n", {std::string(65'537, ' ')}, {413}},
        {"H-23 neither", "", {}, {411}},
        {"H-43 expect, over max_body", length + "70000\r\nExpect: 100-continue\r\n", {}, {413, 417}},
        {"H-43 expect something else", length + size + "\r\nExpect: 200-ok\r\n", {body}, {417}},
    };
}

using checker = std::function<void(reply const&)>;

void run_table(
    std::string const& head,
    std::function<std::string()> const& body,
    std::string const& next,
    checker const& check
) {
    auto& system = the_system();
    BOOST_TEST_REQUIRE(system.trouble_since(system.mark(), true) == "");
    auto const before = system.mark();
    for (auto const& row : table(body(), next)) {
        BOOST_TEST_CONTEXT(row.id) {
            connection c(system.port());
            auto pieces = row.after;
            pieces.insert(pieces.begin(), head + row.headers + "\r\n");
            c.send_pieces(pieces);
            auto const r = c.read(5s);
            BOOST_TEST(
                (std::find(row.statuses.begin(), row.statuses.end(), r.status) != row.statuses.end()),
                r.describe()
            );
            if (r.status != 0)
                check(r);
            BOOST_TEST(c.closed_within(5s), "the connection stays open");
            BOOST_TEST(
                c.rest().find("HTTP/1.") == std::string::npos, "what followed was answered: " << c.rest()
            );
            BOOST_TEST_REQUIRE(system.trouble_since(before) == "");
        }
    }
    BOOST_TEST(system.leaks_since(before) == "");
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_framing)

BOOST_AUTO_TEST_CASE(api_table) {
    auto& system = the_system();
    auto const auth = "Authorization: Bearer " + system.with_key("shop").bearer() + "\r\n";
    auto const head =
        "POST /v1/payments HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" + auth;
    auto const order = [&] { return json::serialize(system.order()); };
    auto const second = order();
    auto const next = head + "Content-Length: " + std::to_string(second.size()) + "\r\n\r\n" + second;
    run_table(head, order, next, [](reply const& r) { check_problem(r, r.status); });
}

BOOST_AUTO_TEST_CASE(notify_table) {
    auto& system = the_system();
    auto const payment = system.create();
    auto const& shop = system.merchant("shop");
    auto const document = [&] {
        return to_xml(signed_with(notification_of(payment, new_transaction_id()), shop.sign_type, shop.key));
    };
    std::string const head =
        "POST /notify/shop/payment HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml\r\n";
    auto const second = document();
    auto const next = head + "Content-Length: " + std::to_string(second.size()) + "\r\n\r\n" + second;
    run_table(head, document, next, [](reply const& r) { check_refused(r, r.status); });
    BOOST_TEST(system.state(text_of(payment, "out_trade_no")) == "NOTPAY");
}

BOOST_AUTO_TEST_CASE(chunked_on_http_1_0) {
    auto& system = the_system();
    auto const before = system.mark();
    auto const body = json::serialize(system.order());
    connection c(system.port());
    c.send(
        "POST /v1/payments HTTP/1.0\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer " +
        system.with_key("shop").bearer() + "\r\nTransfer-Encoding: chunked\r\n\r\n" + hex_of(body.size()) +
        "\r\n" + body + "\r\n0\r\n\r\n"
    );
    auto const r = c.read(5s);
    BOOST_TEST(one_of(r.status, {400, 411, 505}), r.describe());
    BOOST_TEST(system.trouble_since(before) == "");
}

// N1: a notification cut after any byte says nothing and does nothing. Under a sanitizer it is every seventh.
BOOST_AUTO_TEST_CASE(notification_cut_anywhere) {
    auto& system = the_system();
    auto const payment = system.create();
    auto const& shop = system.merchant("shop");
    auto const document =
        to_xml(signed_with(notification_of(payment, new_transaction_id()), shop.sign_type, shop.key));
    auto const whole = "POST /notify/shop/payment HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                       std::to_string(document.size()) + "\r\n\r\n" + document;
    auto const before = system.mark();
    std::size_t const stride = memory_is_measured ? 1 : 7;
    for (std::size_t k = (whole.size() - 1) % stride; k < whole.size(); k += stride) { // up to the last byte
        connection c(system.port());
        c.send(whole.substr(0, k));
        if (k / stride % 2 != 0) {
            c.reset();
            continue;
        }
        c.shutdown_write();
        auto const r = c.read(3s);
        BOOST_TEST((r.status == 0 || r.status >= 400), "cut at " << k << ": " << r.describe());
    }
    BOOST_TEST(system.trouble_since(before) == "");
    BOOST_TEST(system.leaks_since(before) == "");
    check_accepted(exchange_raw(system.port(), whole));
    BOOST_TEST(system.state(text_of(payment, "out_trade_no")) == "SUCCESS");
}

BOOST_AUTO_TEST_SUITE_END()
