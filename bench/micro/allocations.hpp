// Counts the blocks that this program takes from the heap: by operator new, by OpenSSL, and by the other
// libraries that are handed a function to do it with.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wxgate::bench {

struct allocation_count {
    std::uint64_t own = 0;       // operator new
    std::uint64_t openssl = 0;   // by OpenSSL
    std::uint64_t libraries = 0; // by counted_malloc() and its kin

    std::uint64_t all() const noexcept { return own + openssl + libraries; }

    allocation_count operator-(allocation_count const& before) const noexcept;
};

/// Of the calling thread since it began.
allocation_count allocations() noexcept;

/// False when OpenSSL was used before this program could hook it: then its count stays 0.
bool counts_openssl() noexcept;

// What libxml2 and pugixml take their blocks with.
void* counted_malloc(std::size_t size) noexcept;
void* counted_realloc(void* block, std::size_t size) noexcept;
char* counted_strdup(char const* text) noexcept;
void counted_free(void* block) noexcept;

} // namespace wxgate::bench
