#include "ledger/daily_work.hpp"

#include "ledger/leases.hpp"

namespace wxgate::ledger {

awaitable<result<claimed>> daily_work::claim(daily_claim who, bool again) {
    auto const now = now_ms();
    store::batch b;
    b.push_back(
        {"INSERT INTO daily_work (name, day, owner, lease_until) VALUES ($1, $2, $3, " WXGATE_NOW "$5"
         " + $4) ON CONFLICT (name, "
         "day) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until WHERE "
         "daily_work.lease_until < " WXGATE_NOW "$5"
         " AND ($6 = 1 OR daily_work.done_at IS NULL) RETURNING owner",
         {who.name, who.day, who.owner, lease_.count(), now, std::int64_t{again}}}
    );
    b.push_back(
        {"SELECT done_at FROM daily_work WHERE name = $1 AND day = $2 AND lease_until < " WXGATE_NOW "$3",
         {who.name, who.day, now}}
    );
    auto const r = co_await store_.write(std::move(b));
    if (!r)
        co_return r.error();
    if (!r->front().empty())
        co_return claimed::mine;
    co_return r->back().empty() ? claimed::elsewhere : claimed::done;
}

awaitable<result<void>> daily_work::give_back(daily_claim who, bool done) {
    store::batch b;
    b.push_back(
        {"UPDATE daily_work SET lease_until = 0, done_at = CASE WHEN $4 = 1 THEN $5 ELSE done_at END WHERE "
         "name = $1 AND day = $2 AND owner = $3",
         {who.name, who.day, who.owner, std::int64_t{done}, now_ms()}}
    );
    auto const r = co_await store_.write(std::move(b));
    if (!r)
        co_return r.error();
    co_return result<void>();
}

store::statement daily_work::renew(daily_claim const& who) const {
    return {
        "UPDATE daily_work SET lease_until = " WXGATE_NOW "$5"
        " + $4 WHERE name = $1 AND day = $2 AND owner = $3 RETURNING owner",
        {who.name, who.day, who.owner, lease_.count(), now_ms()}};
}

} // namespace wxgate::ledger
