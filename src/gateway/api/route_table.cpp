#include "gateway/api/route_table.hpp"

namespace wxgate::gateway {

namespace {

// clang-format off
constexpr route routes[] = {
    {{"POST", "/v1/payments", "", false}, call::create_payment, "/v1/payments", scope::pay},
    {{"GET", "/v1/payments", "", false}, call::list_payments, "/v1/payments", scope::read},
    {{"GET", "/v1/payments/", "", true}, call::get_payment, "/v1/payments/{out_trade_no}", scope::read},
    {{"GET", "/v1/payments/", "/events", true}, call::payment_events, "/v1/payments/{out_trade_no}/events", scope::read},
    {{"POST", "/v1/payments/", "/close", true}, call::close_payment, "/v1/payments/{out_trade_no}/close", scope::pay},
    {{"POST", "/v1/payments/", "/refunds", true}, call::create_refund, "/v1/payments/{out_trade_no}/refunds", scope::refund},
    {{"GET", "/v1/refunds", "", false}, call::list_refunds, "/v1/refunds", scope::read},
    {{"GET", "/v1/refunds/", "", true}, call::get_refund, "/v1/refunds/{out_refund_no}", scope::read},
    {{"POST", "/v1/checkout/", "", true}, call::checkout, "/v1/checkout/{out_trade_no}", std::nullopt},
    {{"POST", "/notify/", "/payment", true}, call::payment_notification, "/notify/{merchant}/payment", std::nullopt},
    {{"POST", "/notify/", "/refund", true}, call::refund_notification, "/notify/{merchant}/refund", std::nullopt},
};
// clang-format on

} // namespace

std::span<route const> all_routes() noexcept {
    return routes;
}

match find_route(std::string_view method, std::string_view path) {
    return find_in(routes, method, path);
}

} // namespace wxgate::gateway
