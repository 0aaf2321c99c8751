// Power loss after kill -9: what was written to a SQLite database and not synced is taken back, by the undo
// journal that the preload library (powerless.cpp) kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace wxgate::test {

/// What a power loss took away.
struct power_loss {
    std::size_t writes = 0;  // that were not synced
    std::size_t sectors = 0; // of 512 bytes, which hold the old bytes again
    std::size_t kept = 0;    // which hold the new ones all the same
};

/// Takes back the unsynced writes of `database` and its log: all of them, or, with a seed, all but a random
/// subset of whole sectors, as a disk does that was writing when the power went. The shared memory goes, and
/// the journal. To be called when no process has the database open. Throws std::runtime_error.
power_loss cut_power(std::string const& database, std::optional<std::uint64_t> seed = {});

/// The environment in which a program's writes to `database` can be taken back. Empty in a build with a
/// sanitizer: its runtime wants to be the first library itself.
std::vector<std::pair<std::string, std::string>> powerless_environment(std::string const& database);

} // namespace wxgate::test
