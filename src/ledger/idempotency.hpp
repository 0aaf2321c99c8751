// Idempotency-Key: which order a merchant's key stands for, and whether its first request is still under way.
#pragma once

#include "base/time.hpp"
#include "store/store.hpp"

#include <string>

namespace wxgate::ledger {

struct key_claim {
    enum class state {
        claimed,     // this request goes on, with `out_trade_no`
        done,        // a request with this key ended well: its order is `out_trade_no`
        in_progress, // the first is still under way
        mismatch,    // the key was used with another body
    };

    state what = state::claimed;
    std::string out_trade_no;
};

class idempotency_keys {
public:
    explicit idempotency_keys(store::store& s) : store_(s) {}

    /// Claims the key for `owner` until `locked_until`; a claim that ran out (its process died) may be taken
    /// over, with the number it had. `out_trade_no` is the number to use when the key is new.
    awaitable<result<key_claim>> claim(
        std::string merchant,
        std::string key,
        std::string request_hash,
        std::string out_trade_no,
        std::string owner,
        unix_ms locked_until
    );

    /// Ends the claim: `done` for good, else the same key and body may be tried again at once.
    awaitable<result<void>> release(std::string merchant, std::string key, std::string owner, bool done);

private:
    store::store& store_;
};

} // namespace wxgate::ledger
