// Refusals of the API: problem+json of RFC 9457 with the contract's codes.
#pragma once

#include "net/http_types.hpp"

#include <wxgate/error.hpp>

#include <boost/system/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace wxgate::gateway {

struct problem {
    unsigned status = 500;
    std::string_view code = "internal_error"; // one of the contract's
    std::string detail;
    std::string param;               // the field at fault
    std::optional<refused> upstream; // what WeChat said
    int retry_after = 0;             // seconds; 0: not told
};

problem invalid(std::string param, std::string detail);
problem conflict(std::string_view code, std::string detail, std::string param = {});
problem not_found();
problem overloaded();

/// The store's error, as the caller sees it.
problem from_store(error_code const& ec);

/// What WeChat did not do. A call that certainly was not sent, as WeChat cannot be reached, is 503: nothing
/// is in doubt. `said` tells more than the outcome when WeChat answered without a signature.
problem from_upstream(failure const& f);

net::http_reply to_reply(problem const& p, std::string_view request_id);

/// The code that goes with a status the gate refused with.
std::string_view code_of_status(unsigned status) noexcept;

[[noreturn]] void throw_exception_from_error(problem const& p, boost::source_location const& where);

/// What a use case ends with.
template <class T>
using answer = boost::system::result<T, problem>;

} // namespace wxgate::gateway
