#include "micro/allocations.hpp"

#include <openssl/crypto.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace {

// A thread's own, so that counting costs the load verbs' threads nothing.
constinit thread_local wxgate::bench::allocation_count counted;

constinit bool openssl_is_hooked = false;

void* openssl_malloc(std::size_t size, char const*, int) {
    ++counted.openssl;
    return std::malloc(size);
}

void* openssl_realloc(void* block, std::size_t size, char const*, int) {
    ++counted.openssl;
    return std::realloc(block, size);
}

void openssl_free(void* block, char const*, int) {
    std::free(block);
}

// Before every other initializer: OpenSSL refuses once it has taken its first block.
[[gnu::constructor(101)]] void hook_openssl() {
    openssl_is_hooked = CRYPTO_set_mem_functions(&openssl_malloc, &openssl_realloc, &openssl_free) == 1;
}

void* taken(std::size_t size) noexcept {
    ++counted.own;
    return std::malloc(size == 0 ? 1 : size);
}

} // namespace

namespace wxgate::bench {

allocation_count allocation_count::operator-(allocation_count const& before) const noexcept {
    return {own - before.own, openssl - before.openssl, libraries - before.libraries};
}

allocation_count allocations() noexcept {
    return counted;
}

bool counts_openssl() noexcept {
    return openssl_is_hooked;
}

void* counted_malloc(std::size_t size) noexcept {
    ++counted.libraries;
    return std::malloc(size);
}

void* counted_realloc(void* block, std::size_t size) noexcept {
    ++counted.libraries;
    return std::realloc(block, size);
}

char* counted_strdup(char const* text) noexcept {
    ++counted.libraries;
    return strdup(text);
}

void counted_free(void* block) noexcept {
    std::free(block);
}

} // namespace wxgate::bench

// The aligned forms are left alone: nothing that is measured is aligned beyond the usual.

void* operator new(std::size_t size) {
    void* const block = taken(size);
    if (block == nullptr)
        throw std::bad_alloc();
    return block;
}

void* operator new[](std::size_t size) {
    return operator new(size);
}

void* operator new(std::size_t size, std::nothrow_t const&) noexcept {
    return taken(size);
}

void* operator new[](std::size_t size, std::nothrow_t const&) noexcept {
    return taken(size);
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

void operator delete(void* block, std::nothrow_t const&) noexcept {
    std::free(block);
}

void operator delete[](void* block, std::nothrow_t const&) noexcept {
    std::free(block);
}
