#include "ledger/reconcile.hpp"

#include "base/assert.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"
#include "ledger/cells.hpp"
#include "ledger/leases.hpp"
#include "ledger/refund_states.hpp"

#include <algorithm>
#include <iterator>

namespace wxgate::ledger {

namespace {

constexpr std::array<std::string_view, all_difference_kinds.size()> kind_names = {
    "bill_missing_here",
    "bill_missing_there",
    "bill_amount",
    "bill_state",
    "bill_transaction",
    "bill_refund",
    "bill_repeated"};

// Of a page $1 mch_id, $2 bill_date, $3 kind, $4 the number after which it begins, $5 its size.
#define WXGATE_BILL_PAGE                                                                                     \
    "FROM bill_rows WHERE mch_id = $1 AND bill_date = $2 AND kind = $3 AND number > $4 ORDER BY number "

constexpr std::string_view end_of_bill_page = "SELECT number " WXGATE_BILL_PAGE "LIMIT 1 OFFSET $5 - 1";

// What is plainly the same is left out; judge_payment() says what the rest is.
constexpr std::string_view differing_payments =
    "SELECT b.number, b.appid, b.transaction_id, b.trade_state, b.amount, b.times, o.merchant, "
    "o.trade_state, o.total_fee, o.transaction_id, b.kind FROM (SELECT number, kind, appid, transaction_id, "
    "trade_state, amount, times " WXGATE_BILL_PAGE "LIMIT $5) AS b LEFT JOIN orders AS o ON o.mch_id = $1 "
    "AND o.out_trade_no = b.number WHERE o.merchant IS NULL OR b.kind <> 'payment' OR b.times > 1 OR "
    "o.trade_state NOT IN ('SUCCESS', 'REFUND') OR o.total_fee <> b.amount OR o.transaction_id <> "
    "b.transaction_id ORDER BY b.number";

constexpr std::string_view differing_refunds =
    "SELECT b.number, b.appid, b.transaction_id, b.out_trade_no, b.amount, b.times, b.refund_id, "
    "b.refund_status, r.merchant, r.out_trade_no, r.refund_fee, r.refund_id, r.refund_status, o.merchant "
    "FROM (SELECT number, appid, transaction_id, out_trade_no, amount, times, refund_id, "
    "refund_status " WXGATE_BILL_PAGE "LIMIT $5) AS b LEFT JOIN refunds AS r ON r.mch_id = $1 AND "
    "r.out_refund_no = b.number LEFT JOIN orders AS o ON o.mch_id = $1 AND o.out_trade_no = b.out_trade_no "
    "WHERE r.merchant IS NULL OR b.times > 1 OR r.refund_status NOT IN ('PROCESSING', 'SUCCESS', 'CHANGE', "
    "'REFUNDCLOSE') OR r.refund_fee <> b.amount OR r.out_trade_no <> b.out_trade_no OR r.refund_id <> "
    "b.refund_id OR r.refund_status <> b.refund_status ORDER BY b.number";

// Of a page $1 mch_id, $2 and $3 time and number after which it begins, $4 when it ends, $5 its size; $6 to
// $8 the dates of the bills that may have what stands in it. The times alone make SQLite see that none is
// NULL, and so take the index.
#define WXGATE_ORDERS_PAGE                                                                                   \
    "FROM orders WHERE mch_id = $1 AND paid_at >= $2 AND paid_at < $4 AND (paid_at, out_trade_no) > ($2, "   \
    "$3) ORDER BY paid_at, out_trade_no "
#define WXGATE_REFUNDS_PAGE                                                                                  \
    "FROM refunds WHERE mch_id = $1 AND accepted_at >= $2 AND accepted_at < $4 AND (accepted_at, "           \
    "out_refund_no) > ($2, $3) ORDER BY accepted_at, out_refund_no "

constexpr std::string_view end_of_orders_page =
    "SELECT paid_at, out_trade_no " WXGATE_ORDERS_PAGE "LIMIT 1 OFFSET $5 - 1";

// Both: when we heard of it, its number, whose it is, the order, the amount, the transaction, and since when
// WeChat may have it.
constexpr std::string_view orders_in_no_bill =
    "SELECT p.paid_at, p.out_trade_no, o.merchant, p.out_trade_no, o.total_fee, o.transaction_id, p.paid_at "
    "FROM (SELECT paid_at, out_trade_no " WXGATE_ORDERS_PAGE
    "LIMIT $5) AS p JOIN orders AS o ON o.mch_id = $1 AND o.out_trade_no "
    "= p.out_trade_no WHERE NOT EXISTS (SELECT 1 FROM bill_rows AS b WHERE b.mch_id = $1 AND b.bill_date IN "
    "($6, $7, $8) AND b.kind IN ('payment', 'other') AND b.number = p.out_trade_no) AND o.trade_state IN "
    "('SUCCESS', 'REFUND') ORDER BY p.paid_at, p.out_trade_no";

constexpr std::string_view end_of_refunds_page =
    "SELECT accepted_at, out_refund_no " WXGATE_REFUNDS_PAGE "LIMIT 1 OFFSET $5 - 1";

// A refund that WeChat closed has moved no money: nobody says that a bill must have it.
constexpr std::string_view refunds_in_no_bill =
    "SELECT p.accepted_at, p.out_refund_no, r.merchant, r.out_trade_no, r.refund_fee, o.transaction_id, "
    "COALESCE((SELECT MIN(e.created_at) FROM events AS e WHERE e.mch_id = $1 AND e.out_trade_no = "
    "r.out_trade_no AND e.out_refund_no = p.out_refund_no AND e.type = 'REFUND_ATTEMPT'), p.accepted_at) "
    "FROM (SELECT accepted_at, out_refund_no " WXGATE_REFUNDS_PAGE "LIMIT $5) AS p JOIN refunds AS r ON "
    "r.mch_id = $1 AND r.out_refund_no = p.out_refund_no JOIN orders AS o ON o.mch_id = $1 AND "
    "o.out_trade_no = r.out_trade_no WHERE NOT EXISTS (SELECT 1 FROM bill_rows AS b WHERE b.mch_id = $1 AND "
    "b.bill_date IN ($6, $7, $8) AND b.kind = 'refund' AND b.number = p.out_refund_no) AND r.refund_status "
    "IN ('PROCESSING', 'SUCCESS', 'CHANGE') ORDER BY p.accepted_at, p.out_refund_no";

// A day that a run has under its lease is left alone: $1 mch_id, $2 the date, $3 the work's name, $4 now, $5
// how many rows.
#define WXGATE_DROP(than)                                                                                    \
    "UPDATE bills SET complete = 0 WHERE mch_id = $1 AND bill_date " than " $2 AND complete = 1 AND NOT "    \
    "EXISTS (SELECT 1 FROM daily_work AS w WHERE w.name = $3 AND w.day = bills.bill_date AND w.lease_until " \
    ">= " WXGATE_NOW "$4"                                                                                    \
    ")"
#define WXGATE_REMOVE(than)                                                                                  \
    "DELETE FROM bill_rows WHERE mch_id = $1 AND (bill_date, kind, number) IN (SELECT bill_date, kind, "     \
    "number FROM bill_rows WHERE mch_id = $1 AND bill_date " than " $2 AND NOT EXISTS (SELECT 1 FROM "       \
    "daily_work AS w WHERE w.name = $3 AND w.day = bill_rows.bill_date AND w.lease_until >= " WXGATE_NOW     \
    "$4"                                                                                                     \
    ") LIMIT $5) RETURNING number"

// What came from outside as it may stand in our JSON, and in every store (PostgreSQL's texts are UTF-8
// without NUL).
std::string printable(std::string text) {
    if (!is_utf8(text))
        std::replace_if(
            text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; }, '?'
        );
    std::replace(text.begin(), text.end(), '\0', '?');
    return text;
}

std::string number_text(store::rows const& r, std::size_t row, std::size_t column) {
    return std::to_string(r.integer(row, column));
}

// A finding with another name for what it is, and other values.
difference
with(difference const& base, difference_kind kind, std::string what, std::string in_bill, std::string here) {
    difference d = base;
    d.kind = kind;
    d.what = std::move(what);
    d.in_bill = std::move(in_bill);
    d.here = std::move(here);
    return d;
}

void judge_payment(store::rows const& r, std::size_t row, std::vector<difference>& out) {
    using kind = difference_kind;
    difference base;
    base.out_trade_no = printable(r.text(row, 0));
    base.appid = printable(r.text(row, 1));
    base.transaction_id = printable(r.text(row, 2));
    base.merchant = r.text(row, 6);
    auto const& there = r.text(row, 3);
    std::string const amount = number_text(r, row, 4);
    bool const known = !r.is_null(row, 6);
    auto const& here = r.text(row, 7);
    auto const state = parse_trade_state(here);
    bool const paid_there = r.text(row, 10) == "payment";
    if (auto const times = r.integer(row, 5); times > 1)
        out.push_back(with(base, kind::repeated, "rows", std::to_string(times), "1"));
    if (!known) {
        out.push_back(with(base, kind::missing_here, "total_fee", amount, {}));
    } else if (!paid_there) {
        if (there != here)
            out.push_back(with(base, kind::state, "trade_state", printable(there), here));
    } else if (!state || !is_paid(*state)) {
        out.push_back(with(base, kind::missing_here, "trade_state", there, here));
    } else {
        if (r.text(row, 2) != r.text(row, 9))
            out.push_back(with(base, kind::transaction, "transaction_id", base.transaction_id, r.text(row, 9))
            );
        if (r.integer(row, 4) != r.integer(row, 8))
            out.push_back(with(base, kind::amount, "total_fee", amount, number_text(r, row, 8)));
    }
}

void judge_refund(store::rows const& r, std::size_t row, std::vector<difference>& out) {
    using kind = difference_kind;
    difference base;
    base.out_refund_no = printable(r.text(row, 0));
    base.appid = printable(r.text(row, 1));
    base.transaction_id = printable(r.text(row, 2));
    base.out_trade_no = printable(r.text(row, 3));
    base.merchant = r.is_null(row, 8) ? r.text(row, 13) : r.text(row, 8);
    std::string const amount = number_text(r, row, 4);
    auto const& there = r.text(row, 7);
    if (auto const times = r.integer(row, 5); times > 1)
        out.push_back(with(base, kind::repeated, "rows", std::to_string(times), "1"));
    auto const status = parse_refund_status(r.text(row, 12));
    if (!status) { // it is not here
        out.push_back(with(base, kind::missing_here, "refund_fee", amount, {}));
        return;
    }
    if (!is_accepted(*status)) {
        out.push_back(with(base, kind::missing_here, "refund_status", printable(there), r.text(row, 12)));
        return;
    }
    if (r.text(row, 9) != r.text(row, 3))
        out.push_back(with(base, kind::refund, "out_trade_no", base.out_trade_no, r.text(row, 9)));
    if (r.integer(row, 10) != r.integer(row, 4))
        out.push_back(with(base, kind::refund, "refund_fee", amount, number_text(r, row, 10)));
    bool const both = !r.text(row, 6).empty() && !r.text(row, 11).empty();
    if (both && r.text(row, 6) != r.text(row, 11))
        out.push_back(with(base, kind::refund, "refund_id", printable(r.text(row, 6)), r.text(row, 11)));
    if (!may_be_now(there, *status))
        out.push_back(with(base, kind::refund, "refund_status", printable(there), r.text(row, 12)));
}

// A row of orders_in_no_bill or refunds_in_no_bill.
difference missing_there(store::rows const& r, std::size_t row, bool refund) {
    difference d;
    d.kind = difference_kind::missing_there;
    if (refund)
        d.out_refund_no = r.text(row, 1);
    d.merchant = r.text(row, 2);
    d.out_trade_no = r.text(row, 3);
    d.here = number_text(r, row, 4);
    d.transaction_id = r.text(row, 5);
    d.what = refund ? "refund_fee" : "total_fee";
    return d;
}

void append_member(std::string& json, std::string_view name, std::string_view text) {
    json += json.size() == 1 ? "\"" : ",\"";
    json += name;
    json += "\":\"";
    append_json_escaped(json, text);
    json += '"';
}

// Money is a number.
void append_value(std::string& json, std::string_view name, std::string const& text, bool number) {
    if (!text.empty() && !number)
        return append_member(json, name, text);
    json += ",\"";
    json += name;
    json += "\":";
    json += text.empty() ? "null" : text;
}

} // namespace

