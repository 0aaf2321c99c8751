#include "gateway/api/http_support.hpp"

#include "base/ids.hpp"
#include "base/metrics.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace wxgate::gateway {

std::string request_id_of(net::http_request const& request) {
    auto const given = request.header("x-request-id");
    bool const sane =
        !given.empty() && given.size() <= 64 && std::all_of(given.begin(), given.end(), [](char c) {
            return is_alnum(c) || c == '-' || c == '_' || c == '.';
        });
    return sane ? std::string(given) : make_id();
}

net::http_reply json_reply(unsigned status, std::string body) {
    net::http_reply r;
    r.status = status;
    r.body = std::move(body);
    return r;
}

net::http_reply xml_reply(unsigned status, std::string_view body) {
    net::http_reply r;
    r.status = status;
    r.content_type = "text/xml";
    r.body = body;
    if (status == 503)
        r.headers.emplace_back("Retry-After", "1");
    return r;
}

void observe_request(
    std::string_view method, std::string_view route, unsigned status, std::chrono::nanoseconds took
) {
    auto const labels = "method=\"" + std::string(method) + "\",route=\"" + std::string(route) +
                        "\",status=\"" + std::to_string(status) + '"';
    metrics::get_counter("wxgate_http_requests_total", "Requests by route and status.", labels).add();
    auto const of_route = "route=\"" + std::string(route) + '"';
    metrics::get_histogram("wxgate_http_request_seconds", "Time to answer, by route.", of_route)
        .observe(took);
}

bool is_json(std::string_view content_type) {
    auto const end = std::min(content_type.find(';'), content_type.size());
    auto type = content_type.substr(0, end);
    while (type.ends_with(' ') || type.ends_with('\t'))
        type.remove_suffix(1);
    return ascii_iequals(type, "application/json");
}

net::http_reply no_route(std::string const& allow, std::string_view request_id) {
    if (allow.empty())
        return to_reply(not_found(), request_id);
    problem const p{405, "method_not_allowed", "this path has other methods: " + allow, {}, {}, 0};
    auto reply = to_reply(p, request_id);
    reply.headers.emplace_back("Allow", allow);
    return reply;
}

void finish_reply(
    net::http_request const& request,
    std::string const& request_id,
    std::string_view route,
    net::http_reply& reply,
    log::item const& who,
    log::item const& by
) {
    auto const took = std::chrono::steady_clock::now() - request.received;
    reply.headers.emplace_back("X-Request-Id", request_id);
    bool const usual =
        request.method == "GET" || request.method == "POST"; // a label is not a peer's to invent
    observe_request(usual ? request.method : "other", route, reply.status, took);
    auto const us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
    log::info(
        "request",
        {{"request_id", request_id},
         {"method", request.method},
         {"route", route},
         {"status", reply.status},
         {"us", us},
         who,
         by,
         {"peer", request.peer}}
    );
}

} // namespace wxgate::gateway
