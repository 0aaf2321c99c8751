#include "ledger/schema.hpp"

#include <array>

namespace wxgate::ledger {

namespace {

// A number is unique to an mch_id (WeChat's own rule), so that is the key; two merchants of one mch_id share
// it. Every change of a row sets last_event to a new event's id, and the event is inserted "from the row
// whose last_event is this": it is there exactly when the change took place, with no conversation inside the
// transaction.
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
        CHECK (trade_state IN ('CREATED', 'NOTPAY', 'USERPAYING', 'SUCCESS', 'REFUND', 'CLOSED', 'REVOKED', 'PAYERROR')),
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

constexpr std::array<store::migration, 1> steps = {{{1, version_1}}};

} // namespace

std::span<store::migration const> migrations() {
    return steps;
}

} // namespace wxgate::ledger
