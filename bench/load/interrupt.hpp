// SIGINT and SIGTERM end a run early and tidily: children are stopped, the scratch folder goes.
#pragma once

#include <stdexcept>

namespace wxgate::bench {

/// Thrown by whoever waits for something when the user wants the program to end.
struct interrupted : std::runtime_error {
    interrupted() : std::runtime_error("interrupted") {}
};

/// From now on the first SIGINT or SIGTERM is remembered instead of ending the process; a second one ends it
/// at once. To be called before threads and children are started; again does nothing.
void catch_interrupts();

/// Whether one came.
bool interrupt_came() noexcept;

/// Throws `interrupted` if one came.
void throw_if_interrupted();

} // namespace wxgate::bench
