// Only in the library that others embed, in the place of async/task.cpp, base/log.cpp and base/metrics.cpp:
// it prints nothing, and what it counts nobody reads. (client::connections() and client_options::observe tell
// what there is to tell.)
#include "async/task.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"

#include <functional>
#include <string>
#include <thread>

namespace wxgate {

// A coroutine without an owner ended with an exception. The library has one, the resolver of a host's
// addresses, and only a lack of memory makes it throw.
void report_failure(char const*, std::exception_ptr const&) noexcept {
}

namespace log {

void flush() noexcept {
}

} // namespace log

namespace metrics {

std::size_t this_thread_slot() noexcept {
    return std::hash<std::thread::id>{}(std::this_thread::get_id()) % slots;
}

std::string label(std::string_view, std::string_view) {
    return {};
}

counter& get_counter(std::string_view, std::string_view, std::string_view) {
    static counter nobodys;
    return nobodys;
}

gauge& get_gauge(std::string_view, std::string_view, std::string_view) {
    static gauge nobodys;
    return nobodys;
}

} // namespace metrics

} // namespace wxgate
