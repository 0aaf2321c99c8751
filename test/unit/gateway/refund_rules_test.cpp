#include "gateway/refunds/refund_notifications.hpp"
#include "gateway/refunds/refund_rules.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::gateway;
using status = wxgate::refund_status;
using row_t = ledger::refund;

namespace {

constexpr unix_ms now = 1'790'000'000'000;
refund_limits const limits;

row_t approved() {
    row_t r;
    r.merchant = "shop";
    r.mch_id = "10000100";
    r.out_refund_no = "R1";
    r.out_trade_no = "order-1001";
    r.refund_fee = fen(30);
    r.total_fee = fen(100);
    r.refund_status = status::APPROVED;
    r.decided_by = "alice";
    r.decided_at = now - 1000;
    return r;
}

row_t doubted() {
    auto r = approved();
    r.ever_in_doubt = true;
    return r;
}

outcome<refund> refusal(std::string err_code) {
    refused r;
    r.err_code = std::move(err_code);
    return r;
}

outcome<refund> unsure(errc code, bool sent, std::string err_code = {}) {
    refused said;
    said.err_code = std::move(err_code);
    return unknown{make_error_code(code), "", sent, said};
}

outcome<refund> accepted() {
    wxgate::refund r;
    r.refund_id = "5000";
    return r;
}

outcome<refund_query> found(status s, std::int64_t fee = 30) {
    refund_query q;
    q.out_trade_no = "order-1001";
    q.total_fee = fen(100);
    refund_item i;
    i.out_refund_no = "R1";
    i.refund_id = "5000";
    i.refund_fee = fen(fee);
    i.refund_status = s;
    q.refunds.push_back(i);
    return q;
}

outcome<refund_query> not_there() {
    refused r;
    r.err_code = "REFUNDNOTEXIST";
    return r;
}

refund_outcome called(row_t const& r, outcome<refund> const& o) {
    return after_call(r, o, limits, now, 0.5);
}

refund_outcome asked(row_t const& r, outcome<refund_query> const& o) {
    return after_query(r, o, limits, now, 0.5);
}

unix_ms wait_of(refund_outcome const& o) {
    return o.step.due_at.value() - now;
}

} // namespace

BOOST_AUTO_TEST_SUITE(refund_rules)

BOOST_AUTO_TEST_CASE(accepted_is_processing_not_done) {
    auto const o = called(approved(), accepted());
    BOOST_TEST((o.step.to == status::PROCESSING));
    BOOST_TEST(o.step.refund_id == "5000");
    BOOST_TEST(o.step.due_at.has_value()); // and asked about
    BOOST_TEST(!o.step.in_doubt);
}

