#include "ledger/refunds.hpp"

#include "base/assert.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"
#include "ledger/cells.hpp"
#include "ledger/leases.hpp"
#include "ledger/outbox.hpp"

#include <limits>

namespace wxgate::ledger {

namespace {

using store::value;

// $1 mch_id, $2 out_refund_no, $3 merchant.
#define WXGATE_THIS_REFUND " WHERE mch_id = $1 AND out_refund_no = $2 AND " WXGATE_ITS_MERCHANT " = $3 "

#define WXGATE_REFUND_COLUMNS                                                                                \
    "mch_id, out_refund_no, merchant, out_trade_no, refund_fee, total_fee, reason, refund_status, "          \
    "requested_kind, requested_by, decided_by, decided_at, decision_reason, refund_id, err_code, "           \
    "succeeded_at, created_at, in_doubt, ever_in_doubt, failing, attempts, tries, due_at, version, "         \
    "notify_url"

refund read_refund(store::rows const& r, std::size_t row) {
    refund f;
    f.mch_id = r.text(row, 0);
    f.out_refund_no = r.text(row, 1);
    f.merchant = r.text(row, 2);
    f.out_trade_no = r.text(row, 3);
    f.refund_fee = fen(r.integer(row, 4));
    f.total_fee = fen(r.integer(row, 5));
    f.reason = r.text(row, 6);
    auto const status = parse_refund_status(r.text(row, 7));
    WXGATE_ASSERT(status.has_value()); // the table's CHECK says so
    f.refund_status = *status;
    f.requested_kind = r.text(row, 8) == "operator" ? requester_kind::operator_ : requester_kind::api;
    f.requested_by = r.text(row, 9);
    f.decided_by = r.text(row, 10);
    f.decided_at = optional_number(r, row, 11);
    f.decision_reason = r.text(row, 12);
    f.refund_id = r.text(row, 13);
    f.err_code = r.text(row, 14);
    f.succeeded_at = optional_number(r, row, 15);
    f.created_at = r.integer(row, 16);
    f.in_doubt = r.integer(row, 17) != 0;
    f.ever_in_doubt = r.integer(row, 18) != 0;
    f.failing = r.integer(row, 19) != 0;
    f.attempts = r.integer(row, 20);
    f.tries = r.integer(row, 21);
    f.due_at = optional_number(r, row, 22);
    f.version = r.integer(row, 23);
    f.notify_url = r.text(row, 24);
    return f;
}

std::vector<refund> read_refunds(store::rows const& r) {
    std::vector<refund> all;
    all.reserve(r.size());
    for (std::size_t i = 0; i < r.size(); ++i)
        all.push_back(read_refund(r, i));
    return all;
}

std::optional<refund> read_first(store::rows const& r) {
    std::optional<refund> found;
    if (!r.empty())
        found = read_refund(r, 0);
    return found;
}

store::statement select_refund(refund_key const& key) {
    return {
        "SELECT " WXGATE_REFUND_COLUMNS " FROM refunds" WXGATE_THIS_REFUND,
        {key.mch_id, key.out_refund_no, key.merchant}};
}

std::string as_json(char const* name, std::string const& text) {
    std::string json = std::string("{\"") + name + "\":\"";
    append_json_escaped(json, text);
    return json + "\"}";
}

std::int64_t number(milliseconds m) {
    return m.count();
}

std::int64_t number(bool b) {
    return b ? 1 : 0;
}

// ---- what follows a change of a refund: the order moves with it, and the event of both is written
// ------------

// The amounts move exactly when the state does. An accepted refund makes the order REFUND, as WeChat's own
// trade_state does; what is given back is free again.
std::string const& move_order_sql() {
    static std::string const sql =
        "UPDATE orders SET last_event = $3, updated_at = r.updated_at, version = orders.version + 1, "
        "previous_state = orders.trade_state, trade_state = CASE WHEN r.refund_status IN (" +
        those_that(is_accepted) +
        ") THEN 'REFUND' ELSE orders.trade_state END, "
        "refund_reserved = refund_reserved - CASE WHEN r.refund_status <> r.previous_status AND "
        "r.refund_status IN (" +
        those_that(releases) +
        ") THEN r.refund_fee ELSE 0 END, "
        "refund_count = refund_count - CASE WHEN r.refund_status <> r.previous_status AND r.refund_status IN "
        "('REJECTED', 'FAILED') THEN 1 ELSE 0 END, "
        "refunded_fee = refunded_fee + CASE WHEN r.refund_status <> r.previous_status AND r.refund_status = "
        "'SUCCESS' THEN r.refund_fee ELSE 0 END "
        "FROM refunds AS r WHERE r.mch_id = $1 AND r.out_refund_no = $2 AND r.last_event = $3 "
        "AND orders.mch_id = r.mch_id AND orders.out_trade_no = r.out_trade_no";
    return sql;
}

store::statement move_order(refund_key const& key, std::string const& id) {
    return {move_order_sql(), {key.mch_id, key.out_refund_no, id}};
}

// An empty type stands for the state moved to.
store::statement
insert_event(refund_key const& key, std::string const& id, std::string const& type, cause const& why) {
    return {
        "INSERT " WXGATE_NO_JOURNAL
        "INTO events (mch_id, out_trade_no, version, id, type, trade_state, previous_state, source, "
        "request_id, detail, created_at, out_refund_no, refund_status) SELECT o.mch_id, o.out_trade_no, "
        "o.version, o.last_event, CASE WHEN $4 = '' THEN 'REFUND_' || r.refund_status ELSE $4 END, "
        "o.trade_state, o.previous_state, $5, $6, $7, o.updated_at, r.out_refund_no, r.refund_status "
        "FROM refunds AS r JOIN orders AS o ON o.mch_id = r.mch_id AND o.out_trade_no = r.out_trade_no "
        "WHERE r.mch_id = $1 AND r.out_refund_no = $2 AND r.last_event = $3 AND o.last_event = $3",
        {key.mch_id, key.out_refund_no, id, type, why.source, why.request_id, why.detail}};
}

// A refund's batches lock its order's row, too, in whichever order their orders come: write_alone().
//
// What every UPDATE of a refund sets: $1 mch_id, $2 out_refund_no, $3 merchant, $4 event, $5 now.
#define WXGATE_UPDATE_REFUND                                                                                 \
    "UPDATE refunds SET last_event = $4, updated_at = $5, version = version + 1, "                           \
    "previous_status = refund_status, "

std::vector<value> common(refund_key const& key, std::string const& id) {
    return {key.mch_id, key.out_refund_no, key.merchant, id, now_ms()};
}

// `made_by` is "", or the event that must have been the refund's last.
store::statement
approve(refund_key const& key, std::string const& id, value by, value reason, std::string const& made_by) {
    store::statement s{
        WXGATE_UPDATE_REFUND
        "refund_status = 'APPROVED', decided_by = $6, decided_at = $5, decision_reason = $7, due_at = $5, "
        "tries = 0, err_code = NULL" WXGATE_THIS_REFUND "AND refund_status = 'REQUESTED' AND (requested_kind "
        "<> 'operator' OR requested_by <> $6) AND ($8 = '' "
        "OR last_event = $8) RETURNING version",
        common(key, id)};
    s.params.push_back(std::move(by));
    s.params.push_back(std::move(reason));
    s.params.emplace_back(made_by);
    return s;
}

// Its own words rather than a refusal of one's own request: whoever asked may take it back.
store::statement reject(refund_key const& key, std::string const& id, value by, value reason) {
    store::statement s{
        WXGATE_UPDATE_REFUND "refund_status = 'REJECTED', decided_by = $6, decided_at = $5, decision_reason "
                             "= $7, due_at = NULL" WXGATE_THIS_REFUND
                             "AND refund_status = 'REQUESTED' RETURNING version",
        common(key, id)};
    s.params.push_back(std::move(by));
    s.params.push_back(std::move(reason));
    return s;
}

// One statement a target state, with the states that may move to it written out. Made once, kept for ever.
std::string const& record_sql(std::optional<refund_status> to) {
    static auto const make = [](std::string const& state, std::string const& sources, bool accepted) {
        return WXGATE_UPDATE_REFUND "refund_status = " + state +
               (accepted ? ", accepted_at = COALESCE(accepted_at, $5)" : "") +
               ", in_doubt = $6, ever_in_doubt = CASE WHEN $14 = 1 THEN 1 ELSE ever_in_doubt END, failing = "
               "$7, "
               "tries = $8, "
               "due_at = $9, err_code = $10, refund_id = COALESCE($11, refund_id), succeeded_at = "
               "COALESCE($12, succeeded_at), lease_until = CASE WHEN $16 = 1 THEN lease_until ELSE 0 END" +
               WXGATE_THIS_REFUND
               "AND ($13 = '' OR (lease_owner = $13 AND version = $15)) AND refund_status IN (" +
               sources + ") RETURNING version";
    };
    static std::string const stays = make("refund_status", "'APPROVED', 'PROCESSING', 'CHANGE'", false);
    static auto const moves = [] {
        std::array<std::string, all_refund_statuses.size()> all;
        for (auto const s : all_refund_statuses)
            all[static_cast<std::size_t>(s)] =
                make('\'' + std::string(to_string(s)) + '\'', sources_of(s), is_accepted(s));
        return all;
    }();
    return to ? moves[static_cast<std::size_t>(*to)] : stays;
}

store::statement anomaly_of_refund(
    refund_key const& key,
    std::string const& id,
    std::string const& finding,
    std::string const& kind,
    std::string const& err_code
) {
    return {
        "INSERT INTO anomalies (id, merchant, mch_id, out_trade_no, kind, fingerprint, detail, created_at, "
        "last_seen_at) SELECT $4, merchant, mch_id, out_trade_no, $5, out_refund_no, $6, updated_at, "
        "updated_at FROM refunds WHERE mch_id = $1 AND out_refund_no = $2 AND last_event = $3 "
        "ON CONFLICT (merchant, out_trade_no, kind, fingerprint) DO UPDATE SET seen = anomalies.seen + 1, "
        "last_seen_at = excluded.last_seen_at",
        {key.mch_id, key.out_refund_no, id, finding, kind, as_json("err_code", err_code)}};
}

refund_change read_change(store::results const& r) {
    refund_change c;
    c.changed = !r.front().empty();
    c.now = read_first(r.back());
    return c;
}

} // namespace

refund_key key_of(refund const& r) {
    return {r.merchant, r.mch_id, r.out_refund_no};
}

awaitable<result<refund_made>> refunds::create(refund r, bool approved, cause why) {
    refund_key const key = key_of(r);
    order_key const of{r.merchant, r.mch_id, r.out_trade_no};
    std::string const id = make_id();
    auto const now = now_ms();
    teller tell(shop_, key.merchant);
    store::batch b;
    // The reservation. Whatever runs at the same time, the sum of live refunds stays within what was paid.
    b.push_back(
        {"UPDATE orders SET last_event = $4, updated_at = $5, version = version + 1, previous_state = "
         "trade_state, refund_reserved = refund_reserved + $6, refund_count = refund_count + 1 "
         "WHERE mch_id = $1 AND out_trade_no = $2 AND " WXGATE_ITS_MERCHANT
         " = $3 AND trade_state IN ('SUCCESS', 'REFUND') "
         // COALESCE as the order is not to be found by when it was paid
         "AND refund_reserved + $6 <= total_fee AND refund_count < $7 AND COALESCE(paid_at, 0) > $8 "
         "AND NOT EXISTS (SELECT 1 FROM refunds WHERE mch_id = $1 AND out_refund_no = $9) RETURNING version",
         {of.mch_id,
          of.out_trade_no,
          of.merchant,
          id,
          now,
          r.refund_fee.count(),
          static_cast<std::int64_t>(limits_.max_per_order),
          now - number(limits_.window),
          r.out_refund_no}}
    );
    b.push_back(
        {"INSERT INTO refunds (mch_id, out_refund_no, merchant, out_trade_no, refund_fee, total_fee, reason, "
         "refund_status, previous_status, requested_kind, requested_by, version, last_event, created_at, "
         "updated_at, trace) SELECT mch_id, $4, merchant, out_trade_no, $5, total_fee, $6, 'REQUESTED', '', "
         "$7, $8, 1, last_event, updated_at, updated_at, $9 FROM orders WHERE mch_id = $1 AND out_trade_no = "
         "$2 AND "
         "last_event = $3",
         {of.mch_id,
          of.out_trade_no,
          id,
          r.out_refund_no,
          r.refund_fee.count(),
          text_or_null(r.reason),
          text(r.requested_kind == requester_kind::operator_ ? "operator" : "api"),
          r.requested_by,
          given_trace(why.trace)}}
    );
    b.push_back(insert_event(key, id, {}, why));
    if (tell.hears())
        tell.add(b, tell_of_refund(key, id, why)); // before an approval moves it
    if (approved) {
        // Only a refund that this batch made: one that was there may be waiting for a person.
        std::string const second = make_id();
        b.push_back(approve(key, second, text("auto"), {}, id));
        b.push_back(move_order(key, second));
        cause const by_itself{"auto", why.request_id, R"({"by":"auto"})"};
        b.push_back(insert_event(key, second, {}, by_itself));
    }
    b.push_back(select_order(of));
    b.push_back(
        {"SELECT " WXGATE_REFUND_COLUMNS " FROM refunds WHERE mch_id = $1 AND out_refund_no = $2",
         {key.mch_id, key.out_refund_no}}
    );
    auto const done = co_await store_.write_alone(std::move(b));
    if (!done)
        co_return done.error();
    tell.written(*done);
    refund_made made;
    made.changed = !done->front().empty();
    auto const& holder = done->back();
    if (!holder.empty() && holder.text(0, 2) == key.merchant)
        made.now = read_refund(holder, 0);
    made.number_taken = !holder.empty() && !made.now;
    auto const& order = (*done)[done->size() - 2];
    if (!order.empty())
        made.order = read_order(order, 0);
    co_return made;
}

awaitable<result<std::optional<refund>>> refunds::find(refund_key key) {
    store::batch b;
    b.push_back(select_refund(key));
    auto const r = co_await store_.read(std::move(b));
    if (!r)
        co_return r.error();
    co_return read_first(r->front());
}

awaitable<result<std::vector<refund>>> refunds::find_all(std::string out_refund_no) {
    store::batch b;
    b.push_back(
        {WXGATE_EACH_MCH_ID "SELECT " WXGATE_REFUND_COLUMNS " FROM refunds WHERE " WXGATE_OF_EACH_MCH_ID
                            " AND out_refund_no = $1 ORDER BY mch_id",
         {std::move(out_refund_no)}}
    );
    auto const r = co_await store_.read(std::move(b));
    if (!r)
        co_return r.error();
    co_return read_refunds(r->front());
}

awaitable<result<std::vector<refund>>> refunds::of_order(order_key key) {
    store::batch b;
    b.push_back(
        {"SELECT " WXGATE_REFUND_COLUMNS " FROM refunds WHERE mch_id = $1 AND out_trade_no = $2 ORDER BY "
         "created_at DESC, out_refund_no DESC LIMIT 100",
         {std::move(key.mch_id), std::move(key.out_trade_no)}}
    );
    auto const r = co_await store_.read(std::move(b));
    if (!r)
        co_return r.error();
    co_return read_refunds(r->front());
}

awaitable<result<std::vector<refund>>> refunds::list(refund_filter f) {
    // Two texts, so that each can walk its own index.
#define WXGATE_PAGE                                                                                          \
    "($1 = '' OR refund_status = $1) AND created_at >= $2 AND created_at <= $3 AND (created_at, "            \
    "out_refund_no, mch_id) < ($4, $5, $6) ORDER BY created_at DESC, out_refund_no DESC, mch_id DESC LIMIT " \
    "$7"
    constexpr std::string_view of_all = "SELECT " WXGATE_REFUND_COLUMNS " FROM refunds WHERE " WXGATE_PAGE;
    constexpr std::string_view of_one =
        "SELECT " WXGATE_REFUND_COLUMNS " FROM refunds WHERE merchant = $8 AND " WXGATE_PAGE;
#undef WXGATE_PAGE
    store::statement select{
        f.merchant.empty() ? of_all : of_one,
        {f.refund_status ? text(to_string(*f.refund_status)) : text(""),
         f.created_from,
         f.created_to.value_or(std::numeric_limits<std::int64_t>::max()),
         f.before_created_at.value_or(std::numeric_limits<std::int64_t>::max()),
         f.before_number,
         f.before_mch_id,
         f.limit}};
    if (!f.merchant.empty())
        select.params.emplace_back(f.merchant);
    store::batch b;
    b.push_back(std::move(select));
    auto const r = co_await store_.read(std::move(b));
    if (!r)
        co_return r.error();
    co_return read_refunds(r->front());
}

awaitable<result<refund_change>>
refunds::apply(store::statement update, refund_key key, std::string type, std::string id, cause why) {
    teller tell(shop_, key.merchant);
    store::batch b;
    b.push_back(std::move(update));
    b.push_back(move_order(key, id));
    b.push_back(insert_event(key, id, type, why));
    if (tell.hears())
        tell.add(b, tell_of_refund(key, id, why));
    b.push_back(select_refund(key));
    auto const r = co_await store_.write_alone(std::move(b));
    if (!r)
        co_return r.error();
    tell.written(*r);
    co_return read_change(*r);
}

awaitable<result<refund_change>>
refunds::decide(refund_key key, refund_status to, std::string by, std::string reason, cause why) {
    WXGATE_ASSERT(to == refund_status::APPROVED || to == refund_status::REJECTED);
    std::string id = make_id();
    store::statement update = to == refund_status::APPROVED
                                  ? approve(key, id, std::move(by), text_or_null(reason), {})
                                  : reject(key, id, std::move(by), text_or_null(reason));
    return apply(std::move(update), std::move(key), {}, std::move(id), std::move(why));
}

awaitable<result<refund_change>> refunds::expire(refund_key key, std::string owner, cause why) {
    std::string id = make_id();
    store::statement update{
        WXGATE_UPDATE_REFUND
        "refund_status = 'REQUESTED', decided_by = NULL, decided_at = NULL, decision_reason = NULL, due_at = "
        "NULL, failing = 0, lease_until = 0" WXGATE_THIS_REFUND
        "AND refund_status = 'APPROVED' AND in_doubt = 0 AND lease_owner = $6 RETURNING version",
        common(key, id)};
    update.params.emplace_back(std::move(owner));
    return apply(std::move(update), std::move(key), "REFUND_EXPIRED", std::move(id), std::move(why));
}

awaitable<result<std::vector<refund>>> refunds::claim(std::string owner, std::int64_t most) {
    constexpr std::string_view sql =
        WXGATE_CLAIM("refunds", "mch_id, out_refund_no", "", WXGATE_REFUND_COLUMNS);
    auto claim = claim_of(sql, std::move(owner), limits_.lease, most);
    auto const taken = co_await write_one(store_, std::move(claim));
    if (!taken)
        co_return taken.error();
    co_return read_refunds(*taken);
}

awaitable<result<std::optional<unix_ms>>> refunds::next_due() {
    store::batch b;
    b.push_back({WXGATE_NEXT_DUE("refunds", ""), {now_ms()}});
    return earliest_due(store_, std::move(b));
}

awaitable<result<refund_change>>
refunds::begin_attempt(refund_key key, std::string owner, std::string notify_url, cause why) {
    std::string const id = make_id();
    store::statement begin{
        WXGATE_UPDATE_REFUND
        "in_doubt = 1, attempts = attempts + 1, notify_url = COALESCE(notify_url, $7)" WXGATE_THIS_REFUND
        // The order's minute is another row's: locked, it is as it will be written.
        "AND refund_status = 'APPROVED' AND in_doubt = 0 AND lease_owner = $6 AND "
        "lease_until >= " WXGATE_NOW "$5"
        " AND EXISTS "
        "(SELECT 1 FROM orders AS o WHERE o.mch_id = $1 AND o.out_trade_no = "
        "refunds.out_trade_no AND (o.next_refund_at <= $5 OR o.last_refund = $2) "
        "/*pg FOR UPDATE*/) RETURNING version",
        common(key, id)};
    begin.params.emplace_back(owner);
    begin.params.emplace_back(std::move(notify_url));
    store::batch b;
    b.push_back(std::move(begin));
    b.push_back(move_order(key, id));
    b.push_back(
        {"UPDATE orders SET next_refund_at = updated_at + $3, last_refund = $2 WHERE mch_id = $1 AND "
         "last_event = $4 AND out_trade_no = (SELECT out_trade_no FROM refunds WHERE mch_id = $1 AND "
         "out_refund_no = $2)",
         {key.mch_id, key.out_refund_no, number(limits_.order_interval), id}}
    );
    b.push_back(insert_event(key, id, "REFUND_ATTEMPT", why));
    // Not begun, because another refund of the order has the minute: due when it is over.
    b.push_back(
        {"UPDATE refunds SET lease_until = 0, due_at = (SELECT o.next_refund_at FROM "
         "orders AS o WHERE o.mch_id = $1 AND o.out_trade_no = refunds.out_trade_no) WHERE mch_id = $1 AND "
         "out_refund_no = $2 AND refund_status = 'APPROVED' AND in_doubt = 0 AND last_event <> $3 AND "
         "lease_owner = $4",
         {key.mch_id, key.out_refund_no, id, owner}}
    );
    b.push_back(select_refund(key));
    auto const r = co_await store_.write_alone(std::move(b));
    if (!r)
        co_return r.error();
    co_return read_change(*r);
}

awaitable<result<refund_change>>
refunds::record(refund_key key, refund_look look, refund_step step, cause why) {
    WXGATE_ASSERT(!look.owner.empty());
    return step_to(std::move(key), std::move(look), std::move(step), std::move(why));
}

awaitable<result<refund_change>> refunds::adopt(refund_key key, refund_step step, cause why) {
    WXGATE_ASSERT(step.to && is_accepted(*step.to));
    return step_to(std::move(key), std::nullopt, std::move(step), std::move(why));
}

awaitable<result<refund_change>>
refunds::step_to(refund_key key, std::optional<refund_look> look, refund_step step, cause why) {
    refund_look const seen = look.value_or(refund_look{});
    std::string const id = make_id();
    store::statement update{record_sql(step.to), common(key, id)};
    update.params.emplace_back(number(step.in_doubt));
    update.params.emplace_back(number(step.failing));
    update.params.emplace_back(step.tries);
    update.params.push_back(number_or_null(step.due_at));
    update.params.push_back(text_or_null(step.err_code));
    update.params.push_back(text_or_null(step.refund_id));
    update.params.push_back(number_or_null(step.succeeded_at));
    update.params.emplace_back(seen.owner);
    update.params.emplace_back(number(step.doubted));
    update.params.emplace_back(seen.version);
    update.params.emplace_back(number(step.go_on));
    store::batch b;
    b.push_back(std::move(update));
    b.push_back(move_order(key, id));
    std::string const type = step.to ? std::string() : step.type;
    b.push_back(insert_event(key, id, type, why));
    teller tell(shop_, key.merchant);
    if (tell.hears())
        tell.add(b, tell_of_refund(key, id, why));
    if (!step.anomaly.empty()) {
        std::string const finding = make_id();
        b.push_back(anomaly_of_refund(key, id, finding, step.anomaly, step.err_code));
        if (tell.hears())
            tell.add(b, tell_of_anomaly(finding, why.trace));
    }
    b.push_back(select_refund(key));
    auto const r = co_await store_.write_alone(std::move(b));
    if (!r)
        co_return r.error();
    tell.written(*r);
    co_return read_change(*r);
}

awaitable<result<void>>
refunds::postpone(refund_key key, refund_look look, unix_ms due_at, std::int64_t tries) {
    return write_only(
        store_,
        {WXGATE_POSTPONE("refunds", "out_refund_no"),
         {std::move(key.mch_id),
          std::move(key.out_refund_no),
          std::move(key.merchant),
          std::move(look.owner),
          look.version,
          due_at,
          tries}}
    );
}

awaitable<result<void>> refunds::retry_certificate(std::string mch_id) {
    return write_only(
        store_,
        // An expression, which keeps SQLite off the key: what is due is few, the refunds of an mch_id are
        // many.
        {"UPDATE refunds SET due_at = $2 WHERE mch_id || '' = $1 AND err_code = 'refund_tls' AND due_at > $2",
         {std::move(mch_id), now_ms()}}
    );
}

awaitable<result<void>> refunds::forget_leases(std::string of) {
    return write_only(store_, {WXGATE_FORGET_LEASES("refunds"), {std::move(of)}});
}

std::vector<store::statement>
propose_refund(order_key const& key, std::string const& paid, cause const& why, bool told) {
    std::string const number = "late-" + key.out_trade_no;
    std::string const id = make_id();
    refund_key const mine{key.merchant, key.mch_id, number};
    std::vector<store::statement> all;
    all.push_back(
        {"UPDATE orders SET last_event = $4, version = version + 1, previous_state = trade_state, "
         "refund_reserved = total_fee, refund_count = refund_count + 1 WHERE mch_id = $1 AND out_trade_no = "
         "$2 "
         "AND last_event = $3 AND trade_state = 'SUCCESS' AND refund_reserved = 0 AND NOT EXISTS (SELECT 1 "
         "FROM "
         "refunds WHERE mch_id = $1 AND out_refund_no = $5)",
         {key.mch_id, key.out_trade_no, paid, id, number}}
    );
    all.push_back(
        {"INSERT INTO refunds (mch_id, out_refund_no, merchant, out_trade_no, refund_fee, total_fee, reason, "
         "refund_status, previous_status, requested_kind, requested_by, version, last_event, created_at, "
         "updated_at) SELECT mch_id, $4, merchant, out_trade_no, total_fee, total_fee, $5, 'REQUESTED', '', "
         "'api', "
         "'wxgate', 1, last_event, updated_at, updated_at FROM orders WHERE mch_id = $1 AND out_trade_no = "
         "$2 AND "
         "last_event = $3",
         {key.mch_id, key.out_trade_no, id, number, text("订单已关闭，款项退回")}}
    );
    cause by_itself{why.source, why.request_id, R"({"by":"wxgate"})"};
    all.push_back(insert_event(mine, id, {}, by_itself));
    if (told)
        all.push_back(tell_of_refund(mine, id, why));
    return all;
}

} // namespace wxgate::ledger
