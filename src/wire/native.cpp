#include "base/text.hpp"

#include <wxgate/native.hpp>

namespace wxgate {

namespace {

constexpr std::size_t max_product_id = 32;

std::string signed_answer(fields message, sign_type type, std::string const& key) {
    message.set("sign", sign(message, type, key));
    std::string out;
    encode_xml(message, out);
    return out;
}

fields answer_of(account const& who) {
    fields m;
    m.set("return_code", "SUCCESS");
    m.set("appid", who.appid);
    m.set("mch_id", who.mch_id);
    m.set("nonce_str", make_nonce());
    return m;
}

} // namespace

std::string make_native_url(account const& who, std::string_view product_id, long long unix_seconds) {
    fields m;
    m.set("appid", who.appid);
    m.set("mch_id", who.mch_id);
    m.set("nonce_str", make_nonce());
    m.set("product_id", product_id);
    m.set("time_stamp", std::to_string(unix_seconds));
    m.set("sign", sign(m, sign_type::md5, who.api_key));
    std::string url = "weixin://wxpay/bizpayurl";
    for (std::size_t i = 0; i < m.size(); ++i) {
        auto const [name, value] = m[i];
        url.append(i == 0 ? "?" : "&").append(name).append("=").append(percent_encode(value));
    }
    return url;
}

result<native_scan> read_native_scan(std::string_view body, std::string_view api_key) {
    native_scan s;
    if (auto const ec = decode_xml(body, s.raw))
        return ec;
    auto const type = sign_type_of(s.raw.get("sign"));
    if (!type || !verify(s.raw, *type, api_key))
        return error_code(errc::bad_signature);
    s.sign_type = *type;
    s.appid = s.raw.get("appid");
    s.mch_id = s.raw.get("mch_id");
    s.openid = s.raw.get("openid");
    s.product_id = s.raw.get("product_id");
    s.nonce_str = s.raw.get("nonce_str");
    if (s.openid.empty() || s.openid.size() > 128 || s.product_id.empty() ||
        s.product_id.size() > max_product_id)
        return error_code(errc::mismatched_answer);
    return s;
}

std::string native_scan_accepted(account const& who, native_scan const& asked, std::string_view prepay_id) {
    fields m = answer_of(who);
    m.set("prepay_id", prepay_id);
    m.set("result_code", "SUCCESS");
    return signed_answer(std::move(m), asked.sign_type, who.api_key);
}

std::string native_scan_refused(account const& who, std::string_view why) {
    fields m = answer_of(who);
    m.set("result_code", "FAIL");
    m.set_if("err_code_des", why);
    return signed_answer(std::move(m), sign_type::md5, who.api_key);
}

} // namespace wxgate
