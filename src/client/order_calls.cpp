// unifiedorder, orderquery, closeorder (protocol A5–A7).
#include "client/impl.hpp"

namespace wxgate {

namespace {

constexpr operation unifiedorder{"unifiedorder", "/pay/unifiedorder"};
constexpr operation orderquery{"orderquery", "/pay/orderquery", true};
constexpr operation closeorder{"closeorder", "/pay/closeorder"};

fields to_fields(unified_order_request const& r) {
    fields m;
    m.set("body", r.body);
    m.set_if("detail", r.detail);
    m.set_if("attach", r.attach);
    m.set("out_trade_no", r.out_trade_no);
    m.set_if("fee_type", r.fee_type);
    m.set("total_fee", r.total_fee.to_string());
    m.set("spbill_create_ip", r.spbill_create_ip);
    if (r.time_start)
        m.set("time_start", to_wechat_time(*r.time_start));
    if (r.time_expire)
        m.set("time_expire", to_wechat_time(*r.time_expire));
    m.set_if("goods_tag", r.goods_tag);
    m.set("notify_url", r.notify_url);
    m.set("trade_type", r.trade_type);
    m.set_if("limit_pay", r.limit_pay);
    m.set_if("openid", r.openid);
    m.set_if("sub_openid", r.sub_openid);
    m.set_if("product_id", r.product_id);
    m.set_if("scene_info", r.scene_info);
    m.set_if("device_info", r.device_info);
    m.set_if("receipt", r.receipt);
    m.set_if("profit_sharing", r.profit_sharing);
    m.set_if("version", r.version);
    return m;
}

} // namespace

awaitable<outcome<wxgate::unified_order>>
client::impl::unified_order(account const& who, unified_order_request request, steady_point until) {
    auto const type = request.sign_type.value_or(who.sign_type);
    fields m = to_fields(request);
    auto answer = co_await call(unifiedorder, who, std::move(m), type, until);
    if (!answer)
        co_return answer.error();
    wxgate::unified_order order;
    order.prepay_id = answer->get("prepay_id");
    order.trade_type = answer->get("trade_type");
    order.code_url = answer->get("code_url");
    order.mweb_url = answer->get("mweb_url");
    order.raw = std::move(*answer);
    if (order.prepay_id.empty() || order.prepay_id.size() > 64)
        co_return not_believed(errc::mismatched_answer, "no prepay_id");
    if (request.trade_type == "NATIVE" && order.code_url.empty())
        co_return not_believed(errc::mismatched_answer, "no code_url");
    if (request.trade_type == "MWEB" && order.mweb_url.empty())
        co_return not_believed(errc::mismatched_answer, "no mweb_url");
    co_return order;
}

awaitable<outcome<order_status>>
client::impl::order_query(account const& who, order_query_request request, steady_point until) {
    auto const type = request.sign_type.value_or(who.sign_type);
    fields m;
    m.set_if("transaction_id", request.transaction_id);
    m.set_if("out_trade_no", request.out_trade_no);
    auto answer = co_await call(orderquery, who, std::move(m), type, until);
    if (!answer)
        co_return answer.error();
    auto const state = parse_trade_state(answer->get("trade_state"));
    if (!state || *state == trade_state::CREATED)
        co_return not_believed(
            errc::mismatched_answer, "trade_state " + std::string(answer->get("trade_state"))
        );
    bool const same_order =
        request.out_trade_no.empty() || answer->get("out_trade_no") == request.out_trade_no;
    bool const same_payment =
        request.transaction_id.empty() || answer->get("transaction_id") == request.transaction_id;
    if (!same_order || !same_payment)
        co_return not_believed(errc::mismatched_answer, "another order");
    order_status status = read_status(std::move(*answer), *state);
    bool const paid = *state == trade_state::SUCCESS || *state == trade_state::REFUND;
    if (paid && (status.transaction_id.empty() || !status.total_fee))
        co_return not_believed(errc::mismatched_answer, "paid without transaction_id or total_fee");
    co_return status;
}

awaitable<outcome<wxgate::close_order>>
client::impl::close_order(account const& who, close_order_request request, steady_point until) {
    auto const type = request.sign_type.value_or(who.sign_type);
    fields m;
    m.set("out_trade_no", request.out_trade_no);
    auto answer = co_await call(closeorder, who, std::move(m), type, until);
    if (!answer)
        co_return answer.error();
    wxgate::close_order closed;
    closed.raw = std::move(*answer);
    co_return closed;
}

} // namespace wxgate
