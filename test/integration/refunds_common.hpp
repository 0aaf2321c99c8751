// What the tests of refunds share: systems whose minutes are short, and the invariants that must hold after
// each of them (RELIABILITY.md 2.2: I2, I4, I5, I8, I9).
#pragma once

#include "fixture.hpp"
#include "support/refund_desk.hpp"

namespace wxgate::test {

/// How long the minute between two refunds of an order is here, at the gateway (the sandbox's is a second).
inline constexpr auto short_minute = 1200ms;

/// `time_scale` 60, short retries.
system_options refund_options(against upstream = against::sandbox);

/// The executable's system against the sandbox.
system_under_test& refund_system();

/// The executable's system against the stand-in, with a desk that plays WeChat.
struct scripted_refunds {
    scripted_refunds();
    ~scripted_refunds();
    system_under_test& system;
    stand_in& wechat;
    refund_desk desk;
};

/// Exactly the fields of CONTRACT.md's refund.
void check_refund_shape(json::value const& refund);

/// The store by itself: amounts, counts, events and transitions agree.
void check_store(system_under_test const& system);

/// The store against the sandbox: every refund of one is in the other, once, with the same amount; and what
/// is SUCCESS there is SUCCESS here. For when all has settled.
void check_both(system_under_test const& system);

/// The sandbox's refunds of an order.
json::array sandbox_refunds(system_under_test const& system, std::string const& out_trade_no);

/// One cell of one refund's row.
std::string
cell(system_under_test const& system, std::string const& column, std::string const& out_refund_no);

/// One cell of one order's row, as a number.
std::int64_t
order_number(system_under_test const& system, std::string const& column, std::string const& out_trade_no);

/// Events of one type about a refund.
std::int64_t
refund_events(system_under_test const& system, std::string const& out_refund_no, std::string const& type);

/// How many anomalies of this kind there are about the order.
std::int64_t
anomalies_of(system_under_test const& system, std::string const& out_trade_no, std::string const& kind);

} // namespace wxgate::test
