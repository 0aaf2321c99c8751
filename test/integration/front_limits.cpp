// What is refused at the front door, each bound by itself: who is over it is told at once, everybody else is
// served, and when it is over it is over.
#include "front_common.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

using namespace wxgate::test;

namespace {

void check_overloaded(reply const& r) {
    check_problem(r, 503, "overloaded");
    BOOST_TEST(r.header("Retry-After") == "1", r.describe());
}

// Calls `work` over and over, on threads of their own, until it is destroyed.
class crowd {
public:
    crowd(int size, std::function<void()> const& work) {
        for (int i = 0; i < size; ++i)
            threads_.emplace_back([this, work] {
                while (!enough_)
                    work();
            });
    }

    ~crowd() { enough_ = true; }

    crowd(crowd const&) = delete;
    crowd& operator=(crowd const&) = delete;

private:
    std::atomic<bool> enough_{false};
    std::vector<std::jthread> threads_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(front_limits)

// WeChat hangs, and as many calls wait for it as may.
BOOST_AUTO_TEST_CASE(calls_under_way) {
    system_under_test system(with_limits({{"max_in_flight", "2"}}));
    auto const payment = system.create();
    auto const said = notification_of(payment, new_transaction_id());
    auto const shop = system.with_key("shop");
    auto const head = "POST /v1/payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    auto const whole = head + ("Content-Length: 2\r\nAuthorization: Bearer " + shop.bearer()) + "\r\n\r\n{}";
    connection kept(system.port());
    system.upstream().forget();
    system.upstream().behave([&](call const& c) {
        auto a = system.upstream().well_behaved(c);
        a.how = manner::hang;
        return a;
    });
    {
        std::vector<std::jthread> waiting;
        for (int i = 0; i < 2; ++i)
            waiting.emplace_back([&] {
                auto const r = shop.post("/v1/payments", system.order());
                BOOST_TEST(one_of(r.status, {502, 504}), r.describe());
            });
        auto const flying = [&] { return metric(system, R"(wxgate_http_in_flight{kind="api",worker="0"})"); };
        BOOST_TEST_REQUIRE(eventually(5s, [&] { return flying() == 2; }));
        auto const begin = steady::now();
        check_overloaded(shop.get("/v1/payments?limit=1"));
        check_overloaded(shop.post("/v1/payments", system.order()));
        check_overloaded(system.anonymous().get("/nowhere")); // whatever it is
        connection unsent(system.port());                     // its body does not come
        unsent.send(head + std::string("Content-Length: 5000\r\n\r\n"));
        auto const r = unsent.read(2s);
        check_overloaded(r);
        BOOST_TEST(r.header("Connection") == "close");
        BOOST_TEST(unsent.closed_within(3s));
        kept.send(whole);
        auto const refused = kept.read(2s);
        check_overloaded(refused);
        BOOST_TEST(refused.header("Connection") == "", "a connection is not lost for it");
        BOOST_TEST(since(begin).count() < 2000);
        check_accepted(system.notify(said)); // WeChat's calls have room of their own
        BOOST_TEST(flying() == 2);
    }
    BOOST_TEST(shed(system, "in_flight", "api") == 5);
    BOOST_TEST(shed(system, "in_flight", "notification") == 0);
    system.upstream().behave([&](call const& c) { return system.upstream().well_behaved(c); });
    BOOST_TEST(shop.get("/v1/payments?limit=1").status == 200U);
    kept.send(whole);
    check_problem(kept.read(5s), 400, "invalid_request");
    BOOST_TEST(metric(system, R"(wxgate_http_in_flight{kind="api",worker="0"})") == 0);
    BOOST_TEST(system.logs().find("requests are refused") != std::string::npos);
    BOOST_TEST(system.leaked() == "");
}

// The store is held up by another program, and as many notifications wait for it as may.
BOOST_AUTO_TEST_CASE(notifications_under_way) {
    system_under_test system(with_limits({{"max_notifications", "2"}, {"max_notification_wait", "1m"}}));
    auto const payment = system.create();
    auto const document = to_xml(signed_with(
        notification_of(payment, new_transaction_id()),
        system.merchant("shop").sign_type,
        system.merchant("shop").key
    ));
    {
        exclusive_lock const held(system.dir().path("wxgate.db"));
        crowd const others(4, [&] {
            system.notify_text(document);
            std::this_thread::sleep_for(10ms);
        });
        reply refused;
        BOOST_TEST(eventually(10s, [&] {
            auto const begin = steady::now();
            refused = system.notify_text(document);
            return refused.status == 503 && since(begin) < 200ms &&
                   shed(system, "in_flight", "notification") > 0;
        }));
        check_refused(refused, 503);
        BOOST_TEST(refused.header("Retry-After") == "1");
        BOOST_TEST(!refused.header("X-Request-Id").empty());
        BOOST_TEST(
            eventually(
                10s,
                [&] {
                    system.with_key("shop").get("/v1/payments?limit=1");
                    return shed(system, "in_flight", "api") > 0;
                }
            ),
            "calls of the API are refused before"
        );
    }
    BOOST_TEST(eventually(10s, [&] { return system.notify_text(document).status == 200; }));
    BOOST_TEST(system.state(text_of(payment, "out_trade_no")) == "SUCCESS");
    BOOST_TEST(eventually(5s, [&] {
        return metric(system, R"(wxgate_http_in_flight{kind="notification",worker="0"})") == 0;
    }));
}

// What would wait for the store too long is told so at once; what only reads does not wait for it.
BOOST_AUTO_TEST_CASE(a_store_that_is_held_up) {
    system_under_test system(with_limits({{"max_store_wait", "100ms"}, {"max_notification_wait", "1m"}}));
    auto const payment = system.create();
    auto const said = notification_of(payment, new_transaction_id());
    {
        exclusive_lock const held(system.dir().path("wxgate.db"));
        crowd const others(1, [&] { system.notify(said); }); // keeps the writer waiting
        reply refused;
        BOOST_TEST(eventually(10s, [&] {
            std::this_thread::sleep_for(150ms); // else it comes with what it is to find waiting
            auto const begin = steady::now();
            refused = system.with_key("shop").post("/v1/payments", system.order());
            return since(begin) < 300ms && shed(system, "store_wait", "api") > 0;
        }));
        check_overloaded(refused);
        BOOST_TEST(system.with_key("shop").get("/v1/payments?limit=1").status == 200U);
        BOOST_TEST(shed(system, "store_wait", "notification") == 0);
    }
    BOOST_TEST(eventually(10s, [&] { return system.notify(said).status == 200; }));
    BOOST_TEST(system.create().is_object());
}

// A notification that WeChat would give up on is refused at once, too.
BOOST_AUTO_TEST_CASE(a_store_that_is_held_up_for_too_long) {
    system_under_test system(with_limits({{"max_store_wait", "50ms"}, {"max_notification_wait", "100ms"}}));
    auto const payment = system.create();
    auto const said = notification_of(payment, new_transaction_id());
    {
        exclusive_lock const held(system.dir().path("wxgate.db"));
        std::atomic<int> turn{0};
        crowd const others(3, [&] { // not all at once
            std::this_thread::sleep_for((turn++ % 3) * 150ms);
            system.notify(said);
        });
        BOOST_TEST(eventually(10s, [&] { return shed(system, "store_wait", "notification") > 0; }));
    }
    BOOST_TEST(eventually(10s, [&] { return system.notify(said).status == 200; }));
}

BOOST_AUTO_TEST_CASE(connections_of_an_address) {
    system_under_test system(
        with_limits({{"max_connections_per_address", "3"}, {"unlimited_addresses", ""}}, 2)
    );
    auto const bearer = "Authorization: Bearer " + system.with_key("shop").bearer() + "\r\n";
    auto const serves = [&](connection& c) {
        c.send("GET /v1/payments?limit=1 HTTP/1.1\r\nHost: x\r\n" + bearer + "\r\n");
        return c.read(5s).status == 200U;
    };
    std::vector<connection> mine;
    for (int i = 0; i < 3; ++i) {
        mine.emplace_back(system.port());
        BOOST_TEST(serves(mine.back()));
    }
    connection over(system.port());
    check_overloaded(over.read(5s)); // it has asked nothing yet
    BOOST_TEST(over.closed_within(2s));
    BOOST_TEST(eventually(5s, [&] { return shed(system, "address", "connection") == 1; }));
    for (auto& c : mine)
        BOOST_TEST(serves(c));
    mine.pop_back();
    BOOST_TEST(eventually(5s, [&] {
        connection again(system.port());
        return serves(again);
    }));
    mine.clear();
    BOOST_TEST(eventually(5s, [&] {
        return system.with_key("shop").get("/v1/payments?limit=1").status == 200U;
    }));
}

BOOST_AUTO_TEST_CASE(connections_in_all) {
    system_under_test system(with_limits({{"max_connections", "3"}}));
    {
        std::vector<connection> all;
        for (int i = 0; i < 3; ++i)
            all.emplace_back(system.port());
        connection over(system.port()); // the last in the line to be accepted
        check_overloaded(over.read(5s));
        BOOST_TEST(over.closed_within(2s));
        BOOST_TEST(eventually(5s, [&] { return shed(system, "connections", "connection") == 1; }));
    }
    BOOST_TEST(eventually(5s, [&] {
        return system.with_key("shop").get("/v1/payments?limit=1").status == 200U;
    }));
}

BOOST_AUTO_TEST_CASE(requests_of_a_connection) {
    system_under_test system(with_limits({{"max_requests_per_connection", "3"}}));
    auto const bearer = "Authorization: Bearer " + system.with_key("shop").bearer() + "\r\n";
    connection c(system.port());
    for (int i = 1; i <= 3; ++i) {
        c.send("GET /v1/payments?limit=1 HTTP/1.1\r\nHost: x\r\n" + bearer + "\r\n");
        auto const r = c.read(5s);
        BOOST_TEST(r.status == 200U);
        BOOST_TEST(r.header("Connection") == (i == 3 ? "close" : ""));
    }
    BOOST_TEST(c.closed_within(3s));
}

BOOST_AUTO_TEST_CASE(a_keys_rate_is_counted) {
    system_under_test system(with_limits({}, 2)); // the bucket is the process's, not a worker's
    auto const name = std::string(R"(wxgate_rate_limited_total{key="limited"})");
    BOOST_TEST(metric(system, name) == 0);
    int refused = 0;
    int served = 0;
    auto const begin = steady::now();
    for (int i = 0; i < 40; ++i) { // over many connections, so over both workers
        auto const r = system.with_key("limited").get("/v1/payments?limit=1");
        BOOST_TEST(one_of(r.status, {200, 429}), r.describe());
        refused += r.status == 429 ? 1 : 0;
        served += r.status == 200 ? 1 : 0;
        if (r.status == 429)
            BOOST_TEST(!r.header("Retry-After").empty());
    }
    BOOST_TEST(refused > 0);
    BOOST_TEST(served >= 5);
    BOOST_TEST(served <= 5 + 5 * (since(begin).count() / 1000 + 1));
    BOOST_TEST(metric(system, name) == refused);
    BOOST_TEST(metric(system, R"(wxgate_rate_limited_total{key="shop"})") == 0);
}

// H-51: whose request a proxy hands on.
BOOST_AUTO_TEST_CASE(x_forwarded_for_of_a_trusted_proxy) {
    system_under_test system(with_limits(
        {{"trusted_proxies", "127.0.0.1 10.0.0.0/8"},
         {"unlimited_addresses", ""},
         {"max_connections_per_address", "1"}}
    ));

    struct row {
        header_list headers;
        std::string caller;
    };

    row const table[] = {
        {{}, "127.0.0.1"},
        {{{"X-Forwarded-For", "198.51.100.1"}}, "198.51.100.1"},
        {{{"x-forwarded-for", "192.0.2.66, 198.51.100.2, 10.1.2.3"}}, "198.51.100.2"},
        {{{"X-Forwarded-For", "192.0.2.66"}, {"X-Forwarded-For", "198.51.100.3"}}, "198.51.100.3"},
        {{{"X-Forwarded-For", "2001:DB8::7"}}, "2001:db8::7"},
        {{{"X-Forwarded-For", "[2001:db8::8]:443"}}, "2001:db8::8"},
        {{{"X-Forwarded-For", "::ffff:198.51.100.4"}}, "198.51.100.4"},
        {{{"X-Forwarded-For", "unknown"}}, "127.0.0.1"},
        {{{"X-Forwarded-For", "198.51.100.5, unknown, 10.0.0.9"}}, "10.0.0.9"},
        {{{"X-Forwarded-For", "<script>"}}, "127.0.0.1"},
        {{{"Forwarded", "for=198.51.100.6"}}, "127.0.0.1"},
        {{{"X-Real-IP", "198.51.100.6"}}, "127.0.0.1"},
    };
    connection const other(system.port()); // a proxy may have more than one
    for (auto const& r : table) {
        auto const order = system.order();
        auto const created = system.with_key("shop").post("/v1/payments", order, r.headers);
        BOOST_TEST(created.status == 201U, created.describe());
        auto const calls = system.upstream().calls("/pay/unifiedorder");
        BOOST_TEST(value_of(calls.back().fields, "spbill_create_ip") == r.caller);
        auto const line = "\"peer\":\"" + r.caller + '"'; // lines gather for a moment
        auto const logged = [&] { return system.logs().find(line) != std::string::npos; };
        BOOST_TEST(eventually(5s, logged), r.caller);
    }
    BOOST_TEST(system.logs().find("192.0.2.66") == std::string::npos);
}

// More than it can do: those who are refused hear so soon, others are served meanwhile, and the moment it
// ends it is over.
BOOST_AUTO_TEST_CASE(a_flood_of_notifications) {
    system_under_test system(with_limits({{"max_notifications", "8"}}, 2));
    auto const payment = system.create();
    auto const said = notification_of(payment, new_transaction_id());
    auto const& shop = system.merchant("shop");
    auto const document = to_xml(signed_with(said, shop.sign_type, shop.key));
    check_accepted(system.notify_text(document));
    auto const before = system.mark();
    request r{"POST", "/notify/shop/payment", {{"Content-Type", "text/xml"}}, document};

    struct tally {
        int accepted = 0;
        int refused = 0;
        int other = 0;
        std::vector<milliseconds> refusals;
    };

    auto const flood = [&](int clients, milliseconds how_long) {
        tally t;
        std::mutex guard;
        std::vector<std::jthread> threads;
        for (int i = 0; i < clients; ++i)
            threads.emplace_back([&] {
                connection c(system.port());
                tally mine;
                auto const until = steady::now() + how_long;
                for (int n = 0; steady::now() < until && n < 900; ++n) {
                    auto const begin = steady::now();
                    c.send(r.to_string());
                    auto const answer = c.read(10s);
                    if (answer.status == 200) {
                        ++mine.accepted;
                    } else if (answer.status == 503 && answer.body == refused_xml && answer.header("Retry-After") == "1") {
                        ++mine.refused;
                        mine.refusals.push_back(since(begin));
                    } else {
                        ++mine.other;
                    }
                }
                std::lock_guard const lock(guard);
                t.accepted += mine.accepted;
                t.refused += mine.refused;
                t.other += mine.other;
                t.refusals.insert(t.refusals.end(), mine.refusals.begin(), mine.refusals.end());
            });
        threads.clear();
        std::sort(t.refusals.begin(), t.refusals.end());
        return t;
    };
    auto const calm = flood(8, 2s);
    BOOST_TEST(calm.other == 0);
    BOOST_TEST(calm.accepted > 0);
    auto const wild = flood(64, 2s);
    BOOST_TEST_MESSAGE(
        "served by 8: " << calm.accepted << ", by 64: " << wild.accepted << " and " << wild.refused
                        << " refused"
    );
    BOOST_TEST(wild.other == 0);
    BOOST_TEST_REQUIRE(wild.refused > 0);
    BOOST_TEST(wild.accepted > calm.accepted / 10);
    BOOST_TEST(wild.refusals[wild.refusals.size() / 2].count() < 500);
    auto const begin = steady::now();
    check_accepted(system.notify_text(document));
    BOOST_TEST(since(begin).count() < 2000);
    BOOST_TEST(system.trouble_since(before, true) == "");
    BOOST_TEST(system.leaks_since(before) == "");
}

BOOST_AUTO_TEST_SUITE_END()
