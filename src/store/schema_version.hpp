// What both engines hold the version of a schema to. A table `schema_version` has a row for each step that
// was applied, from 1 on.
#pragma once

#include "store/store.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace wxgate::store {

inline constexpr std::string_view select_version =
    "SELECT count(*), coalesce(max(version), 0) FROM schema_version";

/// The newest step that was applied, of the answer to select_version. Throws std::runtime_error when one
/// before it is missing.
std::int64_t read_version(rows const& r);

/// Throws std::runtime_error when the store has a step that this program does not know.
void refuse_newer(std::int64_t have, std::span<migration const> migrations);

} // namespace wxgate::store
