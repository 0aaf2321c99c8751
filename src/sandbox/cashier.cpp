#include "sandbox/cashier.hpp"

#include "base/log.hpp"
#include "base/text.hpp"

namespace wxgate::sandbox {

namespace {

payment_result refused(std::string const& why) {
    return {false, "requestPayment:fail " + why, nullptr};
}

void start_notification(world& w, order const& o, merchant const& m, unix_ms now) {
    auto n = std::make_shared<notification>();
    n->out_trade_no = o.out_trade_no;
    n->kind = "payment";
    n->fault_name = "notify";
    n->url = o.notify_url;
    n->write = [&o, &m](signing how) { return payment_notification_xml(o, m.api_key, how); };
    w.notifications.add(std::move(n), now);
    w.something_is_due();
}

} // namespace

payment_result request_payment(world& w, wxgate::request_payment const& values, user_choice choice) {
    constexpr std::string_view prefix = "prepay_id=";
    if (!w.merchants.knows_appid(values.appId))
        return refused("appId is not known");
    bool const seconds = parse_uint(values.timeStamp, 99'999'999'999).has_value();
    if (!seconds)
        return refused("timeStamp is not a decimal number of seconds");
    if (values.nonceStr.empty() || values.nonceStr.size() > 32)
        return refused("nonceStr is not 1 to 32 characters");
    if (!values.package.starts_with(prefix))
        return refused("package does not begin with prepay_id=");
    auto const type = parse_sign_type(values.signType);
    if (!type)
        return refused("signType is neither MD5 nor HMAC-SHA256");
    auto const prepay_id = std::string_view(values.package).substr(prefix.size());
    unix_ms const now = w.clock.now();
    order const* const o = w.orders.find_prepay(prepay_id, now);
    if (o == nullptr)
        return refused("prepay_id is not known");
    if (o->appid != values.appId)
        return refused("appId is not the order's");
    if (o->sign_type != *type)
        return refused("signType is not the order's sign_type");

    fields signed_values;
    signed_values.set("appId", values.appId);
    signed_values.set("nonceStr", values.nonceStr);
    signed_values.set("package", values.package);
    signed_values.set("signType", values.signType);
    signed_values.set("timeStamp", values.timeStamp);
    signed_values.set("sign", values.paySign);
    merchant const* const m = w.merchants.by_mch_id(o->mch_id);
    if (m == nullptr || !verify(signed_values, *type, m->api_key))
        return refused("paySign does not verify");
    if (auto const why = w.orders.unpayable(*o, prepay_id, now))
        return refused(*why);

    if (choice == user_choice::cancel)
        return {true, "requestPayment:fail cancel", nullptr};
    if (choice == user_choice::fail)
        return {
            true,
            "requestPayment:fail (payment failed)",
            nullptr}; // the order stays NOTPAY: the user may try again
    w.orders.pay(*o, now);
    log::debug("paid", {{"out_trade_no", o->out_trade_no}, {"transaction_id", o->transaction_id}});
    start_notification(w, *o, *m, now);
    return {true, "requestPayment:ok", o};
}

} // namespace wxgate::sandbox
