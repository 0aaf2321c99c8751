// Orders of a code that a customer shows: charged, waited for, reversed. (order_book's other half.)
#include "base/text.hpp"
#include "sandbox/orders.hpp"
#include "wire/digest.hpp"

#include <algorithm>

namespace wxgate::sandbox {

namespace {

// What the number was used for already; nothing when it may be charged (again, after a failed try).
std::optional<business_error> used(order const& o, std::string_view terms) {
    if (o.trade_type != "MICROPAY" || o.terms != terms)
        return business_error{"OUT_TRADE_NO_USED", "商户订单号重复"};
    if (is_paid(o))
        return business_error{"ORDERPAID", "订单已支付"};
    if (o.state == trade_state::USERPAYING)
        return business_error{"USERPAYING", "需要用户输入支付密码"};
    if (o.state == trade_state::REVOKED)
        return business_error{"ORDERREVERSED", "订单已撤销"};
    if (o.state == trade_state::CLOSED)
        return business_error{"ORDERCLOSED", "订单已关闭"};
    return std::nullopt;
}

} // namespace

bool micropay_codes::is_code(std::string_view code) noexcept {
    return code.size() == 18 && std::all_of(code.begin(), code.end(), is_digit) && code[0] == '1' &&
           code[1] <= '5';
}

std::string micropay_codes::owner_of(std::string_view code) {
    auto const digest = wire::sha256({"auth_code\n", code});
    std::string openid = "o";
    for (std::size_t i = 0; i < 27; ++i)
        openid += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[digest[i] % 64];
    return openid;
}

order_book::placed order_book::charge(fields const& request, sign_type type, unix_ms now) {
    fields as_order = request;
    as_order.set("trade_type", "MICROPAY");
    auto const code = request.get("auth_code");
    order* o = lookup(request.get("mch_id"), request.get("out_trade_no"), now);
    if (o != nullptr)
        if (auto refused = used(*o, order_terms(as_order)))
            return {nullptr, std::move(*refused)};
    if (!micropay_codes::is_code(code))
        return {nullptr, {"AUTH_CODE_INVALID", "请扫描微信支付被扫条码/二维码"}};
    if (code.ends_with(micropay_codes::expired) || !used_codes_.emplace(code).second)
        return {nullptr, {"AUTHCODEEXPIRE", "二维码已过期，请用户在微信上刷新后再试"}};
    if (o == nullptr)
        o = &add(as_order, type, now);
    o->openid = micropay_codes::owner_of(code);
    if (code.ends_with(micropay_codes::poor)) {
        o->state = trade_state::PAYERROR;
        return {nullptr, {"NOTENOUGH", "余额不足"}};
    }
    if (code.ends_with(micropay_codes::password) || code.ends_with(micropay_codes::left)) {
        o->state = trade_state::USERPAYING;
        if (code.ends_with(micropay_codes::password))
            o->pays_at = now + intervals_.password_time.count();
        return {nullptr, {"USERPAYING", "需要用户输入支付密码"}};
    }
    become_paid(*o, now);
    return {o, {}};
}

order_book::reversed order_book::reverse(order const& asked, unix_ms now) {
    order* const o = lookup(asked.mch_id, asked.out_trade_no, now);
    if (o->trade_type != "MICROPAY")
        return {false, business_error{"TRADE_STATE_ERROR", "订单状态错误"}};
    if (now - o->created > intervals_.reverse_window.count())
        return {false, business_error{"REVERSE_EXPIRE", "订单无法撤销"}};
    if (o->state == trade_state::REVOKED)
        return {};
    if (o->state == trade_state::REFUND)
        return {false, business_error{"TRADE_STATE_ERROR", "订单已退款"}};
    if (now - o->created < intervals_.reverse_wait.count())
        return {true, std::nullopt};
    o->pays_at.reset();
    o->state = trade_state::REVOKED;
    return {};
}

} // namespace wxgate::sandbox
