#include "sandbox/wechat_api.hpp"

#include "base/text.hpp"

namespace wxgate::sandbox {

namespace {

// Longer values than WeChat takes are read all the same, so that the answer can say which field is too long.
constexpr xml_limits limits{
    .max_bytes = 64UL * 1024, .max_fields = 128, .max_name = 64, .max_value = 64UL * 1024};

// What a bill's refusals that are about the request say; protocol A12 assumes it.
constexpr std::string_view bad_bill_request = "20001";

// Of an order that is not paid.
std::string_view words_of(trade_state s) {
    switch (s) {
    case trade_state::NOTPAY:
        return "订单未支付";
    case trade_state::USERPAYING:
        return "需要用户输入支付密码";
    case trade_state::REVOKED:
        return "订单已撤销";
    case trade_state::PAYERROR:
        return "支付失败(其他原因，如银行返回失败)";
    default:
        return "订单已关闭";
    }
}

} // namespace

wechat_api::operation const* wechat_api::find_operation(std::string_view path) noexcept {
    using api = wechat_api;
    static constexpr operation table[] = {
        {"/pay/unifiedorder",
         "unifiedorder",
         check_unifiedorder,
         &api::do_unifiedorder,
         &api::invent_unifiedorder},
        {"/pay/orderquery", "orderquery", check_orderquery, &api::do_orderquery, &api::invent_orderquery},
        {"/pay/closeorder", "closeorder", check_closeorder, &api::do_closeorder, &api::closed},
        {"/secapi/pay/refund", "refund", check_refund, &api::do_refund, &api::invent_refund, true},
        {"/pay/refundquery",
         "refundquery",
         check_refundquery,
         &api::do_refundquery,
         &api::invent_refundquery},
        {"/pay/downloadbill",
         "downloadbill",
         check_downloadbill,
         nullptr,
         nullptr,
         false,
         &api::do_downloadbill,
         true},
        {"/secapi/pay/refundv2", "refundv2", check_refund, &api::do_refund, &api::invent_refund, true},
        {"/pay/refundqueryv2",
         "refundqueryv2",
         check_refundquery,
         &api::do_refundquery,
         &api::invent_refundquery},
        {"/pay/micropay", "micropay", check_micropay, &api::do_micropay, &api::invent_micropay},
        {"/secapi/pay/reverse", "reverse", check_reverse, &api::do_reverse, &api::invent_reverse, true},
        {"/tools/authcodetoopenid",
         "authcodetoopenid",
         check_authcodetoopenid,
         &api::do_authcodetoopenid,
         &api::invent_authcodetoopenid},
        {"/tools/shorturl", "shorturl", check_shorturl, &api::do_shorturl, &api::do_shorturl},
        {"/payitil/report", "report", check_report, nullptr, nullptr, false, &api::do_report},
        {"/pay/downloadfundflow",
         "downloadfundflow",
         check_downloadfundflow,
         nullptr,
         nullptr,
         true,
         &api::do_downloadfundflow,
         true,
         true},
    };
    for (auto const& op : table)
        if (op.path == path)
            return &op;
    return nullptr;
}

api_reply wechat_api::call(
    operation const& op,
    std::string_view method,
    std::string_view body,
    unix_ms now,
    call_faults const& faults,
    std::string_view certificate_name
) {
    bool const table = op.table;
    auto const refuse = [table](std::string_view return_msg, std::string note) {
        std::string text = table ? bill_refusal_xml(return_msg, bad_bill_request) : refusal_xml(return_msg);
        return api_reply{std::move(text), std::move(note)};
    };
    if (method != "POST")
        return refuse("请使用post方法", "not POST");
    if (body.empty())
        return refuse("post数据为空", "empty body");
    if (!is_utf8(body))
        return refuse("编码格式错误", "not UTF-8");
    fields request;
    if (auto const ec = decode_xml(body, request, limits))
        return refuse("XML格式错误", ec.message());
    if (auto const wrong = op.check(request))
        return refuse(wrong->return_msg, "field " + std::string(wrong->field));

    merchant const* const by = merchants_.by_mch_id(request.get("mch_id"));
    if (by == nullptr)
        return refuse("商户号mch_id与appid不匹配", "unknown mch_id");
    if (by->appid != request.get("appid"))
        return refuse("appid和mch_id不匹配", "not this merchant's appid");
    if (auto const wrong = check_shop(request, *by, !table))
        return refuse(wrong->return_msg, "field " + std::string(wrong->field));
    if (op.certificate && certificate_name != by->mch_id)
        return refuse("certificate not match", "the client certificate is not this merchant's");

    std::string_view const bad_sign = table ? "SIGN ERROR" : "签名错误";
    auto const said = request.get("sign_type");
    auto const type = said.empty() ? sign_type::md5 : parse_sign_type(said);
    if (!type)
        return refuse(bad_sign, "unknown sign_type");
    if (op.hmac && *type != sign_type::hmac_sha256)
        return refuse(bad_sign, "this call is signed with HMAC-SHA256 only");
    if (!verify(request, *type, by->api_key))
        return refuse(bad_sign, "the signature does not verify");

    verified const v{request, *by, *type, now};
    if (op.plain != nullptr) {
        if (faults.system_error)
            return {table ? bill_refusal_xml("SYSTEMERROR", {}) : refusal_xml("系统繁忙,请稍后再试"), {}};
        return (this->*op.plain)(v);
    }
    auto const signed_as = [&](answer a, signing how) {
        return api_reply{a.to_xml(*type, by->api_key, how), {}};
    };
    if (faults.invent)
        return signed_as((this->*op.invent)(v), signing::probe);
    if (faults.system_error) {
        if (faults.work)
            (this->*op.work)(v);
        return signed_as(failed(v, {"SYSTEMERROR", "System Error"}), faults.sign);
    }
    return signed_as((this->*op.work)(v), faults.sign);
}

answer wechat_api::head(verified const& v, std::optional<std::string_view> device_info, bool success) {
    answer a;
    a.text("return_code", "SUCCESS");
    a.text("return_msg", "OK");
    a.text("appid", v.by.appid);
    a.text("mch_id", v.by.mch_id);
    add_shop(a, v.request);
    if (device_info)
        a.text("device_info", *device_info);
    a.text("nonce_str", random_(16));
    a.sign_here();
    a.text("result_code", success ? "SUCCESS" : "FAIL");
    return a;
}

void wechat_api::add_shop(answer& a, fields const& request) {
    for (std::string_view const name : {"sub_appid", "sub_mch_id"})
        if (auto const value = request.get(name); !value.empty())
            a.text(name, value);
}

answer wechat_api::failed(verified const& v, business_error const& why) {
    answer a = head(v, v.request.find("device_info"), false);
    a.text("err_code", why.err_code);
    a.text("err_code_des", why.err_code_des);
    return a;
}

// ---- unifiedorder
// ------------------------------------------------------------------------------------------------

answer wechat_api::do_unifiedorder(verified const& v) {
    auto const result = orders_.place(v.request, v.sign_type, v.now);
    return result.accepted != nullptr ? placed(v, *result.accepted) : failed(v, result.refused);
}

answer wechat_api::placed(verified const& v, order const& o) {
    answer a = head(v, v.request.find("device_info"), true);
    a.text("prepay_id", o.prepay_id);
    a.text("trade_type", o.trade_type);
    if (!o.code_url.empty())
        a.text("code_url", o.code_url);
    if (!o.mweb_url.empty())
        a.text("mweb_url", o.mweb_url);
    return a;
}

answer wechat_api::invent_unifiedorder(verified const& v) {
    answer a = head(v, v.request.find("device_info"), true);
    a.text("prepay_id", "wx" + beijing_time(v.now).substr(6) + random_(26));
    a.text("trade_type", v.request.get("trade_type"));
    return a;
}

// ---- orderquery
// --------------------------------------------------------------------------------------------------

answer wechat_api::do_orderquery(verified const& v) {
    order const* const o = orders_.find_named(v.request, v.by.mch_id, v.now);
    if (o == nullptr)
        return failed(v, {"ORDERNOTEXIST", "order not exist"});
    return is_paid(*o) ? paid(v, *o) : unpaid(v, *o);
}

answer wechat_api::paid(verified const& v, order const& o) {
    std::optional<std::string_view> device;
    if (o.device_info)
        device = *o.device_info;
    answer a = head(v, device, true);
    a.text("openid", o.openid);
    a.text("is_subscribe", "N");
    if (!o.sub_openid.empty()) {
        a.text("sub_openid", o.sub_openid);
        a.text("sub_is_subscribe", "N");
    }
    a.text("trade_type", o.trade_type);
    a.text("bank_type", o.bank_type);
    a.number("total_fee", o.total_fee.to_string());
    a.text("fee_type", o.fee_type);
    a.text("transaction_id", o.transaction_id);
    a.text("out_trade_no", o.out_trade_no);
    a.text("attach", o.attach); // there even when empty
    a.text("time_end", beijing_time(o.paid_at));
    a.text("trade_state", to_string(o.state));
    a.number("cash_fee", o.total_fee.to_string());
    a.text(
        "trade_state_desc",
        o.state == trade_state::SUCCESS ? "支付成功" : "订单发生过退款，退款详情请查询退款单"
    );
    a.text("cash_fee_type", "CNY");
    return a;
}

answer wechat_api::unpaid(verified const& v, order const& o) {
    // WeChat's real answer has device_info here even when none was sent: empty.
    answer a = head(v, o.device_info.value_or(""), true);
    a.number("total_fee", o.total_fee.to_string());
    a.text("out_trade_no", o.out_trade_no);
    a.text("trade_state", to_string(o.state));
    a.text("trade_state_desc", words_of(o.state));
    return a;
}

answer wechat_api::invent_orderquery(verified const& v) {
    order o; // one that was paid, says this answer
    o.openid = "oSandboxProbe000000000000000";
    o.trade_type = "JSAPI";
    o.bank_type = "OTHERS";
    o.fee_type = "CNY";
    o.total_fee = fen(1);
    o.out_trade_no = v.request.get("out_trade_no");
    o.transaction_id = "4200000000" + beijing_time(v.now).substr(0, 8) + "0000000000";
    o.state = trade_state::SUCCESS;
    o.paid_at = v.now;
    if (order const* const real = orders_.find(v.by.mch_id, o.out_trade_no, v.now)) {
        o.total_fee = real->total_fee; // everything right but the signature
        o.openid = real->openid;
        o.attach = real->attach;
    }
    return paid(v, o);
}

// ---- closeorder
// --------------------------------------------------------------------------------------------------

answer wechat_api::do_closeorder(verified const& v) {
    auto const number = v.request.get("out_trade_no");
    if (orders_.find_named(v.request, v.by.mch_id, v.now) == nullptr) // or of another shop
        return failed(v, {"ORDERNOTEXIST", "order not exist"});
    auto const refused = orders_.close(v.by.mch_id, number, v.now);
    return refused ? failed(v, *refused) : closed(v);
}

answer wechat_api::closed(verified const& v) {
    answer a = head(v, std::nullopt, true);
    a.text("result_msg", "OK");
    return a;
}

} // namespace wxgate::sandbox
