#include "store/sqlite_log_writes.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>

namespace wxgate::store {

namespace {

constexpr int frame_header = 24;                     // sqlite.org/fileformat2.html#walformat
constexpr sqlite3_int64 most_held_back = 124 * 1024; // the unix VFS writes less than 128 KiB at once

/// A log that is open. SQLite gives the memory, and looks at `methods` only; the default VFS's own file
/// follows.
struct log_file {
    sqlite3_io_methods const* methods;
    unsigned char* held; // null: no memory was there when it was first wanted, or nothing was written yet
    sqlite3_int64 from;  // where in the file `held` belongs
    sqlite3_int64 size;  // of what is held back
    bool ends;           // the page that comes next ends a transaction
};

constexpr std::size_t own_size = (sizeof(log_file) + alignof(std::max_align_t) - 1) /
                                 alignof(std::max_align_t) * alignof(std::max_align_t);

log_file& log_of(sqlite3_file* f) noexcept {
    return *reinterpret_cast<log_file*>(f);
}

sqlite3_file* file_of(sqlite3_file* f) noexcept {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<unsigned char*>(f) + own_size);
}

int write_out(sqlite3_file* f) noexcept {
    auto& log = log_of(f);
    if (log.size == 0)
        return SQLITE_OK;
    auto* const file = file_of(f);
    auto const size = static_cast<int>(log.size);
    log.size = 0; // if it fails, the transaction does
    return file->pMethods->xWrite(file, log.held, size, log.from);
}

/// True when there is room behind what is held back.
bool has_room(log_file& log, int size, sqlite3_int64 at) noexcept {
    if (log.held == nullptr)
        log.held = static_cast<unsigned char*>(sqlite3_malloc64(most_held_back));
    return log.held != nullptr && at == log.from + log.size && log.size + size <= most_held_back;
}

bool ends_transaction(void const* bytes, int size) noexcept {
    constexpr unsigned char nothing[4] = {};
    return size == frame_header && std::memcmp(static_cast<unsigned char const*>(bytes) + 4, nothing, 4) != 0;
}

int write_log(sqlite3_file* f, void const* bytes, int size, sqlite3_int64 at) noexcept {
    auto& log = log_of(f);
    bool const last = log.ends;
    log.ends = ends_transaction(bytes, size);
    if (log.size == 0)
        log.from = at;
    if (!has_room(log, size, at)) {
        if (int const code = write_out(f); code != SQLITE_OK)
            return code;
        log.from = at;
        if (!has_room(log, size, at))
            return file_of(f)->pMethods->xWrite(file_of(f), bytes, size, at);
    }
    std::memcpy(log.held + log.size, bytes, static_cast<std::size_t>(size));
    log.size += size;
    return last ? write_out(f) : SQLITE_OK;
}

int close_log(sqlite3_file* f) noexcept {
    int const code = write_out(f);
    sqlite3_free(log_of(f).held);
    int const closed = file_of(f)->pMethods->xClose(file_of(f));
    return closed != SQLITE_OK ? closed : code;
}

/// A call of the default VFS's own file, with everything written before.
template <auto method, class... Args>
int pass_on(sqlite3_file* f, Args... args) noexcept {
    if (int const code = write_out(f); code != SQLITE_OK)
        return code;
    auto* const file = file_of(f);
    return (file->pMethods->*method)(file, args...);
}

/// One whose answer is no code.
template <auto method>
int ask(sqlite3_file* f) noexcept {
    auto* const file = file_of(f);
    return (file->pMethods->*method)(file);
}

using methods = sqlite3_io_methods;

constexpr methods log_methods = {
    .iVersion = 1, // a log is not mapped, and the shared memory is the database's
    .xClose = close_log,
    .xRead = pass_on<&methods::xRead, void*, int, sqlite3_int64>,
    .xWrite = write_log,
    .xTruncate = pass_on<&methods::xTruncate, sqlite3_int64>,
    .xSync = pass_on<&methods::xSync, int>,
    .xFileSize = pass_on<&methods::xFileSize, sqlite3_int64*>,
    .xLock = pass_on<&methods::xLock, int>,
    .xUnlock = pass_on<&methods::xUnlock, int>,
    .xCheckReservedLock = pass_on<&methods::xCheckReservedLock, int*>,
    .xFileControl = pass_on<&methods::xFileControl, int, void*>,
    .xSectorSize = ask<&methods::xSectorSize>,
    .xDeviceCharacteristics = ask<&methods::xDeviceCharacteristics>,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

sqlite3_vfs* theirs = nullptr; // set once, before ours is there

int open_file(sqlite3_vfs*, char const* name, sqlite3_file* f, int flags, int* given) noexcept {
    if ((flags & SQLITE_OPEN_WAL) == 0)
        return theirs->xOpen(theirs, name, f, flags, given);
    auto* const file = file_of(f);
    new (f) log_file{nullptr, nullptr, 0, 0, false};
    file->pMethods = nullptr;
    int const code = theirs->xOpen(theirs, name, file, flags, given);
    if (code == SQLITE_OK)
        log_of(f).methods = &log_methods;
    else if (file->pMethods != nullptr) // a file that could not be opened may have to be closed
        file->pMethods->xClose(file);
    return code;
}

/// All but xOpen are about no file that is open, and the default VFS's own.
sqlite3_vfs make_vfs() noexcept {
    sqlite3_vfs made = *theirs;
    made.zName = "wxgate";
    made.pNext = nullptr;
    made.szOsFile += static_cast<int>(own_size);
    made.xOpen = open_file;
    return made;
}

char const* register_vfs() noexcept {
    theirs = sqlite3_vfs_find(nullptr);
    if (theirs == nullptr)
        return nullptr;
    static sqlite3_vfs ours = make_vfs();
    return sqlite3_vfs_register(&ours, 0) == SQLITE_OK ? ours.zName : nullptr;
}

} // namespace

char const* gather_log_writes() noexcept {
    static char const* const name = register_vfs();
    return name;
}

} // namespace wxgate::store
