// The running sandbox: both listeners, the notifier, signals, the ready file.
#pragma once

#include "sandbox/settings.hpp"

#include <filesystem>

namespace wxgate::sandbox {

/// Runs until SIGTERM or SIGINT, then drains. Throws settings_error for certificates that cannot be used and
/// std::exception when it cannot start. `ready_file` (may be empty) is written once the sandbox answers.
void run_sandbox(settings const& s, std::filesystem::path const& ready_file);

} // namespace wxgate::sandbox
