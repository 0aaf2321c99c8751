// What is refused when there is too much to do, and how: decided by a few numbers, straight after the header.
#pragma once

#include "base/metrics.hpp"
#include "gateway/api/problem.hpp"
#include "net/http_types.hpp"
#include "store/store.hpp"

#include <wxgate/limits.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

namespace wxgate::gateway {

/// Notifications are refused last: WeChat's patience is five seconds, and a lost one costs a query. What only
/// reads does not wait for the store's writer.
enum class traffic { read, write, notification };

bool is_notification(std::string_view target) noexcept;

traffic traffic_of(net::http_request const& request) noexcept;

/// What one worker has to do at a moment.
struct load {
    std::size_t calls = 0;         // of the API, under way
    std::size_t notifications = 0; // likewise
    store::store_load store;
};

/// Which bound was reached.
enum class shed_reason { in_flight, store_queue, store_wait };

inline constexpr std::size_t shed_reasons = 3;

/// Why a request that comes now is not taken; nothing when it is. Whatever refuses a notification refuses a
/// call that writes before.
std::optional<shed_reason> judge(load const& l, traffic what, server_limits const& limits) noexcept;

/// The load of one worker, and its refusals. Belongs to the worker's thread once it runs.
class overload {
public:
    /// `worker`: its number, for the metrics.
    overload(server_limits const& limits, std::shared_ptr<store::store> store, unsigned worker);
    overload(overload const&) = delete;
    overload& operator=(overload const&) = delete;

    /// The refusal of a request that is too much, or nothing.
    std::optional<net::http_reply> refusal(net::http_request const& request);

    /// A request under way, while this lives.
    class under_way {
    public:
        under_way(overload& o, traffic what) : overload_(o), notification_(what == traffic::notification) {
            overload_.count(notification_, 1);
        }

        ~under_way() { overload_.count(notification_, -1); }

        under_way(under_way const&) = delete;
        under_way& operator=(under_way const&) = delete;

    private:
        overload& overload_;
        bool notification_;
    };

private:
    void count(bool notification, int change) noexcept;
    void tell(shed_reason why, std::chrono::steady_clock::time_point now);

    server_limits const limits_;
    std::shared_ptr<store::store> const store_;
    load load_;
    std::array<metrics::gauge*, 2> in_flight_{};                           // by traffic
    std::array<std::array<metrics::counter*, shed_reasons>, 2> refused_{}; // by traffic and reason
    net::http_reply const call_refused_; // but for the request's id, which ends its body
    net::http_reply const notification_refused_;
    std::chrono::steady_clock::time_point told_;
    std::size_t untold_ = 0; // refusals since then
};

} // namespace wxgate::gateway
