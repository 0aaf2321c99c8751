// One line of the log a request, what stands in it, and the trace that goes from a request to the webhooks.
#include "webhooks_common.hpp"

#include <atomic>
#include <set>
#include <sstream>

using namespace wxgate::test;

namespace {

std::string const id = "0af7651916cd43dd8448eb211c80319c";
std::string const parent = "b7ad6b7169203331";
std::string const header = "00-" + id + "-" + parent + "-01";

std::vector<json::value> lines(std::string const& text) {
    std::vector<json::value> all;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        boost::system::error_code ec;
        all.push_back(json::parse(line, ec));
        BOOST_TEST_REQUIRE((!ec && all.back().is_object()), line);
    }
    return all;
}

// What has been written to the end of a line.
std::vector<json::value> lines_of(system_under_test const& system) {
    auto const text = system.logs();
    return lines(text.substr(0, text.rfind('\n') + 1));
}

// The line of the request with this id, once it is there.
json::value line_of(system_under_test const& system, std::string const& request_id) {
    json::value found;
    std::size_t n = 0;
    eventually(5s, [&] {
        n = 0;
        for (auto const& line : lines_of(system))
            if (text_of(line, "request_id") == request_id && text_of(line, "level") == "info") {
                found = line;
                ++n;
            }
        return n != 0;
    });
    BOOST_TEST_REQUIRE(n == 1U, request_id << " has " << n << " lines");
    BOOST_TEST(text_of(found, "msg") == "request");
    return found;
}

bool is_trace_id(std::string const& text) {
    return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

header_list with_id(std::string const& request_id, header_list more = {}) {
    more.emplace_back("X-Request-Id", request_id);
    return more;
}

std::string trace_id(delivery const& d) {
    auto const given = d.header("traceparent");
    BOOST_TEST_REQUIRE(given.size() == 55U, given);
    BOOST_TEST(d.count("traceparent") == 1U);
    BOOST_TEST(given.starts_with("00-"), given);
    BOOST_TEST(is_trace_id(given.substr(3, 32)), given);
    BOOST_TEST(given.substr(36, 16) != std::string(16, '0'), given);
    return given.substr(3, 32);
}

delivery heard(webhook_receiver const& receiver, std::string const& number, std::string const& type) {
    BOOST_TEST_REQUIRE(eventually(20s, [&] { return receiver.first(number, type).has_value(); }), type);
    return *receiver.first(number, type);
}

} // namespace

BOOST_AUTO_TEST_SUITE(seen_logs)

BOOST_AUTO_TEST_CASE(what_a_line_tells) {
    auto& system = scripted_system();
    auto const shop = system.with_key("shop");
    auto const order = system.order();
    auto const number = text_of(order, "out_trade_no");
    auto const made = shop.post("/v1/payments", order, with_id("seen-create", {{"traceparent", header}}));
    BOOST_TEST_REQUIRE(made.status == 201U, made.describe());
    BOOST_TEST(made.header("X-Request-Id") == "seen-create");
    auto line = line_of(system, "seen-create");
    BOOST_TEST(text_of(line, "trace_id") == id);
    BOOST_TEST(text_of(line, "method") == "POST");
    BOOST_TEST(text_of(line, "route") == "/v1/payments");
    BOOST_TEST(number_of(line, "status") == 201);
    BOOST_TEST(number_of(line, "duration_us") > 0);
    BOOST_TEST(text_of(line, "merchant") == "shop");
    BOOST_TEST(text_of(line, "key") == "shop");
    BOOST_TEST(text_of(line, "out_trade_no") == number);
    BOOST_TEST(text_of(line, "peer") == "127.0.0.1");

    // Without a number of the caller's: ours.
    auto const own =
        shop.post("/v1/payments", system.order({{"out_trade_no", nullptr}}), with_id("seen-own"));
    BOOST_TEST_REQUIRE(own.status == 201U);
    BOOST_TEST(text_of(line_of(system, "seen-own"), "out_trade_no") == text_of(own.parsed(), "out_trade_no"));

    shop.get("/v1/payments/" + number, with_id("seen-get"));
    line = line_of(system, "seen-get");
    BOOST_TEST(text_of(line, "route") == "/v1/payments/{out_trade_no}");
    BOOST_TEST(text_of(line, "out_trade_no") == number);
    shop.get("/v1/payments/not%20a%20number", with_id("seen-odd"));
    BOOST_TEST(text_of(line_of(system, "seen-odd"), "out_trade_no") == "");
    shop.get("/v1/refunds/R" + number, with_id("seen-refund"));
    BOOST_TEST(text_of(line_of(system, "seen-refund"), "out_refund_no") == "", "there is none");
    system.anonymous().get("/v1/payments", with_id("seen-nobody"));
    line = line_of(system, "seen-nobody");
    BOOST_TEST(number_of(line, "status") == 401);
    BOOST_TEST(text_of(line, "key") == "");
    shop.get("/nowhere", with_id("seen-nowhere"));
    BOOST_TEST(text_of(line_of(system, "seen-nowhere"), "route") == "none");
    auto const alice = system.sign_in("alice");
    alice.get("/admin/v1/payments/" + number, with_id("seen-operator", {{"traceparent", header}}));
    line = line_of(system, "seen-operator");
    BOOST_TEST(text_of(line, "operator") == "alice");
    BOOST_TEST(text_of(line, "role") == "approver");
    BOOST_TEST(text_of(line, "out_trade_no") == number);
    BOOST_TEST(text_of(line, "trace_id") == id);
    BOOST_TEST(system.leaked() == "");
}

