// What is refused when there is too much to do, bound by bound, and that notifications are refused last.
#include "gateway/api/overload.hpp"

#include <wxgate/notification.hpp>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <list>
#include <memory>
#include <string>

using namespace wxgate;
using namespace wxgate::gateway;
using namespace std::chrono_literals;

namespace {

server_limits small() {
    server_limits l;
    l.max_in_flight = 8;
    l.max_notifications = 4;
    return l;
}

// A store that says what it is told to say.
struct talking_store final : store::store {
    awaitable<result<wxgate::store::results>> write(wxgate::store::batch) override {
        co_return wxgate::store::results();
    }

    awaitable<result<wxgate::store::results>> read(wxgate::store::batch) override {
        co_return wxgate::store::results();
    }

    bool healthy() const noexcept override { return true; }

    wxgate::store::store_load load(std::chrono::steady_clock::time_point) const noexcept override {
        return says;
    }

    void close() override {}

    wxgate::store::store_load says;
};

net::http_request request_to(std::string_view target) {
    net::http_request r;
    r.method = "POST";
    r.target = target;
    r.path = target;
    r.received = std::chrono::steady_clock::now();
    return r;
}

std::string header(net::http_reply const& r, std::string_view name) {
    for (auto const& [n, value] : r.headers)
        if (n == name)
            return value;
    return {};
}

std::uint64_t shed(char const* why, char const* kind) {
    return metrics::get_counter(
               "wxgate_http_shed_total",
               "Requests and connections that were refused for want of room.",
               std::string("why=\"") + why + "\",kind=\"" + kind + '"'
    )
        .value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(overload_test)

BOOST_AUTO_TEST_CASE(each_bound) {
    struct row {
        char const* name;
        load l;
        std::optional<shed_reason> read;
        std::optional<shed_reason> write;
        std::optional<shed_reason> notification;
    };

    std::optional<shed_reason> const taken;
    auto const queue = shed_reason::store_queue;
    auto const wait = shed_reason::store_wait;
    auto const flight = shed_reason::in_flight;
    row const table[] = {
        {"idle", {}, taken, taken, taken},
        {"busy", {7, 2, {255, 255, 1024, 500ms}}, taken, taken, taken},
        {"calls", {8, 0, {}}, flight, flight, taken},
        {"far more calls than ever", {1'000'000, 0, {}}, flight, flight, taken},
        {"notifications", {0, 3, {}}, flight, flight, taken},
        {"too many notifications", {0, 4, {}}, flight, flight, flight},
        {"a quarter of the writer's line", {0, 0, {256, 0, 1024, 0ns}}, taken, queue, taken},
        {"a quarter of the reader's line", {0, 0, {0, 256, 1024, 0ns}}, queue, taken, taken},
        {"the reader's line is full", {0, 0, {0, 1024, 1024, 0ns}}, queue, taken, taken},
        {"nearly all of the writer's line", {0, 0, {895, 0, 1024, 0ns}}, taken, queue, taken},
        {"room for what is done by itself only", {0, 0, {896, 0, 1024, 0ns}}, taken, queue, queue},
        {"a store that does not tell its room", {0, 0, {9999, 9999, 0, 0ns}}, taken, taken, taken},
        {"a store with next to no room", {0, 0, {0, 0, 1, 0ns}}, taken, taken, taken},
        {"a wait", {0, 0, {1, 0, 1024, 501ms}}, taken, wait, taken},
        {"as long as a notification may wait", {0, 0, {1, 0, 1024, 2s}}, taken, wait, taken},
        {"too long for WeChat", {0, 0, {1, 0, 1024, 2001ms}}, taken, wait, wait},
    };
    for (auto const& r : table) {
        BOOST_TEST((judge(r.l, traffic::read, small()) == r.read), r.name);
        BOOST_TEST((judge(r.l, traffic::write, small()) == r.write), r.name);
        BOOST_TEST((judge(r.l, traffic::notification, small()) == r.notification), r.name);
    }
}

// Whatever the bounds and the load are.
BOOST_AUTO_TEST_CASE(notifications_are_refused_last) {
    for (std::size_t const bound : {1U, 2U, 3U, 4U, 5U, 7U, 512U})
        for (std::size_t n = 0; n <= bound + 1; n += bound > 100 ? 16 : 1)
            for (std::size_t const writes : {0U, 7U, 8U, 55U, 56U, 64U})
                for (auto const waited : {0ms, 500ms, 501ms, 2000ms, 2001ms}) {
                    server_limits limits;
                    limits.max_notifications = bound;
                    load l;
                    l.notifications = n;
                    l.store = {writes, 0, 64, waited};
                    if (judge(l, traffic::notification, limits))
                        BOOST_TEST(judge(l, traffic::write, limits).has_value(), bound << ' ' << n);
                }
}

BOOST_AUTO_TEST_CASE(kinds_of_requests) {
    for (auto const* target : {"/notify/shop/payment", "/notify/shop/refund", "/notify/"})
        BOOST_TEST((traffic_of(request_to(target)) == traffic::notification), target);
    for (auto const* target : {"/notify", "/v1/payments", "/v1/notify/", "/", "notify/shop"}) {
        auto r = request_to(target);
        BOOST_TEST((traffic_of(r) == traffic::write), target);
        r.method = "GET";
        BOOST_TEST((traffic_of(r) == traffic::read), target);
        r.method = "DELETE"; // whatever it may be
        BOOST_TEST((traffic_of(r) == traffic::write), target);
    }
}

BOOST_AUTO_TEST_CASE(refusals) {
    auto const store = std::make_shared<talking_store>();
    overload o(small(), store, 7);
    BOOST_TEST(!o.refusal(request_to("/v1/payments")));
    BOOST_TEST(!o.refusal(request_to("/notify/shop/payment")));

    auto const before = shed("store_queue", "api");
    auto const notifications_before = shed("store_queue", "notification");
    store->says = {64, 0, 64, 0ns};
    auto asked = request_to("/v1/payments");
    asked.headers.push_back({"X-Request-Id", "shop-1"});
    auto const call = o.refusal(asked);
    BOOST_TEST_REQUIRE(call.has_value());
    BOOST_TEST(call->status == 503U);
    BOOST_TEST(call->content_type == "application/problem+json");
    BOOST_TEST(header(*call, "Retry-After") == "1");
    BOOST_TEST(header(*call, "X-Request-Id") == "shop-1");
    auto const body = boost::json::parse(call->body).as_object();
    BOOST_TEST((body.at("status").as_int64() == 503));
    BOOST_TEST((body.at("code").as_string() == "overloaded"));
    BOOST_TEST((body.at("request_id").as_string() == "shop-1"));
    BOOST_TEST(shed("store_queue", "api") == before + 1);

    auto const notification = o.refusal(request_to("/notify/shop/payment"));
    BOOST_TEST_REQUIRE(notification.has_value());
    BOOST_TEST(notification->status == 503U);
    BOOST_TEST(notification->content_type == "text/xml");
    BOOST_TEST(notification->body == notification_refused);
    BOOST_TEST(header(*notification, "Retry-After") == "1");
    BOOST_TEST(header(*notification, "X-Request-Id").size() == 26U);
    BOOST_TEST(shed("store_queue", "notification") == notifications_before + 1);
}

BOOST_AUTO_TEST_CASE(what_is_under_way_is_counted) {
    overload o(small(), std::make_shared<talking_store>(), 8);
    auto const& calls = metrics::get_gauge("wxgate_http_in_flight", "", R"(kind="api",worker="8")");
    std::list<overload::under_way> some;
    for (int i = 0; i < 8; ++i) {
        BOOST_TEST(!o.refusal(request_to("/v1/payments")));
        some.emplace_back(o, i % 2 ? traffic::read : traffic::write);
    }
    BOOST_TEST(calls.value() == 8);
    BOOST_TEST(o.refusal(request_to("/v1/payments")).has_value());
    BOOST_TEST(!o.refusal(request_to("/notify/shop/payment")));
    for (int i = 0; i < 4; ++i)
        some.emplace_back(o, traffic::notification);
    BOOST_TEST(o.refusal(request_to("/notify/shop/payment")).has_value());
    some.clear();
    BOOST_TEST(calls.value() == 0);
    BOOST_TEST(!o.refusal(request_to("/v1/payments")));
    BOOST_TEST(!o.refusal(request_to("/notify/shop/payment")));
}

BOOST_AUTO_TEST_SUITE_END()