std::string_view to_string(difference_kind k) noexcept {
    return kind_names[static_cast<std::size_t>(k)];
}

bool may_be_now(std::string_view in_bill, refund_status here) noexcept {
    if (in_bill.empty())
        return true;       // the bill does not say
    if (in_bill == "FAIL") // WeChat's word for both, in older bills
        return here == refund_status::CHANGE || here == refund_status::REFUNDCLOSE;
    auto const then = parse_refund_status(in_bill);
    return then && is_accepted(*then) && (*then == here || may_move(*then, here));
}

anomaly to_anomaly(difference const& d, std::string const& mch_id, bill_day const& day) {
    anomaly a;
    a.key = {d.merchant, mch_id, d.out_trade_no};
    a.kind = to_string(d.kind);
    a.fingerprint = d.out_refund_no.empty() ? "payment/" + d.transaction_id : "refund/" + d.out_refund_no;
    a.fingerprint += '/' + d.what + '/' + d.in_bill;
    a.detail = "{";
    append_member(a.detail, "bill_date", day.date);
    append_member(a.detail, "transaction_id", d.transaction_id);
    if (!d.out_refund_no.empty())
        append_member(a.detail, "out_refund_no", d.out_refund_no);
    append_member(a.detail, "what", d.what);
    bool const number = d.what.ends_with("_fee") || d.what == "rows";
    append_value(a.detail, "in_bill", d.in_bill, number);
    append_value(a.detail, "here", d.here, number);
    a.detail += '}';
    return a;
}

