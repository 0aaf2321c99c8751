#include "client/answers.hpp"

namespace wxgate {

namespace {

refused read_refusal(fields const& answer) {
    refused r;
    r.return_code = answer.get("return_code");
    r.return_msg = answer.get("return_msg");
    r.result_code = answer.get("result_code");
    r.err_code = answer.get("err_code");
    r.err_code_des = answer.get("err_code_des");
    return r;
}

// WeChat may have done these all the same (protocol A6–A9): unknown, not refused.
bool is_busy(std::string_view err_code) {
    return err_code == "SYSTEMERROR" || err_code == "BIZERR_NEED_RETRY" || err_code == "BANKERROR";
}

// The same in words: the unsigned FAIL that says no more than "busy" (protocol A9's decision rule).
bool is_busy_text(std::string_view return_msg) {
    return return_msg.empty() || return_msg.find("系统繁忙") != std::string_view::npos;
}

// What says that the client certificate is at fault, in words (protocol A3): nginx's page, or return_msg.
bool is_certificate_page(net::exchange_reply const& answer) {
    return answer.status == 400 && (answer.body.find("SSL certificate") != std::string::npos);
}

bool is_certificate_text(std::string_view return_msg) {
    return return_msg.find("certificate") != std::string_view::npos ||
           return_msg.find("证书") != std::string_view::npos;
}

void set_unless_there(fields& message, std::string_view name, std::string_view value) {
    if (!value.empty() && message.get(name).empty())
        message.set(name, value);
}

// A provider's answer names the shop, too; some of WeChat's leave it out.
bool is_for(fields const& answer, account const& who, bool named) {
    auto const fits = [&](char const* name, std::string const& mine, bool may_be_absent) {
        auto const said = answer.get(name);
        return said == mine || (may_be_absent && said.empty());
    };
    return fits("appid", who.appid, !named) && fits("mch_id", who.mch_id, !named) &&
           fits("sub_mch_id", who.sub_mch_id, true);
}

} // namespace

std::string signed_document(fields message, account const& who, sign_type type) {
    set_unless_there(message, "appid", who.appid);
    set_unless_there(message, "mch_id", who.mch_id);
    set_unless_there(message, "sub_mch_id", who.sub_mch_id);
    set_unless_there(message, "sub_appid", who.sub_appid);
    if (message.get("nonce_str").empty())
        message.set("nonce_str", make_nonce());
    message.set("sign_type", to_string(type));
    message.set("sign", sign(message, type, who.api_key));
    std::string body;
    encode_xml(message, body);
    return body;
}

unknown not_believed(errc code, std::string detail, refused said) {
    return {make_error_code(code), std::move(detail), true, std::move(said)};
}

outcome<fields>
judge(operation const& what, net::exchange_result const& answer, account const& who, sign_type type) {
    if (!answer)
        return unknown{answer.error().code, answer.error().detail, answer.error().sent, {}};
    if (is_certificate_page(*answer))
        return not_believed(errc::certificate_refused, "HTTP 400: WeChat wants another client certificate");
    if (answer->status != 200)
        return not_believed(errc::bad_status, "HTTP " + std::to_string(answer->status));
    fields message;
    xml_limits limits;
    limits.max_fields = 1024; // a refund query lists ten refunds with their coupons
    if (auto const ec = decode_xml(answer->body, message, limits))
        return unknown{ec, {}, true, {}};
    if (message.get("return_code") != "SUCCESS") {
        auto const text = message.get("return_msg");
        auto const code = is_busy_text(text)          ? errc::upstream_busy
                          : is_certificate_text(text) ? errc::certificate_refused
                                                      : errc::unsigned_failure;
        return not_believed(code, std::string(message.get("return_msg")), read_refusal(message));
    }
    if (what.signed_answer && !verify(message, type, who.api_key))
        return not_believed(errc::bad_signature, "the answer's signature");
    if (what.signed_answer && !is_for(message, who, what.names_caller))
        return not_believed(errc::mismatched_answer, "another appid or mch_id");
    if (message.get("result_code") == "SUCCESS")
        return message;
    auto said = read_refusal(message);
    if (is_busy(said.err_code) || said.err_code.empty())
        return not_believed(errc::upstream_busy, said.err_code, said);
    return said;
}

order_status read_status(fields message, trade_state state) {
    order_status s;
    s.trade_state = state;
    s.out_trade_no = message.get("out_trade_no");
    s.transaction_id = message.get("transaction_id");
    s.openid = message.get("openid");
    s.sub_openid = message.get("sub_openid");
    s.trade_type = message.get("trade_type");
    s.bank_type = message.get("bank_type");
    s.trade_state_desc = message.get("trade_state_desc");
    s.fee_type = message.get("fee_type");
    s.attach = message.get("attach");
    s.time_end = from_wechat_time(message.get("time_end"));
    if (auto const fee = fen::parse(message.get("total_fee")))
        s.total_fee = *fee;
    if (auto const cash = fen::parse(message.get("cash_fee")))
        s.cash_fee = *cash;
    s.raw = std::move(message);
    return s;
}

} // namespace wxgate
