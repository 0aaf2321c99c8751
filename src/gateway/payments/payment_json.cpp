#include "gateway/payments/payment_json.hpp"

#include "base/text.hpp"
#include "gateway/api/json_values.hpp"

namespace wxgate::gateway {

namespace {

json::object request_payment_of(ledger::order const& o, account const& who) {
    auto const signed_values =
        make_request_payment(o.appid, o.prepay_id, o.sign_type, who.api_key, now_ms() / 1000);
    json::object r;
    r["appId"] = signed_values.appId;
    r["timeStamp"] = signed_values.timeStamp;
    r["nonceStr"] = signed_values.nonceStr;
    r["package"] = signed_values.package;
    r["signType"] = signed_values.signType;
    r["paySign"] = signed_values.paySign;
    return r;
}

json::object payment_object(ledger::order const& o, account const& who) {
    auto p = payment_facts(o);
    p["client_secret"] = client_secret(o, who);
    if (ledger::is_open(o.trade_state) && has_fresh_prepay(o, now_ms()))
        p["request_payment"] = request_payment_of(o, who);
    return p;
}

json::object operators_payment(ledger::order const& o) {
    auto p = payment_facts(o);
    if (!o.openid.empty())
        p["openid"] = masked(o.openid);
    return p;
}

} // namespace

json::object payment_facts(ledger::order const& o) {
    json::object p;
    p.reserve(24);
    p["out_trade_no"] = o.out_trade_no;
    p["merchant"] = o.merchant;
    p["appid"] = o.appid;
    p["mch_id"] = o.mch_id;
    p["openid"] = text_or_null(o.openid);
    p["total_fee"] = o.total_fee.count();
    p["fee_type"] = o.fee_type;
    p["body"] = o.body;
    p["attach"] = text_or_null(o.attach);
    p["trade_type"] = o.trade_type;
    p["trade_state"] = text(to_string(o.trade_state));
    p["prepay_id"] = text_or_null(o.prepay_id);
    p["transaction_id"] = text_or_null(o.transaction_id);
    p["refunded_fee"] = o.refunded_fee.count();
    boost::system::error_code ec;
    p["metadata"] = json::parse(o.metadata, ec); // our own text
    p["created_at"] = to_rfc3339(o.created_at);
    p["paid_at"] = time_or_null(o.paid_at);
    p["expires_at"] = to_rfc3339(o.expires_at);
    return p;
}

std::string payment_json(ledger::order const& o, account const& who) {
    return json::serialize(payment_object(o, who));
}

std::string payment_list_json(
    std::vector<ledger::order> const& page, std::string const& next_cursor, account const& who
) {
    json::array data;
    for (auto const& o : page)
        data.push_back(payment_object(o, who));
    return list_json(std::move(data), next_cursor);
}

std::string operators_payment_json(ledger::order const& o) {
    return json::serialize(operators_payment(o));
}

std::string
operators_payment_list_json(std::vector<ledger::order> const& page, std::string const& next_cursor) {
    json::array data;
    for (auto const& o : page)
        data.push_back(operators_payment(o));
    return list_json(std::move(data), next_cursor);
}

std::string events_json(std::vector<ledger::event> const& all) {
    json::array data;
    for (auto const& e : all) {
        json::object o;
        o["id"] = e.id;
        o["version"] = e.version;
        o["type"] = e.type;
        o["trade_state"] = e.trade_state;
        o["previous_state"] = text_or_null(e.previous_state);
        o["source"] = e.source;
        o["request_id"] = e.request_id;
        boost::system::error_code ec;
        o["detail"] = json::parse(e.detail, ec);
        o["created_at"] = to_rfc3339(e.created_at);
        if (!e.out_refund_no.empty()) {
            o["out_refund_no"] = e.out_refund_no;
            o["refund_status"] = e.refund_status;
        }
        data.push_back(std::move(o));
    }
    json::object list;
    list["data"] = std::move(data);
    return json::serialize(list);
}

} // namespace wxgate::gateway