reconciliation::reconciliation(
    store::store& s, reconcile_limits const& limits, std::string mch_id, bill_day day
)
    : store_(s), limits_(limits), mch_id_(std::move(mch_id)), day_(std::move(day)), before_(day_before(day_)),
      after_(day_after(day_)), mine_{"reconcile " + mch_id_, day_.date, make_id()}, work_(s, limits.lease) {
}

// Every write keeps the day for this run, and says when it has it no more.
awaitable<result<store::results>> reconciliation::write(store::batch work) {
    auto const now = now_ms();
    work.insert(work.begin(), work_.renew(mine_));
    auto r = co_await store_.write(std::move(work));
    if (!r)
        co_return r.error();
    if (r->front().empty())
        co_return make_error_code(errc::taken_over);
    renewed_ = now;
    co_return r;
}

awaitable<result<claimed>> reconciliation::begin(bool again) {
    renewed_ = now_ms();
    return work_.claim(mine_, again);
}

awaitable<error_code> reconciliation::clear() {
    auto const page = static_cast<std::int64_t>(limits_.page);
    for (;;) {
        store::batch b;
        b.push_back(
            {"INSERT INTO bills (mch_id, bill_date, taken_at) SELECT $1, $2, $3 WHERE " //
             WXGATE_STILL_MINE("$4", "$2", "$5") " ON CONFLICT (mch_id, bill_date) DO UPDATE SET complete = "
                                                 "0, taken_at = excluded.taken_at",
             {mch_id_, day_.date, now_ms(), mine_.name, mine_.owner}}
        );
        b.push_back(
            {"DELETE FROM bill_rows WHERE mch_id = $1 AND bill_date = $2 AND (kind, number) IN (SELECT kind, "
             "number FROM bill_rows WHERE mch_id = $1 AND bill_date = $2 LIMIT $3) "
             "AND " WXGATE_STILL_MINE("$4", "$2", "$5") " RETURNING number",
             {mch_id_, day_.date, page, mine_.name, mine_.owner}}
        );
        auto const r = co_await write(std::move(b));
        if (!r)
            co_return r.error();
        if (r->back().size() < limits_.page)
            co_return error_code();
    }
}

