#include "ledger/outbox.hpp"

#include "base/assert.hpp"
#include "ledger/cells.hpp"
#include "ledger/leases.hpp"

#include <array>
#include <limits>

namespace wxgate::ledger {

namespace {

#define WXGATE_WEBHOOK_COLUMNS                                                                               \
    "id, merchant, mch_id, type, out_trade_no, out_refund_no, anomaly_id, order_version, state, attempts, "  \
    "due_at, last_status, last_error, created_at, delivered_at, trace"

constexpr std::array<std::string_view, 3> state_names = {"pending", "delivered", "failed"};

webhook read_webhook(store::rows const& r, std::size_t row) {
    webhook w;
    w.id = r.text(row, 0);
    w.merchant = r.text(row, 1);
    w.mch_id = r.text(row, 2);
    w.type = r.text(row, 3);
    w.out_trade_no = r.text(row, 4);
    w.out_refund_no = r.text(row, 5);
    w.anomaly_id = r.text(row, 6);
    w.order_version = r.integer(row, 7);
    auto const state = parse_webhook_state(r.text(row, 8));
    WXGATE_ASSERT(state.has_value()); // the table's CHECK says so
    w.state = *state;
    w.attempts = r.integer(row, 9);
    w.due_at = optional_number(r, row, 10);
    w.last_status = optional_number(r, row, 11);
    w.last_error = r.text(row, 12);
    w.created_at = r.integer(row, 13);
    w.delivered_at = optional_number(r, row, 14);
    w.trace = trace_from_text(r.text(row, 15));
    return w;
}

std::vector<webhook> read_webhooks(store::rows const& r) {
    std::vector<webhook> all;
    all.reserve(r.size());
    for (std::size_t i = 0; i < r.size(); ++i)
        all.push_back(read_webhook(r, i));
    return all;
}

// What is written here is what the row of the change had; see schema_work.hpp.
struct snapshot {
    std::string trade_state;
    std::string openid;
    std::string prepay_id;
    std::string transaction_id;
    std::optional<unix_ms> paid_at;
    std::int64_t refunded_fee = 0;
    std::string refund_status;
    std::string decided_by;
    std::optional<unix_ms> decided_at;
    std::string refund_id;
    std::string err_code;
    std::optional<unix_ms> succeeded_at;
};

#define WXGATE_SNAPSHOT_COLUMNS                                                                              \
    "trade_state, openid, prepay_id, transaction_id, paid_at, COALESCE(refunded_fee, 0), refund_status, "    \
    "decided_by, decided_at, refund_id, err_code, succeeded_at"

snapshot read_snapshot(store::rows const& r, std::size_t row) {
    snapshot s;
    s.trade_state = r.text(row, 0);
    s.openid = r.text(row, 1);
    s.prepay_id = r.text(row, 2);
    s.transaction_id = r.text(row, 3);
    s.paid_at = optional_number(r, row, 4);
    s.refunded_fee = r.integer(row, 5);
    s.refund_status = r.text(row, 6);
    s.decided_by = r.text(row, 7);
    s.decided_at = optional_number(r, row, 8);
    s.refund_id = r.text(row, 9);
    s.err_code = r.text(row, 10);
    s.succeeded_at = optional_number(r, row, 11);
    return s;
}

void put_back(order& o, snapshot const& s) {
    o.trade_state = parse_trade_state(s.trade_state).value_or(o.trade_state);
    o.openid = s.openid;
    o.prepay_id = s.prepay_id;
    o.transaction_id = s.transaction_id;
    o.paid_at = s.paid_at;
    o.refunded_fee = fen(s.refunded_fee);
}

void put_back(refund& r, snapshot const& s) {
    r.refund_status = parse_refund_status(s.refund_status).value_or(r.refund_status);
    r.decided_by = s.decided_by;
    r.decided_at = s.decided_at;
    r.refund_id = s.refund_id;
    r.err_code = s.err_code;
    r.succeeded_at = s.succeeded_at;
}

store::statement end_of_try(webhook_try t) {
    std::optional<unix_ms> delivered_at;
    if (t.state == webhook_state::delivered)
        delivered_at = now_ms();
    return {
        "UPDATE outbox SET state = $3, attempts = attempts + 1, due_at = $4, last_status = $5, last_error = "
        "$6, delivered_at = $7, lease_until = 0, lease_owner = NULL/*each FROM*/ "
        "WHERE id = $1 AND lease_owner = $2 AND state = 'pending'/*told id = $1*/",
        {std::move(t.id),
         std::move(t.owner),
         text(to_string(t.state)),
         number_or_null(t.due_at),
         number_or_null(t.status),
         text_or_null(t.error),
         number_or_null(delivered_at)}};
}

} // namespace

std::string_view to_string(webhook_state s) noexcept {
    return state_names[static_cast<std::size_t>(s)];
}

std::optional<webhook_state> parse_webhook_state(std::string_view text) noexcept {
    for (std::size_t i = 0; i < state_names.size(); ++i)
        if (state_names[i] == text)
            return static_cast<webhook_state>(i);
    return std::nullopt;
}

// $1 mch_id, $2 out_trade_no, $3 event, $4 the trace that a caller gave, $5 the one begun here; what is
// leased has its lease's length as $6, now as $7, and as $8 what the name of who has it begins with. (For IN
// with more than two SQLite makes a table, each time.)
#define WXGATE_TELL_OF_ORDER(more_columns, more_values)                                                      \
    "INSERT " WXGATE_NO_JOURNAL                                                                              \
    "INTO outbox (id, merchant, mch_id, type, out_trade_no, order_version, trade_state, openid, "            \
    "prepay_id, transaction_id, paid_at, refunded_fee, due_at, created_at, trace" more_columns               \
    ") SELECT 'evt_' || last_event, merchant, mch_id, CASE WHEN trade_state IN ('SUCCESS', 'REFUND') THEN "  \
    "'payment.succeeded' ELSE 'payment.closed' END, out_trade_no, version, trade_state, openid, prepay_id, " \
    "transaction_id, paid_at, refunded_fee, updated_at, updated_at, COALESCE($4, trace, $5)" more_values     \
    " FROM orders/*each ,*/ WHERE mch_id = $1 AND out_trade_no = $2 AND last_event = $3 AND (trade_state "   \
    "IN ('SUCCESS', 'REFUND') OR trade_state IN ('CLOSED', 'REVOKED')) AND trade_state <> previous_state "   \
    "AND previous_state NOT IN ('SUCCESS', 'REFUND')/*told substr(id, 5) = $3*/"

store::statement tell_of_order(order_key const& key, std::string const& id, cause const& why) {
    return {
        WXGATE_TELL_OF_ORDER("", ""),
        {key.mch_id, key.out_trade_no, id, given_trace(why.trace), begun_trace(why.trace)}};
}

store::statement hand_over_of_order(
    order_key const& key, std::string const& id, unix_ms until, cause const& why, std::string const& prefix
) {
    auto const now = now_ms();
    return {
        WXGATE_TELL_OF_ORDER(
            ", lease_owner, lease_until",
            ", $8 || 'evt_' || last_event, " WXGATE_NOW "$7"
            " + $6"
        ),
        {key.mch_id,
         key.out_trade_no,
         id,
         given_trace(why.trace),
         begun_trace(why.trace),
         until - now,
         now,
         prefix}};
}

webhook_message
message_of(order_ptr as_it_was, std::string const& id, unix_ms at, wxgate::trace const& cause) {
    order const& o = *as_it_was;
    webhook_message m;
    m.about.id = "evt_" + id;
    m.about.merchant = o.merchant;
    m.about.mch_id = o.mch_id;
    m.about.type = is_paid(o.trade_state) ? "payment.succeeded" : "payment.closed";
    m.about.out_trade_no = o.out_trade_no;
    m.about.order_version = o.version;
    m.about.due_at = at;
    m.about.created_at = at;
    m.about.trace = cause.given || o.trace.empty() ? cause : o.trace;
    m.order = std::move(as_it_was);
    return m;
}

store::statement tell_of_refund(refund_key const& key, std::string const& id, cause const& why) {
    return {
        "INSERT " WXGATE_NO_JOURNAL
        "INTO outbox (id, merchant, mch_id, type, out_trade_no, out_refund_no, order_version, "
        "refund_status, decided_by, decided_at, refund_id, err_code, succeeded_at, due_at, created_at, "
        "trace) "
        "SELECT "
        "'evt_' || r.last_event, r.merchant, r.mch_id, CASE r.refund_status WHEN 'REQUESTED' THEN "
        "'refund.requested' WHEN 'REJECTED' THEN 'refund.rejected' WHEN 'SUCCESS' THEN 'refund.succeeded' "
        "ELSE "
        "'refund.failed' END, r.out_trade_no, r.out_refund_no, o.version, r.refund_status, r.decided_by, "
        "r.decided_at, r.refund_id, r.err_code, r.succeeded_at, r.updated_at, r.updated_at, COALESCE($4, "
        "r.trace, o.trace, $5) FROM refunds AS r JOIN orders AS o ON o.mch_id = r.mch_id AND o.out_trade_no "
        "= r.out_trade_no WHERE r.mch_id = $1 AND "
        "r.out_refund_no = $2 AND r.last_event = $3 AND ((r.refund_status = 'REQUESTED' AND "
        "r.previous_status = "
        "'') OR (r.refund_status IN ('REJECTED', 'SUCCESS', 'FAILED', 'REFUNDCLOSE') AND r.refund_status <> "
        "r.previous_status))",
        {key.mch_id, key.out_refund_no, id, given_trace(why.trace), begun_trace(why.trace)}};
}

store::statement tell_of_anomaly(std::string const& id, wxgate::trace const& found_by) {
    return {
        "INSERT INTO outbox (id, merchant, mch_id, type, out_trade_no, anomaly_id, order_version, due_at, "
        "created_at, trace) SELECT 'anm_' || a.id, a.merchant, a.mch_id, 'anomaly.detected', a.out_trade_no, "
        "a.id, 0, a.last_seen_at, a.last_seen_at, COALESCE($2, (SELECT o.trace FROM orders AS o WHERE "
        "o.mch_id = a.mch_id AND o.out_trade_no = a.out_trade_no), $3) FROM anomalies AS a WHERE a.id = $1",
        {id, given_trace(found_by), begun_trace(found_by)}};
}

awaitable<result<std::vector<webhook>>>
outbox::claim(std::string merchant, std::string owner, milliseconds lease, std::int64_t most) {
    constexpr std::string_view sql =
        WXGATE_CLAIM("outbox", "id", "merchant = $5 AND ", WXGATE_WEBHOOK_COLUMNS);
    auto claim = claim_of(sql, std::move(owner), lease, most);
    claim.params.emplace_back(std::move(merchant));
    auto const taken = co_await write_one(store_, std::move(claim));
    if (!taken)
        co_return taken.error();
    co_return read_webhooks(*taken);
}

awaitable<result<std::optional<unix_ms>>> outbox::next_due(std::vector<std::string> merchants) {
    store::batch b;
    for (auto& m : merchants)
        b.push_back({WXGATE_NEXT_DUE("outbox", "merchant = $2 AND "), {now_ms(), std::move(m)}});
    return earliest_due(store_, std::move(b));
}

awaitable<result<std::optional<webhook_message>>> outbox::message(std::string id) {
    std::optional<webhook_message> none;
    store::batch b;
    b.push_back({"SELECT " WXGATE_WEBHOOK_COLUMNS " FROM outbox WHERE id = $1", {id}});
    b.push_back({"SELECT " WXGATE_SNAPSHOT_COLUMNS " FROM outbox WHERE id = $1", {std::move(id)}});
    auto const r = co_await store_.read(std::move(b));
    if (!r)
        co_return r.error();
    if (r->front().empty())
        co_return none;
    webhook_message m;
    m.about = read_webhook(r->front(), 0);
    auto const then = read_snapshot(r->back(), 0);
    if (!m.about.anomaly_id.empty()) {
        auto found = co_await find_anomaly(store_, m.about.anomaly_id);
        if (!found)
            co_return found.error();
        m.anomaly = std::move(*found);
    } else if (!m.about.out_refund_no.empty()) {
        refunds all(store_, {}, nobody);
        refund_key key{m.about.merchant, m.about.mch_id, m.about.out_refund_no};
        auto found = co_await all.find(std::move(key));
        if (!found)
            co_return found.error();
        m.refund = std::move(*found);
        if (m.refund)
            put_back(*m.refund, then);
    } else {
        orders all(store_, nobody);
        order_key key{m.about.merchant, m.about.mch_id, m.about.out_trade_no};
        auto found = co_await all.find(std::move(key));
        if (!found)
            co_return found.error();
        if (*found) {
            auto as_it_was = std::make_shared<order>(std::move(**found));
            put_back(*as_it_was, then);
            m.order = std::move(as_it_was);
        }
    }
    co_return m;
}

awaitable<result<void>> outbox::record(std::vector<webhook_try> tries) {
    store::batch b;
    b.reserve(tries.size());
    for (auto& t : tries)
        b.push_back(end_of_try(std::move(t)));
    auto const r = co_await store_.write(std::move(b));
    if (!r)
        co_return r.error();
    co_return result<void>();
}

awaitable<result<std::vector<webhook>>> outbox::list(webhook_filter f) {
    // Two texts, so that what failed, which is looked for most, has its own index.
#define WXGATE_PAGE                                                                                          \
    "($1 = '' OR merchant = $1) AND (created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT $4"
    constexpr std::string_view of_all =
        "SELECT " WXGATE_WEBHOOK_COLUMNS " FROM outbox WHERE ($5 = '' OR state = $5) AND " WXGATE_PAGE;
    constexpr std::string_view of_failed =
        "SELECT " WXGATE_WEBHOOK_COLUMNS " FROM outbox WHERE state = 'failed' AND " WXGATE_PAGE;
#undef WXGATE_PAGE
    bool const failed = f.state == webhook_state::failed;
    store::statement select{
        failed ? of_failed : of_all,
        {std::move(f.merchant),
         f.before_created_at.value_or(std::numeric_limits<std::int64_t>::max()),
         std::move(f.before_id),
         f.limit}};
    if (!failed)
        select.params.push_back(f.state ? text(to_string(*f.state)) : text(""));
    store::batch b;
    b.push_back(std::move(select));
    auto const r = co_await store_.read(std::move(b));
    if (!r)
        co_return r.error();
    co_return read_webhooks(r->front());
}

awaitable<result<std::vector<webhook>>> outbox::of_order(order_key key) {
    store::batch b;
    b.push_back(
        {"SELECT " WXGATE_WEBHOOK_COLUMNS " FROM outbox WHERE id IN (SELECT 'evt_' || e.id FROM events AS e "
         "WHERE e.mch_id = $1 AND e.out_trade_no = $2 UNION ALL SELECT 'anm_' || a.id FROM anomalies AS a "
         "WHERE a.merchant = $3 AND a.out_trade_no = $2) ORDER BY created_at DESC, id DESC LIMIT 100",
         {std::move(key.mch_id), std::move(key.out_trade_no), std::move(key.merchant)}}
    );
    auto const r = co_await store_.read(std::move(b));
    if (!r)
        co_return r.error();
    co_return read_webhooks(r->front());
}

awaitable<result<std::optional<webhook>>> outbox::redeliver(std::string id) {
    store::statement again{
        "UPDATE outbox SET state = 'pending', attempts = 0, due_at = $2, delivered_at = NULL, lease_until = "
        "0, lease_owner = NULL WHERE id = $1 RETURNING " WXGATE_WEBHOOK_COLUMNS,
        {std::move(id), now_ms()}};
    auto const r = co_await write_one(store_, std::move(again));
    if (!r)
        co_return r.error();
    std::optional<webhook> found;
    if (!r->empty())
        found = read_webhook(*r, 0);
    co_return found;
}

awaitable<result<void>> outbox::forget_leases(std::string of) {
    return write_only(store_, {WXGATE_FORGET_LEASES("outbox"), {std::move(of)}});
}

} // namespace wxgate::ledger
