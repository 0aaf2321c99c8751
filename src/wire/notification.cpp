#include <wxgate/notification.hpp>

namespace wxgate {

namespace {

constexpr std::string_view success = "SUCCESS";

// Whether some value could hold a field within: "…&name=…". A message that was cut out of another has to hide
// the rest of it in such a value, as names are unique and in order.
bool has_field_within(fields const& message) noexcept {
    for (std::size_t i = 0; i < message.size(); ++i) {
        auto const value = message[i].value;
        auto const separator = value.find('&');
        if (separator != std::string_view::npos && value.find('=', separator) != std::string_view::npos)
            return true;
    }
    return false;
}

// The algorithm of a signature that holds; nothing when there is none, or return_code is not SUCCESS (WeChat
// does not sign its failures, so whoever sends one may be anybody).
std::optional<sign_type> verified_sign_type(fields const& message, std::string_view api_key) noexcept {
    auto const type = sign_type_of(message.get("sign"));
    if (message.get("return_code") != success || !type || !verify(message, *type, api_key))
        return std::nullopt;
    return type;
}

// What a payment must say. A refused one (result_code FAIL) may lack any of it, but may not say it wrongly.
error_code read_amount(payment_notification& n) {
    auto const text = n.raw.find("total_fee");
    if (!text && !n.paid)
        return {};
    auto const amount = fen::parse(text.value_or(std::string_view{}));
    if (!amount)
        return amount.error();
    n.total_fee = *amount;
    return {};
}

void read_texts(payment_notification& n) {
    fields const& raw = n.raw;
    n.appid = raw.get("appid");
    n.mch_id = raw.get("mch_id");
    n.out_trade_no = raw.get("out_trade_no");
    n.transaction_id = raw.get("transaction_id");
    n.openid = raw.get("openid");
    n.fee_type = raw.get("fee_type");
    if (n.fee_type.empty())
        n.fee_type = "CNY";
    n.trade_type = raw.get("trade_type");
    n.attach = raw.get("attach");
    n.bank_type = raw.get("bank_type");
    n.time_end = from_wechat_time(raw.get("time_end"));
    n.sub_mch_id = raw.get("sub_mch_id");
    n.sub_appid = raw.get("sub_appid");
    n.sub_openid = raw.get("sub_openid");
}

} // namespace

result<payment_notification> read_payment_notification(std::string_view body, std::string_view api_key) {
    payment_notification n;
    if (auto const ec = decode_xml(body, n.raw))
        return ec;
    auto const type = verified_sign_type(n.raw, api_key);
    if (!type)
        return error_code(errc::bad_signature);
    n.sign_type = *type;
    n.paid = n.raw.get("result_code") == success;
    if (!n.paid && n.raw.get("result_code") != "FAIL")
        return error_code(errc::malformed_xml);
    if (auto const ec = read_amount(n))
        return ec;
    read_texts(n);
    if (n.paid && (n.out_trade_no.empty() || n.transaction_id.empty()))
        return error_code(errc::malformed_xml); // signed, and yet about no payment
    if (n.out_trade_no.size() > 32 || n.transaction_id.size() > 32 || n.openid.size() > 128 ||
        n.sub_openid.size() > 128)
        return error_code(errc::field_too_long);
    n.ambiguous = has_field_within(n.raw);
    return n;
}

} // namespace wxgate