void reconciliation::count(bill_row const& r) {
    switch (r.kind) {
    case bill_kind::payment:
        ++totals_.payments;
        totals_.total_fee = fen(totals_.total_fee.count() + r.total_fee.count());
        break;
    case bill_kind::refund:
        ++totals_.refunds;
        totals_.refund_fee = fen(totals_.refund_fee.count() + r.refund_fee.count());
        break;
    case bill_kind::other:
        ++totals_.others;
        break;
    }
    totals_.fee += r.fee;
}

store::statement reconciliation::stage(bill_row const& r) const {
    bool const refund = r.kind == bill_kind::refund;
    char const* const kind = refund ? "refund" : r.kind == bill_kind::payment ? "payment" : "other";
    return {
        "INSERT INTO bill_rows (mch_id, bill_date, kind, number, appid, out_trade_no, transaction_id, "
        "trade_state, amount, refund_id, refund_status) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 "
        "WHERE " WXGATE_STILL_MINE("$12", "$2", "$13") " ON CONFLICT (mch_id, bill_date, kind, number) DO "
                                                       "UPDATE SET times = bill_rows.times + 1",
        {mch_id_,
         day_.date,
         text(kind),
         printable(refund ? r.out_refund_no : r.out_trade_no),
         printable(r.appid),
         printable(r.out_trade_no),
         printable(r.transaction_id),
         printable(r.trade_state),
         refund ? r.refund_fee.count() : r.total_fee.count(),
         text_or_null(printable(r.refund_id)),
         text_or_null(printable(r.refund_status)),
         mine_.name,
         mine_.owner}};
}

