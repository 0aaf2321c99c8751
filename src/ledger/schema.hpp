// The tables, as forward-only migrations. What must always be true stands here, as keys, CHECKs and triggers.
#pragma once

#include "store/store.hpp"

namespace wxgate::ledger {

/// All steps, oldest first. Live for ever.
std::span<store::migration const> migrations();

} // namespace wxgate::ledger
