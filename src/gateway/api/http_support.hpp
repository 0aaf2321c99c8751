// What both listeners do with every request: its id, its media type, its reply, its line in the log.
#pragma once

#include "base/log.hpp"
#include "gateway/api/problem.hpp"
#include "net/http_types.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace wxgate::gateway {

/// The caller's X-Request-Id, when it is sane, else ours.
std::string request_id_of(net::http_request const& request);

net::http_reply json_reply(unsigned status, std::string body);

/// WeChat's kind of reply; with 503 it says when to come again.
net::http_reply xml_reply(unsigned status, std::string_view body);

bool is_json(std::string_view content_type);

/// 404, or 405 with the methods that the path has.
net::http_reply no_route(std::string const& allow, std::string_view request_id);

/// Counts the request under its route.
void observe_request(
    std::string_view method, std::string_view route, unsigned status, std::chrono::nanoseconds took
);

/// Puts the id into the reply, counts it and writes the log line, in which `who` and `by` stand too.
void finish_reply(
    net::http_request const& request,
    std::string const& request_id,
    std::string_view route,
    net::http_reply& reply,
    log::item const& who,
    log::item const& by
);

} // namespace wxgate::gateway