awaitable<error_code> reconciliation::add(std::vector<bill_row> rows) {
    store::batch b;
    b.reserve(rows.size() + 1);
    for (auto const& r : rows) {
        count(r);
        b.push_back(stage(r));
    }
    auto const r = co_await write(std::move(b));
    error_code failed;
    if (!r)
        failed = r.error();
    co_return failed;
}

awaitable<error_code> reconciliation::complete(std::optional<std::int64_t> fee) {
    totals_.fee = fee.value_or(totals_.fee);
    store::batch b;
    b.push_back(
        {"UPDATE bills SET complete = 1, payments = $3, total_fee = $4, refunds = $5, refund_fee = $6, "
         "others = $7, fee = $8 WHERE mch_id = $1 AND bill_date = $2 "
         "AND " WXGATE_STILL_MINE("$9", "$2", "$10"),
         {mch_id_,
          day_.date,
          totals_.payments,
          totals_.total_fee.count(),
          totals_.refunds,
          totals_.refund_fee.count(),
          totals_.others,
          totals_.fee,
          mine_.name,
          mine_.owner}}
    );
    auto const r = co_await write(std::move(b));
    error_code failed;
    if (!r)
        failed = r.error();
    go_on_to(place::bill_payments);
    co_return failed;
}

awaitable<result<std::int64_t>> reconciliation::count_here() {
    auto const boundary = limits_.boundary.count();
    auto const most = static_cast<std::int64_t>(limits_.page);
    store::batch b;
    for (std::string_view const sql :
         {"SELECT COUNT(*) FROM (SELECT 1 FROM orders WHERE mch_id = $1 AND paid_at >= $2 AND paid_at < $3 "
          "AND trade_state IN ('SUCCESS', 'REFUND') LIMIT $4) AS p",
          "SELECT COUNT(*) FROM (SELECT 1 FROM refunds WHERE mch_id = $1 AND accepted_at >= $2 AND "
          "accepted_at < $3 AND refund_status IN ('PROCESSING', 'SUCCESS', 'CHANGE') LIMIT $4) AS r"})
        b.push_back({sql, {mch_id_, day_.begin + boundary, day_.end() - boundary, most}});
    auto const r = co_await store_.read(std::move(b));
    if (!r)
        co_return r.error();
    co_return r->front().integer(0, 0) + r->back().integer(0, 0);
}

// ---- pages

awaitable<result<std::vector<difference>>> reconciliation::next_page() {
    WXGATE_ASSERT(!finished());
    auto found = co_await read_page();
    if (!found)
        co_return found.error();
    // What was read is of this run's rows only if it has the day still.
    if (!found->empty() || now_ms() - renewed_ > limits_.lease.count() / 4) {
        store::batch nothing_more;
        auto const kept = co_await write(std::move(nothing_more));
        if (!kept)
            co_return kept.error();
    }
    co_return found;
}

awaitable<result<std::vector<difference>>> reconciliation::read_page() {
    switch (at_) {
    case place::bill_payments:
        return bill_page("payment", place::bill_others);
    case place::bill_others:
        return bill_page("other", place::bill_refunds);
    case place::bill_refunds:
        return bill_page("refund", place::orders_here);
    case place::orders_here:
    case place::refunds_here:
    case place::end:
        break;
    }
    return store_page();
}

void reconciliation::go_on_to(place next) {
    at_ = next;
    last_number_.clear();
    last_time_ = day_.begin - limits_.boundary.count();
}

