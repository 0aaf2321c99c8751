#include "gateway/api/route_table.hpp"
#include "gateway/operators/admin_exchange.hpp"

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
        {"POST", "/v1/payments/x/refunds", n(call::create_refund), "x", ""},
        {"GET", "/v1/payments/refunds", n(call::get_payment), "refunds", ""}, // a number like another
        {"GET", "/v1/refunds", n(call::list_refunds), "", ""},
        {"GET", "/v1/refunds/x", n(call::get_refund), "x", ""},
        {"GET", "/v1/refunds/a%7Cb", n(call::get_refund), "a|b", ""},
        {"POST", "/v1/checkout/x", n(call::checkout), "x", ""},
        {"POST", "/notify/shop/payment", n(call::payment_notification), "shop", ""},
        {"POST", "/notify/shop/refund", n(call::refund_notification), "shop", ""},
        {"DELETE", "/v1/payments", -1, "", "POST, GET"},
        {"GET", "/notify/shop/payment", -1, "", "POST"},
        {"GET", "/v1/payments/x/close", -1, "", "POST"},
        {"POST", "/v1/payments/x", -1, "", "GET"},
        {"GET", "/v1/payments/x/refunds", -1, "", "POST"},
        {"POST", "/v1/refunds", -1, "", "GET"},
        {"POST", "/v1/refunds/x", -1, "", "GET"},
        {"GET", "/notify/shop/refund", -1, "", "POST"},
        {"POST", "/v1/payments//refunds", -1, "", ""},
        {"POST", "/v1/payments/x/refunds/", -1, "", ""},
        {"POST", "/v1/payments/x/refund", -1, "", ""},
        {"POST", "/v1/refunds/x/approve", -1, "", ""}, // people's
        {"POST", "/notify//refund", -1, "", ""},
        {"POST", "/notify/shop/refunds", -1, "", ""},
        {"GET", "/v1/refunds/", -1, "", ""},
        {"GET", "/v1/refunds/x/y", -1, "", ""},
        {"GET", "/v1/refunds/a+b", -1, "", ""},
        {"POST", "/admin/v1/login", -1, "", ""},
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

BOOST_AUTO_TEST_CASE(what_refunds_need) {
    struct row {
        char const* method;
        char const* path;
        char const* label;
        std::optional<scope> needs;
    };

    row const table[] = {
        {"POST", "/v1/payments/x/refunds", "/v1/payments/{out_trade_no}/refunds", scope::refund},
        {"GET", "/v1/refunds", "/v1/refunds", scope::read},
        {"GET", "/v1/refunds/x", "/v1/refunds/{out_refund_no}", scope::read},
        {"POST", "/notify/shop/refund", "/notify/{merchant}/refund", std::nullopt},
    };
    for (auto const& r : table) {
        auto const m = find_route(r.method, r.path);
        BOOST_TEST_REQUIRE(m.found != nullptr, r.path);
        BOOST_TEST(m.found->label == r.label, r.path);
        BOOST_TEST((m.found->needs == r.needs), r.path);
    }
}

BOOST_AUTO_TEST_CASE(each_path_of_the_operators_is_one_call_and_some_roles) {
    struct row {
        char const* method;
        char const* path;
        char const* label; // of logs and metrics
        char const* argument;
        unsigned who;
    };

    // Spelled out, not any_role: who is not named may not. An admin decides no refund.
    unsigned const all = roles(role::viewer, role::approver, role::admin);
    unsigned const may_ask = roles(role::approver, role::admin);
    unsigned const may_decide = roles(role::approver);
    row const table[] = {
        {"GET", "/healthz", "/healthz", "", everybody},
        {"GET", "/readyz", "/readyz", "", everybody},
        {"GET", "/metrics", "/metrics", "", everybody},
        {"POST", "/admin/v1/login", "/admin/v1/login", "", everybody},
        {"POST", "/admin/v1/logout", "/admin/v1/logout", "", all},
        {"GET", "/admin/v1/session", "/admin/v1/session", "", all},
        {"GET", "/admin/v1/payments", "/admin/v1/payments", "", all},
        {"GET", "/admin/v1/payments/x", "/admin/v1/payments/{out_trade_no}", "x", all},
        {"GET", "/admin/v1/payments/a%7Cb", "/admin/v1/payments/{out_trade_no}", "a|b", all},
        {"GET", "/admin/v1/payments/events", "/admin/v1/payments/{out_trade_no}", "events", all},
        {"GET", "/admin/v1/payments/x/events", "/admin/v1/payments/{out_trade_no}/events", "x", all},
        {"GET", "/admin/v1/payments/x/refunds", "/admin/v1/payments/{out_trade_no}/refunds", "x", all},
        {"POST", "/admin/v1/payments/x/refunds", "/admin/v1/payments/{out_trade_no}/refunds", "x", may_ask},
        {"GET", "/admin/v1/refunds", "/admin/v1/refunds", "", all},
        {"GET", "/admin/v1/refunds/x", "/admin/v1/refunds/{out_refund_no}", "x", all},
        {"GET", "/admin/v1/refunds/approve", "/admin/v1/refunds/{out_refund_no}", "approve", all},
        {"POST", "/admin/v1/refunds/x/approve", "/admin/v1/refunds/{out_refund_no}/approve", "x", may_decide},
        {"POST", "/admin/v1/refunds/x/reject", "/admin/v1/refunds/{out_refund_no}/reject", "x", may_decide},
    };
    for (auto const& r : table) {
        auto const m = find_admin_route(r.method, r.path);
        BOOST_TEST_REQUIRE(m.found != nullptr, r.method << ' ' << r.path);
        BOOST_TEST(m.found->label == r.label, r.path);
        BOOST_TEST(m.found->roles == r.who, r.path);
        BOOST_TEST((m.found->handle != nullptr), r.path);
        BOOST_TEST(m.argument == r.argument, r.path);
        BOOST_TEST(m.allow == "", r.path);
    }
    BOOST_TEST(any_role == all);
    BOOST_TEST(everybody == 0U); // no role's set is empty
    BOOST_TEST(roles(role::viewer) != 0U);
    BOOST_TEST((may_ask & roles(role::viewer)) == 0U);
    BOOST_TEST((may_decide & (roles(role::viewer) | roles(role::admin))) == 0U);
}

