// The money check: what the store has, what WeChat's side has and what the shop has heard are the same sum.
#pragma once

#include "report/report.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace wxgate::bench {

struct host_port;
class receiver;
class stage;

/// Sums in fen.
struct money {
    std::uint64_t payments = 0;
    std::int64_t paid = 0;
    std::uint64_t refunds = 0; // that succeeded
    std::int64_t refunded = 0;

    bool operator==(money const&) const = default;
};

/// Of the orders whose number begins with `prefix` ("": all), paid ones and their refunds that succeeded. The
/// gateway may be running: the file is opened for reading only and not checkpointed. `store` is a SQLite
/// file, or postgresql://…. Throws std::runtime_error.
money money_in_store(std::string const& store, std::string_view prefix);

/// The same of the sandbox's ledger, by GET /control/ledger. Throws std::runtime_error.
money money_in_sandbox(host_port const& control, std::string_view prefix);

/// The same of a ledger's text. Throws std::runtime_error when it is none.
money money_in_ledger(std::string_view json, std::string_view prefix);

/// What a check found. A side that is not within reach (another one's gateway) is not there and not compared.
struct money_check {
    std::optional<money> store;
    std::optional<money> sandbox;
    std::optional<money> heard;

    bool agree() const noexcept;

    /// Adds the table "money", the figure "money.payments", the verdict "money.difference" (fen, at most 0)
    /// and, when they differ, a warning.
    void add_to(report& r) const;
};

/// Waits until the three sums are the same, at most `patience` (webhooks and repeated notifications are still
/// on their way when the load ends), and gives what they are. `run_some` runs the receiver's context for a
/// moment. `to` is the receiver, null when there is none. The receiver must have heard of this run's orders
/// only. An interrupt (load/interrupt.hpp) ends the wait.
money_check check_money(
    stage const& s,
    receiver const* to,
    std::string_view prefix,
    std::chrono::seconds patience,
    std::function<void(std::chrono::milliseconds)> const& run_some
);

} // namespace wxgate::bench
