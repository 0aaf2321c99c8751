// A POST under an Idempotency-Key: made once, whoever repeats it and when.
#pragma once

#include "gateway/shared.hpp"

#include <wxgate/client.hpp>

#include <functional>

namespace wxgate::gateway {

/// One request's claim to a key.
struct idempotency_claim {
    std::string key;
    std::string owner;
    std::string number; // of what is made, or was
    bool done = false;  // it was made before
};

/// Claims `key` of this merchant for what will have `number`. Refused: `idempotency_mismatch` (another body),
/// `in_progress` (with Retry-After).
awaitable<answer<idempotency_claim>> claim_key(
    store::store& s,
    std::string merchant,
    std::string key,
    std::string hash,
    std::string number,
    steady_point until
);

/// Ends the claim. `made`: what the key stands for is there; else the same request may be tried again at
/// once.
awaitable<void> release_key(store::store& s, std::string merchant, idempotency_claim claim, bool made);

} // namespace wxgate::gateway
