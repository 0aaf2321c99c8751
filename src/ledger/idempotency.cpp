#include "ledger/idempotency.hpp"

#include "ledger/leases.hpp"

namespace wxgate::ledger {

namespace {

constexpr unix_ms kept_ms = 48LL * 3600 * 1000; // the contract demands 24 h

} // namespace

awaitable<result<key_claim>> idempotency_keys::claim(
    std::string merchant,
    std::string key,
    std::string request_hash,
    std::string number,
    std::string owner,
    unix_ms locked_until
) {
    auto const now = now_ms();
    store::batch b;
    b.push_back({"DELETE FROM idempotency_keys WHERE created_at < $1", {now - kept_ms}});
    b.push_back(
        {"INSERT INTO idempotency_keys (merchant, key, request_hash, number, done, owner, "
         "locked_until, created_at) "
         "VALUES ($1, $2, $3, $4, 0, $5, " WXGATE_NOW "$7"
         " + $6, $7) ON CONFLICT (merchant, key) DO "
         "UPDATE SET owner = "
         "excluded.owner, "
         "locked_until = excluded.locked_until WHERE idempotency_keys.request_hash = excluded.request_hash "
         "AND "
         "idempotency_keys.done = 0 AND idempotency_keys.locked_until < " WXGATE_NOW "$7",
         {merchant, key, request_hash, std::move(number), owner, locked_until - now, now}}
    );
    b.push_back(
        {"SELECT request_hash, number, done, owner FROM idempotency_keys WHERE merchant = $1 AND key = "
         "$2",
         {merchant, key}}
    );
    auto const r = co_await store_.write(std::move(b));
    if (!r)
        co_return r.error();
    auto const& row = r->back();
    key_claim c;
    c.number = row.text(0, 1);
    if (row.text(0, 0) != request_hash)
        c.what = key_claim::state::mismatch;
    else if (row.integer(0, 2) != 0)
        c.what = key_claim::state::done;
    else if (row.text(0, 3) != owner)
        c.what = key_claim::state::in_progress;
    co_return c;
}

awaitable<result<void>>
idempotency_keys::release(std::string merchant, std::string key, std::string owner, bool done) {
    store::batch b;
    b.push_back(
        {"UPDATE idempotency_keys SET done = $4, locked_until = 0 WHERE merchant = $1 AND key = $2 AND owner "
         "= $3",
         {std::move(merchant), std::move(key), std::move(owner), std::int64_t{done ? 1 : 0}}}
    );
    auto const r = co_await store_.write(std::move(b));
    if (!r)
        co_return r.error();
    co_return result<void>();
}

} // namespace wxgate::ledger
