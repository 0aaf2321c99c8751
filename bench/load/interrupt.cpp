#include "load/interrupt.hpp"

#include <csignal>

namespace wxgate::bench {

namespace {

volatile std::sig_atomic_t came = 0;

void remember(int number) {
    came = 1;
    std::signal(number, SIG_DFL);
}

} // namespace

void catch_interrupts() {
    static bool const once = [] {
        struct sigaction how {};
        how.sa_handler = remember; // no SA_RESTART: what blocks, ends
        ::sigemptyset(&how.sa_mask);
        ::sigaction(SIGINT, &how, nullptr);
        ::sigaction(SIGTERM, &how, nullptr);
        return true;
    }();
    static_cast<void>(once);
}

bool interrupt_came() noexcept {
    return came != 0;
}

void throw_if_interrupted() {
    if (interrupt_came())
        throw interrupted();
}

} // namespace wxgate::bench
