// Counts what this program takes from the heap: by operator new, and, apart from that, by OpenSSL.
#pragma once

#include <cstddef>

namespace test {

/// How many blocks were taken by operator new since the program started, by all threads.
std::size_t allocations() noexcept;

/// The same of OpenSSL.
std::size_t openssl_allocations() noexcept;

} // namespace test
