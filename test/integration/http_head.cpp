// RELIABILITY.md 3.1: request lines, header fields, targets, media types, and what is not HTTP/1.1 at all.
#include "fixture.hpp"

#include <algorithm>

namespace {

using namespace wxgate::test;

struct row {
    std::string id;
    std::string bytes;
    std::vector<unsigned> statuses; // one of these; 0: closed without an answer
    bool closes = true;
};

struct parts {
    std::string key = "Authorization: Bearer " + the_system().with_key("shop").bearer() + "\r\n";
    std::string host = "Host: 127.0.0.1\r\n";

    std::string get(std::string const& target, std::string const& more = {}) const {
        return "GET " + target + " HTTP/1.1\r\n" + host + key + more + "\r\n";
    }

    std::string post(std::string const& more) const {
        auto const body = json::serialize(the_system().order());
        return "POST /v1/payments HTTP/1.1\r\n" + host + key + more +
               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
};

std::string many_fields(int n) {
    std::string text;
    for (int i = 0; i < n; ++i)
        text += "X-" + std::to_string(i) + ": a\r\n";
    return text;
}

std::vector<row> header_rows() {
    parts const p;
    std::string const json_type = "Content-Type: application/json\r\n";
    auto const nul = std::string(1, '\0');
    return {
        {"H-24 a field of 9 KB", p.get("/v1/payments", "X-Long: " + std::string(9000, 'a') + "\r\n"), {431}},
        {"H-24 many small fields over 8 KiB", p.get("/v1/payments", many_fields(1200)), {431}},
        {"H-24 a method of 10 KB",
         std::string(10'000, 'A') + " / HTTP/1.1\r\n" + p.host + "\r\n",
         {400, 431}},
        {"H-25 65 fields", p.get("/v1/payments", many_fields(65)), {431}},
        {"H-27 bare line feeds", "GET /v1/payments HTTP/1.1\nHost: x\n\n", {400}},
        {"H-27 one bare line feed", p.get("/v1/payments", "X-A: b\nX-C: d\r\n"), {400}},
        {"H-28 bare carriage return", p.get("/v1/payments", "X-A: b\rX-C: d\r\n"), {400}},
        {"H-29 folded Host", "GET /v1/payments HTTP/1.1\r\nHost:\r\n 127.0.0.1\r\n" + p.key + "\r\n", {400}},
        {"H-29 folded Authorization",
         "GET /v1/payments HTTP/1.1\r\n" + p.host + "Authorization: Bearer\r\n " +
             the_system().with_key("shop").bearer() + "\r\n\r\n",
         {400}},
        {"H-29 folded Content-Length",
         "POST /v1/payments HTTP/1.1\r\n" + p.host + p.key + json_type + "Content-Length:\r\n 2\r\n\r\n{}",
         {400}},
        {"H-30 NUL in a value", p.get("/v1/payments", "X-A: a" + nul + "b\r\n"), {400}},
        {"H-30 NUL in the target", p.get("/v1/pay" + nul + "ments"), {400}},
        {"H-31 an empty name", p.get("/v1/payments", ": b\r\n"), {400}},
        {"H-31 no colon", p.get("/v1/payments", "nocolon\r\n"), {400}},
        {"H-31 a space first", "GET /v1/payments HTTP/1.1\r\n X-A: b\r\n" + p.host + p.key + "\r\n", {400}},
        {"H-33 8-bit Authorization",
         "GET /v1/payments HTTP/1.1\r\n" + p.host + "Authorization: Bearer \xff\xfe\r\n\r\n",
         {400}},
        {"H-33 8-bit Idempotency-Key", p.post(json_type + "Idempotency-Key: caf\xc3\xa9\r\n"), {400}, false},
        {"A-13 empty Idempotency-Key", p.post(json_type + "Idempotency-Key: \r\n"), {400}, false},
        {"A-13 Idempotency-Key of 256",
         p.post(json_type + "Idempotency-Key: " + std::string(256, 'k') + "\r\n"),
         {400},
         false},
        {"A-13 control character in Idempotency-Key",
         p.post(json_type + "Idempotency-Key: a\tb\r\n"),
         {400},
         false},
        {"two Idempotency-Keys",
         p.post(json_type + "Idempotency-Key: a\r\nIdempotency-Key: b\r\n"),
         {400},
         false},
        {"A-08 two Authorizations", p.get("/v1/payments", p.key), {400, 401}, false},
        {"H-34 no Host", "GET /v1/payments HTTP/1.1\r\n" + p.key + "\r\n", {400}},
        {"H-35 two Hosts", p.get("/v1/payments", p.host), {400}},
        {"H-42 upgrade to h2c",
         p.get(
             "/v1/payments",
             "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
         ),
         {400}},
        {"H-42 upgrade to websocket",
         p.get("/v1/payments", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"),
         {400}},
        {"H-44 gzip", p.post(json_type + "Content-Encoding: gzip\r\n"), {415}, false},
        {"H-45 text/plain", p.post("Content-Type: text/plain\r\n"), {415}, false},
        {"H-45 a form", p.post("Content-Type: application/x-www-form-urlencoded\r\n"), {415}, false},
        {"H-45 nearly", p.post("Content-Type: application/jsonx\r\n"), {415}, false},
        {"H-45 none", p.post(""), {415}, false},
    };
}

std::vector<row> line_rows() {
    parts const p;
    auto const rest = p.host + p.key + "\r\n";
    return {
        {"H-26 a target of 2049", p.get("/" + std::string(2048, 'a')), {414}},
        {"H-26 a query over 2048", p.get("/v1/payments?cursor=" + std::string(2048, 'a')), {414}},
        {"H-26 a target of 2048", p.get("/" + std::string(2047, 'a')), {404}, false},
        {"H-32 8-bit target", p.get("/v1/payments/\xe8\xae\xa2"), {400}},
        {"H-32 DEL in the target", p.get("/v1/payments/\x7f"), {400}},
        {"H-37 absolute form", "GET http://127.0.0.1/v1/payments HTTP/1.1\r\n" + rest, {400}},
        {"H-37 CONNECT", "CONNECT 127.0.0.1:443 HTTP/1.1\r\n" + rest, {400, 405}},
        {"H-37 asterisk", "OPTIONS * HTTP/1.1\r\n" + rest, {400, 405}},
        {"H-37 no slash", "GET v1/payments HTTP/1.1\r\n" + rest, {400}},
        {"H-38 ..", p.get("/../../etc/passwd"), {404}, false},
        {"H-38 %2e%2e", p.get("/%2e%2e/%2e%2e/etc/passwd"), {404}, false},
        {"H-38 two slashes", p.get("//v1/payments"), {404}, false},
        {"H-38 two slashes inside", p.get("/v1//payments"), {404}, false},
        {"H-38 slash at the end", p.get("/v1/payments/"), {404}, false},
        {"H-38 %00", p.get("/v1/payments%00"), {404}, false},
        {"H-38 dot", p.get("/v1/./payments"), {404}, false},
        {"H-38 encoded path", p.get("/v1/%70ayments"), {404}, false},
        {"H-38 another case", p.get("/V1/Payments"), {404}, false},
        {"H-38 %00 in a number", p.get("/v1/payments/T123456%00"), {400, 404}, false},
        {"H-38 malformed percent", p.get("/v1/payments/T123456%zz"), {400, 404}, false},
        {"H-39 HTTP/1.2", "GET /v1/payments HTTP/1.2\r\n" + rest, {400, 505}},
        {"H-39 HTTP/3.0", "GET /v1/payments HTTP/3.0\r\n" + rest, {400, 505}},
        {"H-39 preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}},
        {"H-39 HTTP/0.9", "GET /v1/payments\r\n\r\n", {0, 400, 505}},
        {"H-39 lower case", "GET /v1/payments http/1.1\r\n" + rest, {400, 505}},
        {"H-39 two spaces", "GET  /v1/payments HTTP/1.1\r\n" + rest, {400}},
        {"H-40 a TLS ClientHello",
         std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(508, '\x5a'),
         {0}},
        {"noise", std::string("\x00\x01\x02\x03\xff\xfe\r\n\r\n", 10), {0, 400}},
        {"method in lower case", "get /v1/payments HTTP/1.1\r\n" + rest, {400, 405, 501}, false},
        {"unknown method", "BREW /v1/payments HTTP/1.1\r\n" + rest, {405, 501}, false},
    };
}

void run_rows(std::vector<row> const& rows) {
    auto& system = the_system();
    BOOST_TEST_REQUIRE(system.trouble_since(system.mark(), true) == "");
    auto const before = system.mark();
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.id) {
            connection c(system.port());
            c.send(each.bytes);
            auto const r = c.read(5s);
            BOOST_TEST(
                (std::find(each.statuses.begin(), each.statuses.end(), r.status) != each.statuses.end()),
                r.describe()
            );
            if (r.status != 0)
                check_problem(r, r.status);
            if (each.closes) {
                BOOST_TEST(c.closed_within(5s), "the connection stays open");
                BOOST_TEST(
                    c.rest().find("HTTP/1.") == std::string::npos, "what followed was answered: " << c.rest()
                );
            }
            BOOST_TEST_REQUIRE(system.trouble_since(before) == "");
        }
    }
    BOOST_TEST(system.leaks_since(before) == "");
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_head)

BOOST_AUTO_TEST_CASE(header_table) {
    run_rows(header_rows());
}

BOOST_AUTO_TEST_CASE(request_line_table) {
    run_rows(line_rows());
}

// The same on the operators' listener: alive after each, whatever it answers.
BOOST_AUTO_TEST_CASE(admin_listener_survives) {
    auto& system = the_system();
    auto rows = header_rows();
    auto const lines = line_rows();
    rows.insert(rows.end(), lines.begin(), lines.end());
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.id) {
            connection c(system.admin().port());
            c.send(each.bytes);
            auto const r = c.read(5s);
            BOOST_TEST((r.status == 0 || (r.status >= 400 && r.status != 500)), r.describe());
            BOOST_TEST_REQUIRE(system.gateway().alive());
        }
    }
    BOOST_TEST(system.admin().get("/healthz").status == 200U);
}

// Framing errors on WeChat's path give WeChat's answer.
BOOST_AUTO_TEST_CASE(notify_refusals_are_constant) {
    auto& system = the_system();
    auto const before = system.mark();
    std::string const head = "POST /notify/shop/payment HTTP/1.1\r\n";
    check_refused(exchange_raw(system.port(), head + "Content-Length: 3\r\n\r\nabc"), 400); // no Host
    check_refused(
        exchange_raw(system.port(), head + "Host: x\r\nHost: y\r\nContent-Length: 3\r\n\r\nabc"), 400
    ); // two
    check_refused(
        exchange_raw(
            system.port(),
            head + "Host: x\r\nX-Long: " + std::string(9000, 'a') + "\r\nContent-Length: 3\r\n\r\nabc"
        ),
        431
    );
    check_refused(exchange_raw(system.port(), head + "Host: x\r\nContent-Length: 70000\r\n\r\nabc"), 413);
    BOOST_TEST(system.trouble_since(before) == "");
}

BOOST_AUTO_TEST_SUITE_END()
