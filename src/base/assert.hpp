// WXGATE_ASSERT stays on in every build: it guards our own invariants, never a peer's input. (NDEBUG must be
// set in release for Boost's sake: Beast 1.81 asserts on a valid chunked message.)
#pragma once

namespace wxgate {

[[noreturn]] void assertion_failed(char const* expression, char const* file, int line) noexcept;

} // namespace wxgate

#define WXGATE_ASSERT(condition)                                                                             \
    (static_cast<bool>(condition) ? static_cast<void>(0)                                                     \
                                  : ::wxgate::assertion_failed(#condition, __FILE__, __LINE__))
