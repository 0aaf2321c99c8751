// The one line that the log has of a request.
#pragma once

#include "base/log.hpp"
#include "base/trace.hpp"
#include "net/http_types.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace wxgate::gateway {

/// What a request is about, as far as it is known when it ends.
struct subject {
    std::string out_trade_no;
    std::string out_refund_no;
    std::string_view did = {}; // what came of it, where the status does not tell; a literal
};

/// From the route's label ("/v1/payments/{out_trade_no}") and the path's parameter, when it can be such a
/// number.
subject subject_of(std::string_view label, std::string_view argument);

/// Whether an answer of this status is about something that is there. If it is not, what the caller wrote in
/// a number's place may be anything, a secret that was pasted there too, and is not kept.
bool is_known_by(unsigned status) noexcept;

/// Views of what is told of a request; what is empty is left out.
struct access {
    std::string_view request_id;
    trace const& of;
    std::string_view method;
    std::string_view route;
    unsigned status;
    std::chrono::nanoseconds took;
    log::item who; // whose request it was: merchant, operator
    log::item by;  // by which right: API key, role
    subject const& about;
    std::string_view peer;
};

/// Writes it: at info, or at debug what machines ask for every few seconds.
void write_access(access const& a, log::level level = log::level::info);

/// Of a request that was refused before it had a route.
void write_refused(std::string_view request_id, unsigned status, std::string_view reason);

} // namespace wxgate::gateway
