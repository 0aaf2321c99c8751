#include "gateway/refunds/refund_rules.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace wxgate::gateway {

namespace {

using status = wxgate::refund_status;

// What a signed refusal asks for (protocol A8).
enum class action {
    back_off,      // WeChat is not ready for it
    wait_a_minute, // too often
    wait_for_money,
    wait_for_person, // our configuration is wrong: no refund would pass
    give_up,
    confirm, // an err_code nobody knows
};

struct rule {
    std::string_view err_code;
    action then;
};

constexpr std::array rules{
    rule{"ORDER_NOT_READY", action::back_off},
    rule{"FREQUENCY_LIMITED", action::wait_a_minute},
    rule{"INVALID_REQ_TOO_MUCH", action::wait_a_minute},
    rule{"NOTENOUGH", action::wait_for_money},
    rule{"NOAUTH", action::wait_for_person},
    rule{"CERT_ERROR", action::wait_for_person},
    rule{"SIGNERROR", action::wait_for_person},
    rule{"XML_FORMAT_ERROR", action::wait_for_person},
    rule{"REQUIRE_POST_METHOD", action::wait_for_person},
    rule{"ERROR", action::give_up},
    rule{"USER_ACCOUNT_ABNORMAL", action::give_up},
    rule{"TRADE_OVERDUE", action::give_up},
    rule{"REFUND_FEE_MISMATCH", action::give_up},
    rule{"INVALID_REQUEST", action::give_up},
    rule{"PARAM_ERROR", action::give_up},
    rule{"INVALID_TRANSACTIONID", action::give_up},
    rule{"ORDERNOTEXIST", action::give_up},
    rule{"APPID_NOT_EXIST", action::give_up},
    rule{"MCHID_NOT_EXIST", action::give_up},
};

action action_for(std::string_view err_code) {
    for (auto const& r : rules)
        if (r.err_code == err_code)
            return r.then;
    return action::confirm;
}

constexpr std::string_view refund_tls = "refund_tls"; // the contract's name for trouble with the certificate
constexpr std::string_view refund_stuck = "refund_stuck";
constexpr std::size_t max_err_code = 64; // WeChat's have 32; one that was not signed may be anything

// The step that keeps the state, with the count of looks going on.
refund_outcome stay(ledger::refund const& r, std::string type, unix_ms due_at) {
    refund_outcome o;
    o.step.type = std::move(type);
    o.step.tries = r.tries + 1;
    o.step.due_at = due_at;
    o.step.failing = r.failing;
    o.step.err_code = r.err_code;
    return o;
}

refund_outcome after_refusal(
    ledger::refund const& r, refused const& said, refund_limits const& l, unix_ms now, double spread
) {
    auto const then = action_for(said.err_code);
    bool const last_word = then == action::give_up && !r.ever_in_doubt;
    refund_outcome o = stay(r, "REFUND_LATER", now);
    o.step.err_code = said.err_code;
    o.said = said.err_code + ": " + said.err_code_des;
    switch (then) {
    case action::back_off:
        o.step.due_at = now + back_off(r.tries, l.first_retry, l.last_retry, spread).count();
        break;
    case action::wait_a_minute:
        o.step.due_at = now + l.order_interval.count();
        break;
    case action::wait_for_money:
        o.step.due_at = now + back_off(r.tries, l.first_retry, l.poor_retry, spread).count();
        break;
    case action::wait_for_person:
        o.step.due_at = now + l.certificate_retry.count();
        o.step.anomaly = "refund_configuration";
        break;
    case action::give_up:
    case action::confirm:
        if (last_word) {
            o.step.to = status::FAILED;
            o.step.due_at.reset();
        } else {
            o.step.type = "REFUND_REFUSED";
            o.step.in_doubt = o.step.doubted = o.step.failing = true;
            o.step.due_at = now + l.order_interval.count();
        }
        break;
    }
    return o;
}

// So many looks without an answer: a person hears of it, once.
bool is_stuck(ledger::refund const& r, refund_limits const& l) {
    return r.tries + 1 == static_cast<std::int64_t>(l.tries_to_be_stuck);
}

refund_outcome after_unknown(
    ledger::refund const& r, unknown const& what, refund_limits const& l, unix_ms now, double spread
) {
    bool const certificate = what.code == errc::certificate_refused;
    if (certificate && !what.sent) {
        auto o = without_certificate(r, what.detail, l, now);
        o.nothing_new = false; // the attempt was begun, and is over
        return o;
    }
    auto const wait = back_off(r.tries, l.first_retry, l.last_retry, spread).count();
    refund_outcome o = stay(r, what.sent ? "REFUND_UNKNOWN" : "REFUND_LATER", now + wait);
    o.said = what.code.message() + (what.detail.empty() ? "" : ": " + what.detail);
    o.step.in_doubt = o.step.doubted = o.ask_now = what.sent;
    o.step.err_code = what.said.err_code.substr(0, max_err_code);
    if (certificate) {
        o.step.err_code = refund_tls;
        o.step.anomaly = refund_tls;
    } else if (is_stuck(r, l)) {
        o.step.anomaly = refund_stuck;
    }
    return o;
}

// What WeChat's own state means here.
refund_outcome adopted(
    ledger::refund const& r, refund_item const& item, refund_limits const& l, unix_ms now, double spread
) {
    refund_outcome o;
    o.said = to_string(item.refund_status);
    o.step.to = item.refund_status;
    o.step.refund_id = item.refund_id;
    if (item.refund_status == status::PROCESSING) {
        o.nothing_new = r.refund_status == status::PROCESSING;
        o.step.tries = o.nothing_new ? r.tries + 1 : 0;
        o.step.due_at = now + back_off(r.tries, l.first_retry, l.last_retry, spread).count();
        return o;
    }
    if (item.refund_status == status::SUCCESS)
        o.step.succeeded_at =
            item.refund_success_time ? item.refund_success_time->time_since_epoch().count() * 1000 : now;
    if (item.refund_status == status::CHANGE) { // the money did not reach the customer: a person sends it
        o.nothing_new = r.refund_status == status::CHANGE;
        o.step.tries = r.tries;
        o.step.due_at = now + l.change_look.count();
        o.step.anomaly = "refund_change";
    }
    if (item.refund_status == status::REFUNDCLOSE)
        o.step.anomaly = "refund_closed";
    return o;
}

// WeChat does not know the number: the call was not done, or not yet.
refund_outcome not_there(ledger::refund const& r, refund_limits const& l, unix_ms now, double spread) {
    auto const wait = back_off(r.tries, l.first_retry, l.last_retry, spread).count();
    refund_outcome o = stay(r, "REFUND_NOT_THERE", now + wait);
    o.said = "REFUNDNOTEXIST";
    if (r.refund_status != status::APPROVED) { // it was there: another of WeChat's machines, it must be
        o.nothing_new = true;
        return o;
    }
    o.step.doubted = r.in_doubt; // an answer that came too late is no answer: it may have been done
    if (r.failing) {
        o.step.to = status::FAILED;
        o.step.due_at.reset();
    } else if (r.err_code == refund_tls) {
        o.step.due_at = now + l.certificate_retry.count();
    }
    return o;
}

} // namespace

