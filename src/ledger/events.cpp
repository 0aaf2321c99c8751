#include "ledger/events.hpp"

namespace wxgate::ledger {

awaitable<result<std::vector<event>>> events_of(store::store& s, order_key key) {
    store::batch b;
    b.push_back(
        {"SELECT id, version, type, trade_state, previous_state, source, request_id, detail, created_at, "
         "out_refund_no, refund_status FROM "
         "events "
         "WHERE mch_id = $1 AND out_trade_no = $2 ORDER BY version",
         {key.mch_id, key.out_trade_no}}
    );
    auto const r = co_await s.read(std::move(b));
    if (!r)
        co_return r.error();
    std::vector<event> found;
    auto const& rows = r->front();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        event e;
        e.id = rows.text(i, 0);
        e.version = rows.integer(i, 1);
        e.type = rows.text(i, 2);
        e.trade_state = rows.text(i, 3);
        e.previous_state = rows.text(i, 4);
        e.source = rows.text(i, 5);
        e.request_id = rows.text(i, 6);
        e.detail = rows.text(i, 7);
        e.created_at = rows.integer(i, 8);
        e.out_refund_no = rows.text(i, 9);
        e.refund_status = rows.text(i, 10);
        found.push_back(std::move(e));
    }
    co_return found;
}

} // namespace wxgate::ledger
