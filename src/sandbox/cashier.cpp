#include "sandbox/cashier.hpp"

#include "base/log.hpp"
#include "base/text.hpp"

namespace wxgate::sandbox {

namespace {

payment_result refused(std::string const& why) {
    return {false, "requestPayment:fail " + why, nullptr};
}

void start_notification(world& w, order const& o, merchant const& m, unix_ms now) {
    auto n = std::make_shared<notification>();
    n->out_trade_no = o.out_trade_no;
    n->kind = "payment";
    n->fault_name = "notify";
    n->url = o.notify_url;
    n->write = [&o, &m](signing how) { return payment_notification_xml(o, m.api_key, how); };
    w.notifications.add(std::move(n), now);
    w.something_is_due();
}

// The user decides about an order whose values were good.
payment_result
settle(world& w, order const& o, std::string_view prepay_id, merchant const& m, user_choice choice) {
    unix_ms const now = w.clock.now();
    if (auto const why = w.orders.unpayable(o, prepay_id, now))
        return refused(*why);
    if (choice == user_choice::cancel)
        return {true, "requestPayment:fail cancel", nullptr};
    if (choice == user_choice::fail) // the order stays NOTPAY: the user may try again
        return {true, "requestPayment:fail (payment failed)", nullptr};
    w.orders.pay(o, now);
    log::debug("paid", {{"out_trade_no", o.out_trade_no}, {"transaction_id", o.transaction_id}});
    start_notification(w, o, m, now);
    return {true, "requestPayment:ok", &o};
}

} // namespace

payment_result request_payment(world& w, wxgate::request_payment const& values, user_choice choice) {
    constexpr std::string_view prefix = "prepay_id=";
    if (!w.merchants.knows_appid(values.appId))
        return refused("appId is not known");
    bool const seconds = parse_uint(values.timeStamp, 99'999'999'999).has_value();
    if (!seconds)
        return refused("timeStamp is not a decimal number of seconds");
    if (values.nonceStr.empty() || values.nonceStr.size() > 32)
        return refused("nonceStr is not 1 to 32 characters");
    if (!values.package.starts_with(prefix))
        return refused("package does not begin with prepay_id=");
    auto const type = parse_sign_type(values.signType);
    if (!type)
        return refused("signType is neither MD5 nor HMAC-SHA256");
    auto const prepay_id = std::string_view(values.package).substr(prefix.size());
    unix_ms const now = w.clock.now();
    order const* const o = w.orders.find_prepay(prepay_id, now);
    if (o == nullptr)
        return refused("prepay_id is not known");
    if (o->appid != values.appId && (o->sub_appid.empty() || o->sub_appid != values.appId))
        return refused("appId is not the order's");
    if (o->sign_type != *type)
        return refused("signType is not the order's sign_type");

    fields signed_values;
    signed_values.set("appId", values.appId);
    signed_values.set("nonceStr", values.nonceStr);
    signed_values.set("package", values.package);
    signed_values.set("signType", values.signType);
    signed_values.set("timeStamp", values.timeStamp);
    signed_values.set("sign", values.paySign);
    merchant const* const m = w.merchants.by_mch_id(o->mch_id);
    if (m == nullptr || !verify(signed_values, *type, m->api_key))
        return refused("paySign does not verify");
    return settle(w, *o, prepay_id, *m, choice);
}

payment_result pay_in_app(world& w, app_payment const& values, user_choice choice) {
    order const* const o = w.orders.find_prepay(values.prepayid, w.clock.now());
    if (o == nullptr)
        return refused("prepayid is not known");
    if (o->trade_type != "APP")
        return refused("the order's trade_type is not APP");
    bool const shops = !o->sub_mch_id.empty() && values.partnerid == o->sub_mch_id;
    if (values.partnerid != o->mch_id && !shops)
        return refused("partnerid is not the order's mch_id");
    if (values.appid != o->appid && (o->sub_appid.empty() || values.appid != o->sub_appid))
        return refused("appid is not the order's");
    if (values.package != "Sign=WXPay")
        return refused("package is not Sign=WXPay");
    fields signed_values;
    signed_values.set("appid", values.appid);
    signed_values.set("noncestr", values.noncestr);
    signed_values.set("package", values.package);
    signed_values.set("partnerid", values.partnerid);
    signed_values.set("prepayid", values.prepayid);
    signed_values.set("timestamp", values.timestamp);
    signed_values.set("sign", values.sign);
    merchant const* const m = w.merchants.by_mch_id(o->mch_id);
    if (m == nullptr || !verify(signed_values, o->sign_type, m->api_key))
        return refused("sign does not verify");
    return settle(w, *o, values.prepayid, *m, choice);
}

payment_result pay_url(world& w, std::string_view url, user_choice choice) {
    order const* const o = w.orders.find_url(url, w.clock.now());
    merchant const* const m = o != nullptr ? w.merchants.by_mch_id(o->mch_id) : nullptr;
    if (m == nullptr)
        return refused("the URL is not known, or another took its place");
    return settle(w, *o, o->prepay_id, *m, choice);
}

std::optional<std::string> native_scan_xml(world& w, std::string_view url) {
    constexpr std::string_view prefix = "weixin://wxpay/bizpayurl?";
    if (!url.starts_with(prefix))
        return std::nullopt;
    url.remove_prefix(prefix.size());
    fields asked;
    for (std::string_view const name : {"appid", "mch_id", "nonce_str", "product_id", "time_stamp", "sign"})
        asked.set(name, query_value(url, name).value_or(std::string()));
    merchant const* const m = w.merchants.by_mch_id(asked.get("mch_id"));
    if (m == nullptr || m->appid != asked.get("appid") || !verify(asked, sign_type::md5, m->api_key))
        return std::nullopt;
    answer a;
    a.text("appid", m->appid);
    a.text("openid", "oSandboxPayer000000000000000");
    a.text("mch_id", m->mch_id);
    a.text("is_subscribe", "N");
    a.text("nonce_str", make_nonce());
    a.text("product_id", asked.get("product_id"));
    a.sign_here();
    return a.to_xml(sign_type::md5, m->api_key);
}

payment_result pay_native_answer(world& w, std::string_view body, user_choice choice) {
    fields said;
    if (decode_xml(body, said).failed())
        return refused("the answer is no XML of WeChat's kind");
    merchant const* const m = w.merchants.by_mch_id(said.get("mch_id"));
    if (m == nullptr || !verify(said, sign_type::md5, m->api_key))
        return refused("the answer's signature does not verify");
    if (said.get("return_code") != "SUCCESS" || said.get("result_code") != "SUCCESS")
        return refused(std::string(said.get("err_code_des")));
    auto const prepay_id = said.get("prepay_id");
    order const* const o = w.orders.find_prepay(prepay_id, w.clock.now());
    if (o == nullptr || o->mch_id != m->mch_id || o->trade_type != "NATIVE")
        return refused("prepay_id is of no NATIVE order of this merchant");
    return settle(w, *o, prepay_id, *m, choice);
}

} // namespace wxgate::sandbox