// Of WeChat's calls too: whose order it was, and what became of it.
BOOST_AUTO_TEST_CASE(notifications) {
    auto& system = scripted_system();
    auto const payment = system.create();
    auto const& m = system.merchant("shop");
    auto const said = to_xml(signed_with(notification_of(payment, new_transaction_id()), m.sign_type, m.key));
    for (auto const& [request_id, did] :
         {std::pair("seen-paid", "recorded"), std::pair("seen-again", "duplicate")}) {
        auto const r = exchange(system.port(), {"POST", "/notify/shop/payment", with_id(request_id), said});
        BOOST_TEST(r.status == 200U);
        auto const line = line_of(system, request_id);
        BOOST_TEST(text_of(line, "route") == "/notify/{merchant}/payment");
        BOOST_TEST(text_of(line, "merchant") == "shop");
        BOOST_TEST(text_of(line, "out_trade_no") == text_of(payment, "out_trade_no"));
        BOOST_TEST(text_of(line, "did") == did);
        BOOST_TEST(is_trace_id(text_of(line, "trace_id")));
    }
    exchange(system.port(), {"POST", "/notify/shop/payment", with_id("seen-forged"), "<xml></xml>"});
    auto const line = line_of(system, "seen-forged");
    BOOST_TEST(text_of(line, "did") == "unverified");
    BOOST_TEST(text_of(line, "out_trade_no") == "");
    BOOST_TEST(system.leaked() == "");
}

