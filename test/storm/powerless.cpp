// Loaded into a program before the C library (LD_PRELOAD), it stands between SQLite and its files, and makes
// them as treacherous as the real world. What it does is said by the environment:
//
//     WXGATE_POWERLESS=/abs/file.db     keeps an undo journal, /abs/file.db.undo, of what file.db and
//                                       file.db-wal held before each write that no fsync has followed. After
//                                       kill -9, cut_power() of power.hpp takes such writes back.
//     WXGATE_IOFAULT=CALL:N:ERROR:HOW   call number N (from 1) about these files fails. CALL: pwrite (and
//                                       write), fdatasync (and fsync) or ftruncate; ERROR: EIO, ENOSPC or
//                                       EDQUOT; HOW: once, or always from there on.
//     WXGATE_IOFAULT_FILE=/abs/file.db  which files, when WXGATE_POWERLESS does not say it
//     WXGATE_ALLOCFAULT=N               allocation number N of the thread that is named store-writer fails
//     WXGATE_FAULT_MARK=/abs/mark       this file is made when a fault has struck
//
// The shared memory (file.db-shm) is left alone: it holds nothing that must last.
//
// The functions have names of their own and the C library's as symbols (__asm__), so that no declaration of a
// system header stands in the way. They reach the kernel by syscall(): there is no order of initialisation to
// think of, and nothing allocates.
#undef _FORTIFY_SOURCE

#include "undo_format.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

extern "C" {
// glibc's own allocator, under the names by which it is always there.
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t n, std::size_t size);
void* __libc_realloc(void* p, std::size_t size);
}

namespace {

using wxgate::test::undo_entry;
using wxgate::test::undo_kind;
using wxgate::test::undo_magic;

constexpr std::size_t max_path = 4096;

[[noreturn]] void give_up(char const* why) {
    static_cast<void>(::syscall(SYS_write, STDERR_FILENO, "powerless: ", std::size_t{11}));
    static_cast<void>(::syscall(SYS_write, STDERR_FILENO, why, std::strlen(why)));
    static_cast<void>(::syscall(SYS_write, STDERR_FILENO, "\n", std::size_t{1}));
    std::abort();
}

enum call_kind : std::size_t { call_write, call_sync, call_truncate, number_of_calls };

// What the environment says, read at the first call that may concern it.
struct orders {
    bool active = false;
    bool journal = false;
    std::array<char, max_path> database{};
    std::array<char, max_path> log{};
    std::array<char, max_path> undo{};
    std::array<char, max_path> mark{};
    long nth = 0; // 0: no call fails
    call_kind on = call_write;
    int error = 0;
    bool always = false;

    orders() noexcept {
        char const* file = std::getenv("WXGATE_POWERLESS");
        journal = file != nullptr;
        char const* const fault = std::getenv("WXGATE_IOFAULT");
        if (file == nullptr && fault != nullptr)
            file = std::getenv("WXGATE_IOFAULT_FILE");
        if (char const* const where = std::getenv("WXGATE_FAULT_MARK"))
            join(mark, where, "");
        if (file == nullptr)
            return;
        join(database, file, "");
        join(log, file, "-wal");
        join(undo, file, ".undo");
        if (fault != nullptr)
            read_fault(fault);
        active = true;
    }

    static void join(std::array<char, max_path>& to, char const* file, char const* suffix) noexcept {
        auto const size = std::strlen(file);
        auto const more = std::strlen(suffix);
        if (size + more >= to.size())
            give_up("a path is too long");
        std::memcpy(to.data(), file, size);
        std::memcpy(to.data() + size, suffix, more + 1);
    }

