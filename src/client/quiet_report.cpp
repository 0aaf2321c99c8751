// Only in the library that others embed, in the place of async/task.cpp: it prints nothing and counts
// nothing. What is reported here is a coroutine without an owner that ended with an exception; the library
// has one, the resolver of a host's addresses, and only a lack of memory makes it throw.
#include "async/task.hpp"

namespace wxgate {

void report_failure(char const*, std::exception_ptr const&) noexcept {
}

} // namespace wxgate
