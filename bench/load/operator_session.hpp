// An operator who has signed in at the gateway's admin listener.
#pragma once

#include "load/http_driver.hpp"
#include "load/stage.hpp"

namespace wxgate::bench {

/// What everything that is not GET needs beside its body: the cookie, the CSRF token and the media type.
/// Blocks until the login is answered. Throws std::runtime_error.
header_list sign_in(host_port const& admin, stage_operator const& who);

} // namespace wxgate::bench
