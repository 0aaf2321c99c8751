// The fourth step of the schema: what is to be done about orders, and what the shop is to be told. For
// ledger/schema.cpp.
#pragma once

#include <string_view>

namespace wxgate::ledger {

// An outbox row holds what may change later as it was at the change that it tells of; the rest is the order's
// or the refund's own row. So the message is the same at every try.
inline constexpr std::string_view version_4 = R"sql(
ALTER TABLE orders ADD COLUMN due_at INTEGER;
ALTER TABLE orders ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN lease_owner TEXT;
ALTER TABLE orders ADD COLUMN lease_until INTEGER NOT NULL DEFAULT 0;
UPDATE orders SET due_at = created_at WHERE trade_state IN ('CREATED', 'NOTPAY', 'USERPAYING', 'PAYERROR');
CREATE INDEX orders_due ON orders (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE outbox (
    id             TEXT NOT NULL PRIMARY KEY,
    merchant       TEXT NOT NULL,
    mch_id         TEXT NOT NULL,
    type           TEXT NOT NULL
        CHECK (type = 'payment.succeeded' OR type = 'payment.closed' OR type = 'refund.requested' OR type = 'refund.rejected' OR
            type = 'refund.succeeded' OR type = 'refund.failed' OR type = 'anomaly.detected'),
    out_trade_no   TEXT NOT NULL,
    out_refund_no  TEXT,
    anomaly_id     TEXT,
    order_version  INTEGER NOT NULL,
    trade_state    TEXT,
    openid         TEXT,
    prepay_id      TEXT,
    transaction_id TEXT,
    paid_at        INTEGER,
    refunded_fee   INTEGER,
    refund_status  TEXT,
    decided_by     TEXT,
    decided_at     INTEGER,
    refund_id      TEXT,
    err_code       TEXT,
    succeeded_at   INTEGER,
    state          TEXT NOT NULL DEFAULT 'pending' CHECK (state = 'pending' OR state = 'delivered' OR state = 'failed'),
    attempts       INTEGER NOT NULL DEFAULT 0,
    due_at         INTEGER,
    lease_owner    TEXT,
    lease_until    INTEGER NOT NULL DEFAULT 0,
    last_status    INTEGER,
    last_error     TEXT,
    created_at     INTEGER NOT NULL,
    delivered_at   INTEGER,
    CHECK ((state = 'pending') = (due_at IS NOT NULL)),
    CHECK ((state = 'delivered') = (delivered_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (merchant, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX outbox_newest ON outbox (created_at, id);
CREATE INDEX outbox_failed ON outbox (created_at, id) WHERE state = 'failed';
CREATE TRIGGER outbox_no_delete BEFORE DELETE ON outbox BEGIN SELECT RAISE(ABORT, 'what the shop was told is kept'); END;
CREATE INDEX anomalies_newest ON anomalies (created_at, id);
)sql";

} // namespace wxgate::ledger
