// What is counted of the calls to WeChat: how they ended, how long they took, and what its clock shows.
#pragma once

#include <wxgate/client.hpp>

namespace wxgate::gateway {

/// `options` with its hooks set. To be called for each client; the counting takes no lock.
client_options with_meters(client_options options);

} // namespace wxgate::gateway
