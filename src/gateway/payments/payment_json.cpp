#include "gateway/payments/payment_json.hpp"

#include "base/text.hpp"

namespace wxgate::gateway {

namespace {

constexpr std::size_t room_for_a_payment = 1536;

// Whose Mini Program or app it is: in service-provider mode the shop's, when it has one.
std::string const& appid_of(ledger::order const& o, account const& who) {
    return who.sub_appid.empty() ? o.appid : who.sub_appid;
}

json_object request_payment_of(ledger::order const& o, account const& who) {
    auto const signed_values =
        make_request_payment(appid_of(o, who), o.prepay_id, o.sign_type, who.api_key, now_ms() / 1000);
    json_object r;
    r["appId"] = signed_values.appId;
    r["timeStamp"] = signed_values.timeStamp;
    r["nonceStr"] = signed_values.nonceStr;
    r["package"] = signed_values.package;
    r["signType"] = signed_values.signType;
    r["paySign"] = signed_values.paySign;
    return r;
}

json_object app_payment_of(ledger::order const& o, account const& who) {
    auto const& mch_id = who.sub_appid.empty() ? o.mch_id : who.sub_mch_id;
    auto const signed_values =
        make_app_payment(appid_of(o, who), mch_id, o.prepay_id, o.sign_type, who.api_key, now_ms() / 1000);
    json_object a;
    a["appid"] = signed_values.appid;
    a["partnerid"] = signed_values.partnerid;
    a["prepayid"] = signed_values.prepayid;
    a["package"] = signed_values.package;
    a["noncestr"] = signed_values.noncestr;
    a["timestamp"] = signed_values.timestamp;
    a["sign"] = signed_values.sign;
    return a;
}

// What the order is paid with, by its trade_type.
void add_means(json_object& p, ledger::order const& o, account const& who) {
    if (o.trade_type == "NATIVE")
        p["code_url"] = o.pay_url;
    else if (o.trade_type == "MWEB")
        p["h5_url"] = o.pay_url;
    else if (o.trade_type == "APP")
        p["app_payment"] = app_payment_of(o, who);
    else
        p["request_payment"] = request_payment_of(o, who);
}

json_object payment_object(ledger::order const& o, account const& who) {
    auto p = payment_facts(o);
    p["client_secret"] = client_secret(o, who);
    if (ledger::is_open(o.trade_state) && has_fresh_prepay(o, now_ms()))
        add_means(p, o, who);
    return p;
}

json_object operators_payment(ledger::order const& o) {
    auto p = payment_facts(o);
    if (!o.openid.empty())
        p["openid"] = masked(o.openid);
    return p;
}

} // namespace

json_object payment_facts(ledger::order const& o) {
    json_object p(room_for_a_payment);
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
    p["trade_state"] = to_string(o.trade_state);
    p["prepay_id"] = text_or_null(o.prepay_id);
    p["transaction_id"] = text_or_null(o.transaction_id);
    p["refunded_fee"] = o.refunded_fee.count();
    p["metadata"] = own_json{o.metadata};
    p["created_at"] = moment{o.created_at};
    p["paid_at"] = time_or_null(o.paid_at);
    p["expires_at"] = moment{o.expires_at};
    return p;
}

std::string payment_json(ledger::order const& o, account const& who) {
    return payment_object(o, who).text();
}

std::string payment_list_json(
    std::vector<ledger::order> const& page, std::string const& next_cursor, account const& who
) {
    json_list data;
    for (auto const& o : page)
        data.push_back(payment_object(o, who));
    return list_json(data, next_cursor);
}

std::string operators_payment_json(ledger::order const& o) {
    return operators_payment(o).text();
}

std::string
operators_payment_list_json(std::vector<ledger::order> const& page, std::string const& next_cursor) {
    json_list data;
    for (auto const& o : page)
        data.push_back(operators_payment(o));
    return list_json(data, next_cursor);
}

std::string events_json(std::vector<ledger::event> const& all) {
    json_list data;
    for (auto const& e : all) {
        json_object o;
        o["id"] = e.id;
        o["version"] = e.version;
        o["type"] = e.type;
        o["trade_state"] = e.trade_state;
        o["previous_state"] = text_or_null(e.previous_state);
        o["source"] = e.source;
        o["request_id"] = e.request_id;
        o["detail"] = own_json{e.detail};
        o["created_at"] = moment{e.created_at};
        if (!e.out_refund_no.empty()) {
            o["out_refund_no"] = e.out_refund_no;
            o["refund_status"] = e.refund_status;
        }
        data.push_back(o);
    }
    json_object list;
    list["data"] = data;
    return std::move(list).text();
}

} // namespace wxgate::gateway
