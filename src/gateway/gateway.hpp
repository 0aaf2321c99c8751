// `wxgate serve`: workers, signals, reload, drain.
#pragma once

#include "gateway/settings.hpp"

#include <memory>
#include <string>

namespace wxgate::gateway {

/// Runs the gateway until SIGTERM or SIGINT has drained it. Throws std::exception when it cannot start.
void serve(std::shared_ptr<settings const> s, std::string const& ready_file);

/// `wxgate check`: prints a line per finding; the number of those that would keep `serve` from working.
int check(settings const& s);

} // namespace wxgate::gateway
