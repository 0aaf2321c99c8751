#include "async/task.hpp"

#include "base/log.hpp"
#include "base/metrics.hpp"

namespace wxgate {

namespace {

metrics::counter_set const failures(
    "wxgate_task_failures_total",
    "Coroutines and handlers that ended with an exception.",
    "task",
    {"handler",
     "session",
     "listener",
     "worker",
     "loop.refunds",
     "loop.resolver",
     "loop.webhooks",
     "loop.reconcile"}
);

} // namespace

void report_failure(char const* name, std::exception_ptr const& failure) noexcept {
    try {
        failures[name].add();
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
