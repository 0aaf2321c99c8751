// GET /admin/v1/summary: what the console's front page shows. Made once for all who look at the same time.
#pragma once

#include "async/single_flight.hpp"
#include "gateway/payments/payments.hpp"
#include "ledger/summary.hpp"

namespace wxgate::gateway {

/// How often the store is asked, at most; and never so that it takes more than a tenth of the time.
struct summary_limits {
    milliseconds shortest{1000};       // between two looks at the last hour
    milliseconds shortest_day{60'000}; // … at the day before it
};

/// Belongs to the worker that has the admin listener.
class summary_board {
public:
    explicit summary_board(shared_state& shared, summary_limits const& limits = {})
        : shared_(shared), limits_(limits) {}

    /// The JSON text. `demo`: there is a demo shop.
    awaitable<answer<std::string>> text(bool demo, call_context call);

private:
    using steady = std::chrono::steady_clock;

    awaitable<answer<std::string>> made(bool demo);
    awaitable<result<void>> refresh(unix_ms now);

    shared_state& shared_;
    summary_limits limits_;
    single_flight<answer<std::string>> flights_;
    std::string text_;
    steady::time_point fresh_until_;
    ledger::tally day_; // up to where hour_ begins
    steady::time_point day_fresh_until_;
    ledger::tally hour_;
    ledger::open_work work_;
};

} // namespace wxgate::gateway
