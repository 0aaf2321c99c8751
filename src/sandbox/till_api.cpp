// The calls that a till makes, and the tools: micropay, reverse, authcodetoopenid, shorturl, report.
#include "sandbox/wechat_api.hpp"

namespace wxgate::sandbox {

answer wechat_api::do_micropay(verified const& v) {
    auto const result = orders_.charge(v.request, v.sign_type, v.now);
    return result.accepted != nullptr ? charged(v, *result.accepted) : failed(v, result.refused);
}

answer wechat_api::charged(verified const& v, order const& o) {
    answer a = head(v, v.request.find("device_info"), true);
    a.text("openid", o.openid);
    a.text("is_subscribe", "N");
    a.text("trade_type", "MICROPAY");
    a.text("bank_type", o.bank_type);
    a.number("total_fee", o.total_fee.to_string());
    a.text("fee_type", o.fee_type);
    a.text("transaction_id", o.transaction_id);
    a.text("out_trade_no", o.out_trade_no);
    a.text("attach", o.attach);
    a.text("time_end", beijing_time(o.paid_at));
    a.number("cash_fee", o.total_fee.to_string());
    a.text("cash_fee_type", "CNY");
    return a;
}

answer wechat_api::invent_micropay(verified const& v) {
    order o;
    o.openid = "oSandboxProbe000000000000000";
    o.bank_type = "OTHERS";
    o.fee_type = "CNY";
    o.total_fee = fen::parse(v.request.get("total_fee")).value();
    o.transaction_id = "4200000000" + beijing_time(v.now).substr(0, 8) + "0000000000";
    o.out_trade_no = v.request.get("out_trade_no");
    o.attach = v.request.get("attach");
    o.paid_at = v.now;
    return charged(v, o);
}

answer wechat_api::do_reverse(verified const& v) {
    order const* const o = orders_.find_named(v.request, v.by.mch_id, v.now);
    if (o == nullptr)
        return failed(
            v,
            v.request.get("transaction_id").empty()
                ? business_error{"ORDERNOTEXIST", "订单不存在"}
                : business_error{"INVALID_TRANSACTIONID", "无效transaction_id"}
        );
    auto const result = orders_.reverse(*o, v.now);
    if (!result.refused)
        return recalled(v, result.again);
    answer a = failed(v, *result.refused);
    a.text("recall", "N");
    return a;
}

answer wechat_api::recalled(verified const& v, bool again) {
    answer a = head(v, std::nullopt, true);
    a.text("recall", again ? "Y" : "N");
    return a;
}

answer wechat_api::invent_reverse(verified const& v) {
    return recalled(v, false);
}

answer wechat_api::do_authcodetoopenid(verified const& v) {
    auto const code = v.request.get("auth_code");
    if (!micropay_codes::is_code(code))
        return failed(v, {"AUTH_CODE_INVALID", "请扫描微信支付被扫条码/二维码"});
    if (code.ends_with(micropay_codes::expired))
        return failed(v, {"AUTHCODEEXPIRE", "二维码已过期，请用户在微信上刷新后再试"});
    return owned(v, micropay_codes::owner_of(code));
}

answer wechat_api::owned(verified const& v, std::string_view openid) {
    answer a = head(v, std::nullopt, true);
    a.text("openid", openid);
    return a;
}

answer wechat_api::invent_authcodetoopenid(verified const& v) {
    return owned(v, "oSandboxProbe000000000000000");
}

answer wechat_api::do_shorturl(verified const& v) {
    answer a = head(v, std::nullopt, true);
    a.text("short_url", "weixin://wxpay/s/" + random_(8));
    return a;
}

api_reply wechat_api::do_report(verified const&) {
    answer a;
    a.text("return_code", "SUCCESS");
    a.text("return_msg", "OK");
    a.text("result_code", "SUCCESS");
    return {a.to_xml(sign_type::md5, {}), {}};
}

} // namespace wxgate::sandbox
