#include "sandbox/notifications.hpp"

namespace wxgate::sandbox {

std::string payment_notification_xml(order const& o, std::string_view api_key, signing how) {
    answer a;
    a.text("appid", o.appid);
    if (!o.attach.empty())
        a.text("attach", o.attach);
    a.text("bank_type", o.bank_type);
    a.text("cash_fee", o.total_fee.to_string());
    if (o.device_info && !o.device_info->empty())
        a.text("device_info", *o.device_info);
    a.text("fee_type", o.fee_type);
    a.text("is_subscribe", "N");
    a.text("mch_id", o.mch_id);
    a.text("nonce_str", o.nonce_str);
    a.text("openid", o.openid);
    a.text("out_trade_no", o.out_trade_no);
    a.text("result_code", "SUCCESS");
    a.text("return_code", "SUCCESS");
    a.sign_here();
    if (!o.sub_appid.empty())
        a.text("sub_appid", o.sub_appid);
    if (!o.sub_openid.empty())
        a.text("sub_is_subscribe", "N");
    if (!o.sub_mch_id.empty())
        a.text("sub_mch_id", o.sub_mch_id);
    if (!o.sub_openid.empty())
        a.text("sub_openid", o.sub_openid);
    a.text("time_end", beijing_time(o.paid_at));
    a.number("total_fee", o.total_fee.to_string());
    a.text("trade_type", o.trade_type);
    a.text("transaction_id", o.transaction_id);
    return a.to_xml(o.sign_type, api_key, how);
}

bool is_acknowledgement(unsigned status, std::string_view body) {
    fields said;
    return status == 200 && !decode_xml(body, said) && said.get("return_code") == "SUCCESS";
}

void notification_queue::add(notification_ptr n, unix_ms now) {
    all_.push_back(n);
    waiting_.emplace(now, std::move(n));
}

notification_ptr notification_queue::take_due(unix_ms now) {
    while (!waiting_.empty() && waiting_.begin()->first <= now) {
        notification_ptr n = std::move(waiting_.begin()->second);
        waiting_.erase(waiting_.begin());
        if (!n->acknowledged) // a duplicate may have been acknowledged in the meantime
            return n;
    }
    return nullptr;
}

void notification_queue::settle(notification_ptr const& n, unix_ms now) {
    if (n->acknowledged || n->forgotten || n->tries >= schedule_.size())
        return;
    waiting_.emplace(now + schedule_[n->tries++].count(), n);
}

std::optional<unix_ms> notification_queue::next_due() const noexcept {
    if (waiting_.empty())
        return std::nullopt;
    return waiting_.begin()->first;
}

void notification_queue::clear() {
    for (auto const& n : all_)
        n->forgotten = true;
    all_.clear();
    waiting_.clear();
}

} // namespace wxgate::sandbox
