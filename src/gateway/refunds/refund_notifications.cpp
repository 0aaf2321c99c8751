#include "gateway/refunds/refund_notifications.hpp"

#include "base/log.hpp"
#include "gateway/refunds/refund_request.hpp"

namespace wxgate::gateway {

using verdict = verdict_on_notification;

namespace {

metrics::counter_set const results(
    "wxgate_refund_notifications_total",
    "Refund notifications by what became of them.",
    "result",
    {"recorded", "duplicate", "unconfirmed", "unreadable", "unknown", "mismatch", "later"}
);

verdict ended(subject& about, std::string_view result, verdict v) {
    results[result].add();
    about.did = result;
    return v;
}

verdict refused(merchant const& m, subject& about, std::string_view result, std::string const& why) {
    log::warn("a refund notification was refused", {{"merchant", m.name}, {"why", why}});
    return ended(about, result, verdict::refused);
}

// Nothing more of this notification's kind can be told: the refund is where it says, or further. One that was
// taken for failed or rejected is asked about, and a person hears of it.
bool is_settled(ledger::refund const& r, refund_notification const& n) {
    bool const never_sent =
        r.refund_status == refund_status::FAILED || r.refund_status == refund_status::REJECTED;
    return r.refund_status == n.refund_status || (ledger::is_final(r.refund_status) && !never_sent);
}

} // namespace

char const* mismatch(ledger::refund const& r, merchant const& m, refund_notification const& n) noexcept {
    if (n.appid != m.account.appid)
        return "appid";
    if (n.mch_id != m.account.mch_id)
        return "mch_id";
    if (n.out_trade_no != r.out_trade_no)
        return "out_trade_no";
    if (n.total_fee != r.total_fee)
        return "total_fee";
    if (n.refund_fee != r.refund_fee)
        return "refund_fee";
    if (!r.refund_id.empty() && n.refund_id != r.refund_id)
        return "refund_id";
    return nullptr;
}

awaitable<verdict>
refund_notifications::refund(merchant const& m, std::string_view body, call_context call, subject& about) {
    auto const read = read_refund_notification(body, m.account.api_key);
    if (!read)
        co_return refused(m, about, "unreadable", read.error().message());
    if (!is_out_refund_no(read->out_refund_no))
        co_return refused(m, about, "unknown", "no out_refund_no of ours");
    about.out_refund_no = read->out_refund_no;
    auto found = co_await refunds_.get(m, read->out_refund_no);
    if (!found && found.error().status != 404)
        co_return ended(about, "later", verdict::later);
    if (!found)
        co_return refused(m, about, "unknown", "no refund of ours: " + read->out_refund_no);
    about.out_trade_no = found->out_trade_no;
    if (auto const* field = mismatch(*found, m, *read))
        co_return refused(m, about, "mismatch", std::string("another ") + field);
    if (is_settled(*found, *read))
        co_return ended(about, "duplicate", verdict::accepted);
    auto const confirmed = co_await refunds_.confirm(m, std::move(*found), "notification", std::move(call));
    if (!confirmed ||
        !is_settled(*confirmed, *read)) // WeChat comes again, and the refund is asked about anyway
        co_return ended(about, "unconfirmed", verdict::later);
    co_return ended(about, "recorded", verdict::accepted);
}

} // namespace wxgate::gateway
