#include "allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<long> left{0};
std::atomic<bool> failed{false};
thread_local bool watched = false;

bool is_its_turn() noexcept {
    if (!watched || left.load() == 0 || left.fetch_sub(1) != 1)
        return false;
    failed = true;
    return true;
}

} // namespace

void test::watch_this_thread() noexcept {
    watched = true;
}

void test::fail_at(long n) noexcept {
    failed = false;
    left = n;
}

bool test::has_failed() noexcept {
    return failed;
}

void* operator new(std::size_t size) {
    void* const block = is_its_turn() ? nullptr : std::malloc(size == 0 ? 1 : size);
    if (block == nullptr)
        throw std::bad_alloc();
    return block;
}

void* operator new[](std::size_t size) {
    return operator new(size);
}

void operator delete(void* block) noexcept {
    std::free(block);
}

void operator delete[](void* block) noexcept {
    std::free(block);
}

void operator delete(void* block, std::size_t) noexcept {
    std::free(block);
}

void operator delete[](void* block, std::size_t) noexcept {
    std::free(block);
}
