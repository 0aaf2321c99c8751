// What every reply carries, and how a connection is used: request ids, Allow, Retry-After, pipelining,
// keep-alive, 100 Continue, X-Forwarded-For.
#include "fixture.hpp"

#include <set>

using namespace wxgate::test;

BOOST_AUTO_TEST_SUITE(http_replies)

BOOST_AUTO_TEST_CASE(request_id_is_the_callers_when_sane) {
    auto const shop = the_system().with_key("shop");
    BOOST_TEST(
        shop.get("/v1/payments", {{"X-Request-Id", "shop-7f3a_1.2"}}).header("X-Request-Id") ==
        "shop-7f3a_1.2"
    );
    std::set<std::string> ours;
    for (std::string const bad : {"", "a b", "caf\xc3\xa9", "<script>", "a\"b"})
        ours.insert(shop.get("/v1/payments", {{"X-Request-Id", bad}}).header("X-Request-Id"));
    ours.insert(shop.get("/v1/payments", {{"X-Request-Id", std::string(1000, 'x')}}).header("X-Request-Id"));
    ours.insert(shop.get("/v1/payments").header("X-Request-Id"));
    BOOST_TEST(ours.size() == 7U, "each a fresh one");
    for (auto const& id : ours) {
        BOOST_TEST(id.size() >= 8U);
        BOOST_TEST(id.find_first_of(" <\"\xc3") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(no_reply_without_request_id) {
    auto& system = the_system();
    auto const shop = system.with_key("shop");
    for (auto const& r :
         {shop.get("/v1/payments"),
          shop.get("/nowhere"),
          system.anonymous().get("/v1/payments"),
          shop.del("/v1/payments"),
          system.notify_text("<xml>"),
          system.admin().get("/healthz"),
          exchange_raw(system.port(), "GET / HTTP/1.1\r\n\r\n")})
        BOOST_TEST(!r.header("X-Request-Id").empty(), r.describe());
}

BOOST_AUTO_TEST_CASE(methods_and_allow) {
    auto& system = the_system();
    auto const shop = system.with_key("shop");
    auto const before = system.mark();

    struct route {
        std::string target;
        std::set<std::string> allowed;
    };

    std::vector<route> const routes = {
        {"/v1/payments", {"GET", "POST"}},
        {"/v1/payments/T1234567", {"GET"}},
        {"/v1/payments/T1234567/events", {"GET"}},
        {"/v1/payments/T1234567/close", {"POST"}},
        {"/v1/checkout/T1234567", {"POST"}}};
    for (auto const& each : routes) {
        for (std::string const method : {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}) {
            if (each.allowed.contains(method))
                continue;
            BOOST_TEST_CONTEXT(method << " " << each.target) {
                auto const r = shop.send({method, each.target, {}, {}});
                check_problem(r, 405, "method_not_allowed");
                auto const allow = r.header("Allow");
                for (auto const& name : each.allowed)
                    BOOST_TEST(allow.find(name) != std::string::npos, "Allow: " << allow);
                BOOST_TEST(
                    (allow.find("POST") == std::string::npos || each.allowed.contains("POST")),
                    "Allow: " << allow
                );
            }
        }
    }
    // WeChat's path takes POST only, and merchants it knows.
    BOOST_TEST(exchange(system.port(), {"GET", "/notify/shop/payment", {}, {}}).status == 405U);
    BOOST_TEST(
        exchange(system.port(), {"GET", "/notify/shop/payment", {}, {}}).header("Allow").find("POST") !=
        std::string::npos
    );
    BOOST_TEST(exchange(system.port(), {"POST", "/notify/nobody/payment", {}, "<xml></xml>"}).status == 404U);
    BOOST_TEST(exchange(system.port(), {"POST", "/notify/shop/nothing", {}, "<xml></xml>"}).status == 404U);
    BOOST_TEST(exchange(system.port(), {"POST", "/notify/shop/payment/x", {}, "<xml></xml>"}).status == 404U);
    BOOST_TEST(system.trouble_since(before) == "");
}

// what operators see is not on the merchants' listener, nor the other way round.
BOOST_AUTO_TEST_CASE(listeners_are_apart) {
    auto& system = the_system();
    for (std::string const target : {"/healthz", "/readyz", "/metrics", "/console/", "/admin/v1/payments"})
        check_problem(system.with_key("shop").get(target), 404, "not_found");
    BOOST_TEST(system.admin().get("/v1/payments").status == 404U);
    BOOST_TEST(system.admin().get("/healthz").status == 200U);
    BOOST_TEST(system.admin().get("/readyz").status == 200U);
    auto const metrics = system.admin().get("/metrics");
    BOOST_TEST(metrics.status == 200U);
    BOOST_TEST(metrics.header("Content-Type").starts_with("text/plain"));
    BOOST_TEST(metrics.body.find("# TYPE ") != std::string::npos);
    BOOST_TEST(metrics.body.ends_with('\n'));
    BOOST_TEST(system.admin().get("/console/").status == 200U);
    // There is no demo shop where the configuration has none.
    for (std::string const target : {"/demo/", "/demo/demo.js", "/demo/v1/payments/order-0001"})
        BOOST_TEST(system.admin().get(target).status == 404U, target);
    for (std::string const target : {"/demo/v1/payments", "/demo/v1/request-payment"})
        BOOST_TEST(system.admin().post(target, system.order()).status == 404U, target);
}

// H-50: in order, whatever each takes.
BOOST_AUTO_TEST_CASE(ten_pipelined_requests) {
    auto& system = the_system();
    auto const key = system.with_key("shop").bearer();
    connection c(system.port());
    std::string all;
    for (int i = 0; i < 10; ++i) {
        request r;
        r.headers = {{"Authorization", "Bearer " + key}, {"X-Request-Id", "pipelined-" + std::to_string(i)}};
        r.target = i % 2 ? "/v1/payments?limit=1" : "/nowhere";
        if (i == 4) { // one that asks WeChat in between
            r.method = "POST";
            r.target = "/v1/payments";
            r.headers.emplace_back("Content-Type", "application/json");
            r.body = json::serialize(system.order());
        }
        all += r.to_string();
    }
    c.send(all);
    for (int i = 0; i < 10; ++i) {
        auto const r = c.read(10s);
        BOOST_TEST(r.header("X-Request-Id") == "pipelined-" + std::to_string(i));
        BOOST_TEST(r.status == (i == 4 ? 201U : i % 2 ? 200U : 404U), r.describe());
    }
}

BOOST_AUTO_TEST_CASE(keep_alive_and_close) {
    auto& system = the_system();
    auto const key = "Authorization: Bearer " + system.with_key("shop").bearer() + "\r\n";
    connection c(system.port());
    for (int i = 0; i < 3; ++i) {
        c.send("GET /v1/payments?limit=1 HTTP/1.1\r\nHost: x\r\n" + key + "\r\n");
        BOOST_TEST(c.read(5s).status == 200U);
    }
    c.send("GET /v1/payments?limit=1 HTTP/1.1\r\nHost: x\r\n" + key + "Connection: close\r\n\r\n");
    auto const last = c.read(5s);
    BOOST_TEST(last.status == 200U);
    BOOST_TEST(last.header("Connection") == "close");
    BOOST_TEST(c.closed_within(3s));
    connection old(system.port());
    old.send("GET /v1/payments?limit=1 HTTP/1.0\r\nHost: x\r\n" + key + "\r\n");
    BOOST_TEST(one_of(old.read(5s).status, {200, 505}));
    BOOST_TEST(old.closed_within(3s));
}

// H-43: the go-ahead is given when the body will be taken.
BOOST_AUTO_TEST_CASE(expect_100_continue) {
    auto& system = the_system();
    auto const body = json::serialize(system.order());
    connection c(system.port());
    c.send(
        "POST /v1/payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer " +
        system.with_key("shop").bearer() +
        "\r\nExpect: 100-continue\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n"
    );
    BOOST_TEST(c.read(5s, true).status == 100U);
    c.send(body);
    BOOST_TEST(c.read(10s).status == 201U);
}

// H-51: nobody is behind a proxy that was not configured.
BOOST_AUTO_TEST_CASE(x_forwarded_for_is_ignored) {
    auto& system = the_system();
    auto const r =
        system.with_key("shop").post("/v1/payments", system.order(), {{"X-Forwarded-For", "203.0.113.77"}});
    BOOST_TEST(r.status == 201U);
    auto const seen = system.control().get("/control/requests?last=50").body;
    BOOST_TEST(seen.find("203.0.113.77") == std::string::npos);
    BOOST_TEST(seen.find("127.0.0.1") != std::string::npos);
}

// one line an event, and each line JSON, whatever a peer sent.
BOOST_AUTO_TEST_CASE(logs_stay_lines_of_json) {
    auto& system = the_system();
    auto const shop = system.with_key("shop");
    shop.get("/v1/payments/%0d%0aINJECTED%1b[31m", {{"User-Agent", "a\tb\"}{\\"}, {"X-Request-Id", "x\"y"}});
    shop.post_text("/v1/payments", "{\"total_fee\":\"\\u000aINJECTED\"}");
    exchange_raw(system.port(), "GET /\x1b[31mINJECTED HTTP/1.1\r\nHost: x\r\n\r\n");
    auto const logs = system.logs_to_now();
    BOOST_TEST(!logs.empty());
    std::size_t begin = 0;
    while (begin < logs.size()) {
        auto const end = logs.find('\n', begin);
        BOOST_TEST_REQUIRE(end != std::string::npos);
        boost::system::error_code ec;
        json::parse(logs.substr(begin, end - begin), ec);
        BOOST_TEST(!ec, "not JSON: " << logs.substr(begin, end - begin));
        begin = end + 1;
    }
}

BOOST_AUTO_TEST_CASE(no_secret_leaves) {
    BOOST_TEST(the_system().leaked() == "");
}

BOOST_AUTO_TEST_SUITE_END()
