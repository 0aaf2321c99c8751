// Cells of rows to values and back, and the columns of an order: for ledger's own sources.
#pragma once

#include "ledger/orders.hpp"

#define WXGATE_ORDER_COLUMNS                                                                                 \
    "mch_id, out_trade_no, merchant, appid, sign_type, openid, total_fee, fee_type, body, attach, detail, "  \
    "goods_tag, limit_pay, trade_type, spbill_create_ip, notify_url, time_expire, metadata, trade_state, "   \
    "prepay_id, prepay_at, transaction_id, paid_at, refunded_fee, version, created_at, expires_at, "         \
    "refund_reserved, refund_count, due_at, tries, trace, product_id, scene_info, pay_url"

// Every mch_id of the store, a step of the orders' key each: a number alone, of whichever merchant, is then
// found by the key and not by reading the table. ($1 is the number.)
#define WXGATE_EACH_MCH_ID                                                                                   \
    "WITH RECURSIVE known(mch_id) AS (SELECT MIN(mch_id) FROM orders UNION ALL SELECT (SELECT "              \
    "MIN(o.mch_id) "                                                                                         \
    "FROM orders AS o WHERE o.mch_id > known.mch_id) FROM known WHERE known.mch_id IS NOT NULL) "
#define WXGATE_OF_EACH_MCH_ID "mch_id IN (SELECT known.mch_id FROM known)"

// Whose a row is, where it is found by its number. PostgreSQL is not to find it by its merchant: to a planner
// that has no statistics yet, an index that begins with the merchant is as good as the key.
#define WXGATE_ITS_MERCHANT "merchant/*pg || ''*/"

// For INSERT … SELECT of one row at most, in a batch of several: what fails ends the batch, and the batch is
// undone as a whole. Without this SQLite copies each page that the statement changes, to undo it alone.
#define WXGATE_NO_JOURNAL "/*sqlite*/OR FAIL /*pg */"

namespace wxgate::ledger {

inline store::value text_or_null(std::string const& s) {
    return s.empty() ? store::value{} : store::value{s};
}

inline store::value number_or_null(std::optional<unix_ms> n) {
    return n ? store::value{*n} : store::value{};
}

inline store::value text(std::string_view s) {
    return std::string(s);
}

inline std::optional<unix_ms> optional_number(store::rows const& r, std::size_t row, std::size_t column) {
    if (r.is_null(row, column))
        return std::nullopt;
    return r.integer(row, column);
}

/// The trace when a caller told it, else NULL.
inline store::value given_trace(wxgate::trace const& t) {
    return t.given ? text_or_null(to_text(t)) : store::value{};
}

/// The trace when it was begun here, else NULL.
inline store::value begun_trace(wxgate::trace const& t) {
    return t.given ? store::value{} : text_or_null(to_text(t));
}

/// A row of WXGATE_ORDER_COLUMNS.
order read_order(store::rows const& r, std::size_t row);

store::statement select_order(order_key const& key);

} // namespace wxgate::ledger
