// A history in a store, written past the gateway and faster than it could: the same rows, as far as the
// tables' CHECKs, keys and triggers tell and beyond.
#pragma once

#include "load/history.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace wxgate::bench {

struct filling {
    std::uint64_t orders = 0; // so far
    std::uint64_t rows = 0;   // of all tables
    std::chrono::duration<double> took{};
};

/// Adds `what` to the SQLite file, which is made with the gateway's schema when it is not there; nobody else
/// may have it open. Durable when this returns, in the journal mode that the gateway expects. While it is
/// filled nothing is: whoever is interrupted must remove the file. `progress` is called about once a second.
/// Throws std::runtime_error.
filling
fill_store(std::string const& file, history const& what, std::function<void(filling const&)> const& progress);

} // namespace wxgate::bench
