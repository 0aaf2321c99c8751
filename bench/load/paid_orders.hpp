// Orders that customers have paid, made through the whole path: for verbs that begin where a payment ends.
#pragma once

#include "load/http_driver.hpp"
#include "load/receiver.hpp"
#include "load/stage.hpp"

#include <string>

namespace wxgate::bench {

struct paid_orders_plan {
    std::string tag; // their numbers are numbered(tag, 0) and on, their amounts payments::total_fee()
    std::uint64_t count = 0;
    std::size_t at_a_time = 64;
};

/// Creates them at the gateway, pays them at the sandbox, and runs the context until the shop has heard of
/// each. Throws std::runtime_error with the first thing that went wrong, `interrupted` when an interrupt
/// came.
void make_paid_orders(
    asio::io_context& context, stage const& s, receiver const& shop, paid_orders_plan const& plan
);

} // namespace wxgate::bench
