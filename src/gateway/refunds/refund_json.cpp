#include "gateway/refunds/refund_json.hpp"

namespace wxgate::gateway {

namespace {

json_object operators_refund(ledger::refund const& r) {
    auto o = refund_facts(r);
    o["merchant"] = r.merchant;
    o["decision_reason"] = text_or_null(r.decision_reason);
    return o;
}

std::string page_json(
    std::vector<ledger::refund> const& page,
    std::string const& next_cursor,
    json_object (*show)(ledger::refund const&)
) {
    json_list data;
    for (auto const& r : page)
        data.push_back(show(r));
    return list_json(data, next_cursor);
}

} // namespace

json_object refund_facts(ledger::refund const& r) {
    json_object o;
    o["out_refund_no"] = r.out_refund_no;
    o["out_trade_no"] = r.out_trade_no;
    o["refund_fee"] = r.refund_fee.count();
    o["total_fee"] = r.total_fee.count();
    o["refund_status"] = to_string(r.refund_status);
    o["reason"] = text_or_null(r.reason);
    o["requested_by"] = r.requested_by;
    o["decided_by"] = text_or_null(r.decided_by);
    o["refund_id"] = text_or_null(r.refund_id);
    o["err_code"] = text_or_null(r.err_code);
    o["created_at"] = moment{r.created_at};
    o["decided_at"] = time_or_null(r.decided_at);
    o["succeeded_at"] = time_or_null(r.succeeded_at);
    return o;
}

std::string refund_json(ledger::refund const& r) {
    return refund_facts(r).text();
}

std::string refund_list_json(std::vector<ledger::refund> const& page, std::string const& next_cursor) {
    return page_json(page, next_cursor, refund_facts);
}

std::string operators_refund_json(ledger::refund const& r) {
    return operators_refund(r).text();
}

std::string
operators_refund_list_json(std::vector<ledger::refund> const& page, std::string const& next_cursor) {
    return page_json(page, next_cursor, operators_refund);
}

} // namespace wxgate::gateway
