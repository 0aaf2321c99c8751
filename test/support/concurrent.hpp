// Many at once: threads that start together.
#pragma once

#include <cstddef>
#include <functional>

namespace wxgate::test {

/// Calls `work(0)` … `work(n - 1)` on n threads that a barrier lets go together; returns when all have ended.
/// An exception of one of them is thrown here.
void together(std::size_t n, std::function<void(std::size_t)> const& work);

} // namespace wxgate::test
