// Messages as they go over the wire, by HTTP/1.1, in one piece: what is written at once is one call of the
// kernel and one record of TLS, where header and body by themselves are two of each.
#pragma once

#include "net/http_client.hpp"
#include "net/http_types.hpp"

#include <string>
#include <string_view>

namespace wxgate::net {

/// `keep`: the connection stays open; `head`: the request was HEAD, which has no body. The reply's fields
/// must be fit for a header: no control characters.
std::string wire_text(http_reply const& reply, bool keep, bool head);

/// `authority`: the header Host. The request's fields likewise.
std::string wire_text(exchange_request const& request, std::string_view authority);

} // namespace wxgate::net
