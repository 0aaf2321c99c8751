// The fifth step of the schema: WeChat's bills beside the store, and work that is done once a day. For
// ledger/schema.cpp.
#pragma once

#include <string_view>

namespace wxgate::ledger {

// `bill_rows` holds what was last downloaded of a day, as long as it is needed: a run removes its day's rows
// before and those of days gone by after. `bills.complete` says that all of the day's rows are there.
//
// A payment's day is WeChat's time_end, which is in paid_at. A refund's is when WeChat accepted it, which
// nobody tells us: accepted_at is when we heard of it.
inline constexpr std::string_view version_5 = R"sql(
ALTER TABLE refunds ADD COLUMN accepted_at INTEGER;
UPDATE refunds SET accepted_at = COALESCE((SELECT MIN(e.created_at) FROM events AS e WHERE e.mch_id = refunds.mch_id
        AND e.out_trade_no = refunds.out_trade_no AND e.out_refund_no = refunds.out_refund_no
        AND e.refund_status IN ('PROCESSING', 'SUCCESS', 'CHANGE', 'REFUNDCLOSE')), updated_at)
    WHERE refund_status IN ('PROCESSING', 'SUCCESS', 'CHANGE', 'REFUNDCLOSE');
CREATE INDEX refunds_accepted ON refunds (mch_id, accepted_at, out_refund_no) WHERE accepted_at IS NOT NULL;
CREATE INDEX orders_paid ON orders (mch_id, paid_at, out_trade_no) WHERE paid_at IS NOT NULL;

CREATE TABLE daily_work (
    name        TEXT NOT NULL,
    day         TEXT NOT NULL CHECK (length(day) = 8),
    owner       TEXT NOT NULL,
    lease_until INTEGER NOT NULL,
    done_at     INTEGER,
    PRIMARY KEY (name, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE bills (
    mch_id     TEXT NOT NULL,
    bill_date  TEXT NOT NULL CHECK (length(bill_date) = 8),
    complete   INTEGER NOT NULL DEFAULT 0 CHECK (complete IN (0, 1)),
    payments   INTEGER NOT NULL DEFAULT 0,
    total_fee  INTEGER NOT NULL DEFAULT 0,
    refunds    INTEGER NOT NULL DEFAULT 0,
    refund_fee INTEGER NOT NULL DEFAULT 0,
    others     INTEGER NOT NULL DEFAULT 0,
    fee        INTEGER NOT NULL DEFAULT 0,
    taken_at   INTEGER NOT NULL,
    PRIMARY KEY (mch_id, bill_date)
) STRICT, WITHOUT ROWID;

CREATE TABLE bill_rows (
    mch_id         TEXT NOT NULL,
    bill_date      TEXT NOT NULL,
    kind           TEXT NOT NULL CHECK (kind IN ('payment', 'refund', 'other')),
    number         TEXT NOT NULL,
    appid          TEXT NOT NULL,
    out_trade_no   TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    trade_state    TEXT NOT NULL,
    amount         INTEGER NOT NULL,
    refund_id      TEXT,
    refund_status  TEXT,
    times          INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (mch_id, bill_date, kind, number)
) STRICT, WITHOUT ROWID;
)sql";

} // namespace wxgate::ledger
