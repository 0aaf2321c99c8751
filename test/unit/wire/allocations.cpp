#include "allocations.hpp"

#include <openssl/crypto.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> count{0};
std::atomic<std::size_t> openssl_count{0};

void* openssl_malloc(std::size_t size, char const*, int) {
    openssl_count.fetch_add(1, std::memory_order_relaxed);
    return std::malloc(size);
}

void* openssl_realloc(void* block, std::size_t size, char const*, int) {
    openssl_count.fetch_add(1, std::memory_order_relaxed);
    return std::realloc(block, size);
}

void openssl_free(void* block, char const*, int) {
    std::free(block);
}

// Before OpenSSL's first allocation, or it refuses and its count stays 0.
[[maybe_unused]] int const hooked =
    CRYPTO_set_mem_functions(&openssl_malloc, &openssl_realloc, &openssl_free);

} // namespace

std::size_t test::allocations() noexcept {
    return count.load(std::memory_order_relaxed);
}

std::size_t test::openssl_allocations() noexcept {
    return openssl_count.load(std::memory_order_relaxed);
}

void* operator new(std::size_t size) {
    count.fetch_add(1, std::memory_order_relaxed);
    void* const block = std::malloc(size == 0 ? 1 : size);
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
