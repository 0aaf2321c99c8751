// What both listeners do with every request: its id, its trace, its media type, its reply.
#pragma once

#include "base/trace.hpp"
#include "gateway/api/problem.hpp"
#include "net/http_types.hpp"

#include <string>
#include <string_view>

namespace wxgate::gateway {

/// The caller's X-Request-Id, when it is sane, else ours.
std::string request_id_of(net::http_request const& request);

/// The trace that the caller's traceparent tells, when it is valid and stands there once; else a new one.
trace trace_of(net::http_request const& request);

net::http_reply json_reply(unsigned status, std::string body);

/// WeChat's kind of reply; with 503 it says when to come again.
net::http_reply xml_reply(unsigned status, std::string_view body);

bool is_json(std::string_view content_type);

/// 404, or 405 with the methods that the path has.
net::http_reply no_route(std::string const& allow, std::string_view request_id);

} // namespace wxgate::gateway
