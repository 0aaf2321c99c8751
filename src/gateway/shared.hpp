// What the workers share: the store, the settings of the moment, and the calls that must not run twice at
// once.
#pragma once

#include "async/notice_board.hpp"
#include "async/single_flight.hpp"
#include "base/metrics.hpp"
#include "gateway/api/api_keys.hpp"
#include "gateway/api/problem.hpp"
#include "gateway/latency_series.hpp"
#include "gateway/settings.hpp"
#include "ledger/audience.hpp"
#include "ledger/orders.hpp"
#include "ledger/refunds.hpp"
#include "store/store.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace wxgate::gateway {

/// The settings and what is made from them; immutable, swapped as a whole on SIGHUP.
struct configuration {
    std::shared_ptr<settings const> values;
    api_keys keys;

    explicit configuration(std::shared_ptr<settings const> s) : values(std::move(s)), keys(*values) {}
};

/// Lets each key through once in a while: how often one order may be asked about on demand.
class pace {
public:
    explicit pace(std::chrono::milliseconds interval) : interval_(interval) {}

    bool take(std::string const& key);

private:
    static constexpr std::size_t max_keys = 10'000;

    std::chrono::milliseconds interval_;
    std::mutex mutex_;
    std::unordered_map<std::string, std::chrono::steady_clock::time_point> last_;
};

/// Counts a finding that a person must settle, where it is recorded.
void count_anomaly(std::string_view kind);

/// Set before the workers start; its members synchronise themselves.
struct shared_state {
    using order_answer = answer<ledger::order_ptr>;
    using refund_answer = answer<ledger::refund>;

    std::shared_ptr<store::store> store;
    std::string public_url;              // what notify_urls begin with
    single_flight<order_answer> prepays; // one unifiedorder an order at a time
    single_flight<order_answer> queries; // one orderquery on demand an order at a time
    pace query_pace{std::chrono::milliseconds(500)};
    single_flight<refund_answer> refund_queries; // one refundquery for a notification a refund at a time
    wxgate::refund_limits refund_limits;
    wxgate::resolver_limits resolver_limits;
    wxgate::webhook_limits webhook_limits;
    wxgate::reconcile_limits reconcile_limits;
    /// What the names of this gateway's leases begin with; "" when it has the store to itself. Those of a
    /// process before it are forgotten at the start.
    std::string lease_prefix;
    ledger::audience audience;
    latency_series latency;
    notice_board board; // what one coroutine tells the others, by name
    std::atomic<bool> draining{false};
    std::atomic<bool> leases_are_ours{false}; // on messages to shops: those of a process before are forgotten
};

} // namespace wxgate::gateway