BOOST_AUTO_TEST_CASE(later_with_the_same_number) {
    struct row {
        char const* err_code;
        unix_ms wait;
    };

    for (auto const& [code, wait] :
         {row{"ORDER_NOT_READY", 1000},
          row{"NOTENOUGH", 1000},
          row{"FREQUENCY_LIMITED", 60'000},
          row{"INVALID_REQ_TOO_MUCH", 60'000}}) {
        auto const o = called(approved(), refusal(code));
        BOOST_TEST(!o.step.to.has_value(), code);
        BOOST_TEST(!o.step.in_doubt, code); // WeChat said no, signed: it was not done
        BOOST_TEST(!o.step.failing, code);
        BOOST_TEST(o.step.err_code == code);
        BOOST_TEST(wait_of(o) == wait, code);
    }
}

BOOST_AUTO_TEST_CASE(may_have_been_done_is_asked_about) {
    for (auto const code :
         {errc::upstream_busy,
          errc::timed_out,
          errc::connection_lost,
          errc::bad_signature,
          errc::malformed_xml,
          errc::bad_status,
          errc::unsigned_failure,
          errc::mismatched_answer,
          errc::response_too_large}) {
        auto const o = called(approved(), unsure(code, true));
        BOOST_TEST(!o.step.to.has_value());
        BOOST_TEST(o.step.in_doubt);
        BOOST_TEST(o.step.doubted);
        BOOST_TEST(o.ask_now);
    }
}

BOOST_AUTO_TEST_CASE(not_sent_is_not_in_doubt) {
    for (auto const code :
         {errc::connect_failed, errc::resolve_failed, errc::pool_exhausted, errc::timed_out}) {
        auto const o = called(approved(), unsure(code, false));
        BOOST_TEST(!o.step.to.has_value());
        BOOST_TEST(!o.step.in_doubt);
        BOOST_TEST(!o.ask_now);
        BOOST_TEST(wait_of(o) == 1000);
    }
}

BOOST_AUTO_TEST_CASE(refused_for_good) {
    for (auto const* const code :
         {"ERROR",
          "USER_ACCOUNT_ABNORMAL",
          "TRADE_OVERDUE",
          "REFUND_FEE_MISMATCH",
          "INVALID_REQUEST",
          "PARAM_ERROR",
          "INVALID_TRANSACTIONID",
          "ORDERNOTEXIST",
          "APPID_NOT_EXIST",
          "MCHID_NOT_EXIST"}) {
        auto const o = called(approved(), refusal(code));
        BOOST_TEST((o.step.to == status::FAILED), code);
        BOOST_TEST(!o.step.due_at.has_value(), code);
        BOOST_TEST(o.step.err_code == code);
        // After a call whose end was not known, a query a minute later has the last word.
        auto const again = called(doubted(), refusal(code));
        BOOST_TEST(!again.step.to.has_value(), code);
        BOOST_TEST(again.step.failing, code);
        BOOST_TEST(again.step.in_doubt, code);
        BOOST_TEST(!again.ask_now, code);
        BOOST_TEST(wait_of(again) == 60'000, code);
    }
}

BOOST_AUTO_TEST_CASE(an_err_code_nobody_knows_is_no_end) {
    auto const o = called(approved(), refusal("SOMETHING_NEW"));
    BOOST_TEST(!o.step.to.has_value());
    BOOST_TEST(o.step.in_doubt);
    BOOST_TEST(o.step.failing);
    BOOST_TEST(wait_of(o) == 60'000);
}

BOOST_AUTO_TEST_CASE(our_configuration_at_fault_waits_for_a_person) {
    for (auto const* const code :
         {"NOAUTH", "CERT_ERROR", "SIGNERROR", "XML_FORMAT_ERROR", "REQUIRE_POST_METHOD"}) {
        auto const o = called(approved(), refusal(code));
        BOOST_TEST(!o.step.to.has_value(), code);
        BOOST_TEST(o.step.anomaly == "refund_configuration", code);
        BOOST_TEST(wait_of(o) == limits.certificate_retry.count(), code);
    }
}

BOOST_AUTO_TEST_CASE(a_refused_certificate_is_told_as_such) {
    auto const o = called(approved(), unsure(errc::certificate_refused, true));
    BOOST_TEST(o.step.err_code == "refund_tls");
    BOOST_TEST(o.step.anomaly == "refund_tls");
    BOOST_TEST(o.ask_now); // it was written: asked about first
    auto held = approved();
    held.err_code = "refund_tls";
    auto const then = asked(held, not_there());
    BOOST_TEST(!then.step.in_doubt);
    BOOST_TEST(then.step.err_code == "refund_tls");
    BOOST_TEST(wait_of(then) == limits.certificate_retry.count()); // not in a loop
    auto const none = called(approved(), unsure(errc::certificate_refused, false));
    BOOST_TEST(!none.ask_now);
    BOOST_TEST(none.step.anomaly == "refund_tls");
    BOOST_TEST(wait_of(none) == limits.certificate_retry.count());
    // The attempt was begun, and is over: the doubt of it must not stay.
    auto const again = called(held, unsure(errc::certificate_refused, false));
    BOOST_TEST(!again.nothing_new);
    BOOST_TEST(!again.step.in_doubt);
}

BOOST_AUTO_TEST_CASE(wechats_word_is_adopted) {
    struct row {
        status wechats;
        bool done;
        char const* anomaly;
    };

    for (auto const& [s, done, anomaly] :
         {row{status::PROCESSING, false, ""},
          row{status::SUCCESS, true, ""},
          row{status::CHANGE, false, "refund_change"},
          row{status::REFUNDCLOSE, true, "refund_closed"}}) {
        auto r = approved();
        r.in_doubt = true;
        auto const o = asked(r, found(s));
        BOOST_TEST((o.step.to == s));
        BOOST_TEST(o.step.due_at.has_value() == !done);
        BOOST_TEST(o.step.anomaly == anomaly);
        BOOST_TEST(o.step.refund_id == "5000");
        BOOST_TEST(o.step.succeeded_at.has_value() == (s == status::SUCCESS));
    }
}

BOOST_AUTO_TEST_CASE(still_processing_is_nothing_new) {
    auto r = approved();
    r.refund_status = status::PROCESSING;
    r.tries = 4;
    auto const o = asked(r, found(status::PROCESSING));
    BOOST_TEST(o.nothing_new);
    BOOST_TEST(o.step.tries == 5);
    BOOST_TEST(wait_of(o) == 16'000);
}

// A person sees to it at WeChat: looked at once a day, until it has ended there.
BOOST_AUTO_TEST_CASE(a_change_is_looked_at_daily) {
    auto r = approved();
    r.refund_status = status::CHANGE;
    auto const same = asked(r, found(status::CHANGE));
    BOOST_TEST(same.nothing_new);
    BOOST_TEST(wait_of(same) == limits.change_look.count());
    auto const ended = asked(r, found(status::SUCCESS));
    BOOST_TEST((ended.step.to == status::SUCCESS));
    BOOST_TEST(!ended.step.due_at.has_value());
}

// An hour without an answer, and a person hears of it: once.
BOOST_AUTO_TEST_CASE(what_is_stuck_is_told_once) {
    auto r = approved();
    r.in_doubt = true;
    auto const silence = unsure(errc::unsigned_failure, true);
    for (std::int64_t tries = 0; tries < 30; ++tries) {
        r.tries = tries;
        bool const now_told = tries + 1 == static_cast<std::int64_t>(limits.tries_to_be_stuck);
        auto const query = asked(r, outcome<refund_query>(silence.error()));
        BOOST_TEST(query.step.anomaly == (now_told ? "refund_stuck" : ""));
        BOOST_TEST(query.nothing_new != now_told);
        BOOST_TEST((!now_told || query.step.in_doubt));
        BOOST_TEST(called(r, silence).step.anomaly == (now_told ? "refund_stuck" : ""));
    }
}

BOOST_AUTO_TEST_CASE(not_there_may_be_sent_again) {
    auto r = doubted();
    r.in_doubt = true;
    auto const o = asked(r, not_there());
    BOOST_TEST(!o.step.to.has_value());
    BOOST_TEST(!o.step.in_doubt);
    BOOST_TEST(o.step.doubted); // remembered, whoever left the doubt: a refusal is then no last word at once
    BOOST_TEST(!o.nothing_new);
    // … and when WeChat had refused it for good, that was the last word.
    r.failing = true;
    r.err_code = "ERROR";
    auto const last = asked(r, not_there());
    BOOST_TEST((last.step.to == status::FAILED));
    BOOST_TEST(last.step.err_code == "ERROR");
    // Accepted before: another of WeChat's machines answers, nothing is concluded.
    auto under_way = approved();
    under_way.refund_status = status::PROCESSING;
    BOOST_TEST(asked(under_way, not_there()).nothing_new);
}

BOOST_AUTO_TEST_CASE(another_amount_is_no_word_of_ours) {
    auto r = approved();
    r.in_doubt = true;
    auto const o = asked(r, found(status::SUCCESS, 31));
    BOOST_TEST(!o.step.to.has_value());
    BOOST_TEST(o.step.in_doubt); // still
    BOOST_TEST(o.step.anomaly == "refund_mismatch");
}

BOOST_AUTO_TEST_CASE(a_query_without_an_answer_changes_nothing) {
    auto r = approved();
    r.in_doubt = true;
    r.tries = 3;
    for (auto const code : {errc::timed_out, errc::bad_signature, errc::upstream_busy}) {
        auto const o = asked(r, unknown{make_error_code(code), "", true, {}});
        BOOST_TEST(o.nothing_new);
        BOOST_TEST(wait_of(o) == 8000);
        BOOST_TEST(o.step.tries == 4);
    }
}

BOOST_AUTO_TEST_CASE(waits_double_up_to_the_last) {
    using std::chrono::milliseconds;
    milliseconds const first(1000);
    milliseconds const last(60'000);
    BOOST_TEST(back_off(0, first, last, 0.5).count() == 1000);
    BOOST_TEST(back_off(3, first, last, 0.5).count() == 8000);
    BOOST_TEST(back_off(6, first, last, 0.5).count() == 60'000);
    BOOST_TEST(back_off(1'000'000, first, last, 0.5).count() == 60'000);
    BOOST_TEST(back_off(0, first, last, 0.0).count() == 800);
    BOOST_TEST(back_off(0, first, last, 0.999).count() < 1200);
}

BOOST_AUTO_TEST_CASE(approvals_hold_for_a_day) {
    auto r = approved();
    r.decided_at = now - limits.approval_life.count() + 1;
    BOOST_TEST(!has_expired(r, limits, now));
    r.decided_at = now - limits.approval_life.count() - 1;
    BOOST_TEST(has_expired(r, limits, now));
    r.in_doubt = true; // it may be done: only asked about
    BOOST_TEST(!has_expired(r, limits, now));
    r.in_doubt = false;
    r.ever_in_doubt = true; // the approval was used
    BOOST_TEST(!has_expired(r, limits, now));
    r.ever_in_doubt = false;
    r.decided_by = "auto";
    BOOST_TEST(!has_expired(r, limits, now));
}

BOOST_AUTO_TEST_CASE(what_a_notification_must_agree_with) {
    merchant m;
    m.account.appid = "wx1";
    m.account.mch_id = "10000100";
    refund_notification n;
    n.appid = "wx1";
    n.mch_id = "10000100";
    n.out_trade_no = "order-1001";
    n.out_refund_no = "R1";
    n.refund_id = "5000";
    n.total_fee = fen(100);
    n.refund_fee = fen(30);
    auto const r = approved();
    BOOST_TEST((gateway::mismatch(r, m, n) == nullptr));
    auto const differs = [&](auto change, std::string_view field) {
        auto other = n;
        change(other);
        auto const* const what = gateway::mismatch(r, m, other);
        BOOST_TEST_REQUIRE((what != nullptr), field);
        BOOST_TEST(what == field);
    };
    differs([](auto& o) { o.appid = "wx2"; }, "appid");
    differs([](auto& o) { o.mch_id = "1"; }, "mch_id");
    differs([](auto& o) { o.out_trade_no = "order-1002"; }, "out_trade_no");
    differs([](auto& o) { o.total_fee = fen(101); }, "total_fee");
    differs([](auto& o) { o.refund_fee = fen(31); }, "refund_fee");
    auto known = r;
    known.refund_id = "5001";
    BOOST_TEST(std::string_view(gateway::mismatch(known, m, n)) == "refund_id");
}

BOOST_AUTO_TEST_SUITE_END()
