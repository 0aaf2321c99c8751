// What is counted and kept of a request: by route and status, under which trace, about what.
#include "gateway/api/access_log.hpp"
#include "gateway/api/http_support.hpp"
#include "gateway/api/request_meters.hpp"
#include "gateway/api/route_table.hpp"
#include "gateway/operators/admin_exchange.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::gateway;

namespace {

std::uint64_t counted(std::string const& method, std::string const& route, unsigned status) {
    auto const labels =
        "method=\"" + method + "\",route=\"" + route + "\",status=\"" + std::to_string(status) + '"';
    return metrics::get_counter("wxgate_http_requests_total", "Requests by route and status.", labels)
        .value();
}

std::size_t place_of(std::string_view method, std::string_view path) {
    return place_in(all_routes(), find_route(method, path).found).value();
}

net::http_request with_headers(std::vector<net::header_view> headers) {
    net::http_request r;
    r.method = "GET";
    r.headers = std::move(headers);
    return r;
}

constexpr std::string_view good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

} // namespace

BOOST_AUTO_TEST_SUITE(request_meters_test)

BOOST_AUTO_TEST_CASE(by_route_and_status) {
    request_meters one(all_routes());
    request_meters other(all_routes()); // another worker's
    auto const create = place_of("POST", "/v1/payments");
    auto const list = place_of("GET", "/v1/payments");
    BOOST_TEST(create != list);
    auto const before = counted("POST", "/v1/payments", 201);
    one.count(create, "POST", 201, std::chrono::milliseconds(3));
    one.count(create, "POST", 201, std::chrono::milliseconds(3));
    other.count(create, "POST", 201, std::chrono::milliseconds(3));
    one.count(create, "POST", 409, std::chrono::milliseconds(3));
    one.count(list, "GET", 200, std::chrono::milliseconds(3));
    BOOST_TEST(counted("POST", "/v1/payments", 201) == before + 3);
    BOOST_TEST(counted("POST", "/v1/payments", 409) == 1U);
    BOOST_TEST(counted("GET", "/v1/payments", 200) == 1U);
    BOOST_TEST(counted("GET", "/v1/payments", 201) == 0U);
}

// A label is not a peer's to invent.
BOOST_AUTO_TEST_CASE(without_a_route) {
    request_meters m(all_routes());
    m.count(std::nullopt, "GET", 404, {});
    m.count(std::nullopt, "POST", 404, {});
    m.count(std::nullopt, "BREW", 405, {});
    m.count(std::nullopt, "PUT", 405, {});
    m.count_refused(431);
    BOOST_TEST(counted("GET", "none", 404) == 1U);
    BOOST_TEST(counted("POST", "none", 404) == 1U);
    BOOST_TEST(counted("other", "none", 405) == 2U);
    BOOST_TEST(counted("other", "none", 431) == 1U);
    BOOST_TEST(metrics::to_text().find("BREW") == std::string::npos);
    BOOST_TEST(!place_in(all_routes(), static_cast<route const*>(nullptr)).has_value());
}

BOOST_AUTO_TEST_CASE(the_operators_rows) {
    request_meters m(all_admin_rows());
    auto const found = find_admin_route("GET", "/metrics");
    auto const place = place_in(all_admin_rows(), found.found);
    BOOST_TEST_REQUIRE(place.has_value());
    m.count(place, "GET", 200, std::chrono::milliseconds(1));
    BOOST_TEST(counted("GET", "/metrics", 200) == 1U);
}

BOOST_AUTO_TEST_CASE(which_trace) {
    auto const taken = trace_of(with_headers({{"traceparent", good}}));
    BOOST_TEST(taken.given);
    BOOST_TEST(taken.id_text() == good.substr(3, 32));
    BOOST_TEST(trace_of(with_headers({{"Traceparent", good}})).given, "in any case");
    for (auto const& headers : std::vector<std::vector<net::header_view>>{
             {},
             {{"traceparent", ""}},
             {{"traceparent", "nonsense"}},
             {{"traceparent", good}, {"traceparent", good}}}) {
        auto const begun = trace_of(with_headers(headers));
        BOOST_TEST(!begun.given);
        BOOST_TEST(!begun.empty());
        BOOST_TEST(begun.id_text() != good.substr(3, 32));
    }
}

BOOST_AUTO_TEST_CASE(about_what) {
    struct row {
        char const* label;
        std::string argument;
        char const* out_trade_no;
        char const* out_refund_no;
    };

    for (row const& r : std::initializer_list<row>{
             {"/v1/payments/{out_trade_no}", "order-0001", "order-0001", ""},
             {"/v1/payments/{out_trade_no}/close", "order-0001", "order-0001", ""},
             {"/v1/checkout/{out_trade_no}", "order-0001", "order-0001", ""},
             {"/v1/refunds/{out_refund_no}", "R1", "", "R1"},
             {"/admin/v1/refunds/{out_refund_no}/approve", "R1", "", "R1"},
             {"/notify/{merchant}/payment", "order-0001", "", ""},
             {"/v1/payments", "", "", ""},
             {"none", "", "", ""},
             // What is no number is not kept: anything may be written there.
             {"/v1/payments/{out_trade_no}", "short", "", ""},
             {"/v1/payments/{out_trade_no}", "a secret, say", "", ""},
             {"/v1/payments/{out_trade_no}", std::string(33, 'x'), "", ""},
             {"/v1/refunds/{out_refund_no}", "a\nb", "", ""},
             {"/v1/refunds/{out_refund_no}", std::string(65, 'x'), "", ""}}) {
        auto const s = subject_of(r.label, r.argument);
        BOOST_TEST(s.out_trade_no == r.out_trade_no, r.label << ' ' << r.argument);
        BOOST_TEST(s.out_refund_no == r.out_refund_no, r.label << ' ' << r.argument);
        BOOST_TEST(s.did.empty());
    }
}

BOOST_AUTO_TEST_CASE(what_is_known) {
    for (unsigned const status : {200U, 201U, 202U, 409U, 422U, 502U, 504U})
        BOOST_TEST(is_known_by(status), status);
    for (unsigned const status : {400U, 401U, 403U, 404U, 405U, 413U, 415U, 429U, 500U, 503U})
        BOOST_TEST(!is_known_by(status), status);
}

BOOST_AUTO_TEST_SUITE_END()
