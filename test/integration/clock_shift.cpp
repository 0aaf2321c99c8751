// Loaded into a program before the C library (LD_PRELOAD), it makes the wall clock wrong: by as many seconds
// as the file that CLOCK_SHIFT_FILE names holds, as eight bytes, at that moment. The monotonic clocks are
// left alone.
//
// The functions have names of their own and the C library's as symbols (__asm__), so that no declaration of a
// system header stands in the way. They reach the kernel by syscall().
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

std::int64_t const* map_file() noexcept {
    char const* const name = std::getenv("CLOCK_SHIFT_FILE");
    int const file = name == nullptr ? -1 : ::open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return nullptr;
    void* const at = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
    ::close(file);
    return at == MAP_FAILED ? nullptr : static_cast<std::int64_t const*>(at);
}

std::int64_t shift() noexcept {
    static std::int64_t const* const mapped = map_file();
    return mapped == nullptr ? 0 : __atomic_load_n(mapped, __ATOMIC_RELAXED);
}

timespec shifted_now(clockid_t id) noexcept {
    timespec now{};
    ::syscall(SYS_clock_gettime, id, &now);
    now.tv_sec += shift();
    return now;
}

} // namespace

extern "C" {

int shifted_clock_gettime(clockid_t id, timespec* to) noexcept __asm__("clock_gettime");
int shifted_gettimeofday(timeval* to, void* zone) noexcept __asm__("gettimeofday");
std::time_t shifted_time(std::time_t* to) noexcept __asm__("time");

int shifted_clock_gettime(clockid_t id, timespec* to) noexcept {
    if (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)
        return static_cast<int>(::syscall(SYS_clock_gettime, id, to));
    *to = shifted_now(id);
    return 0;
}

int shifted_gettimeofday(timeval* to, void* zone) noexcept {
    static_cast<void>(zone);
    auto const now = shifted_now(CLOCK_REALTIME);
    to->tv_sec = now.tv_sec;
    to->tv_usec = now.tv_nsec / 1000;
    return 0;
}

std::time_t shifted_time(std::time_t* to) noexcept {
    auto const now = shifted_now(CLOCK_REALTIME).tv_sec;
    if (to != nullptr)
        *to = now;
    return now;
}

} // extern "C"
