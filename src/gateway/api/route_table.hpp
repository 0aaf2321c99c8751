// Which path is which call. Pure: no I/O, no state.
#pragma once

#include "gateway/api/path_pattern.hpp"
#include "gateway/settings.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace wxgate::gateway {

enum class call {
    create_payment,
    list_payments,
    get_payment,
    payment_events,
    close_payment,
    create_refund,
    get_refund,
    list_refunds,
    checkout,
    payment_notification,
    refund_notification,
};

struct route {
    path_pattern where;
    call what;
    std::string_view label; // of logs and metrics: the path with its parameters named
    std::optional<scope> needs;
};

using match = path_match<route>;

std::span<route const> all_routes() noexcept;

/// The route of a request; `argument` is out_trade_no, out_refund_no, or the merchant's name.
match find_route(std::string_view method, std::string_view path);

} // namespace wxgate::gateway
