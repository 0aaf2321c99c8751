// Makes operator new fail, once, on the threads that say so.
#pragma once

namespace test {

/// Of this thread's allocations those are counted that are made from here on.
void watch_this_thread() noexcept;

/// The n-th of them from now on fails; 0: none does.
void fail_at(long n) noexcept;

/// Whether it has come to that.
bool has_failed() noexcept;

} // namespace test
