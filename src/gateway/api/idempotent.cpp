#include "gateway/api/idempotent.hpp"

#include "base/ids.hpp"
#include "ledger/idempotency.hpp"

namespace wxgate::gateway {

awaitable<answer<idempotency_claim>> claim_key(
    store::store& s,
    std::string merchant,
    std::string key,
    std::string hash,
    std::string number,
    steady_point until
) {
    using state = ledger::key_claim::state;
    idempotency_claim mine;
    mine.key = key;
    mine.owner = make_id();
    ledger::idempotency_keys keys(s);
    auto const patience = until - std::chrono::steady_clock::now();
    auto const locked_until = now_ms() + std::chrono::duration_cast<milliseconds>(patience).count();
    auto claim = co_await keys.claim(
        std::move(merchant), std::move(key), std::move(hash), std::move(number), mine.owner, locked_until
    );
    if (!claim)
        co_return from_store(claim.error());
    if (claim->what == state::mismatch)
        co_return conflict("idempotency_mismatch", "this Idempotency-Key was used with another request");
    if (claim->what == state::in_progress) {
        problem busy =
            conflict("in_progress", "the first request with this Idempotency-Key is still under way");
        busy.retry_after = 1;
        co_return busy;
    }
    mine.done = claim->what == state::done;
    mine.number = std::move(claim->number);
    co_return mine;
}

awaitable<void> release_key(store::store& s, std::string merchant, idempotency_claim claim, bool made) {
    ledger::idempotency_keys keys(s);
    auto const released = co_await keys.release(merchant, claim.key, claim.owner, made);
    if (!released)
        log::warn("an idempotency key was not released; it frees itself", {{"merchant", merchant}});
}

} // namespace wxgate::gateway