milliseconds back_off(std::int64_t tries, milliseconds first, milliseconds last, double spread) {
    auto const doublings = static_cast<int>(std::clamp<std::int64_t>(tries, 0, 30));
    double const wait = std::min(
        static_cast<double>(last.count()), static_cast<double>(first.count()) * std::pow(2.0, doublings)
    );
    return milliseconds(static_cast<milliseconds::rep>(wait * (0.8 + 0.4 * spread)));
}

refund_outcome after_call(
    ledger::refund const& r,
    outcome<refund> const& answered,
    refund_limits const& l,
    unix_ms now,
    double spread
) {
    if (answered) {
        refund_outcome o;
        o.said = "accepted";
        o.step.to = status::PROCESSING;
        o.step.refund_id = answered->refund_id;
        o.step.due_at = now + back_off(0, l.first_retry, l.last_retry, spread).count();
        return o;
    }
    failure const why = answered.error();
    if (auto const said = why.as_refused())
        return after_refusal(r, *said, l, now, spread);
    return after_unknown(r, *why.as_unknown(), l, now, spread);
}

refund_outcome after_query(
    ledger::refund const& r,
    outcome<refund_query> const& answered,
    refund_limits const& l,
    unix_ms now,
    double spread
) {
    auto const wait = back_off(r.tries, l.first_retry, l.last_retry, spread).count();
    if (answered) {
        auto const& item = answered->refunds.front(); // by number: there is one, and it is this
        bool const ours = item.refund_fee == r.refund_fee && answered->total_fee == r.total_fee &&
                          answered->out_trade_no == r.out_trade_no;
        if (ours)
            return adopted(r, item, l, now, spread);
        refund_outcome o = stay(r, "REFUND_MISMATCH", now + l.last_retry.count());
        o.step.in_doubt = r.in_doubt;
        o.step.anomaly = "refund_mismatch";
        o.said = "WeChat has this number for another order or amount";
        return o;
    }
    failure const why = answered.error();
    if (why.is_refused_as("REFUNDNOTEXIST"))
        return not_there(r, l, now, spread);
    refund_outcome o = stay(r, "REFUND_STUCK", now + wait);
    o.said = why.message();
    o.step.in_doubt = r.in_doubt;
    o.nothing_new = !is_stuck(r, l);
    if (!o.nothing_new)
        o.step.anomaly = refund_stuck;
    return o;
}

refund_outcome
without_certificate(ledger::refund const& r, std::string why, refund_limits const& l, unix_ms now) {
    refund_outcome o = stay(r, "REFUND_HELD", now + l.certificate_retry.count());
    o.nothing_new = r.err_code == refund_tls;
    o.step.err_code = refund_tls;
    o.step.anomaly = refund_tls;
    o.said = std::move(why);
    return o;
}

bool has_expired(ledger::refund const& r, refund_limits const& l, unix_ms now) {
    return r.refund_status == status::APPROVED && !r.in_doubt && r.decided_by != "auto" && !r.ever_in_doubt &&
           now - r.decided_at.value_or(now) > l.approval_life.count();
}

} // namespace wxgate::gateway
