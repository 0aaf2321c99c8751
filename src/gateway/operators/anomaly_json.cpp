#include "gateway/operators/anomaly_json.hpp"

#include "gateway/api/json_values.hpp"

namespace wxgate::gateway {

namespace {

json::object whole(ledger::anomaly_row const& a) {
    auto o = anomaly_facts(a);
    o["seen"] = a.seen;
    o["last_seen_at"] = to_rfc3339(a.last_seen_at);
    o["settled_at"] = time_or_null(a.settled_at);
    o["settled_by"] = text_or_null(a.settled_by);
    o["note"] = text_or_null(a.note);
    return o;
}

} // namespace

json::object anomaly_facts(ledger::anomaly_row const& a) {
    json::object o;
    o["id"] = a.id;
    o["merchant"] = a.merchant;
    o["out_trade_no"] = a.out_trade_no;
    o["kind"] = a.kind;
    boost::system::error_code ec;
    o["detail"] = json::parse(a.detail, ec); // our own text
    o["created_at"] = to_rfc3339(a.created_at);
    return o;
}

std::string anomaly_json(ledger::anomaly_row const& a) {
    return json::serialize(whole(a));
}

std::string anomaly_list_json(std::vector<ledger::anomaly_row> const& page, std::string const& next_cursor) {
    json::array data;
    for (auto const& a : page)
        data.push_back(whole(a));
    return list_json(std::move(data), next_cursor);
}

} // namespace wxgate::gateway
