#include "gateway/route_table.hpp"

#include "base/text.hpp"

namespace wxgate::gateway {

namespace {

struct entry {
    std::string_view method;
    std::string_view prefix; // before the parameter
    std::string_view suffix; // behind it
    bool parameter;
    route r;
};

constexpr entry entries[] = {
    {"POST", "/v1/payments", "", false, {call::create_payment, "/v1/payments", scope::pay}},
    {"GET", "/v1/payments", "", false, {call::list_payments, "/v1/payments", scope::read}},
    {"GET", "/v1/payments/", "", true, {call::get_payment, "/v1/payments/{out_trade_no}", scope::read}},
    {"GET",
     "/v1/payments/",
     "/events",
     true,
     {call::payment_events, "/v1/payments/{out_trade_no}/events", scope::read}},
    {"POST",
     "/v1/payments/",
     "/close",
     true,
     {call::close_payment, "/v1/payments/{out_trade_no}/close", scope::pay}},
    {"POST",
     "/v1/payments/",
     "/refunds",
     true,
     {call::create_refund, "/v1/payments/{out_trade_no}/refunds", scope::refund}},
    {"GET", "/v1/refunds", "", false, {call::list_refunds, "/v1/refunds", scope::read}},
    {"GET", "/v1/refunds/", "", true, {call::get_refund, "/v1/refunds/{out_refund_no}", scope::read}},
    {"POST", "/v1/checkout/", "", true, {call::checkout, "/v1/checkout/{out_trade_no}", std::nullopt}},
    {"POST",
     "/notify/",
     "/payment",
     true,
     {call::payment_notification, "/notify/{merchant}/payment", std::nullopt}},
    {"POST",
     "/notify/",
     "/refund",
     true,
     {call::refund_notification, "/notify/{merchant}/refund", std::nullopt}},
};

// The parameter of the path, decoded; nothing when the path is not this entry's.
std::optional<std::string> match_path(entry const& e, std::string_view path) {
    if (!e.parameter)
        return path == e.prefix ? std::optional<std::string>("") : std::nullopt;
    if (path.size() <= e.prefix.size() + e.suffix.size() || !path.starts_with(e.prefix) ||
        !path.ends_with(e.suffix))
        return std::nullopt;
    auto const raw = path.substr(e.prefix.size(), path.size() - e.prefix.size() - e.suffix.size());
    if (raw.find_first_of("/+") !=
        std::string_view::npos) // '+' is itself in a path; no parameter here may hold it
        return std::nullopt;
    return percent_decode(raw);
}

} // namespace

match find_route(std::string_view method, std::string_view path) {
    match m;
    for (auto const& e : entries) {
        auto argument = match_path(e, path);
        if (!argument)
            continue;
        if (e.method == method) {
            return {&e.r, std::move(*argument), {}};
        }
        m.allow += (m.allow.empty() ? "" : ", ") + std::string(e.method);
    }
    return m;
}

} // namespace wxgate::gateway
