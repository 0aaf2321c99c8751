#include "async/task.hpp"

#include "base/log.hpp"
#include "base/metrics.hpp"

namespace wxgate {

void report_failure(char const* name, std::exception_ptr const& failure) noexcept {
    try {
        auto const label = std::string("task=\"") + name + '"';
        metrics::get_counter(
            "wxgate_task_failures_total", "Coroutines and handlers that ended with an exception.", label
        )
            .add();
        std::rethrow_exception(failure);
    } catch (std::exception const& e) {
        log::error("a task failed", {{"task", name}, {"what", e.what()}});
    } catch (...) {
        log::error("a task failed", {{"task", name}});
    }
}

void run_guarded(asio::io_context& context, char const* name) {
    for (;;) {
        try {
            context.run();
            return;
        } catch (...) {
            report_failure(name, std::current_exception());
        }
    }
}

} // namespace wxgate
