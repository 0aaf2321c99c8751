#include "ledger/schema.hpp"

#include "ledger/schema_bills.hpp"
#include "ledger/schema_console.hpp"
#include "ledger/schema_postgresql.hpp"
#include "ledger/schema_refund_calls.hpp"
#include "ledger/schema_sessions.hpp"
#include "ledger/schema_trace.hpp"
#include "ledger/schema_trade_types.hpp"
#include "ledger/schema_work.hpp"

#include <array>

namespace wxgate::ledger {

namespace {

// A number is unique to an mch_id (WeChat's own rule), so that is the key; two merchants of one mch_id share
// it. Every change of a row sets last_event to a new event's id, and the event is inserted "from the row
// whose last_event is this": it is there exactly when the change took place, with no conversation inside the
// transaction.
//
// A CHECK that a payment runs through says OR, not IN: for IN with more than two SQLite makes a table, each
// time.
constexpr std::string_view version_1 = R"sql(
CREATE TABLE orders (
    mch_id           TEXT NOT NULL,
    out_trade_no     TEXT NOT NULL CHECK (length(out_trade_no) BETWEEN 6 AND 32),
    merchant         TEXT NOT NULL,
    appid            TEXT NOT NULL,
    sign_type        TEXT NOT NULL CHECK (sign_type IN ('MD5', 'HMAC-SHA256')),
    openid           TEXT,
    total_fee        INTEGER NOT NULL CHECK (total_fee BETWEEN 1 AND 10000000000),
    fee_type         TEXT NOT NULL CHECK (fee_type = 'CNY'),
    body             TEXT NOT NULL,
    attach           TEXT,
    detail           TEXT,
    goods_tag        TEXT,
    limit_pay        TEXT,
    trade_type       TEXT NOT NULL,
    spbill_create_ip TEXT NOT NULL,
    notify_url       TEXT NOT NULL,
    time_expire      INTEGER,
    metadata         TEXT NOT NULL,
    trade_state      TEXT NOT NULL
        CHECK (trade_state = 'CREATED' OR trade_state = 'NOTPAY' OR trade_state = 'USERPAYING' OR trade_state = 'SUCCESS' OR
            trade_state = 'REFUND' OR trade_state = 'CLOSED' OR trade_state = 'REVOKED' OR trade_state = 'PAYERROR'),
    previous_state   TEXT NOT NULL,
    prepay_id        TEXT,
    prepay_at        INTEGER,
    transaction_id   TEXT,
    paid_at          INTEGER,
    refunded_fee     INTEGER NOT NULL DEFAULT 0 CHECK (refunded_fee BETWEEN 0 AND total_fee),
    version          INTEGER NOT NULL CHECK (version > 0),
    last_event       TEXT NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    PRIMARY KEY (mch_id, out_trade_no),
    CHECK (trade_state NOT IN ('SUCCESS', 'REFUND') OR (transaction_id IS NOT NULL AND paid_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX orders_transaction ON orders (mch_id, transaction_id) WHERE transaction_id IS NOT NULL;
CREATE INDEX orders_newest ON orders (merchant, created_at, out_trade_no);

-- The transaction log: one row for every change, append-only.
CREATE TABLE events (
    mch_id         TEXT NOT NULL,
    out_trade_no   TEXT NOT NULL,
    version        INTEGER NOT NULL,
    id             TEXT NOT NULL,
    type           TEXT NOT NULL,
    trade_state    TEXT NOT NULL,
    previous_state TEXT NOT NULL,
    source         TEXT NOT NULL,
    request_id     TEXT NOT NULL,
    detail         TEXT NOT NULL,
    created_at     INTEGER NOT NULL,
    PRIMARY KEY (mch_id, out_trade_no, version)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER orders_no_delete BEFORE DELETE ON orders BEGIN SELECT RAISE(ABORT, 'orders are kept'); END;

-- What a person must settle. The same finding again (WeChat repeats its notifications) counts up.
CREATE TABLE anomalies (
    id           TEXT NOT NULL PRIMARY KEY,
    merchant     TEXT NOT NULL,
    mch_id       TEXT NOT NULL,
    out_trade_no TEXT NOT NULL,
    kind         TEXT NOT NULL,
    fingerprint  TEXT NOT NULL,
    detail       TEXT NOT NULL,
    seen         INTEGER NOT NULL DEFAULT 1,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    settled_at   INTEGER,
    settled_by   TEXT,
    note         TEXT,
    UNIQUE (merchant, out_trade_no, kind, fingerprint)
) STRICT;

-- Idempotency-Key: which order a merchant's key stands for. Kept two days.
CREATE TABLE idempotency_keys (
    merchant     TEXT NOT NULL,
    key          TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    out_trade_no TEXT NOT NULL,
    done         INTEGER NOT NULL CHECK (done IN (0, 1)),
    owner        TEXT NOT NULL,
    locked_until INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (merchant, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_oldest ON idempotency_keys (created_at);
)sql";

// Refunds. Every change of one also moves its order's version: there is one log an order. What is due and who
// has it (due_at, lease_*) is no change of the refund and has no event.
constexpr std::string_view version_2 = R"sql(
ALTER TABLE orders ADD COLUMN refund_reserved INTEGER NOT NULL DEFAULT 0
    CHECK (refund_reserved BETWEEN 0 AND total_fee AND refunded_fee <= refund_reserved);
ALTER TABLE orders ADD COLUMN refund_count INTEGER NOT NULL DEFAULT 0 CHECK (refund_count BETWEEN 0 AND 50);
ALTER TABLE orders ADD COLUMN next_refund_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN last_refund TEXT;
ALTER TABLE events ADD COLUMN out_refund_no TEXT;
ALTER TABLE events ADD COLUMN refund_status TEXT;
ALTER TABLE idempotency_keys RENAME COLUMN out_trade_no TO number;

CREATE TABLE refunds (
    mch_id          TEXT NOT NULL,
    out_refund_no   TEXT NOT NULL CHECK (length(out_refund_no) BETWEEN 1 AND 64),
    merchant        TEXT NOT NULL,
    out_trade_no    TEXT NOT NULL,
    refund_fee      INTEGER NOT NULL CHECK (refund_fee BETWEEN 1 AND total_fee),
    total_fee       INTEGER NOT NULL,
    reason          TEXT,
    refund_status   TEXT NOT NULL
        CHECK (refund_status IN ('REQUESTED', 'APPROVED', 'REJECTED', 'PROCESSING', 'SUCCESS', 'CHANGE', 'REFUNDCLOSE', 'FAILED')),
    previous_status TEXT NOT NULL,
    requested_kind  TEXT NOT NULL CHECK (requested_kind IN ('api', 'operator')),
    requested_by    TEXT NOT NULL,
    decided_by      TEXT,
    decided_at      INTEGER,
    decision_reason TEXT,
    refund_id       TEXT,
    err_code        TEXT,
    succeeded_at    INTEGER,
    in_doubt        INTEGER NOT NULL DEFAULT 0 CHECK (in_doubt IN (0, 1)),
    ever_in_doubt   INTEGER NOT NULL DEFAULT 0 CHECK (ever_in_doubt IN (0, 1)),
    failing         INTEGER NOT NULL DEFAULT 0 CHECK (failing IN (0, 1)),
    attempts        INTEGER NOT NULL DEFAULT 0,
    tries           INTEGER NOT NULL DEFAULT 0,
    due_at          INTEGER,
    lease_owner     TEXT,
    lease_until     INTEGER NOT NULL DEFAULT 0,
    version         INTEGER NOT NULL CHECK (version > 0),
    last_event      TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    PRIMARY KEY (mch_id, out_refund_no),
    FOREIGN KEY (mch_id, out_trade_no) REFERENCES orders (mch_id, out_trade_no),
    CHECK (refund_status IN ('REQUESTED', 'REJECTED') OR decided_by IS NOT NULL),
    CHECK (requested_kind <> 'operator' OR refund_status IN ('REQUESTED', 'REJECTED') OR requested_by <> decided_by)
) STRICT, WITHOUT ROWID;
CREATE INDEX refunds_due ON refunds (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX refunds_of_order ON refunds (mch_id, out_trade_no);
CREATE INDEX refunds_newest ON refunds (merchant, created_at, out_refund_no);
CREATE INDEX refunds_newest_of_all ON refunds (created_at, out_refund_no);
CREATE INDEX orders_newest_of_all ON orders (created_at, out_trade_no);
CREATE TRIGGER refunds_no_delete BEFORE DELETE ON refunds BEGIN SELECT RAISE(ABORT, 'refunds are kept'); END;
)sql";

constexpr std::array<store::migration, 10> steps = {
    {{1, version_1},
     {2, version_2},
     {3, version_3},
     {4, version_4},
     {5, version_5},
     {6, version_6},
     {7, version_7},
     {8, version_8},
     {9, version_9},
     {10, version_10}}};

} // namespace

std::span<store::migration const> migrations() {
    return steps;
}

} // namespace wxgate::ledger
