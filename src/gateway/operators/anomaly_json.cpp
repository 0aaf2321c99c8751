#include "gateway/operators/anomaly_json.hpp"

namespace wxgate::gateway {

namespace {

json_object whole(ledger::anomaly_row const& a) {
    auto o = anomaly_facts(a);
    o["seen"] = a.seen;
    o["last_seen_at"] = moment{a.last_seen_at};
    o["settled_at"] = time_or_null(a.settled_at);
    o["settled_by"] = text_or_null(a.settled_by);
    o["note"] = text_or_null(a.note);
    return o;
}

} // namespace

json_object anomaly_facts(ledger::anomaly_row const& a) {
    json_object o;
    o["id"] = a.id;
    o["merchant"] = a.merchant;
    o["out_trade_no"] = a.out_trade_no;
    o["kind"] = a.kind;
    o["detail"] = own_json{a.detail};
    o["created_at"] = moment{a.created_at};
    return o;
}

std::string anomaly_json(ledger::anomaly_row const& a) {
    return whole(a).text();
}

std::string anomaly_list_json(std::vector<ledger::anomaly_row> const& page, std::string const& next_cursor) {
    json_list data;
    for (auto const& a : page)
        data.push_back(whole(a));
    return list_json(data, next_cursor);
}

} // namespace wxgate::gateway