    void read_fault(char const* text) noexcept {
        std::array<char, 16> name{};
        std::array<char, 16> what{};
        std::array<char, 16> how{};
        auto const n =
            std::sscanf(text, "%15[a-z]:%ld:%15[A-Z]:%15[a-z]", name.data(), &nth, what.data(), how.data());
        auto const is = [](std::array<char, 16> const& a, char const* b) {
            return std::strcmp(a.data(), b) == 0;
        };
        if (n != 4 || nth < 1)
            give_up("WXGATE_IOFAULT is CALL:N:ERROR:once or CALL:N:ERROR:always");
        if (is(name, "pwrite") || is(name, "write"))
            on = call_write;
        else if (is(name, "fdatasync") || is(name, "fsync"))
            on = call_sync;
        else if (is(name, "ftruncate"))
            on = call_truncate;
        else
            give_up("WXGATE_IOFAULT: the call is pwrite, fdatasync or ftruncate");
        if (is(what, "EIO"))
            error = EIO;
        else if (is(what, "ENOSPC"))
            error = ENOSPC;
        else if (is(what, "EDQUOT"))
            error = EDQUOT;
        else
            give_up("WXGATE_IOFAULT: the error is EIO, ENOSPC or EDQUOT");
        always = is(how, "always");
        if (!always && !is(how, "once"))
            give_up("WXGATE_IOFAULT: it happens once or always");
    }
};

orders const& told() noexcept {
    static orders const read;
    return read;
}

// 0: none of ours; 1: the database; 2: its log.
std::uint32_t file_named(char const* path) noexcept {
    auto const& o = told();
    if (!o.active || path == nullptr)
        return 0;
    if (std::strcmp(path, o.database.data()) == 0)
        return 1;
    return std::strcmp(path, o.log.data()) == 0 ? 2U : 0U;
}

constexpr int max_descriptors = 65536;
std::array<std::atomic<unsigned char>, max_descriptors> watched; // the file behind each descriptor

void watch(int descriptor, char const* path) noexcept {
    if (descriptor >= 0 && descriptor < max_descriptors)
        watched[static_cast<std::size_t>(descriptor)] = static_cast<unsigned char>(file_named(path));
}

std::uint32_t file_of(int descriptor) noexcept {
    if (descriptor < 0 || descriptor >= max_descriptors)
        return 0;
    return watched[static_cast<std::size_t>(descriptor)].load();
}

// Held from the look at the old bytes to the end of the call: no write slips into an fsync of another thread.
std::mutex guard;

void leave_mark() noexcept {
    auto const& path = told().mark;
    if (path[0] == '\0')
        return;
    auto const d = ::syscall(SYS_openat, AT_FDCWD, path.data(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600L);
    if (d >= 0)
        ::syscall(SYS_close, d);
}

// The error of this call, or 0. Under `guard`.
int fault_of(call_kind call) noexcept {
    static std::array<long, number_of_calls> counted{};
    auto const& o = told();
    if (o.nth == 0 || call != o.on)
        return 0;
    long const n = ++counted[call];
    if (n != o.nth && (n < o.nth || !o.always))
        return 0;
    leave_mark();
    return o.error;
}

// ---- the journal ---------------------------------------------------------------------------------------

class undo_journal {
public:
    // The old bytes that a change of `length` bytes at `offset` will lose. Under `guard`, as all here.
    void remember(int descriptor, std::uint32_t file, std::int64_t offset, std::int64_t length) noexcept {
        struct stat about {};

        if (::fstat(descriptor, &about) != 0)
            give_up("fstat failed");
        auto const size = static_cast<std::int64_t>(about.st_size);
        auto const end = std::min(offset + length, size);
        auto at = offset;
        do {
            auto const n = std::clamp<std::int64_t>(end - at, 0, static_cast<std::int64_t>(bytes_.size()));
            read_old(descriptor, at, static_cast<std::size_t>(n));
            append(undo_kind::before_write, file, static_cast<std::uint32_t>(n), at, size);
            at += n;
        } while (at < end);
        pending_[file] = true;
    }

    void synced(std::uint32_t file) noexcept {
        open();
        pending_[file] = false;
        if (!pending_[1] && !pending_[2]) {
            if (::syscall(SYS_ftruncate, descriptor_, 0L) != 0)
                give_up("cannot empty the journal");
            return;
        }
        append(undo_kind::synced, file, 0, 0, 0);
    }

private:
    void open() noexcept {
        if (descriptor_ >= 0)
            return;
        descriptor_ = static_cast<int>(::syscall(
            SYS_openat, AT_FDCWD, told().undo.data(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600L
        ));
        if (descriptor_ < 0)
            give_up("cannot open the journal");
        go_on_from_before();
    }

    // A process before this one was killed, perhaps in the middle of an entry: its write was then not made.
    void go_on_from_before() noexcept {
        struct stat about {};

        if (::fstat(descriptor_, &about) != 0)
            give_up("fstat failed");
        std::int64_t const size = about.st_size;
        std::int64_t at = 0;
        undo_entry e{};
        constexpr auto head = static_cast<std::int64_t>(sizeof e);
        while (::syscall(SYS_pread64, descriptor_, &e, sizeof e, at) == head && e.magic == undo_magic) {
            auto const next = at + head + static_cast<std::int64_t>(e.size);
            if (next > size)
                break;
            at = next;
        }
        if (at < size && ::syscall(SYS_ftruncate, descriptor_, at) != 0)
            give_up("cannot mend the journal");
        pending_[1] = pending_[2] = at > 0; // it may not be; then the next fsync says so
    }

    void read_old(int descriptor, std::int64_t at, std::size_t size) noexcept {
        for (std::size_t done = 0; done < size;) {
            auto const n = ::syscall(
                SYS_pread64,
                descriptor,
                bytes_.data() + done,
                size - done,
                at + static_cast<std::int64_t>(done)
            );
            if (n <= 0)
                give_up("cannot read what a write will replace");
            done += static_cast<std::size_t>(n);
        }
    }

    void append(
        undo_kind kind, std::uint32_t file, std::uint32_t size, std::int64_t offset, std::int64_t file_size
    ) noexcept {
        open();
        undo_entry const e{undo_magic, kind, file, size, offset, file_size};
        put(&e, sizeof e);
        put(bytes_.data(), size);
    }

    void put(void const* bytes, std::size_t size) noexcept {
        auto const* from = static_cast<char const*>(bytes);
        while (size != 0) {
            auto const n = ::syscall(SYS_write, descriptor_, from, size);
            if (n <= 0)
                give_up("cannot write the journal");
            from += n;
            size -= static_cast<std::size_t>(n);
        }
    }

    int descriptor_ = -1;
    std::array<bool, 3> pending_{};
    std::array<char, 65536> bytes_{};
};

undo_journal journal;

// ---- the calls -----------------------------------------------------------------------------------------

int open_at(int folder, char const* path, int flags, mode_t mode) noexcept {
    auto const d = static_cast<int>(::syscall(SYS_openat, folder, path, flags, static_cast<long>(mode)));
    watch(d, path);
    return d;
}

bool in_the_way(call_kind call) noexcept {
    int const error = fault_of(call);
    if (error != 0)
        errno = error;
    return error != 0;
}

ssize_t write_at(int descriptor, void const* bytes, std::size_t size, std::int64_t offset) noexcept {
    auto const file = file_of(descriptor);
    if (file == 0)
        return ::syscall(SYS_pwrite64, descriptor, bytes, size, offset);
    std::lock_guard const lock(guard);
    if (in_the_way(call_write))
        return -1;
    if (told().journal)
        journal.remember(descriptor, file, offset, static_cast<std::int64_t>(size));
    return ::syscall(SYS_pwrite64, descriptor, bytes, size, offset);
}

ssize_t write_here(int descriptor, void const* bytes, std::size_t size) noexcept {
    auto const file = file_of(descriptor);
    if (file == 0)
        return ::syscall(SYS_write, descriptor, bytes, size);
    std::lock_guard const lock(guard);
    if (in_the_way(call_write))
        return -1;
    if (told().journal) {
        std::int64_t const here = ::syscall(SYS_lseek, descriptor, 0L, SEEK_CUR);
        journal.remember(descriptor, file, here, static_cast<std::int64_t>(size));
    }
    return ::syscall(SYS_write, descriptor, bytes, size);
}

int truncate_to(int descriptor, std::int64_t length) noexcept {
    auto const file = file_of(descriptor);
    if (file == 0)
        return static_cast<int>(::syscall(SYS_ftruncate, descriptor, length));
    std::lock_guard const lock(guard);
    if (in_the_way(call_truncate))
        return -1;
    if (told().journal)
        journal.remember(descriptor, file, length, std::int64_t{1} << 40); // to the end
    return static_cast<int>(::syscall(SYS_ftruncate, descriptor, length));
}

int sync_it(int descriptor, long call) noexcept {
    auto const file = file_of(descriptor);
    if (file == 0)
        return static_cast<int>(::syscall(call, descriptor));
    std::lock_guard const lock(guard);
    if (in_the_way(call_sync))
        return -1;
    auto const r = static_cast<int>(::syscall(call, descriptor));
    if (r == 0 && told().journal)
        journal.synced(file);
    return r;
}

int remove_it(char const* path) noexcept {
    auto const file = file_named(path);
    if (file == 0)
        return static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, 0L));
    std::lock_guard const lock(guard);
    auto const r = static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, 0L));
    if (r == 0 && told().journal)
        journal.synced(file); // whoever removes a file does not want it back
    return r;
}