// Exactly one a request, whatever came of it; also of what never became one.
BOOST_AUTO_TEST_CASE(one_line_a_request) {
    auto& system = scripted_system();
    auto const shop = system.with_key("shop");
    // A line is written before its request is answered: behind this one's, all are there.
    auto const infos = [&](char const* request_id) {
        shop.get("/v1/payments", with_id(request_id));
        line_of(system, request_id);
        std::size_t n = 0;
        for (auto const& line : lines_of(system))
            n += text_of(line, "level") == "info" ? 1U : 0U;
        return n;
    };
    auto const before = infos("seen-first");
    std::size_t requests = 0;
    auto const made = shop.post("/v1/payments", system.order()).parsed();
    auto const number = text_of(made, "out_trade_no");
    shop.get("/v1/payments/" + number);
    shop.get("/v1/payments");
    shop.post_text("/v1/payments", "{");
    shop.get("/nowhere");
    system.anonymous().get("/v1/payments");
    system.notify(notification_of(made, new_transaction_id()));
    system.notify_text("<xml></xml>");
    exchange_raw(system.port(), "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n");
    exchange_raw(
        system.port(), "POST /v1/payments HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    requests += 10;
    auto alice = system.sign_in("alice");
    alice.get("/admin/v1/payments");
    alice.logout();
    requests += 3;
    for (auto const* probe : {"/healthz", "/readyz", "/metrics"}) // every few seconds, by machines
        system.admin().get(probe);
    BOOST_TEST(infos("seen-last") == before + requests + 1);
}

BOOST_AUTO_TEST_CASE(which_trace_a_line_has) {
    auto& system = scripted_system();
    auto const shop = system.with_key("shop");
    std::set<std::string> begun;
    int n = 0;
    for (auto const& headers : std::vector<header_list>{
             {},
             {{"traceparent", ""}},
             {{"traceparent", "00-" + std::string(32, '0') + "-" + parent + "-01"}},
             {{"traceparent", "00-" + id + "-" + std::string(16, '0') + "-01"}},
             {{"traceparent", "ff-" + id + "-" + parent + "-01"}},
             {{"traceparent", header + "-more"}},
             {{"traceparent", header}, {"traceparent", header}}}) {
        auto const request_id = "trace-" + std::to_string(++n);
        BOOST_TEST(shop.get("/v1/payments", with_id(request_id, headers)).status == 200U);
        auto const given = text_of(line_of(system, request_id), "trace_id");
        BOOST_TEST(is_trace_id(given), given);
        BOOST_TEST(given != id);
        BOOST_TEST(given != std::string(32, '0'));
        begun.insert(given);
    }
    BOOST_TEST(begun.size() == 7U, "each its own");
    shop.get(
        "/v1/payments", with_id("trace-newer", {{"TraceParent", "cc-" + id + "-" + parent + "-01-more"}})
    );
    BOOST_TEST(text_of(line_of(system, "trace-newer"), "trace_id") == id);
}

// The shop's trace comes back to it, under a parent id of each delivery's own.
BOOST_AUTO_TEST_CASE(traces_reach_the_shop) {
    webhook_shops s;
    auto const shop = s.system.with_key("shop");
    std::atomic<bool> first{true};
    s.shop.behave([&](delivery const&) { return with_status(first.exchange(false) ? 500 : 204); });
    auto const made = shop.post("/v1/payments", s.system.order(), {{"traceparent", header}}).parsed();
    auto const number = text_of(made, "out_trade_no");
    check_accepted(s.system.notify(notification_of(made, new_transaction_id())));
    auto const paid = heard(s.shop, number, "payment.succeeded");
    BOOST_TEST(trace_id(paid) == id);
    BOOST_TEST(paid.header("traceparent").ends_with("-01"), "it is sampled");
    BOOST_TEST(paid.header("traceparent").substr(36, 16) != parent);
    BOOST_TEST(eventually(20s, [&] { return s.shop.deliveries(paid.id).size() == 2U; }));
    auto const again = s.shop.deliveries(paid.id).back();
    BOOST_TEST(trace_id(again) == id, "the same at every try");
    BOOST_TEST(again.header("traceparent") != paid.header("traceparent"), "but for the parent id");

    // What is asked for under another trace goes under that.
    std::string const other(32, 'e');
    auto const refund = s.system.refund_request(10);
    auto const asked = shop.post(
        "/v1/payments/" + number + "/refunds", refund, {{"traceparent", "00-" + other + "-" + parent + "-00"}}
    );
    BOOST_TEST(one_of(asked.status, {201, 202}), asked.describe());
    auto const back = text_of(refund, "out_refund_no");
    BOOST_TEST(trace_id(heard(s.shop, back, "refund.requested")) == other);
    auto const done = heard(s.shop, back, "refund.succeeded");
    BOOST_TEST(trace_id(done) == other);
    BOOST_TEST(done.header("traceparent").ends_with("-00"));

    auto const open = text_of(shop.post("/v1/payments", s.system.order()).parsed(), "out_trade_no");
    BOOST_TEST(
        shop.post_text("/v1/payments/" + open + "/close", "", {{"traceparent", header}}).status == 200U
    );
    BOOST_TEST(trace_id(heard(s.shop, open, "payment.closed")) == id);
    check_all_told(s);
}

// Nobody told one: it is the trace that stands in the line of what caused the change.
BOOST_AUTO_TEST_CASE(traces_that_begin_here) {
    webhook_shops s;
    auto const made = s.system.create();
    auto const& m = s.system.merchant("shop");
    auto const said = to_xml(signed_with(notification_of(made, new_transaction_id()), m.sign_type, m.key));
    auto const r = exchange(s.system.port(), {"POST", "/notify/shop/payment", with_id("began-here"), said});
    check_accepted(r);
    auto const d = heard(s.shop, text_of(made, "out_trade_no"), "payment.succeeded");
    BOOST_TEST(trace_id(d) == text_of(line_of(s.system, "began-here"), "trace_id"));
    check_all_told(s);
}

BOOST_AUTO_TEST_SUITE_END()
