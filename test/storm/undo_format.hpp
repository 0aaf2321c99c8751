// The undo journal of the preload library (powerless.cpp): what the database's files held before each write
// that no fsync has followed yet. DATABASE.undo is a sequence of entries; each is an undo_entry and, for a
// write, the `size` old bytes.
#pragma once

#include <cstdint>

namespace wxgate::test {

inline constexpr std::uint32_t undo_magic = 0x75786777;

enum class undo_kind : std::uint32_t {
    before_write = 1, // `size` bytes stood at `offset` of a file of `file_size` bytes
    synced = 2,       // all before this is durable: fsync of the file, or it was removed
};

struct undo_entry {
    std::uint32_t magic;
    undo_kind kind;
    std::uint32_t file; // 1: the database, 2: its write-ahead log
    std::uint32_t size;
    std::int64_t offset;
    std::int64_t file_size;
};

static_assert(sizeof(undo_entry) == 32);

} // namespace wxgate::test