int close_it(int descriptor) noexcept {
    if (descriptor >= 0 && descriptor < max_descriptors)
        watched[static_cast<std::size_t>(descriptor)] = 0;
    return static_cast<int>(::syscall(SYS_close, descriptor));
}

// ---- allocations ---------------------------------------------------------------------------------------

// In the static TLS block, which is there before anything allocates.
[[gnu::tls_model("initial-exec")]] thread_local bool marked = false;
std::atomic<long> allocations_left{0};

bool allocation_fails() noexcept {
    if (!marked || allocations_left.fetch_sub(1) != 1)
        return false;
    leave_mark();
    errno = ENOMEM;
    return true;
}

} // namespace

extern "C" {

// Variadic in C: the mode is passed as a third argument is, and the kernel looks at it when a file is made.
int powerless_open(char const* path, int flags, mode_t mode) __asm__("open");
int powerless_open64(char const* path, int flags, mode_t mode) __asm__("open64");
int powerless_openat(int folder, char const* path, int flags, mode_t mode) __asm__("openat");
int powerless_openat64(int folder, char const* path, int flags, mode_t mode) __asm__("openat64");
ssize_t powerless_pwrite(int d, void const* bytes, std::size_t size, std::int64_t offset) __asm__("pwrite");
ssize_t powerless_pwrite64(int d, void const* bytes, std::size_t size, std::int64_t offset) __asm__("pwrite64"
);
ssize_t powerless_write(int d, void const* bytes, std::size_t size) __asm__("write");
int powerless_ftruncate(int d, std::int64_t length) __asm__("ftruncate");
int powerless_ftruncate64(int d, std::int64_t length) __asm__("ftruncate64");
int powerless_fsync(int d) __asm__("fsync");
int powerless_fdatasync(int d) __asm__("fdatasync");
int powerless_unlink(char const* path) __asm__("unlink");
int powerless_close(int d) __asm__("close");
void* powerless_malloc(std::size_t size) __asm__("malloc");
void* powerless_calloc(std::size_t n, std::size_t size) __asm__("calloc");
void* powerless_realloc(void* p, std::size_t size) __asm__("realloc");
int powerless_setname(pthread_t thread, char const* name) __asm__("pthread_setname_np");

int powerless_open(char const* path, int flags, mode_t mode) {
    return open_at(AT_FDCWD, path, flags, mode);
}

int powerless_open64(char const* path, int flags, mode_t mode) {
    return open_at(AT_FDCWD, path, flags, mode);
}

int powerless_openat(int folder, char const* path, int flags, mode_t mode) {
    return open_at(folder, path, flags, mode);
}

int powerless_openat64(int folder, char const* path, int flags, mode_t mode) {
    return open_at(folder, path, flags, mode);
}

ssize_t powerless_pwrite(int d, void const* bytes, std::size_t size, std::int64_t offset) {
    return write_at(d, bytes, size, offset);
}

ssize_t powerless_pwrite64(int d, void const* bytes, std::size_t size, std::int64_t offset) {
    return write_at(d, bytes, size, offset);
}

ssize_t powerless_write(int d, void const* bytes, std::size_t size) {
    return write_here(d, bytes, size);
}

int powerless_ftruncate(int d, std::int64_t length) {
    return truncate_to(d, length);
}

int powerless_ftruncate64(int d, std::int64_t length) {
    return truncate_to(d, length);
}

int powerless_fsync(int d) {
    return sync_it(d, SYS_fsync);
}

int powerless_fdatasync(int d) {
    return sync_it(d, SYS_fdatasync);
}

int powerless_unlink(char const* path) {
    return remove_it(path);
}

int powerless_close(int d) {
    return close_it(d);
}

void* powerless_malloc(std::size_t size) {
    return allocation_fails() ? nullptr : __libc_malloc(size);
}

void* powerless_calloc(std::size_t n, std::size_t size) {
    return allocation_fails() ? nullptr : __libc_calloc(n, size);
}

void* powerless_realloc(void* p, std::size_t size) {
    return allocation_fails() ? nullptr : __libc_realloc(p, size);
}

int powerless_setname(pthread_t thread, char const* name) {
    using function = int (*)(pthread_t, char const*);
    static auto const real = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "pthread_setname_np"));
    auto const r = real == nullptr ? ENOSYS : real(thread, name);
    char const* const nth = std::getenv("WXGATE_ALLOCFAULT");
    bool const own = ::pthread_equal(thread, ::pthread_self()) != 0;
    if (nth != nullptr && own && std::strcmp(name, "store-writer") == 0) {
        static_cast<void>(told()); // not while memory is short
        allocations_left = std::strtol(nth, nullptr, 10);
        marked = true;
    }
    return r;
}

} // extern "C"
