// Which path is which call. Pure: no I/O, no state.
#pragma once

#include "gateway/settings.hpp"

#include <optional>
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
    call what;
    std::string_view label; // of logs and metrics: the path with its parameters named
    std::optional<scope> needs;
};

struct match {
    route const* found = nullptr; // null: no such path, or not this method
    std::string argument;         // out_trade_no, out_refund_no, or the merchant's name; decoded
    std::string allow;            // the methods the path has, when it has not this one
};

/// Exact routes only: nothing is normalised, a trailing slash is another path.
match find_route(std::string_view method, std::string_view path);

} // namespace wxgate::gateway
