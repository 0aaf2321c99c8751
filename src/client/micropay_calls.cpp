// The calls of a till: micropay, reverse, authcodetoopenid.
#include "client/impl.hpp"

namespace wxgate {

namespace {

constexpr operation micropaying{"micropay", "/pay/micropay"};
constexpr operation reversing{"reverse", "/secapi/pay/reverse", false, true};
constexpr operation asking_owner{"authcodetoopenid", "/tools/authcodetoopenid", false, false, true, false};

fields to_fields(micropay_request const& r) {
    fields m;
    m.set("body", r.body);
    m.set_if("detail", r.detail);
    m.set_if("attach", r.attach);
    m.set("out_trade_no", r.out_trade_no);
    m.set("total_fee", r.total_fee.to_string());
    m.set_if("fee_type", r.fee_type);
    m.set("spbill_create_ip", r.spbill_create_ip);
    m.set_if("goods_tag", r.goods_tag);
    m.set_if("limit_pay", r.limit_pay);
    m.set_if("device_info", r.device_info);
    m.set_if("scene_info", r.scene_info);
    if (r.time_start)
        m.set("time_start", to_wechat_time(*r.time_start));
    if (r.time_expire)
        m.set("time_expire", to_wechat_time(*r.time_expire));
    m.set("auth_code", r.auth_code);
    return m;
}

} // namespace

awaitable<outcome<wxgate::micropay>>
client::impl::micropay(account const& who, micropay_request request, steady_point until) {
    auto const type = request.sign_type.value_or(who.sign_type);
    fields m = to_fields(request);
    auto answer = co_await call(micropaying, who, std::move(m), type, until);
    if (!answer)
        co_return answer.error();
    auto const total = fen::parse(answer->get("total_fee"));
    if (answer->get("out_trade_no") != request.out_trade_no || !total || *total != request.total_fee)
        co_return not_believed(errc::mismatched_answer, "another order");
    if (answer->get("transaction_id").empty())
        co_return not_believed(errc::mismatched_answer, "paid without transaction_id");
    wxgate::micropay paid;
    paid.out_trade_no = request.out_trade_no;
    paid.transaction_id = answer->get("transaction_id");
    paid.openid = answer->get("openid");
    paid.sub_openid = answer->get("sub_openid");
    paid.trade_type = answer->get("trade_type");
    paid.bank_type = answer->get("bank_type");
    paid.total_fee = *total;
    if (auto const cash = fen::parse(answer->get("cash_fee")))
        paid.cash_fee = *cash;
    paid.time_end = from_wechat_time(answer->get("time_end"));
    paid.attach = answer->get("attach");
    paid.raw = std::move(*answer);
    co_return paid;
}

awaitable<outcome<reversal>>
client::impl::reverse(account const& who, reverse_request request, steady_point until) {
    auto const type = request.sign_type.value_or(who.sign_type);
    fields m;
    m.set_if("transaction_id", request.transaction_id);
    m.set_if("out_trade_no", request.out_trade_no);
    auto answer = co_await call(reversing, who, std::move(m), type, until);
    if (!answer)
        co_return answer.error();
    auto const recall = answer->get("recall");
    if (recall != "Y" && recall != "N")
        co_return not_believed(errc::mismatched_answer, "no recall");
    reversal r;
    r.again = recall == "Y";
    r.raw = std::move(*answer);
    co_return r;
}

awaitable<outcome<auth_code_owner>>
client::impl::auth_code_to_openid(account const& who, auth_code_request request, steady_point until) {
    auto const type = request.sign_type.value_or(who.sign_type);
    fields m;
    m.set("auth_code", request.auth_code);
    auto answer = co_await call(asking_owner, who, std::move(m), type, until);
    if (!answer)
        co_return answer.error();
    auth_code_owner owner;
    owner.openid = answer->get("openid");
    owner.sub_openid = answer->get("sub_openid");
    owner.raw = std::move(*answer);
    if (owner.openid.empty() || owner.openid.size() > 128)
        co_return not_believed(errc::mismatched_answer, "no openid");
    co_return owner;
}

} // namespace wxgate
