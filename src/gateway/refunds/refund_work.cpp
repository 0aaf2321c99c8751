#include "gateway/refunds/refund_work.hpp"

#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "gateway/api/json_text.hpp"
#include "gateway/due_work.hpp"
#include "ledger/anomalies.hpp"

namespace wxgate::gateway {

namespace {

metrics::counter_set const refunds_by_status(
    "wxgate_refunds_total",
    "Refunds by the state they came to.",
    "refund_status",
    {"PROCESSING", "SUCCESS", "CHANGE", "REFUNDCLOSE", "FAILED"}
);

ledger::cause because(std::string source, std::string const& said) {
    json_object detail;
    detail["outcome"] = said;
    return {std::move(source), {}, std::move(detail).text()};
}

refund_request to_request(ledger::refund const& r) {
    refund_request q;
    q.out_trade_no = r.out_trade_no;
    q.out_refund_no = r.out_refund_no;
    q.total_fee = r.total_fee;
    q.refund_fee = r.refund_fee;
    q.refund_desc = r.reason;
    q.notify_url = r.notify_url;
    return q;
}

// What WeChat counts as a wrong request: of those it takes six a second.
bool is_wrong_request(outcome<refund> const& answered) {
    if (answered)
        return false;
    failure const why = answered.error();
    auto const unsure = why.as_unknown();
    return !unsure || unsure->code == errc::unsigned_failure || unsure->code == errc::certificate_refused;
}

// WeChat has a refund that this ledger says it never asked for, or was refused.
bool is_unexpected(ledger::refund const& now) {
    return now.refund_status == refund_status::REQUESTED || now.refund_status == refund_status::REJECTED ||
           now.refund_status == refund_status::FAILED;
}

} // namespace

std::string notice_of(ledger::refund_key const& key) {
    return "refund " + key.mch_id + '/' + key.out_refund_no;
}

awaitable<result<std::optional<refund_work::looked>>>
refund_work::send(merchant const& m, ledger::refund r, std::string owner, steady_point until) {
    std::optional<looked> nothing;
    if (m.identity.empty() || m.identity_expires <= std::chrono::system_clock::now()) {
        std::string why = m.identity.empty() ? "the merchant has no client certificate"
                                             : "the merchant's client certificate has expired";
        auto held = without_certificate(r, std::move(why), shared_.refund_limits, now_ms());
        auto const kept = co_await keep(std::move(r), std::move(owner), std::move(held), "refund");
        if (!kept)
            co_return kept.error();
        co_return nothing;
    }
    ledger::cause why{"refund", {}, "{}"};
    std::string notify_url = shared_.public_url + "/notify/" + m.name + "/refund";
    auto const begun =
        co_await refunds_.begin_attempt(key_of(r), owner, std::move(notify_url), std::move(why));
    if (!begun)
        co_return begun.error();
    if (!begun->changed) {
        shared_.board.tell(notice_of(key_of(r))); // queued: whoever asked for it need not wait
        co_return nothing;
    }
    r = *begun->now;
    refund_request request = to_request(r);
    WXGATE_FAILPOINT("refund.before_call");
    auto const answered = co_await wechat_.refund(m.account, std::move(request), until);
    WXGATE_FAILPOINT("refund.after_call");
    refund_outcome o = after_call(r, answered, shared_.refund_limits, now_ms(), random_spread());
    bool const ask_now = o.ask_now;
    o.step.go_on = ask_now;
    bool const refused = is_wrong_request(answered);
    auto kept = co_await keep(std::move(r), std::move(owner), std::move(o), "refund");
    if (!kept)
        co_return kept.error();
    WXGATE_FAILPOINT("refund.after_commit");
    kept->ask_now = ask_now;
    kept->refused = refused;
    co_return std::move(*kept);
}

awaitable<result<refund_work::looked>> refund_work::ask(
    merchant const& m, ledger::refund r, std::string owner, std::string source, steady_point until
) {
    refund_query_request request;
    request.out_refund_no = r.out_refund_no;
    auto const answered = co_await wechat_.refund_query(m.account, std::move(request), until);
    std::optional<failure> unanswered;
    if (!answered && !answered.error().is_refused_as("REFUNDNOTEXIST"))
        unanswered = answered.error();
    refund_outcome o = after_query(r, answered, shared_.refund_limits, now_ms(), random_spread());
    auto kept = co_await keep(std::move(r), std::move(owner), std::move(o), std::move(source));
    if (kept)
        kept->unanswered = std::move(unanswered);
    co_return kept;
}

awaitable<result<refund_work::looked>>
refund_work::keep(ledger::refund r, std::string owner, refund_outcome o, std::string source) {
    auto const key = key_of(r);
    looked l;
    // WeChat's word of a refund's state holds whoever hears it; our own conclusions are the lease holder's.
    bool const its_word = o.step.to && ledger::is_accepted(*o.step.to);
    bool const only_watching = owner.empty() && !its_word;
    if (o.nothing_new || only_watching) {
        if (!owner.empty()) {
            ledger::refund_look mine{std::move(owner), r.version};
            auto const later = co_await refunds_.postpone(key, std::move(mine), *o.step.due_at, o.step.tries);
            if (!later)
                co_return later.error();
        }
        l.now = std::move(r);
        shared_.board.tell(notice_of(key));
        co_return l;
    }
    ledger::cause why = because(std::move(source), o.said);
    result<ledger::refund_change> changed = ledger::refund_change{};
    if (its_word) {
        changed = co_await refunds_.adopt(key, o.step, std::move(why));
    } else {
        ledger::refund_look mine{std::move(owner), r.version};
        changed = co_await refunds_.record(key, std::move(mine), o.step, std::move(why));
    }
    if (!changed)
        co_return changed.error();
    l.changed = changed->changed;
    l.now = changed->now.value_or(std::move(r));
    if (l.changed) {
        if (o.step.to)
            refunds_by_status[to_string(l.now.refund_status)].add();
        if (!o.step.anomaly.empty())
            count_anomaly(o.step.anomaly);
        auto const level = o.step.anomaly.empty() ? log::level::info : log::level::error;
        log::write(
            level,
            "refund",
            {{"merchant", l.now.merchant},
             {"out_refund_no", l.now.out_refund_no},
             {"refund_status", to_string(l.now.refund_status)},
             {"said", o.said}}
        );
    }
    if (!l.changed && its_word && is_unexpected(l.now)) {
        ledger::order_key of{l.now.merchant, l.now.mch_id, l.now.out_trade_no};
        ledger::anomaly a{std::move(of), "refund_unexpected", l.now.out_refund_no, "{}"};
        auto const recorded = co_await ledger::record(*shared_.store, shared_.audience, std::move(a));
        count_anomaly("refund_unexpected");
        log::error(
            "WeChat has a refund that was not to be",
            {{"out_refund_no", l.now.out_refund_no}, {"recorded", recorded.has_value()}}
        );
    }
    shared_.board.tell(notice_of(key));
    co_return l;
}

} // namespace wxgate::gateway
