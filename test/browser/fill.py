"""Puts orders into a store whose gateway has ended, spread over the last day.

    python3 fill.py DATABASE N
"""

import sqlite3
import sys
import time

database, total = sys.argv[1], int(sys.argv[2])
now = int(time.time() * 1000)
step = 86_400_000 // total
later = now + 30 * 86_400_000

ORDER = """INSERT INTO orders (mch_id, out_trade_no, merchant, appid, sign_type, openid, total_fee, fee_type, body, trade_type,
    spbill_create_ip, notify_url, metadata, trade_state, previous_state, transaction_id, paid_at, version, last_event, created_at,
    updated_at, expires_at, due_at) VALUES ('10000100', ?, 'shop', 'wx2421b1c4370ec43b', 'HMAC-SHA256', ?, ?, 'CNY', ?, 'JSAPI',
    '127.0.0.1', 'http://127.0.0.1/', '{}', ?, 'NOTPAY', ?, ?, 1, ?, ?, ?, ?, ?)"""
EVENT = """INSERT INTO events (mch_id, out_trade_no, version, id, type, trade_state, previous_state, source, request_id, detail,
    created_at) VALUES ('10000100', ?, 1, ?, ?, ?, 'NOTPAY', 'api', ?, '{}', ?)"""


def orders():
    for i in range(total):
        at = now - 86_400_000 + i * step
        number = f"filled-{i:09d}"
        state = "CLOSED" if i % 12 == 5 else "NOTPAY" if i % 20 == 7 else "SUCCESS"
        paid = state == "SUCCESS"
        yield (number, f"oFilled{i % 5000:021d}", 100 + i * 37 % 90_000, "茉莉雪芽", state, f"42{i:026d}" if paid else None,
               at + 4000 if paid else None, f"e{i:09d}", at, at, later, later if state == "NOTPAY" else None)


with sqlite3.connect(database) as db:
    db.executemany(ORDER, orders())
    db.executemany(EVENT, ((o[0], o[7], o[4], o[4], o[7], o[8]) for o in orders()))
db.close()
