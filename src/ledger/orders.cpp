#include "ledger/orders.hpp"

#include "base/assert.hpp"
#include "base/ids.hpp"
#include "ledger/anomalies.hpp"
#include "ledger/cells.hpp"
#include "ledger/leases.hpp"
#include "ledger/outbox.hpp"

#include <array>
#include <limits>

// $1 mch_id, $2 out_trade_no, $3 merchant.
#define WXGATE_THIS_ORDER " WHERE mch_id = $1 AND out_trade_no = $2 AND " WXGATE_ITS_MERCHANT " = $3 "

namespace wxgate::ledger {

order_key key_of(order const& o) {
    return {o.merchant, o.mch_id, o.out_trade_no};
}

order read_order(store::rows const& r, std::size_t row) {
    order o;
    o.mch_id = r.text(row, 0);
    o.out_trade_no = r.text(row, 1);
    o.merchant = r.text(row, 2);
    o.appid = r.text(row, 3);
    o.sign_type = parse_sign_type(r.text(row, 4)).value_or(sign_type::hmac_sha256);
    o.openid = r.text(row, 5);
    o.total_fee = fen(r.integer(row, 6));
    o.fee_type = r.text(row, 7);
    o.body = r.text(row, 8);
    o.attach = r.text(row, 9);
    o.detail = r.text(row, 10);
    o.goods_tag = r.text(row, 11);
    o.limit_pay = r.text(row, 12);
    o.trade_type = r.text(row, 13);
    o.spbill_create_ip = r.text(row, 14);
    o.notify_url = r.text(row, 15);
    o.time_expire = optional_number(r, row, 16);
    o.metadata = r.text(row, 17);
    auto const state = parse_trade_state(r.text(row, 18));
    WXGATE_ASSERT(state.has_value()); // the table's CHECK says so
    o.trade_state = *state;
    o.prepay_id = r.text(row, 19);
    o.prepay_at = optional_number(r, row, 20).value_or(0);
    o.transaction_id = r.text(row, 21);
    o.paid_at = optional_number(r, row, 22);
    o.refunded_fee = fen(r.integer(row, 23));
    o.version = r.integer(row, 24);
    o.created_at = r.integer(row, 25);
    o.expires_at = r.integer(row, 26);
    o.refund_reserved = fen(r.integer(row, 27));
    o.refund_count = r.integer(row, 28);
    o.due_at = optional_number(r, row, 29);
    o.tries = r.integer(row, 30);
    o.trace = trace_from_text(r.text(row, 31));
    o.product_id = r.text(row, 32);
    o.scene_info = r.text(row, 33);
    o.pay_url = r.text(row, 34);
    return o;
}

store::statement select_order(order_key const& key) {
    return {
        "SELECT " WXGATE_ORDER_COLUMNS " FROM orders" WXGATE_THIS_ORDER,
        {key.mch_id, key.out_trade_no, key.merchant}};
}

namespace {

using store::value;

#define WXGATE_INSERT_EVENT                                                                                  \
    "INSERT " WXGATE_NO_JOURNAL "INTO events (mch_id, out_trade_no, version, id, type, trade_state, "        \
    "previous_state, source, request_id, detail, created_at) "

// The event of a change, there exactly when the change is.
store::statement
insert_event(order_key const& key, std::string const& id, std::string const& type, cause const& why) {
    return {
        WXGATE_INSERT_EVENT
        "SELECT mch_id, out_trade_no, version, last_event, $4, trade_state, previous_state, $5, $6, $7, "
        "updated_at FROM orders/*each ,*/ WHERE mch_id = $1 AND out_trade_no = $2 AND last_event = $3",
        {key.mch_id, key.out_trade_no, id, type, why.source, why.request_id, why.detail}};
}

// The same right behind a change that makes `o` of the row, and nothing else of it.
store::statement insert_event_of(
    order const& o,
    trade_state previous,
    std::string const& id,
    std::string_view type,
    cause const& why,
    unix_ms at
) {
    bool const is_new = o.version == 1;
    return {
        // A subquery of the SELECT's own would be joined, in whatever order the planner thinks best.
        WXGATE_INSERT_EVENT
        "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11/*each FROM*/ WHERE /*sqlite*/changes() > 0/*pg "
        "(SELECT true FROM orders WHERE mch_id = $1 AND out_trade_no = $2 AND last_event = $4)*/",
        {o.mch_id,
         o.out_trade_no,
         o.version,
         id,
         text(type),
         text(to_string(o.trade_state)),
         text(is_new ? std::string_view() : to_string(previous)),
         why.source,
         why.request_id,
         why.detail,
         at}};
}

// What every UPDATE of an order sets: $1 mch_id, $2 out_trade_no, $3 merchant, $4 event, $5 now.
#define WXGATE_UPDATE_ORDER "UPDATE orders SET last_event = $4, updated_at = $5, version = version + 1, "

std::vector<value> common(order_key const& key, std::string const& id) {
    return {key.mch_id, key.out_trade_no, key.merchant, id, now_ms()};
}

using sql_by_state = std::array<std::string, all_states.size()>;

// One statement a target state, with the states that may move to it written out. Made once, kept for ever.
template <class F>
sql_by_state for_each_state(F make) {
    sql_by_state all;
    for (auto const s : all_states)
        all[static_cast<std::size_t>(s)] = make(s);
    return all;
}

// SQLite would make a table of it.
constexpr std::string_view returning = "/*pg  RETURNING " WXGATE_ORDER_COLUMNS "*/";

// Of what is run for the orders of many batches (store/postgres/dialect.hpp): each change has an event of its
// own.
#define WXGATE_TOLD_BY_EVENT "/*told last_event = $4*/"

// What has ended is not asked about any more.
constexpr std::string_view no_more_work = ", due_at = NULL, lease_until = 0";

std::string const& move_sql(trade_state to) {
    static auto const all = for_each_state([](trade_state s) {
        return WXGATE_UPDATE_ORDER "previous_state = trade_state, trade_state = $6" +
               std::string(is_open(s) ? "" : no_more_work) + WXGATE_THIS_ORDER "AND " + is_source_of(s) +
               std::string(returning);
    });
    return all[static_cast<std::size_t>(to)];
}

// A payment of an order that is open, or of one that was closed: what follows is another.
std::string const& pay_sql(trade_state to, bool late) {
    static auto const make = [](trade_state s, bool closed) {
        return WXGATE_UPDATE_ORDER
               "previous_state = trade_state, trade_state = $6, transaction_id = $7, paid_at = $8, "
               "openid = COALESCE(openid, $9)" +
               std::string(no_more_work) +
               "/*each FROM*/" WXGATE_THIS_ORDER
               "AND total_fee = $10 AND sign_type = $11 AND appid = $12 AND (openid IS NULL OR openid = $9) "
               "AND ($13 = '' OR trade_type = $13) "
               "AND (transaction_id IS NULL OR transaction_id = $7) "
               "AND NOT EXISTS (SELECT 1 FROM orders AS other WHERE other.mch_id = $1 AND "
               "other.transaction_id = $7 AND other.out_trade_no <> $2) AND " +
               is_source_of(s) + " AND trade_state " + (closed ? "IN" : "NOT IN") + " ('CLOSED', 'REVOKED')" +
               std::string(closed ? "" : returning) + // of one that was closed, the row changes once more
               WXGATE_TOLD_BY_EVENT;
    };
    static auto const in_time = for_each_state([](trade_state s) { return make(s, false); });
    static auto const too_late = for_each_state([](trade_state s) { return make(s, true); });
    return (late ? too_late : in_time)[static_cast<std::size_t>(to)];
}

store::statement update_paid(order_key const& key, std::string const& id, payment const& p, bool late) {
    store::statement s{pay_sql(p.trade_state, late), common(key, id)};
    s.params.push_back(text(to_string(p.trade_state)));
    s.params.emplace_back(p.transaction_id);
    s.params.emplace_back(p.paid_at);
    s.params.push_back(text_or_null(p.openid));
    s.params.emplace_back(p.total_fee.count());
    s.params.push_back(text(to_string(p.sign_type)));
    s.params.emplace_back(p.appid);
    s.params.emplace_back(p.trade_type);
    return s;
}

std::vector<order> read_orders(store::rows const& r) {
    std::vector<order> all;
    all.reserve(r.size());
    for (std::size_t i = 0; i < r.size(); ++i)
        all.push_back(read_order(r, i));
    return all;
}

// The row, when event `id` did not make it.
store::statement select_unless(order_key const& key, std::string const& id) {
    return {
        "SELECT " WXGATE_ORDER_COLUMNS " FROM orders" WXGATE_THIS_ORDER "AND last_event <> $4",
        {key.mch_id, key.out_trade_no, key.merchant, id},
        store::wanted::unless_changed};
}

// The first statement is the change, and it or the last one yields the row as it stands.
change read_change(store::results const& r) {
    change c;
    c.changed = r.front().changed() > 0;
    auto const& now = r.front().empty() ? r.back() : r.front();
    if (!now.empty())
        c.now = std::make_shared<order const>(read_order(now, 0));
    return c;
}

} // namespace

awaitable<result<change>> orders::create(order const& o, cause why) {
    std::string const id = make_id();
    auto made = std::make_shared<order>(o);
    made->trade_state = wxgate::trade_state::CREATED;
    made->version = 1;
    made->trace = {};
    if (why.trace.given)
        made->trace = why.trace;
    made->trace.given = false; // by this row
    store::batch b;
    b.reserve(3);
    b.push_back(
        {"INSERT INTO orders (mch_id, out_trade_no, merchant, appid, sign_type, openid, total_fee, fee_type, "
         "body, attach, detail, goods_tag, limit_pay, trade_type, spbill_create_ip, notify_url, time_expire, "
         "metadata, trade_state, previous_state, version, last_event, created_at, updated_at, expires_at, "
         "due_at, trace, product_id, scene_info) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
         "$13, $14, $15, $16, $17, $18, 'CREATED', '', 1, $19, $20, $20, $21, $22, $23, $24, $25"
         "/*each FROM*/ WHERE true ON CONFLICT DO NOTHING/*told last_event = $19*/",
         {o.mch_id,
          o.out_trade_no,
          o.merchant,
          o.appid,
          text(to_string(o.sign_type)),
          text_or_null(o.openid),
          o.total_fee.count(),
          o.fee_type,
          o.body,
          text_or_null(o.attach),
          text_or_null(o.detail),
          text_or_null(o.goods_tag),
          text_or_null(o.limit_pay),
          o.trade_type,
          o.spbill_create_ip,
          o.notify_url,
          number_or_null(o.time_expire),
          o.metadata,
          id,
          o.created_at,
          o.expires_at,
          number_or_null(o.due_at),
          given_trace(why.trace),
          text_or_null(o.product_id),
          text_or_null(o.scene_info)}}
    );
    b.push_back(insert_event_of(*made, made->trade_state, id, "CREATED", why, o.created_at));
    b.push_back(select_unless(key_of(o), id));
    auto const r = co_await store_.write(std::move(b));
    if (!r)
        co_return r.error();
    if (r->front().changed() == 0)
        co_return read_change(*r);
    change done{true, std::move(made)};
    co_return done;
}

awaitable<result<std::optional<order>>> orders::find(order_key key) {
    store::batch b;
    b.push_back(select_order(key));
    auto const r = co_await store_.read(std::move(b));
    if (!r)
        co_return r.error();
    std::optional<order> found;
    if (!r->front().empty())
        found = read_order(r->front(), 0);
    co_return found;
}

awaitable<result<std::vector<order>>> orders::find_all(std::string out_trade_no) {
    store::batch b;
    b.push_back(
        {WXGATE_EACH_MCH_ID "SELECT " WXGATE_ORDER_COLUMNS " FROM orders WHERE " WXGATE_OF_EACH_MCH_ID
                            " AND out_trade_no = $1 ORDER BY mch_id",
         {std::move(out_trade_no)}}
    );
    auto const r = co_await store_.read(std::move(b));
    if (!r)
        co_return r.error();
    co_return read_orders(r->front());
}

awaitable<result<std::vector<order>>> orders::list(order_filter f) {
    // Two texts, so that each can walk its own index.
#define WXGATE_PAGE                                                                                          \
    "($1 = '' OR trade_state = $1) AND created_at >= $2 AND created_at <= $3 AND (created_at, "              \
    "out_trade_no, mch_id) < ($4, $5, $6) ORDER BY created_at DESC, out_trade_no DESC, mch_id DESC LIMIT $7"
    constexpr std::string_view of_all = "SELECT " WXGATE_ORDER_COLUMNS " FROM orders WHERE " WXGATE_PAGE;
    constexpr std::string_view of_one =
        "SELECT " WXGATE_ORDER_COLUMNS " FROM orders WHERE merchant = $8 AND " WXGATE_PAGE;
#undef WXGATE_PAGE
    store::statement select{
        f.merchant.empty() ? of_all : of_one,
        {f.trade_state ? text(to_string(*f.trade_state)) : text(""),
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
    co_return read_orders(r->front());
}

awaitable<result<change>>
orders::apply(store::statement update, order_key key, std::string type, std::string id, cause why) {
    store::batch b;
    b.reserve(3);
    b.push_back(std::move(update));
    b.push_back(insert_event(key, id, type, why));
    b.push_back(select_order(key));
    auto const r = co_await store_.write(std::move(b));
    if (!r)
        co_return r.error();
    co_return read_change(*r);
}

// For changes that the shop hears of: the message is handed to the courier, when it carries any.
awaitable<result<change>>
orders::apply_and_tell(store::statement update, order_key key, std::string type, std::string id, cause why) {
    std::optional<unix_ms> held;
    if (courier_ != nullptr)
        held = courier_->reserve(key.merchant);
    auto const at = std::get<std::int64_t>(update.params[4]);
    teller tell(shop_, key.merchant);
    store::batch b;
    b.reserve(4);
    b.push_back(std::move(update));
    b.push_back(insert_event(key, id, type, why));
    if (held)
        b.push_back(hand_over_of_order(key, id, *held, why, courier_->lease_prefix()));
    else if (tell.hears())
        tell.add(b, tell_of_order(key, id, why));
    b.push_back(select_order(key));
    b.back().when = store::wanted::unless_told;
    auto const r = co_await store_.write(std::move(b));
    if (!r)
        co_return r.error();
    tell.written(*r);
    change done = read_change(*r);
    if (held && (*r)[2].changed() > 0)
        courier_->carry(message_of(done.now, id, at, why.trace), *held);
    co_return done;
}

// $6 the prepay_id, $7 the URL.
#define WXGATE_SET_PREPAY                                                                                    \
    WXGATE_UPDATE_ORDER                                                                                      \
    "prepay_id = $6, prepay_at = $5, pay_url = $7, previous_state = trade_state, trade_state = CASE "        \
    "trade_state WHEN 'CREATED' THEN 'NOTPAY' ELSE trade_state END/*each FROM*/" WXGATE_THIS_ORDER           \
    "AND (trade_state = 'CREATED' OR trade_state = 'NOTPAY' OR trade_state = 'USERPAYING' OR trade_state "   \
    "= 'PAYERROR')"

awaitable<result<change>>
orders::set_prepay(order const& known, std::string prepay_id, cause why, std::string pay_url) {
    order_key key = key_of(known);
    std::string id = make_id();
    store::statement update{WXGATE_SET_PREPAY " AND version = $8" WXGATE_TOLD_BY_EVENT, common(key, id)};
    update.params.emplace_back(prepay_id);
    update.params.push_back(text_or_null(pay_url));
    update.params.emplace_back(known.version);
    auto const at = std::get<std::int64_t>(update.params[4]);

    auto then = std::make_shared<order>(known);
    auto const previous = then->trade_state;
    ++then->version;
    if (previous == wxgate::trade_state::CREATED)
        then->trade_state = wxgate::trade_state::NOTPAY;
    then->prepay_id = prepay_id;
    then->prepay_at = at;
    then->pay_url = pay_url;

    store::batch b;
    b.reserve(3);
    b.push_back(std::move(update));
    b.push_back(insert_event_of(*then, previous, id, "PREPAY", why, at));
    b.push_back(select_unless(key, id));
    auto const r = co_await store_.write(std::move(b));
    if (!r)
        co_return r.error();
    change done = read_change(*r);
    if (done.changed)
        done.now = std::move(then);
    if (done.changed || !done.now || !is_open(done.now->trade_state))
        co_return done;
    co_return co_await set_prepay_of_any(
        std::move(key), std::move(prepay_id), std::move(why), std::move(pay_url)
    );
}

// Of an order that has moved since it was seen, and is open still.
awaitable<result<change>>
orders::set_prepay_of_any(order_key key, std::string prepay_id, cause why, std::string pay_url) {
    std::string id = make_id();
    store::statement update{WXGATE_SET_PREPAY, common(key, id)};
    update.params.emplace_back(std::move(prepay_id));
    update.params.push_back(text_or_null(pay_url));
    return apply(std::move(update), std::move(key), "PREPAY", std::move(id), std::move(why));
}

awaitable<result<change>> orders::set_openid(order_key key, std::string openid, unix_ms due_at, cause why) {
    std::string id = make_id();
    store::statement update{
        WXGATE_UPDATE_ORDER "previous_state = trade_state, openid = $6, due_at = $7" WXGATE_THIS_ORDER
                            "AND openid IS NULL AND trade_state = 'CREATED'",
        common(key, id)};
    update.params.emplace_back(std::move(openid));
    update.params.emplace_back(due_at);
    return apply(std::move(update), std::move(key), "CUSTOMER", std::move(id), std::move(why));
}

awaitable<result<change>> orders::note(order_key key, std::string type, cause why) {
    std::string id = make_id();
    store::statement update{
        WXGATE_UPDATE_ORDER "previous_state = trade_state" WXGATE_THIS_ORDER, common(key, id)};
    return apply(std::move(update), std::move(key), std::move(type), std::move(id), std::move(why));
}

awaitable<result<change>> orders::move(order_key key, wxgate::trade_state to, cause why) {
    std::string id = make_id();
    store::statement update{move_sql(to), common(key, id)};
    update.params.push_back(text(to_string(to)));
    return apply_and_tell(
        std::move(update), std::move(key), std::string(to_string(to)), std::move(id), std::move(why)
    );
}

awaitable<result<change>> orders::pay(order_key key, payment p, cause why) {
    std::string id = make_id();
    auto update = update_paid(key, id, p, false);
    std::string type(to_string(p.trade_state));
    auto done = co_await apply_and_tell(std::move(update), key, std::move(type), std::move(id), why);
    if (!done)
        co_return done.error();
    bool const closed =
        !done->changed && done->now && !is_open(done->now->trade_state) && !is_paid(done->now->trade_state);
    if (!closed)
        co_return std::move(*done);
    co_return co_await pay_late(std::move(key), std::move(p), std::move(why));
}

awaitable<result<change>> orders::pay_late(order_key key, payment p, cause why) {
    teller tell(shop_, key.merchant);
    std::string const id = make_id();
    std::string const finding = make_id();
    store::batch b;
    b.push_back(update_paid(key, id, p, true));
    b.push_back(insert_event(key, id, std::string(to_string(p.trade_state)), why));
    b.push_back(
        {"INSERT INTO anomalies (id, merchant, mch_id, out_trade_no, kind, fingerprint, detail, created_at, "
         "last_seen_at) SELECT $4, merchant, mch_id, out_trade_no, 'paid_after_close', transaction_id, '{}', "
         "updated_at, updated_at FROM orders WHERE mch_id = $1 AND out_trade_no = $2 AND last_event = $3 ON "
         "CONFLICT DO NOTHING",
         {key.mch_id, key.out_trade_no, id, finding}}
    );
    if (tell.hears()) {
        tell.add(b, tell_of_order(key, id, why));
        tell.add(b, tell_of_anomaly(finding, why.trace));
    }
    for (auto& s : propose_refund(key, id, why, tell.hears()))
        b.push_back(std::move(s));
    b.push_back(select_order(key));
    auto const r = co_await store_.write(std::move(b));
    if (!r)
        co_return r.error();
    tell.written(*r);
    co_return read_change(*r);
}

awaitable<result<std::vector<order>>>
orders::claim(std::string owner, milliseconds lease, std::int64_t most) {
    constexpr std::string_view sql = WXGATE_CLAIM("orders", "mch_id, out_trade_no", "", WXGATE_ORDER_COLUMNS);
    auto claim = claim_of(sql, std::move(owner), lease, most);
    auto const taken = co_await write_one(store_, std::move(claim));
    if (!taken)
        co_return taken.error();
    co_return read_orders(*taken);
}

awaitable<result<std::optional<unix_ms>>> orders::next_due() {
    store::batch b;
    b.push_back({WXGATE_NEXT_DUE("orders", ""), {now_ms()}});
    return earliest_due(store_, std::move(b));
}

awaitable<result<void>> orders::postpone(order_key key, order_look look, unix_ms due_at, std::int64_t tries) {
    return write_only(
        store_,
        {WXGATE_POSTPONE("orders", "out_trade_no"),
         {std::move(key.mch_id),
          std::move(key.out_trade_no),
          std::move(key.merchant),
          std::move(look.owner),
          look.version,
          due_at,
          tries}}
    );
}

awaitable<result<void>> orders::forget_leases(std::string of) {
    return write_only(store_, {WXGATE_FORGET_LEASES("orders"), {std::move(of)}});
}

} // namespace wxgate::ledger