BOOST_AUTO_TEST_CASE(what_is_no_call_of_the_operators) {
    struct row {
        char const* method;
        char const* path;
        char const* allow;
    };

    row const table[] = {
        {"GET", "/admin/v1/login", "POST"},
        {"GET", "/admin/v1/logout", "POST"},
        {"POST", "/admin/v1/session", "GET"},
        {"DELETE", "/admin/v1/session", "GET"},
        {"POST", "/admin/v1/payments", "GET"},
        {"DELETE", "/admin/v1/payments/x", "GET"},
        {"POST", "/admin/v1/payments/x/events", "GET"},
        {"POST", "/admin/v1/refunds", "GET"},
        {"PUT", "/admin/v1/refunds/x", "GET"},
        {"GET", "/admin/v1/refunds/x/approve", "POST"},
        {"GET", "/admin/v1/refunds/x/reject", "POST"},
        {"POST", "/healthz", "GET"},
        {"POST", "/metrics", "GET"},
        {"get", "/healthz", "GET"}, // methods have a case
        {"GET", "", ""},
        {"GET", "/", ""},
        {"GET", "/admin", ""},
        {"GET", "/admin/v1", ""},
        {"GET", "/admin/v1/", ""},
        {"GET", "/healthz/", ""},
        {"GET", "/Healthz", ""},
        {"POST", "/admin/v1/login/", ""},
        {"POST", "//admin/v1/login", ""},
        {"POST", "/admin//v1/login", ""},
        {"POST", "/admin/v1/./login", ""},
        {"POST", "/admin/v1/%6Cogin", ""}, // a path is matched as it is
        {"POST", "/ADMIN/v1/login", ""},
        {"POST", "/admin/v2/login", ""},
        {"GET", "/admin/v1/payments/", ""},
        {"GET", "/admin/v1/payments//events", ""},
        {"GET", "/admin/v1/payments/x/", ""},
        {"GET", "/admin/v1/payments/x/y", ""},
        {"GET", "/admin/v1/payments/x/y/events", ""},
        {"GET", "/admin/v1/payments/%zz", ""},
        {"GET", "/admin/v1/payments/a+b", ""},
        {"GET", "/admin/v1/payments/../../metrics", ""},
        {"POST", "/admin/v1/payments//refunds", ""},
        {"POST", "/admin/v1/payments/x/close", ""},
        {"GET", "/admin/v1/refunds/", ""},
        {"POST", "/admin/v1/refunds//approve", ""},
        {"POST", "/admin/v1/refunds/x/approve/", ""},
        {"POST", "/admin/v1/refunds/x/approved", ""},
        {"POST", "/admin/v1/refunds/x/y/approve", ""},
        {"POST", "/admin/v1/refunds/x%2/approve", ""},
        {"GET", "/v1/payments", ""}, // the merchants' own
        {"POST", "/v1/payments/x/refunds", ""},
        {"POST", "/notify/shop/payment", ""},
    };
    for (auto const& r : table) {
        auto const m = find_admin_route(r.method, r.path);
        BOOST_TEST((m.found == nullptr), r.method << ' ' << r.path);
        BOOST_TEST(m.allow == r.allow, r.method << ' ' << r.path);
    }
}

BOOST_AUTO_TEST_SUITE_END()
