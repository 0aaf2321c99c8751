// Failpoints: named places at which a test makes the program die, throw or wait. They are compiled into test
// builds only (the CMake option WXGATE_FAILPOINTS); elsewhere WXGATE_FAILPOINT is nothing at all.
//
//     WXGATE_FAILPOINT("notify.after_commit");
//
// The environment of the process says what happens where:
//
//     WXGATE_FAILPOINT="notify.after_commit=kill,refund.after_call=kill%0.1*once,loop.resolver=throw%0.5"
//     WXGATE_FAILPOINT_SEED=7
//
//     NAME=ACTION[%P][*once]     P: the probability of each passage, 1 when absent; *once: only the first
//     time
//                                that it happens
//     kill                       SIGKILL: nothing after this place is done
//     throw                      std::runtime_error
//     sleep:MS                   this thread waits
//
// The same seed and the same passages give the same decisions, at each point independently of the others. A
// text that cannot be read ends the program with exit code 2 before main(). There is no list of names: one
// that nobody passes never strikes, so a test looks for the line "failpoint NAME: ACTION" that is written to
// standard error when one does.
#pragma once

#ifdef WXGATE_FAILPOINTS

#include <atomic>
#include <cstdint>
#include <string_view>

namespace wxgate::failpoints {

/// Replaces all points by those of `spec`; an empty one is none. Throws std::invalid_argument.
void configure(std::string_view spec, std::uint64_t seed = 0);

/// What the environment says; done before main(). Throws std::invalid_argument.
void configure_from_environment();

/// Set while there is any point. Failpoints that are passed before it is, in the initialisation of other
/// files' statics, do nothing.
extern std::atomic<bool> armed;

/// Does what is said of `name`, if anything is.
void reach(std::string_view name);

} // namespace wxgate::failpoints

#define WXGATE_FAILPOINT(name)                                                                               \
    (::wxgate::failpoints::armed.load(std::memory_order_relaxed) ? ::wxgate::failpoints::reach(name)         \
                                                                 : static_cast<void>(0))

#else

#define WXGATE_FAILPOINT(name) static_cast<void>(0)

#endif
