#include "gateway/api/request_meters.hpp"

namespace wxgate::gateway {

request_meters::route_meter::route_meter(std::string_view m, std::string_view r)
    : method(m), route(r),
      took(metrics::get_histogram(
          "wxgate_http_request_seconds", "Time to answer, by route.", metrics::label("route", r)
      )) {
}

metrics::counter& request_meters::route_meter::of_status(unsigned status) {
    for (auto const& [known, counter] : by_status)
        if (known == status)
            return *counter;
    auto const labels = metrics::label("method", method) + ',' + metrics::label("route", route) + ',' +
                        metrics::label("status", std::to_string(status));
    auto& counter =
        metrics::get_counter("wxgate_http_requests_total", "Requests by route and status.", labels);
    by_status.emplace_back(status, &counter);
    return counter;
}

request_meters::route_meter& request_meters::without_route(std::string_view method) {
    return method == "GET" ? get_ : method == "POST" ? post_ : other_;
}

void request_meters::count(
    std::optional<std::size_t> row, std::string_view method, unsigned status, std::chrono::nanoseconds took
) {
    auto& of = row ? routes_[*row] : without_route(method);
    of.of_status(status).add();
    of.took.observe(took);
}

void request_meters::count_refused(unsigned status) {
    other_.of_status(status).add();
}

} // namespace wxgate::gateway
