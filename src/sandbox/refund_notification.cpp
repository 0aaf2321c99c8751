#include "sandbox/refund_notification.hpp"

#include "wire/cipher.hpp"
#include "wire/xml_writer.hpp"

namespace wxgate::sandbox {

std::string refund_document(refund_entry const& r) {
    std::string out = "<root>\n";
    auto const add = [&](std::string_view name, std::string_view value) {
        wire::append_cdata_element(out, name, value);
        out += '\n';
    };
    std::string const fee = r.refund_fee.to_string();
    std::string const total = r.of->total_fee.to_string();
    add("out_refund_no", r.out_refund_no);
    add("out_trade_no", r.of->out_trade_no);
    add("refund_account", r.refund_account);
    add("refund_fee", fee);
    add("refund_id", r.refund_id);
    add("refund_recv_accout", "支付用户零钱"); // sic
    add("refund_request_source", "API");
    add("refund_status", to_string(r.status));
    add("settlement_refund_fee", fee);
    add("settlement_total_fee", total);
    if (r.status == refund_status::SUCCESS)
        add("success_time", beijing_date_time(r.ended));
    add("total_fee", total);
    add("transaction_id", r.of->transaction_id);
    return out += "</root>";
}

std::string refund_notification_xml(
    refund_entry const& r, std::string_view nonce_str, std::string_view api_key, signing how
) {
    std::string key(api_key);
    if (how != signing::right)
        key[0] = key[0] == '0' ? '1' : '0';
    answer a;
    a.number("return_code", "SUCCESS"); // bare, as WeChat's is
    a.text("appid", r.of->appid);
    a.text("mch_id", r.of->mch_id);
    a.text("nonce_str", nonce_str);
    a.text("req_info", wire::encrypt_req_info(refund_document(r), key).value());
    return a.to_xml(sign_type::md5, {});
}

} // namespace wxgate::sandbox
