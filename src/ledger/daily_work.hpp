// Work that is done once a day, by whichever process takes it first: who has it, until when, and whether it
// is done.
#pragma once

#include "base/time.hpp"
#include "store/store.hpp"

#include <string>
#include <vector>

namespace wxgate::ledger {

/// A piece of such work, and who wants it. `owner` is this run's alone: what another one has taken over never
/// comes back to it.
struct daily_claim {
    std::string name;
    std::string day; // yyyyMMdd
    std::string owner;
};

/// How a claim ended.
enum class claimed { mine, elsewhere, done };

/// All calls complete when what they say is durable. Errors are the store's.
class daily_work {
public:
    daily_work(store::store& s, milliseconds lease) : store_(s), lease_(lease) {}

    /// Takes the work, unless somebody else has it or (but for `again`) it is done.
    awaitable<result<claimed>> claim(daily_claim who, bool again);

    /// Gives it back. `done`: it need not be done again.
    awaitable<result<void>> give_back(daily_claim who, bool done);

    /// For the beginning of a batch: keeps it for another lease; yields a row when it is still `who`'s.
    store::statement renew(daily_claim const& who) const;

private:
    store::store& store_;
    milliseconds lease_;
};

/// For the WHERE of a statement of that batch, with these parameters: the work is still the owner's.
#define WXGATE_STILL_MINE(name, day, owner)                                                                  \
    "EXISTS (SELECT 1 FROM daily_work AS w WHERE w.name = " name " AND w.day = " day " AND w.owner = " owner \
    ")"

} // namespace wxgate::ledger
