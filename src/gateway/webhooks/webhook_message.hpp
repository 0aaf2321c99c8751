// What is sent to the shop, and what its answer means: pure. Standard Webhooks (standardwebhooks.com): id,
// timestamp and signature in headers, HMAC-SHA256 over "id.timestamp.body".
#pragma once

#include "ledger/outbox.hpp"
#include "net/http_client.hpp"

#include <wxgate/limits.hpp>

namespace wxgate::gateway {

/// {"type","timestamp","data"}. Made of what the message holds alone, so it is the same at every try.
std::string webhook_body(ledger::webhook_message const& m);

/// The header webhook-signature: a value for each secret, parted by spaces. `timestamp` is in seconds.
std::string webhook_signature(
    std::vector<std::string> const& secrets,
    std::string_view id,
    std::string_view timestamp,
    std::string_view body
);

/// The trace that a message is delivered under: the one it was written with, or else one that follows from
/// its id, so that all its tries are of one trace.
trace trace_of(ledger::webhook const& w);

/// What Retry-After asks for: seconds, or an HTTP date. Nothing when it is neither.
std::optional<milliseconds> parse_retry_after(std::string_view text, unix_ms now);

/// What follows a try of `w`. Any 2xx delivers; 410 ends it at once; 429 and 503 may ask for a longer wait.
/// `spread` in [0, 1) moves the wait by up to a tenth.
ledger::webhook_try after_try(
    ledger::webhook const& w,
    net::exchange_result const& answer,
    webhook_limits const& l,
    unix_ms now,
    double spread
);

} // namespace wxgate::gateway
