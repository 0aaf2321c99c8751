// The tenth step of the schema: what costs PostgreSQL more than it costs SQLite. For ledger/schema.cpp.
#pragma once

#include <string_view>

namespace wxgate::ledger {

// PostgreSQL reads each CHECK of a table from its text whenever a statement writes to it, which was a quarter
// of a payment's time there; a function is kept compiled. What they say is what steps 1, 2 and 4 say.
//
// An order changes twice soon after it was made: with room for that in its page, its indexes stay as they
// are.
//
// An index that begins as the key does is as good as the key to a planner that has no statistics yet: so this
// one begins with its other column.
inline constexpr std::string_view version_10 = R"sql(
/*pg CREATE FUNCTION wxgate_check_order() RETURNS trigger LANGUAGE plpgsql AS '
BEGIN
    IF length(NEW.out_trade_no) BETWEEN 6 AND 32
        AND NEW.sign_type IN (''MD5'', ''HMAC-SHA256'')
        AND NEW.total_fee BETWEEN 1 AND 10000000000
        AND NEW.fee_type = ''CNY''
        AND NEW.trade_state IN (''CREATED'', ''NOTPAY'', ''USERPAYING'', ''SUCCESS'', ''REFUND'', ''CLOSED'', ''REVOKED'', ''PAYERROR'')
        AND (NEW.trade_state NOT IN (''SUCCESS'', ''REFUND'') OR (NEW.transaction_id IS NOT NULL AND NEW.paid_at IS NOT NULL))
        AND NEW.refunded_fee BETWEEN 0 AND NEW.refund_reserved
        AND NEW.refund_reserved <= NEW.total_fee
        AND NEW.refund_count BETWEEN 0 AND 50
        AND NEW.version > 0
    THEN RETURN NEW; END IF;
    RAISE EXCEPTION ''no order can be like this'' USING ERRCODE = ''23514'';
END';
CREATE TRIGGER orders_check BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION wxgate_check_order();
ALTER TABLE orders DROP CONSTRAINT orders_out_trade_no_check, DROP CONSTRAINT orders_sign_type_check,
    DROP CONSTRAINT orders_total_fee_check, DROP CONSTRAINT orders_fee_type_check, DROP CONSTRAINT orders_trade_state_check,
    DROP CONSTRAINT orders_version_check, DROP CONSTRAINT orders_refund_count_check, DROP CONSTRAINT orders_check,
    DROP CONSTRAINT orders_check1, DROP CONSTRAINT orders_check2;
ALTER TABLE orders SET (fillfactor = 70);
DROP INDEX refunds_of_order;
CREATE INDEX refunds_of_order ON refunds (out_trade_no, mch_id);

CREATE FUNCTION wxgate_check_webhook() RETURNS trigger LANGUAGE plpgsql AS '
BEGIN
    IF NEW.type IN (''payment.succeeded'', ''payment.closed'', ''refund.requested'', ''refund.rejected'', ''refund.succeeded'',
            ''refund.failed'', ''anomaly.detected'')
        AND NEW.state IN (''pending'', ''delivered'', ''failed'')
        AND (NEW.state = ''pending'') = (NEW.due_at IS NOT NULL)
        AND (NEW.state = ''delivered'') = (NEW.delivered_at IS NOT NULL)
    THEN RETURN NEW; END IF;
    RAISE EXCEPTION ''no message can be like this'' USING ERRCODE = ''23514'';
END';
CREATE TRIGGER outbox_check BEFORE INSERT OR UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION wxgate_check_webhook();
ALTER TABLE outbox DROP CONSTRAINT outbox_type_check, DROP CONSTRAINT outbox_state_check, DROP CONSTRAINT outbox_check,
    DROP CONSTRAINT outbox_check1;
*/)sql";

} // namespace wxgate::ledger
