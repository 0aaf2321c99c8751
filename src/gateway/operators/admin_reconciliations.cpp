#include "gateway/operators/admin_reconciliations.hpp"

#include "gateway/api/json_text.hpp"
#include "gateway/api/list_query.hpp"
#include "ledger/bill_day.hpp"
#include "ledger/reconciled_days.hpp"

namespace wxgate::gateway {

namespace {

bool is_day(std::string_view text) {
    return ledger::parse_bill_day(text).has_value();
}

std::optional<problem> take_nothing(std::string const& name, std::string const&) {
    return no_parameter(name);
}

answer<ledger::day_filter> read_filter(std::string_view query) {
    ledger::page p;
    auto bad = read_page_query(query, p, is_day, take_nothing);
    if (!bad && (p.created_from != 0 || p.created_to))
        bad = no_parameter(p.created_to ? "created_to" : "created_from");
    if (bad)
        return *bad;
    ledger::day_filter f;
    f.before_date = p.before_number;
    f.before_mch_id = p.before_mch_id;
    f.limit = p.limit;
    return f;
}

std::optional<json_object> bill_json(ledger::reconciled_day const& d) {
    if (!d.taken_at)
        return std::nullopt;
    json_object o;
    o["payments"] = d.payments;
    o["total_fee"] = d.total_fee.count();
    o["refunds"] = d.refunds;
    o["refund_fee"] = d.refund_fee.count();
    o["taken_at"] = moment{*d.taken_at};
    return o;
}

json_object day_json(ledger::reconciled_day const& d) {
    json_object o;
    o["bill_date"] = d.date;
    o["mch_id"] = d.mch_id;
    o["state"] = d.running ? "running" : d.done_at ? "done" : "unfinished";
    o["done_at"] = time_or_null(d.done_at);
    o["bill"] = bill_json(d);
    o["open_differences"] = d.open_differences;
    o["settled_differences"] = d.settled_differences;
    return o;
}

} // namespace

awaitable<net::http_reply> list_reconciliations(admin_exchange& x) {
    auto filter = read_filter(x.request.query);
    if (!filter)
        co_return reply_with(x, filter.error());
    auto const limit = static_cast<std::size_t>(filter->limit++); // one more: whether another page follows
    auto found = co_await ledger::list_reconciled_days(*x.context.shared.store, std::move(*filter));
    if (!found)
        co_return reply_with(x, from_store(found.error()));
    std::string next;
    if (found->size() > limit) {
        found->resize(limit);
        next = make_cursor(0, found->back().mch_id, found->back().date);
    }
    json_list data;
    for (auto const& d : *found)
        data.push_back(day_json(d));
    co_return json_reply(200, list_json(data, next));
}

} // namespace wxgate::gateway
