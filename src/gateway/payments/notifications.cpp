#include "gateway/payments/notifications.hpp"

#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "ledger/anomalies.hpp"

#include <boost/json.hpp>

namespace wxgate::gateway {

using verdict = verdict_on_notification;

namespace {

void count(char const* what) {
    metrics::get_counter(
        "wxgate_notifications_total",
        "Payment notifications by what became of them.",
        std::string("result=\"") + what + '"'
    )
        .add();
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

awaitable<verdict> notifications::payment(merchant const& m, std::string_view body, call_context call) {
    WXGATE_FAILPOINT("notify.parsed");
    auto read = read_payment_notification(body, m.account.api_key);
    if (!read) {
        count("unverified");
        log::warn(
            "a notification was refused",
            {{"merchant", m.name}, {"why", read.error().message()}, {"request_id", call.request_id}}
        );
        co_return verdict::refused;
    }
    WXGATE_FAILPOINT("notify.verified");
    payment_notification n = std::move(*read);
    if (!n.paid) { // a failed attempt: the order stays payable
        count("not_paid");
        log::info("a payment attempt failed", {{"merchant", m.name}, {"out_trade_no", n.out_trade_no}});
        co_return verdict::accepted;
    }
    if (n.mch_id != m.account.mch_id)
        co_return co_await anomaly(m, std::move(n), "mch_id_mismatch");
    if (n.appid != m.account.appid)
        co_return co_await anomaly(m, std::move(n), "appid_mismatch");
    if (n.sub_mch_id != m.account.sub_mch_id) // another shop's of the same provider
        co_return co_await anomaly(m, std::move(n), "mch_id_mismatch");
    if (n.ambiguous)
        co_return co_await confirmed(m, std::move(n), std::move(call));
    co_return co_await record(m, std::move(n), std::move(call));
}

// A value may hold a field within: the signature alone does not prove where fields begin and end. WeChat is
// asked, and what it says of this order is recorded; the notification itself is only the hint.
awaitable<verdict> notifications::confirmed(merchant const& m, payment_notification n, call_context call) {
    auto order = co_await payments_.get(m, n.out_trade_no);
    if (!order && order.error().status != 404)
        co_return verdict::later;
    if (!order)
        co_return co_await anomaly(m, std::move(n), "unknown_order");
    if (auto const* kind = mismatch(*order, n))
        co_return co_await anomaly(m, std::move(n), kind);
    if (ledger::is_paid(order->trade_state))
        co_return verdict::accepted;
    auto const asked = co_await payments_.ask(m, std::move(*order), std::move(call));
    if (!asked && !asked.error().is_refused())
        co_return verdict::later;
    if (asked && ledger::is_paid(asked->trade_state) && asked->transaction_id == n.transaction_id) {
        count("recorded");
        co_return verdict::accepted;
    }
    co_return co_await anomaly(m, std::move(n), "unconfirmed");
}

awaitable<verdict> notifications::record(merchant const& m, payment_notification n, call_context call) {
    ledger::order_key const key{m.name, m.account.mch_id, n.out_trade_no};
    ledger::payment p;
    p.appid = n.appid;
    p.sign_type = n.sign_type;
    p.transaction_id = n.transaction_id;
    p.openid = user_of(m.account, n.openid, n.sub_openid);
    p.total_fee = n.total_fee;
    p.trade_type = n.trade_type;
    // WeChat's own time of payment; one that cannot be is not believed, and decides nothing anyway.
    p.paid_at = now_ms();
    if (n.time_end &&
        std::abs(n.time_end->time_since_epoch().count() * 1000 - p.paid_at) < 8LL * 24 * 3600 * 1000)
        p.paid_at = n.time_end->time_since_epoch().count() * 1000;
    ledger::cause why{"notification", std::move(call.request_id), "{}"};
    bool const plain = n.fee_type == "CNY" && !n.trade_type.empty(); // what every order here is
    result<ledger::change> seen = ledger::change{};
    if (plain) {
        seen = co_await orders_.pay(key, std::move(p), std::move(why));
        WXGATE_FAILPOINT("notify.after_commit");
        if (!seen)
            co_return verdict::later;
    }
    if (seen->changed) {
        count("recorded");
        log::info(
            "paid",
            {{"merchant", m.name}, {"out_trade_no", n.out_trade_no}, {"transaction_id", n.transaction_id}}
        );
        co_return verdict::accepted;
    }
    ledger::change found = std::move(*seen);
    co_return co_await not_recorded(m, std::move(n), std::move(found));
}

// Nothing changed: a duplicate, or something that a person must look at.
awaitable<verdict>
notifications::not_recorded(merchant const& m, payment_notification n, ledger::change seen) {
    if (!seen.now) {
        auto const found = co_await payments_.get(m, n.out_trade_no);
        if (!found && found.error().status != 404)
            co_return verdict::later;
        if (!found)
            co_return co_await anomaly(m, std::move(n), "unknown_order");
        seen.now = *found;
    }
    if (auto const* kind = mismatch(*seen.now, n))
        co_return co_await anomaly(m, std::move(n), kind);
    if (ledger::is_paid(seen.now->trade_state)) {
        count("duplicate");
        co_return verdict::accepted;
    }
    co_return co_await anomaly(m, std::move(n), "transaction_reused");
}

awaitable<verdict> notifications::anomaly(merchant const& m, payment_notification n, char const* kind) {
    boost::json::object detail;
    detail["transaction_id"] = n.transaction_id;
    detail["total_fee"] = n.total_fee.count();
    detail["mch_id"] = n.mch_id;
    detail["appid"] = n.appid;
    ledger::anomaly a;
    a.key = {m.name, m.account.mch_id, n.out_trade_no};
    a.kind = kind;
    a.fingerprint = n.transaction_id;
    a.detail = boost::json::serialize(detail);
    count("anomaly");
    count_anomaly(kind);
    log::error(
        "a notification does not agree with its order",
        {{"merchant", m.name},
         {"out_trade_no", n.out_trade_no},
         {"kind", kind},
         {"transaction_id", n.transaction_id}}
    );
    auto const kept = co_await ledger::record(*shared_.store, shared_.audience, std::move(a));
    co_return kept ? verdict::refused : verdict::later;
}

} // namespace wxgate::gateway
