#include "ledger/order_search.hpp"

#include "ledger/cells.hpp"

#include <limits>

namespace wxgate::ledger {

namespace {

struct place {
    unix_ms created_at = 0;
    std::string number;
    std::string mch_id;
};

// What the orders that a page looks at have in common: $1 to $5, and $6 the merchant where one is meant.
#define WXGATE_LOOKED_AT                                                                                     \
    "created_at >= $1 AND created_at <= $2 AND (created_at, out_trade_no, mch_id) < ($3, $4, $5)"
#define WXGATE_NEWEST "ORDER BY created_at DESC, out_trade_no DESC, mch_id DESC "

std::vector<store::value> looked_at(order_search const& f) {
    constexpr auto end = std::numeric_limits<std::int64_t>::max();
    return {
        f.created_from,
        f.created_to.value_or(end),
        f.before_created_at.value_or(end),
        f.before_number,
        f.before_mch_id,
        f.merchant};
}

void add_wanted(std::vector<store::value>& params, order_search const& f) {
    params.emplace_back(f.trade_state ? text(to_string(*f.trade_state)) : text(""));
    params.emplace_back(f.openid);
    params.emplace_back(f.total_fee ? f.total_fee->count() : std::int64_t{0});
    params.emplace_back(f.limit + 1); // one more, to know whether another page follows
}

#define WXGATE_WANTED                                                                                        \
    "($7 = '' OR trade_state = $7) AND ($8 = '' OR openid = $8) AND ($9 = 0 OR total_fee = $9) "

std::vector<order> read_all(store::rows const& r) {
    std::vector<order> all;
    all.reserve(r.size());
    for (std::size_t i = 0; i < r.size(); ++i)
        all.push_back(read_order(r, i));
    return all;
}

// An order by its own number or WeChat's: there are few, and keys find them.
store::statement select_by_key(order_search const& f) {
#define WXGATE_BY_KEY                                                                                        \
    "SELECT " WXGATE_ORDER_COLUMNS " FROM orders WHERE " WXGATE_OF_EACH_MCH_ID                               \
    " AND ($6 = '' OR merchant = $6) AND " WXGATE_LOOKED_AT " AND " WXGATE_WANTED
    constexpr std::string_view by_number =
        WXGATE_EACH_MCH_ID WXGATE_BY_KEY "AND out_trade_no = $11 AND ($12 = '' OR transaction_id = $12) " //
        WXGATE_NEWEST "LIMIT $10";
    constexpr std::string_view by_transaction =
        WXGATE_EACH_MCH_ID WXGATE_BY_KEY "AND transaction_id = $11 " WXGATE_NEWEST "LIMIT $10";
#undef WXGATE_BY_KEY
    bool const numbered = !f.out_trade_no.empty();
    store::statement select{numbered ? by_number : by_transaction, looked_at(f)};
    add_wanted(select.params, f);
    if (numbered)
        select.params.emplace_back(f.out_trade_no);
    select.params.emplace_back(f.transaction_id);
    return select;
}

// The last order that a page looks at; no row when it looks at all there are.
store::statement select_end(order_search const& f) {
    constexpr std::string_view of_all =
        "SELECT created_at, out_trade_no, mch_id FROM orders WHERE $6 = '' AND " //
        WXGATE_LOOKED_AT " " WXGATE_NEWEST "LIMIT 1 OFFSET $7";
    constexpr std::string_view of_one =
        "SELECT created_at, out_trade_no, mch_id FROM orders WHERE merchant = $6 AND " //
        WXGATE_LOOKED_AT " " WXGATE_NEWEST "LIMIT 1 OFFSET $7";
    store::statement select{f.merchant.empty() ? of_all : of_one, looked_at(f)};
    select.params.emplace_back(most_searched - 1);
    return select;
}

store::statement select_until(order_search const& f, place const& end) {
#define WXGATE_UNTIL                                                                                         \
    WXGATE_LOOKED_AT                                                                                         \
    " AND (created_at, out_trade_no, mch_id) >= ($11, $12, $13) AND " WXGATE_WANTED WXGATE_NEWEST "LIMIT "   \
    "$10"
    constexpr std::string_view of_all =
        "SELECT " WXGATE_ORDER_COLUMNS " FROM orders WHERE $6 = '' AND " WXGATE_UNTIL;
    constexpr std::string_view of_one =
        "SELECT " WXGATE_ORDER_COLUMNS " FROM orders WHERE merchant = $6 AND " WXGATE_UNTIL;
#undef WXGATE_UNTIL
    store::statement select{f.merchant.empty() ? of_all : of_one, looked_at(f)};
    add_wanted(select.params, f);
    select.params.emplace_back(end.created_at);
    select.params.emplace_back(end.number);
    select.params.emplace_back(end.mch_id);
    return select;
}

void go_on_after(found_orders& found, place const& last) {
    found.last_created_at = last.created_at;
    found.last_number = last.number;
    found.last_mch_id = last.mch_id;
}

} // namespace

awaitable<result<found_orders>> search_orders(store::store& s, order_search f) {
    bool const by_key = !f.out_trade_no.empty() || !f.transaction_id.empty();
    place end;
    bool more = false;
    if (!by_key) {
        store::batch first;
        first.push_back(select_end(f));
        auto const r = co_await s.read(std::move(first));
        if (!r)
            co_return r.error();
        more = !r->front().empty();
        if (more)
            end = place{r->front().integer(0, 0), r->front().text(0, 1), r->front().text(0, 2)};
    }
    store::batch b;
    b.push_back(by_key ? select_by_key(f) : select_until(f, end));
    auto const r = co_await s.read(std::move(b));
    if (!r)
        co_return r.error();
    found_orders found;
    found.orders = read_all(r->front());
    auto const limit = static_cast<std::size_t>(f.limit);
    if (found.orders.size() > limit) {
        found.orders.resize(limit);
        auto const& last = found.orders.back();
        place const here{last.created_at, last.out_trade_no, last.mch_id};
        go_on_after(found, here);
    } else if (more) {
        go_on_after(found, end);
    }
    co_return found;
}

} // namespace wxgate::ledger
