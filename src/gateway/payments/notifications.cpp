#include "gateway/payments/notifications.hpp"

#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "gateway/api/json_text.hpp"
#include "gateway/payments/payment_request.hpp"
#include "ledger/anomalies.hpp"

namespace wxgate::gateway {

using verdict = verdict_on_notification;

namespace {

metrics::counter_set const results(
    "wxgate_notifications_total",
    "Payment notifications by what became of them.",
    "result",
    {"recorded", "duplicate", "not_paid", "unverified", "anomaly", "later"}
);

verdict ended(subject& about, std::string_view result, verdict v) {
    results[result].add();
    about.did = result;
    return v;
}

} // namespace

char const* mismatch(ledger::order const& o, payment_notification const& n) noexcept {
    if (n.sign_type != o.sign_type)
        return "sign_type_mismatch";
    if (n.appid != o.appid)
        return "appid_mismatch";
    if (n.total_fee != o.total_fee)
        return "amount_mismatch";
    if (n.fee_type != o.fee_type)
        return "currency_mismatch";
    if (!o.openid.empty() && n.openid != o.openid && n.sub_openid != o.openid)
        return "openid_mismatch";
    if (n.trade_type != o.trade_type)
        return "trade_type_mismatch";
    if (!o.transaction_id.empty() && n.transaction_id != o.transaction_id)
        return "paid_twice";
    return nullptr;
}

awaitable<verdict>
notifications::payment(merchant const& m, std::string_view body, call_context call, subject& about) {
    WXGATE_FAILPOINT("notify.parsed");
    auto read = read_payment_notification(body, m.account.api_key);
    if (!read) {
        log::warn(
            "a notification was refused",
            {{"merchant", m.name}, {"why", read.error().message()}, {"request_id", call.request_id}}
        );
        co_return ended(about, "unverified", verdict::refused);
    }
    WXGATE_FAILPOINT("notify.verified");
    notice n{m, std::move(*read), std::move(call), about};
    if (is_out_trade_no(n.said.out_trade_no))
        about.out_trade_no = n.said.out_trade_no;
    if (!n.said.paid) // a failed attempt: the order stays payable
        co_return ended(about, "not_paid", verdict::accepted);
    auto v = verdict::later;
    if (n.said.mch_id != m.account.mch_id)
        v = co_await anomaly(n, "mch_id_mismatch");
    else if (n.said.appid != m.account.appid)
        v = co_await anomaly(n, "appid_mismatch");
    else if (n.said.sub_mch_id != m.account.sub_mch_id) // another shop's of the same provider
        v = co_await anomaly(n, "mch_id_mismatch");
    else if (n.said.ambiguous)
        v = co_await confirmed(n);
    else
        v = co_await record(n);
    if (v == verdict::later)
        co_return ended(about, "later", v);
    co_return v;
}

// A value may hold a field within: the signature alone does not prove where fields begin and end. WeChat is
// asked, and what it says of this order is recorded; the notification itself is only the hint.
awaitable<verdict> notifications::confirmed(notice& n) {
    auto order = co_await payments_.get(n.to, n.said.out_trade_no);
    if (!order && order.error().status != 404)
        co_return verdict::later;
    if (!order)
        co_return co_await anomaly(n, "unknown_order");
    if (auto const* kind = mismatch(**order, n.said))
        co_return co_await anomaly(n, kind);
    if (ledger::is_paid((*order)->trade_state))
        co_return ended(n.about, "duplicate", verdict::accepted);
    auto const asked = co_await payments_.ask(n.to, std::move(*order), n.call);
    if (!asked && !asked.error().is_refused())
        co_return verdict::later;
    if (asked && ledger::is_paid((*asked)->trade_state) && (*asked)->transaction_id == n.said.transaction_id)
        co_return ended(n.about, "recorded", verdict::accepted);
    co_return co_await anomaly(n, "unconfirmed");
}

awaitable<verdict> notifications::record(notice& n) {
    ledger::order_key const key{n.to.name, n.to.account.mch_id, n.said.out_trade_no};
    ledger::payment p;
    p.appid = n.said.appid;
    p.sign_type = n.said.sign_type;
    p.transaction_id = n.said.transaction_id;
    p.openid = user_of(n.to.account, n.said.openid, n.said.sub_openid);
    p.total_fee = n.said.total_fee;
    p.trade_type = n.said.trade_type;
    // WeChat's own time of payment; one that cannot be is not believed, and decides nothing anyway.
    p.paid_at = now_ms();
    auto const told = n.said.time_end;
    if (told && std::abs(told->time_since_epoch().count() * 1000 - p.paid_at) < 8LL * 24 * 3600 * 1000)
        p.paid_at = told->time_since_epoch().count() * 1000;
    ledger::cause why{"notification", n.call.request_id, "{}", n.call.trace};
    bool const plain = n.said.fee_type == "CNY" && !n.said.trade_type.empty(); // what every order here is
    ledger::change found;
    if (plain) {
        auto seen = co_await orders_.pay(key, std::move(p), std::move(why));
        WXGATE_FAILPOINT("notify.after_commit");
        if (!seen)
            co_return verdict::later;
        found = std::move(*seen);
    }
    if (found.changed)
        co_return ended(n.about, "recorded", verdict::accepted);
    co_return co_await not_recorded(n, std::move(found));
}

// Nothing changed: a duplicate, or something that a person must look at.
awaitable<verdict> notifications::not_recorded(notice& n, ledger::change seen) {
    if (!seen.now) {
        auto const found = co_await payments_.get(n.to, n.said.out_trade_no);
        if (!found && found.error().status != 404)
            co_return verdict::later;
        if (!found)
            co_return co_await anomaly(n, "unknown_order");
        seen.now = *found;
    }
    if (auto const* kind = mismatch(*seen.now, n.said))
        co_return co_await anomaly(n, kind);
    if (ledger::is_paid(seen.now->trade_state))
        co_return ended(n.about, "duplicate", verdict::accepted);
    co_return co_await anomaly(n, "transaction_reused");
}

awaitable<verdict> notifications::anomaly(notice& n, char const* kind) {
    json_object detail;
    detail["transaction_id"] = n.said.transaction_id;
    detail["total_fee"] = n.said.total_fee.count();
    detail["mch_id"] = n.said.mch_id;
    detail["appid"] = n.said.appid;
    ledger::anomaly a;
    a.key = {n.to.name, n.to.account.mch_id, n.said.out_trade_no};
    a.kind = kind;
    a.fingerprint = n.said.transaction_id;
    a.detail = std::move(detail).text();
    a.trace = n.call.trace;
    count_anomaly(kind);
    log::error(
        "a notification does not agree with its order",
        {{"merchant", n.to.name},
         {"out_trade_no", n.said.out_trade_no},
         {"kind", kind},
         {"transaction_id", n.said.transaction_id}}
    );
    auto const kept = co_await ledger::record(*shared_.store, shared_.audience, std::move(a));
    results["anomaly"].add();
    n.about.did = "anomaly";
    co_return kept ? verdict::refused : verdict::later;
}

} // namespace wxgate::gateway