awaitable<result<std::vector<difference>>> reconciliation::bill_page(char const* kind, place then) {
    bool const refunds = at_ == place::bill_refunds;
    store::statement differing{
        refunds ? differing_refunds : differing_payments,
        {mch_id_, day_.date, text(kind), last_number_, static_cast<std::int64_t>(limits_.page)}};
    store::statement end{end_of_bill_page, differing.params};
    store::batch b;
    b.push_back(std::move(differing));
    b.push_back(std::move(end));
    auto const r = co_await store_.read(std::move(b));
    if (!r)
        co_return r.error();
    std::vector<difference> found;
    for (std::size_t row = 0; row < r->front().size(); ++row)
        if (refunds)
            judge_refund(r->front(), row, found);
        else
            judge_payment(r->front(), row, found);
    if (r->back().empty())
        go_on_to(then);
    else
        last_number_ = r->back().text(0, 0);
    co_return found;
}

store::statement reconciliation::select_neighbours() const {
    return {
        "SELECT bill_date FROM bills WHERE mch_id = $1 AND bill_date IN ($2, $3) AND complete = 1",
        {mch_id_, before_.date, after_.date}};
}

reconciliation::neighbours reconciliation::read_neighbours(store::rows const& r) const {
    neighbours n;
    for (std::size_t row = 0; row < r.size(); ++row)
        (r.text(row, 0) == before_.date ? n.before : n.after) = true;
    return n;
}

// Something of this time, or of a time between these, is in one of the bills of the days that it may belong
// to. That it is in none can be said when all of them are there.
bool reconciliation::is_due(unix_ms from, unix_ms to, neighbours const& n) const noexcept {
    auto const first = n.before ? before_.begin : day_.begin;
    auto const last = n.after ? after_.end() : day_.end();
    return from - limits_.boundary.count() >= first && to + limits_.boundary.count() < last;
}

awaitable<result<std::vector<difference>>> reconciliation::store_page() {
    bool const refunds = at_ == place::refunds_here;
    auto const until = day_.end() + limits_.boundary.count();
    auto const page = static_cast<std::int64_t>(limits_.page);
    store::statement missing{
        refunds ? refunds_in_no_bill : orders_in_no_bill,
        {mch_id_, last_time_, last_number_, until, page, day_.date, before_.date, after_.date}};
    store::statement end{
        refunds ? end_of_refunds_page : end_of_orders_page, {mch_id_, last_time_, last_number_, until, page}};
    store::batch b;
    b.push_back(std::move(missing));
    b.push_back(select_neighbours());
    b.push_back(std::move(end));
    auto const r = co_await store_.read(std::move(b));
    if (!r)
        co_return r.error();
    auto const n = read_neighbours((*r)[1]);
    std::vector<difference> found;
    for (std::size_t row = 0; row < r->front().size(); ++row)
        if (is_due(r->front().integer(row, 6), r->front().integer(row, 0), n))
            found.push_back(missing_there(r->front(), row, refunds));
    if (r->back().empty()) {
        go_on_to(refunds ? place::end : place::refunds_here);
    } else {
        last_time_ = r->back().integer(0, 0);
        last_number_ = r->back().text(0, 1);
    }
    co_return found;
}

// ---- the end

awaitable<error_code>
reconciliation::forget_others(std::string_view drop, std::string_view remove, std::string than) {
    auto const page = static_cast<std::int64_t>(limits_.page);
    for (;;) {
        auto const now = now_ms();
        store::batch b;
        b.push_back({drop, {mch_id_, than, mine_.name, now}});
        b.push_back({remove, {mch_id_, than, mine_.name, now, page}});
        auto const r = co_await write(std::move(b));
        if (!r)
            co_return r.error();
        if (r->back().size() < limits_.page)
            co_return error_code();
    }
}

awaitable<error_code> reconciliation::end(bool done) {
    error_code failed;
    if (done)
        failed = co_await forget_others(WXGATE_DROP("<"), WXGATE_REMOVE("<"), before_.date);
    if (done && !failed.failed())
        failed = co_await forget_others(WXGATE_DROP(">"), WXGATE_REMOVE(">"), after_.date);
    auto const given = co_await work_.give_back(mine_, done);
    if (!failed.failed() && !given)
        failed = given.error();
    co_return failed;
}

} // namespace wxgate::ledger
