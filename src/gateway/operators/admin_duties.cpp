#include "gateway/operators/admin_duties.hpp"

#include "base/text.hpp"
#include "gateway/api/json.hpp"
#include "gateway/api/json_text.hpp"
#include "gateway/api/list_query.hpp"
#include "gateway/operators/anomaly_json.hpp"
#include "gateway/webhooks/webhook_sender.hpp"
#include "ledger/bill_day.hpp"

#include <algorithm>

namespace wxgate::gateway {

namespace {

constexpr std::size_t max_note = 500; // bytes

bool is_id(std::string_view text) {
    return !text.empty() && text.size() <= 64 &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_alnum(c) || c == '_' || c == '-'; });
}

// What both lists have: limit and cursor; `take` gets the rest.
template <class Filter>
std::optional<problem> read_page(std::string_view query, Filter& f, take_pair const& take) {
    ledger::page p;
    auto bad = read_page_query(query, p, is_id, [&](std::string const& name, std::string const& value) {
        return name == "merchant" ? read_merchant(value, f.merchant) : take(name, value);
    });
    if (!bad && (p.created_from != 0 || p.created_to))
        bad = no_parameter(p.created_to ? "created_to" : "created_from");
    f.limit = p.limit;
    f.before_created_at = p.before_created_at;
    f.before_id = p.before_number;
    return bad;
}

// Of which bill the findings are.
std::optional<problem>
take_bill(std::string const& name, std::string const& value, ledger::anomaly_filter& f) {
    if (name == "bill_date" && !ledger::parse_bill_day(value))
        return invalid(name, "must be a day, as 20260131");
    if (value.empty() || value.size() > 32 || !std::all_of(value.begin(), value.end(), is_alnum))
        return invalid(name, "must be an mch_id");
    (name == "bill_date" ? f.bill_date : f.mch_id) = value;
    return std::nullopt;
}

// Whether another page follows is known by asking for one more.
template <class Row>
std::string cut(std::vector<Row>& rows, std::int64_t limit) {
    if (rows.size() <= static_cast<std::size_t>(limit))
        return {};
    rows.resize(static_cast<std::size_t>(limit));
    return make_cursor(rows.back().created_at, "0", rows.back().id); // ids are unique by themselves
}

json_object webhook_object(ledger::webhook const& w) {
    json_object o;
    o["id"] = w.id;
    o["merchant"] = w.merchant;
    o["type"] = w.type;
    o["out_trade_no"] = w.out_trade_no;
    o["out_refund_no"] = text_or_null(w.out_refund_no);
    o["state"] = to_string(w.state);
    o["attempts"] = w.attempts;
    o["last_status"] = w.last_status;
    o["last_error"] = text_or_null(w.last_error);
    o["created_at"] = moment{w.created_at};
    o["due_at"] = time_or_null(w.due_at);
    o["delivered_at"] = time_or_null(w.delivered_at);
    return o;
}

std::optional<problem> expect_nothing(net::http_request const& request) {
    if (request.body.empty())
        return std::nullopt;
    auto const body = parse_json_object(request.body);
    if (!body)
        return body.error();
    json_members none(*body);
    return none.finish();
}

} // namespace

std::string webhook_list_json(std::vector<ledger::webhook> const& page, std::string const& next_cursor) {
    json_list data;
    for (auto const& w : page)
        data.push_back(webhook_object(w));
    return list_json(data, next_cursor);
}

awaitable<net::http_reply> list_webhooks(admin_exchange& x) {
    ledger::webhook_filter f;
    auto const bad = read_page(
        x.request.query,
        f,
        [&](std::string const& name, std::string const& value) -> std::optional<problem> {
            if (name != "state")
                return no_parameter(name);
            f.state = ledger::parse_webhook_state(value);
            return f.state ? std::nullopt
                           : std::optional(invalid(name, "must be pending, delivered or failed"));
        }
    );
    if (bad)
        co_return reply_with(x, *bad);
    auto const limit = f.limit++;
    ledger::outbox outbox(*x.context.shared.store);
    auto found = co_await outbox.list(std::move(f));
    if (!found)
        co_return reply_with(x, from_store(found.error()));
    auto const next = cut(*found, limit);
    co_return json_reply(200, webhook_list_json(*found, next));
}

awaitable<net::http_reply> redeliver_webhook(admin_exchange& x) {
    if (auto const bad = expect_nothing(x.request))
        co_return reply_with(x, *bad);
    ledger::outbox outbox(*x.context.shared.store);
    auto const found = co_await outbox.message(x.argument);
    if (!found)
        co_return reply_with(x, from_store(found.error()));
    auto const* const m = *found ? merchant_of(x, (*found)->about.merchant) : nullptr;
    if (*found && (m == nullptr || !m->webhook))
        co_return reply_with(x, conflict("invalid_state", "its merchant has no webhook"));
    auto const again = co_await outbox.redeliver(x.argument);
    if (!again)
        co_return reply_with(x, from_store(again.error()));
    if (!*again)
        co_return reply_with(x, not_found());
    x.context.shared.board.tell(webhooks_due);
    co_return json_reply(202, webhook_object(**again).text());
}

awaitable<net::http_reply> list_all_anomalies(admin_exchange& x) {
    ledger::anomaly_filter f;
    auto const bad = read_page(
        x.request.query,
        f,
        [&](std::string const& name, std::string const& value) -> std::optional<problem> {
            if (name == "bill_date" || name == "mch_id")
                return take_bill(name, value, f);
            if (name != "settled")
                return no_parameter(name);
            if (value != "0" && value != "1")
                return invalid(name, "must be 0 or 1");
            f.settled = value == "1";
            return std::nullopt;
        }
    );
    if (bad)
        co_return reply_with(x, *bad);
    auto const limit = f.limit++;
    auto found = co_await ledger::list_anomalies(*x.context.shared.store, std::move(f));
    if (!found)
        co_return reply_with(x, from_store(found.error()));
    auto const next = cut(*found, limit);
    co_return json_reply(200, anomaly_list_json(*found, next));
}

awaitable<net::http_reply> settle(admin_exchange& x) {
    auto const body = parse_json_object(x.request.body);
    if (!body)
        co_return reply_with(x, body.error());
    json_members in(*body);
    auto note = in.text("note", max_note).value_or("");
    if (note.empty())
        in.refuse("note", "is missing: what was done about it");
    if (auto const bad = in.finish())
        co_return reply_with(x, *bad);
    auto const settled =
        co_await ledger::settle_anomaly(*x.context.shared.store, x.argument, x.who.name, std::move(note));
    if (!settled)
        co_return reply_with(x, from_store(settled.error()));
    if (!settled->now)
        co_return reply_with(x, not_found());
    if (!settled->changed)
        co_return reply_with(x, conflict("invalid_state", "it was settled by " + settled->now->settled_by));
    co_return json_reply(200, anomaly_json(*settled->now));
}

} // namespace wxgate::gateway
