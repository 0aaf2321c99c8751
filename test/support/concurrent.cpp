#include "support/concurrent.hpp"

#include <barrier>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace wxgate::test {

void together(std::size_t n, std::function<void(std::size_t)> const& work) {
    std::barrier start(static_cast<std::ptrdiff_t>(n));
    std::mutex guard;
    std::exception_ptr failure;
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < n; ++i) {
            threads.emplace_back([&, i] {
                start.arrive_and_wait();
                try {
                    work(i);
                } catch (...) {
                    std::lock_guard const lock(guard);
                    failure = std::current_exception();
                }
            });
        }
    }
    if (failure)
        std::rethrow_exception(failure);
}

} // namespace wxgate::test
