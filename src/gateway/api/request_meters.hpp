// The requests of one listener, counted by route and status. One worker's: what was counted once is counted
// again without a lock and without a text being made.
#pragma once

#include "base/metrics.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wxgate::gateway {

class request_meters {
public:
    /// `table` is the listener's: rows with a `label` and a `where.method`.
    template <class Row>
    explicit request_meters(std::span<Row const> table) {
        for (auto const& row : table)
            routes_.emplace_back(row.where.method, row.label);
    }

    /// A request that was answered; `row` is its place in the table, nothing when it has none.
    void count(
        std::optional<std::size_t> row,
        std::string_view method,
        unsigned status,
        std::chrono::nanoseconds took
    );

    /// One that was refused before it had a route: how long it took tells nothing.
    void count_refused(unsigned status);

private:
    struct route_meter {
        route_meter(std::string_view m, std::string_view r);
        metrics::counter& of_status(unsigned status);

        std::string method;
        std::string route;
        metrics::histogram& took;
        std::vector<std::pair<unsigned, metrics::counter*>> by_status; // those that there were
    };

    route_meter& without_route(std::string_view method);

    std::vector<route_meter> routes_;
    // A label is not a peer's to invent.
    route_meter get_{"GET", "none"};
    route_meter post_{"POST", "none"};
    route_meter other_{"other", "none"};
};

/// The place of a row in its table; nothing for null.
template <class Row>
std::optional<std::size_t> place_in(std::span<Row const> table, Row const* row) {
    if (row == nullptr)
        return std::nullopt;
    return static_cast<std::size_t>(row - table.data());
}

} // namespace wxgate::gateway
