// Refusals for want of room: made without waiting and at little cost.
#pragma once

#include "base/metrics.hpp"
#include "net/http_types.hpp"

#include <string>
#include <string_view>

namespace wxgate::net {

/// The reply as it goes over the wire, by HTTP/1.1. `keep`: the connection stays open; `head`: the request
/// was HEAD, which has no body. The reply's fields must be fit for a header: no control characters.
std::string wire_text(http_reply const& reply, bool keep, bool head);

/// What counts a refusal. `why`: which bound; `kind`: api, notification or connection.
metrics::counter& shed_counter(std::string_view why, std::string_view kind);

} // namespace wxgate::net
