#include "gateway/api/overload.hpp"

#include "base/log.hpp"
#include "gateway/api/http_support.hpp"
#include "net/refusals.hpp"

#include <wxgate/notification.hpp>

#include <algorithm>

namespace wxgate::gateway {

namespace {

constexpr std::array<std::string_view, 2> kinds = {"api", "notification"};
constexpr std::array<std::string_view, shed_reasons> reasons = {"in_flight", "store_queue", "store_wait"};

std::size_t at(shed_reason why) noexcept {
    return static_cast<std::size_t>(why);
}

// request_id is the last member, so that an id's text can be put in before the end.
constexpr std::string_view end_of_problem = "\"}";

net::http_reply without_id() {
    auto reply = to_reply(overloaded(), {});
    reply.body.resize(reply.body.size() - end_of_problem.size());
    return reply;
}

} // namespace

bool is_notification(std::string_view target) noexcept {
    return target.starts_with("/notify/");
}

traffic traffic_of(net::http_request const& request) noexcept {
    if (is_notification(request.target))
        return traffic::notification;
    return request.method == "GET" ? traffic::read : traffic::write;
}

namespace {

bool is_full(std::size_t waiting, std::size_t room, std::size_t eighths) noexcept {
    return room != 0 && waiting * 8 >= room * eighths;
}

std::optional<shed_reason> judge_notification(load const& l, server_limits const& limits) noexcept {
    if (l.notifications >= limits.max_notifications)
        return shed_reason::in_flight;
    if (is_full(l.store.writes, l.store.room, 7)) // the rest is for what is done by itself
        return shed_reason::store_queue;
    if (l.store.write_wait > limits.max_notification_wait)
        return shed_reason::store_wait;
    return std::nullopt;
}

} // namespace

std::optional<shed_reason> judge(load const& l, traffic what, server_limits const& limits) noexcept {
    if (what == traffic::notification)
        return judge_notification(l, limits);
    if (l.calls >= limits.max_in_flight || l.notifications >= (limits.max_notifications * 3 + 3) / 4)
        return shed_reason::in_flight;
    if (is_full(what == traffic::read ? l.store.reads : l.store.writes, l.store.room, 2)) // a quarter
        return shed_reason::store_queue;
    if (what == traffic::write && l.store.write_wait > limits.max_store_wait)
        return shed_reason::store_wait;
    return std::nullopt;
}

overload::overload(server_limits const& limits, std::shared_ptr<store::store> store, unsigned worker)
    : limits_(limits), store_(std::move(store)), call_refused_(without_id()),
      notification_refused_(xml_reply(503, notification_refused)) {
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
        auto const labels =
            "kind=\"" + std::string(kinds[kind]) + "\",worker=\"" + std::to_string(worker) + '"';
        in_flight_[kind] = &metrics::get_gauge("wxgate_http_in_flight", "Requests under way.", labels);
        for (std::size_t why = 0; why < shed_reasons; ++why)
            refused_[kind][why] = &net::shed_counter(reasons[why], kinds[kind]);
    }
}

std::optional<net::http_reply> overload::refusal(net::http_request const& request) {
    auto const what = traffic_of(request);
    bool const notification = what == traffic::notification;
    load_.store = store_->load(request.received);
    auto const why = judge(load_, what, limits_);
    if (!why)
        return std::nullopt;
    refused_[notification ? 1 : 0][at(*why)]->add();
    tell(*why, request.received);
    auto const id = request_id_of(request);
    auto reply = notification ? notification_refused_ : call_refused_;
    if (!notification)
        reply.body.append(id).append(end_of_problem);
    reply.headers.emplace_back("X-Request-Id", id);
    return reply;
}

void overload::count(bool notification, int change) noexcept {
    auto& n = notification ? load_.notifications : load_.calls;
    n += static_cast<std::size_t>(change); // -1 wraps around, as it should
    in_flight_[notification ? 1 : 0]->set(static_cast<std::int64_t>(n));
}

// A line a second at most: there may be thousands of refusals, and the reason is the same.
void overload::tell(shed_reason why, std::chrono::steady_clock::time_point now) {
    ++untold_;
    if (now - told_ < std::chrono::seconds(1))
        return;
    log::warn(
        "requests are refused: there is too much to do", {{"why", reasons[at(why)]}, {"count", untold_}}
    );
    told_ = now;
    untold_ = 0;
}

} // namespace wxgate::gateway
