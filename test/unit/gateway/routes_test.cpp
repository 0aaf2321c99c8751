#include "gateway/route_table.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate::gateway;

BOOST_AUTO_TEST_SUITE(routes)

BOOST_AUTO_TEST_CASE(each_path_is_one_call) {
    struct row {
        char const* method;
        char const* path;
        int what; // -1: none
        char const* argument;
        char const* allow;
    };

    auto const n = [](call c) { return static_cast<int>(c); };
    row const table[] = {
        {"POST", "/v1/payments", n(call::create_payment), "", ""},
        {"GET", "/v1/payments", n(call::list_payments), "", ""},
        {"GET", "/v1/payments/order-0001", n(call::get_payment), "order-0001", ""},
        {"GET", "/v1/payments/a%7Cb", n(call::get_payment), "a|b", ""},
        {"GET", "/v1/payments/x/events", n(call::payment_events), "x", ""},
        {"POST", "/v1/payments/x/close", n(call::close_payment), "x", ""},
        {"POST", "/v1/checkout/x", n(call::checkout), "x", ""},
        {"POST", "/notify/shop/payment", n(call::payment_notification), "shop", ""},
        {"DELETE", "/v1/payments", -1, "", "POST, GET"},
        {"GET", "/notify/shop/payment", -1, "", "POST"},
        {"GET", "/v1/payments/x/close", -1, "", "POST"},
        {"GET", "/", -1, "", ""},
        {"GET", "/v1/payments/", -1, "", ""},
        {"GET", "/v1//payments", -1, "", ""},
        {"GET", "//v1/payments", -1, "", ""},
        {"GET", "/v1/payments/x/y", -1, "", ""},
        {"GET", "/v1/payments/../metrics", -1, "", ""},
        {"GET", "/V1/payments", -1, "", ""},
        {"GET", "/v1/payments/%zz", -1, "", ""},
        {"POST", "/notify//payment", -1, "", ""},
        {"POST", "/notify/shop/payment/", -1, "", ""},
        {"GET", "/metrics", -1, "", ""},
        {"GET", "/healthz", -1, "", ""},
    };
    for (auto const& r : table) {
        auto const m = find_route(r.method, r.path);
        BOOST_TEST((m.found == nullptr ? -1 : n(m.found->what)) == r.what, r.method << ' ' << r.path);
        BOOST_TEST(m.argument == r.argument, r.path);
        BOOST_TEST(m.allow == r.allow, r.path);
    }
}

BOOST_AUTO_TEST_SUITE_END()
