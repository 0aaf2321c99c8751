// What Prometheus' own client libraries tell of a process, under their names: memory, descriptors, CPU,
// start.
#pragma once

#include <string>

namespace wxgate::metrics {

/// Appends the process_* metrics as they are now, in Prometheus' text format; what the system does not tell
/// is left out.
void append_process_metrics(std::string& out);

} // namespace wxgate::metrics
