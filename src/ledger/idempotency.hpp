// Idempotency-Key: which order or refund a merchant's key stands for, and whether its first request is still
// under way.
#pragma once

#include "base/time.hpp"
#include "store/store.hpp"

#include <string>

namespace wxgate::ledger {

struct key_claim {
    enum class state {
        claimed,     // this request goes on, with `number`
        done,        // a request with this key ended well: what it made is `number`
        in_progress, // the first is still under way
        mismatch,    // the key was used with another body
    };

    state what = state::claimed;
    std::string number; // out_trade_no or out_refund_no
};

class idempotency_keys {
public:
    explicit idempotency_keys(store::store& s) : store_(s) {}

    /// Claims the key for `owner` until `locked_until`; a claim that ran out (its process died) may be taken
    /// over, with the number it had. `number` is the one to use when the key is new.
    awaitable<result<key_claim>> claim(
        std::string merchant,
        std::string key,
        std::string request_hash,
        std::string number,
        std::string owner,
        unix_ms locked_until
    );

    /// Ends the claim: `done` for good, else the same key and body may be tried again at once.
    awaitable<result<void>> release(std::string merchant, std::string key, std::string owner, bool done);

private:
    store::store& store_;
};

} // namespace wxgate::ledger
