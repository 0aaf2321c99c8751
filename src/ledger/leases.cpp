#include "ledger/leases.hpp"

#include <algorithm>

namespace wxgate::ledger {

store::statement claim_of(std::string_view sql, std::string owner, milliseconds lease, std::int64_t most) {
    return {sql, {std::move(owner), now_ms(), lease.count(), most}};
}

awaitable<result<std::optional<unix_ms>>> earliest_due(store::store& s, store::batch b) {
    std::optional<unix_ms> first;
    if (b.empty())
        co_return first;
    auto const r = co_await s.read(std::move(b));
    if (!r)
        co_return r.error();
    for (auto const& rows : *r)
        if (!rows.empty())
            first = std::min(first.value_or(rows.integer(0, 0)), rows.integer(0, 0));
    co_return first;
}

awaitable<result<store::rows>> write_one(store::store& s, store::statement one) {
    store::batch b;
    b.push_back(std::move(one));
    auto r = co_await s.write_alone(std::move(b)); // a claim locks many rows
    if (!r)
        co_return r.error();
    co_return std::move(r->front());
}

awaitable<result<void>> write_only(store::store& s, store::statement one) {
    auto const r = co_await write_one(s, std::move(one));
    if (!r)
        co_return r.error();
    co_return result<void>();
}

} // namespace wxgate::ledger
