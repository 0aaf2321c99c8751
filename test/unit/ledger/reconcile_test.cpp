// A bill beside the store: every way in which they may differ, and what is no difference (C4, C5).
#include "ledger/reconcile.hpp"
#include "refunds_fixture.hpp"

#include <algorithm>
#include <thread>

using namespace refund_test;
using wxgate::bill_kind;
using wxgate::bill_row;
using kind = difference_kind;

namespace {

constexpr unix_ms hour = 3'600'000;
constexpr unix_ms minute = 60'000;
constexpr std::string_view the_mch_id = "10000100";

bill_row payment_row(std::string number, std::int64_t fee = 100) {
    bill_row r;
    r.kind = bill_kind::payment;
    r.appid = "wx2421b1c4370ec43b";
    r.mch_id = the_mch_id;
    r.transaction_id = "42" + number;
    r.out_trade_no = std::move(number);
    r.trade_state = "SUCCESS";
    r.total_fee = fen(fee);
    r.fee = 600;
    return r;
}

bill_row refund_of(
    std::string number, std::int64_t fee, std::string status = "SUCCESS", std::string of = "order-0001"
) {
    auto r = payment_row(std::move(of), 0);
    r.kind = bill_kind::refund;
    r.trade_state = "REFUND";
    r.refund_id = "50" + number;
    r.out_refund_no = std::move(number);
    r.refund_fee = fen(fee);
    r.refund_status = std::move(status);
    r.fee = -60;
    return r;
}

std::string text_of(difference const& d) {
    auto text = std::string(to_string(d.kind)) + ' ' + d.out_trade_no;
    if (!d.out_refund_no.empty())
        text += '/' + d.out_refund_no;
    return text + ' ' + d.what + ' ' + (d.in_bill.empty() ? "-" : d.in_bill) + ' ' +
           (d.here.empty() ? "-" : d.here);
}

using texts = std::vector<std::string>;

texts sorted(texts all) {
    std::sort(all.begin(), all.end());
    return all;
}

struct with_bills : with_paid_order {
    // Orders are paid on this day unless told otherwise; order-0001 of the fixture is of today.
    bill_day day = bill_day_at(now_ms() - 5 * bill_day::length);
    unix_ms noon = day.begin + 12 * hour;
    reconcile_limits rules;
    std::vector<difference> last;

    reconciliation begun(bill_day const& d, claimed expected = claimed::mine) {
        reconciliation r(*db, rules, std::string(the_mch_id), d);
        BOOST_TEST_REQUIRE((run(r.begin(true)).value() == expected));
        return r;
    }

    // One whole run, in groups of three rows.
    texts compare(std::vector<bill_row> rows, bill_day const& d) {
        auto r = begun(d);
        BOOST_TEST_REQUIRE(!run(r.clear()).failed());
        for (std::size_t i = 0; i < rows.size(); i += 3) {
            std::vector<bill_row> const some(
                rows.begin() + static_cast<std::ptrdiff_t>(i),
                rows.begin() + static_cast<std::ptrdiff_t>(std::min(i + 3, rows.size()))
            );
            BOOST_TEST_REQUIRE(!run(r.add(some)).failed());
        }
        BOOST_TEST_REQUIRE(!run(r.complete(std::nullopt)).failed());
        last.clear();
        while (!r.finished()) {
            auto const page = run(r.next_page());
            BOOST_TEST_REQUIRE(page.has_value());
            last.insert(last.end(), page->begin(), page->end());
        }
        BOOST_TEST_REQUIRE(!run(r.end(true)).failed());
        texts found;
        for (auto const& each : last)
            found.push_back(text_of(each));
        return sorted(std::move(found));
    }

    texts compare(std::vector<bill_row> rows) { return compare(std::move(rows), day); }

    // A refund of order-0001 that WeChat accepted, and then took to this state.
    void accepted(std::string n, std::int64_t fee, refund_status to, unix_ms at) {
        BOOST_TEST_REQUIRE(make(n, fee, true));
        refund_step s;
        s.to = refund_status::PROCESSING;
        s.refund_id = "50" + n;
        BOOST_TEST_REQUIRE(run(all.adopt(key_of_refund(n), s, why))->changed);
        if (to != refund_status::PROCESSING)
            BOOST_TEST_REQUIRE(record(n, to));
        store::batch b;
        b.push_back({"UPDATE refunds SET accepted_at = $2 WHERE out_refund_no = $1", {n, at}});
        BOOST_TEST_REQUIRE(run(db->write(std::move(b))).has_value());
    }

    std::int64_t staged(bill_day const& d) {
        store::batch b;
        b.push_back({"SELECT COUNT(*) FROM bill_rows WHERE bill_date = $1", {d.date}});
        return run(db->read(std::move(b)))->front().integer(0, 0);
    }

    std::size_t keep(std::vector<difference> found) {
        std::vector<anomaly> findings;
        for (auto& d : found) {
            if (d.merchant.empty())
                d.merchant = "shop";
            findings.push_back(to_anomaly(d, std::string(the_mch_id), day));
        }
        return run(record_all(*db, shop, std::move(findings))).value();
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(reconcile_test)

BOOST_AUTO_TEST_CASE(days) {
    auto const d = parse_bill_day("20261123");
    BOOST_TEST_REQUIRE(d.has_value());
    BOOST_TEST(to_rfc3339(d->begin) == "2026-11-22T16:00:00.000Z");
    BOOST_TEST(to_rfc3339(d->end()) == "2026-11-23T16:00:00.000Z");
    BOOST_TEST((bill_day_at(d->begin) == *d));
    BOOST_TEST((bill_day_at(d->end() - 1) == *d));
    BOOST_TEST(day_before(*d).date == "20261122");
    BOOST_TEST(day_after(*d).date == "20261124");
    BOOST_TEST(day_after(*parse_bill_day("20281231")).date == "20290101");
    for (auto const* text :
         {"", "2026112", "202611231", "20261131", "20261301", "2026-1-1", "abcdefgh", "2026 123"})
        BOOST_TEST(!parse_bill_day(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(what_may_become_of_a_refund) {
    using enum refund_status;
    for (auto const here : {PROCESSING, SUCCESS, CHANGE, REFUNDCLOSE})
        BOOST_TEST(may_be_now("PROCESSING", here));
    BOOST_TEST(may_be_now("SUCCESS", SUCCESS));
    BOOST_TEST(!may_be_now("SUCCESS", PROCESSING));
    BOOST_TEST(!may_be_now("SUCCESS", REFUNDCLOSE));
    BOOST_TEST(may_be_now("CHANGE", SUCCESS));
    BOOST_TEST(!may_be_now("CHANGE", PROCESSING));
    BOOST_TEST(may_be_now("REFUNDCLOSE", REFUNDCLOSE));
    BOOST_TEST(!may_be_now("REFUNDCLOSE", SUCCESS));
    BOOST_TEST(may_be_now("FAIL", CHANGE));
    BOOST_TEST(!may_be_now("FAIL", SUCCESS));
    BOOST_TEST(may_be_now("", SUCCESS));
    BOOST_TEST(!may_be_now("APPROVED", PROCESSING));
    BOOST_TEST(!may_be_now("什么", SUCCESS));
}

BOOST_FIXTURE_TEST_CASE(they_agree, with_bills) {
    make_paid("order-a", noon);
    make_paid("order-b", day.begin + 6 * minute);
    make_paid("order-c", day.end() - 6 * minute);
    accepted("R1", 30, refund_status::SUCCESS, noon);
    accepted("R2", 30, refund_status::PROCESSING, noon);
    make("R3", 10);                                       // nobody has approved it
    make("R4", 10, true);                                 // it was not sent
    accepted("R5", 20, refund_status::REFUNDCLOSE, noon); // no bill must have it
    auto const found = compare(
        {payment_row("order-a"),
         payment_row("order-b"),
         payment_row("order-c"),
         refund_of("R1", 30, "PROCESSING"),
         refund_of("R2", 30, "PROCESSING")}
    );
    BOOST_TEST(found == texts(), boost::test_tools::per_element());
    store::batch b;
    b.push_back({"SELECT complete, payments, total_fee, refunds, refund_fee, fee FROM bills", {}});
    auto const bills = run(db->read(std::move(b)));
    BOOST_TEST_REQUIRE(bills->front().size() == 1U);
    BOOST_TEST(bills->front().integer(0, 0) == 1);
    BOOST_TEST(bills->front().integer(0, 1) == 3);
    BOOST_TEST(bills->front().integer(0, 2) == 300);
    BOOST_TEST(bills->front().integer(0, 3) == 2);
    BOOST_TEST(bills->front().integer(0, 4) == 60);
    BOOST_TEST(bills->front().integer(0, 5) == 3 * 600 - 2 * 60);
}

BOOST_FIXTURE_TEST_CASE(every_difference_of_payments, with_bills) {
    for (auto const* n :
         {"order-good", "order-lost", "order-dear", "order-undone", "order-moved", "order-twice"})
        make_paid(n, noon);
    BOOST_TEST_REQUIRE(run(orders_.create(new_order("order-unpaid"), why))->changed);
    auto undone = payment_row("order-undone");
    undone.kind = bill_kind::other;
    undone.trade_state = "REVOKED";
    auto moved = payment_row("order-moved");
    moved.transaction_id = "4299";
    auto const found = compare(
        {payment_row("order-good"),
         payment_row("order-dear", 101),
         undone,
         moved,
         payment_row("order-twice"),
         payment_row("order-twice"),
         payment_row("order-unpaid"),
         payment_row("order-strange", 7)}
    );
    BOOST_TEST(
        found == sorted(
                     {"bill_missing_there order-lost total_fee - 100",
                      "bill_amount order-dear total_fee 101 100",
                      "bill_state order-undone trade_state REVOKED SUCCESS",
                      "bill_transaction order-moved transaction_id 4299 42order-moved",
                      "bill_repeated order-twice rows 2 1",
                      "bill_missing_here order-unpaid trade_state SUCCESS CREATED",
                      "bill_missing_here order-strange total_fee 7 -"}
                 ),
        boost::test_tools::per_element()
    );
    for (auto const& d : last) {
        bool const ours = d.out_trade_no != "order-strange";
        BOOST_TEST(d.merchant == (ours ? "shop" : ""), d.out_trade_no);
        BOOST_TEST(!d.transaction_id.empty());
        if (d.kind != kind::missing_there)
            BOOST_TEST(d.appid == "wx2421b1c4370ec43b");
    }
}

BOOST_FIXTURE_TEST_CASE(every_difference_of_refunds, with_bills) {
    make_paid("order-a", noon);
    for (auto const* n : {"R-good", "R-lost", "R-dear", "R-other", "R-id", "R-closed", "R-slow"})
        accepted(n, 10, refund_status::SUCCESS, noon);
    BOOST_TEST_REQUIRE(make("R-approved", 10, true));
    auto elsewhere = refund_of("R-other", 10);
    elsewhere.out_trade_no = "order-a";
    auto numbered = refund_of("R-id", 10);
    numbered.refund_id = "50999";
    auto const found = compare(
        {payment_row("order-a"),
         refund_of("R-good", 10),
         refund_of("R-dear", 11),
         elsewhere,
         numbered,
         refund_of("R-closed", 10, "REFUNDCLOSE"),
         refund_of("R-slow", 10, "PROCESSING"),
         refund_of("R-approved", 10, "PROCESSING"),
         refund_of("R-strange", 5),
         refund_of("R-stranger", 6, "SUCCESS", "order-none")}
    );
    BOOST_TEST(
        found == sorted(
                     {"bill_missing_there order-0001/R-lost refund_fee - 10",
                      "bill_refund order-0001/R-dear refund_fee 11 10",
                      "bill_refund order-a/R-other out_trade_no order-a order-0001",
                      "bill_refund order-0001/R-id refund_id 50999 50R-id",
                      "bill_refund order-0001/R-closed refund_status REFUNDCLOSE SUCCESS",
                      "bill_missing_here order-0001/R-approved refund_status PROCESSING APPROVED",
                      "bill_missing_here order-0001/R-strange refund_fee 5 -",
                      "bill_missing_here order-none/R-stranger refund_fee 6 -"}
                 ),
        boost::test_tools::per_element()
    );
    for (auto const& d : last)
        BOOST_TEST(d.merchant == (d.out_refund_no == "R-stranger" ? "" : "shop"), d.out_refund_no);
}

// What was found once is found again, and is one thing for a person to settle. Nothing of an order moves.
BOOST_FIXTURE_TEST_CASE(a_second_run_adds_nothing, with_bills) {
    make_paid("order-lost", noon);
    make_paid("order-dear", noon);
    accepted("R1", 30, refund_status::SUCCESS, noon);
    auto const moved =
        "SELECT (SELECT SUM(version) FROM orders) * 1000 + (SELECT SUM(version) FROM refunds) * "
        "100 + (SELECT COUNT(*) FROM events)";
    auto const before = count(moved);
    std::vector<bill_row> const rows{payment_row("order-dear", 1), payment_row("order-strange", 7)};
    auto const first = compare(rows);
    BOOST_TEST(first.size() == 4U);
    BOOST_TEST(keep(last) == 4U);
    BOOST_TEST(count("SELECT COUNT(*) FROM anomalies") == 4);
    auto const second = compare(rows);
    BOOST_TEST(second == first, boost::test_tools::per_element());
    BOOST_TEST(keep(last) == 0U);
    BOOST_TEST(count("SELECT COUNT(*) FROM anomalies") == 4);
    BOOST_TEST(count("SELECT MIN(seen) FROM anomalies") == 2);
    BOOST_TEST(count(moved) == before);
    BOOST_TEST(staged(day) == 2);
    // Another difference of the same order is another finding.
    compare({payment_row("order-dear", 2), payment_row("order-strange", 7)});
    BOOST_TEST(keep(last) == 1U);
}

BOOST_FIXTURE_TEST_CASE(what_is_kept_of_a_finding, with_bills) {
    difference d;
    d.kind = kind::amount;
    d.merchant = "shop";
    d.out_trade_no = "order-a";
    d.transaction_id = "4\"2";
    d.what = "total_fee";
    d.in_bill = "101";
    d.here = "100";
    auto const a = to_anomaly(d, "10000100", *parse_bill_day("20261123"));
    BOOST_TEST(a.kind == "bill_amount");
    BOOST_TEST(a.key.merchant == "shop");
    BOOST_TEST(a.key.mch_id == "10000100");
    BOOST_TEST(
        a.detail ==
        R"({"bill_date":"20261123","transaction_id":"4\"2","what":"total_fee","in_bill":101,"here":100})"
    );
    d.kind = kind::missing_here;
    d.out_refund_no = "R1";
    d.what = "refund_status";
    d.in_bill = "SUCCESS";
    d.here = "";
    BOOST_TEST(
        to_anomaly(d, "10000100", *parse_bill_day("20261123")).detail ==
        R"({"bill_date":"20261123","transaction_id":"4\"2","out_refund_no":"R1","what":"refund_status","in_bill":"SUCCESS","here":null})"
    );
}

// WeChat's midnight may be a little before ours or after.
BOOST_FIXTURE_TEST_CASE(around_midnight, with_bills) {
    make_paid("order-late", day.end() - 2 * minute);
    make_paid("order-early", day.begin + 2 * minute);
    make_paid("order-noon", noon);
    std::vector<bill_row> const noon_only{payment_row("order-noon")};
    BOOST_TEST(compare(noon_only) == texts(), boost::test_tools::per_element());
    // In the bill of the next day, which knows an order that was paid here before it began.
    auto const next = day_after(day);
    BOOST_TEST(compare({payment_row("order-late")}, next) == texts(), boost::test_tools::per_element());
    BOOST_TEST(compare(noon_only) == texts(), boost::test_tools::per_element());
    // With both bills there, what is in neither is missing.
    BOOST_TEST(
        compare({}, next) == texts{"bill_missing_there order-late total_fee - 100"},
        boost::test_tools::per_element()
    );
    BOOST_TEST(
        compare(noon_only) == texts{"bill_missing_there order-late total_fee - 100"},
        boost::test_tools::per_element()
    );
    BOOST_TEST(keep(last) == 1U);
    compare({}, next);
    BOOST_TEST(keep(last) == 0U); // the same finding, whichever day's run it was
    // The bill of the day before has the other one. (That run forgets the rows of the day after this one.)
    BOOST_TEST(
        compare({payment_row("order-early")}, day_before(day)) == texts(), boost::test_tools::per_element()
    );
    BOOST_TEST(compare(noon_only) == texts(), boost::test_tools::per_element());
    BOOST_TEST(
        compare({}, day_before(day)) == texts{"bill_missing_there order-early total_fee - 100"},
        boost::test_tools::per_element()
    );
}

// A refund whose call ended unknown was accepted some time between the call and the day we heard of it.
BOOST_FIXTURE_TEST_CASE(a_refund_long_in_doubt_has_no_day, with_bills) {
    BOOST_TEST_REQUIRE(make("R1", 30, true));
    BOOST_TEST_REQUIRE(run(all.claim(owner, 10))->size() == 1U);
    BOOST_TEST_REQUIRE(run(all.begin_attempt(key_of_refund("R1"), owner, notify_url, why))->changed);
    BOOST_TEST_REQUIRE(record("R1", refund_status::PROCESSING));
    auto const heard = bill_day_at(now_ms() + 2 * bill_day::length); // two days after the attempt
    store::batch b;
    b.push_back({"UPDATE refunds SET accepted_at = $1", {heard.begin + 12 * hour}});
    BOOST_TEST_REQUIRE(run(db->write(std::move(b))).has_value());
    BOOST_TEST(compare({}, heard) == texts(), boost::test_tools::per_element());
    // Its row may be in the bill of a day between.
    BOOST_TEST(
        compare({refund_of("R1", 30, "PROCESSING")}, day_before(heard)) == texts(),
        boost::test_tools::per_element()
    );
}

BOOST_FIXTURE_TEST_CASE(when_a_refund_was_accepted, with_bills) {
    BOOST_TEST_REQUIRE(make("R1", 30, true));
    BOOST_TEST(count("SELECT COUNT(*) FROM refunds WHERE accepted_at IS NOT NULL") == 0);
    auto const before = now_ms();
    BOOST_TEST_REQUIRE(record("R1", refund_status::PROCESSING));
    auto const at = count("SELECT accepted_at FROM refunds");
    BOOST_TEST((at >= before && at <= now_ms()));
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    BOOST_TEST_REQUIRE(record("R1", refund_status::SUCCESS));
    BOOST_TEST(count("SELECT accepted_at FROM refunds") == at);
    BOOST_TEST_REQUIRE(make("R2", 30));
    BOOST_TEST(run(all.decide(key_of_refund("R2"), refund_status::REJECTED, "alice", "no", why))->changed);
    BOOST_TEST(count("SELECT COUNT(*) FROM refunds WHERE accepted_at IS NOT NULL") == 1);
}

// Page by page; a page ends within each table, and at its end.
BOOST_FIXTURE_TEST_CASE(pages, with_bills) {
    std::vector<bill_row> rows;
    texts expected;
    for (int i = 0; i < 12; ++i) {
        auto const order_no = "order-p" + std::to_string(100 + i);
        make_paid(order_no, noon + i / 3); // three a millisecond
        if (i % 5 == 0)
            expected.push_back("bill_missing_there " + order_no + " total_fee - 100");
        else
            rows.push_back(payment_row(order_no));
        auto const refund = "R" + std::to_string(100 + i);
        accepted(refund, 1, refund_status::SUCCESS, noon + i / 3);
        if (i % 4 == 0)
            expected.push_back("bill_missing_there order-0001/" + refund + " refund_fee - 1");
        else
            rows.push_back(refund_of(refund, 1));
    }
    for (int i = 0; i < 7; ++i) {
        rows.push_back(payment_row("stranger-" + std::to_string(i), 5));
        expected.push_back("bill_missing_here stranger-" + std::to_string(i) + " total_fee 5 -");
    }
    expected = sorted(expected);
    for (std::size_t const page : {1U, 2U, 3U, 4U, 6U, 12U, 1000U}) {
        rules.page = page;
        BOOST_TEST_CONTEXT("page " << page)
        BOOST_TEST(compare(rows) == expected, boost::test_tools::per_element());
    }
}

BOOST_FIXTURE_TEST_CASE(what_is_staged_is_replaced_and_forgotten, with_bills) {
    rules.page = 2;
    auto const old = day_before(day_before(day));
    auto const far = day_after(day_after(day));
    std::vector<bill_row> rows;
    for (int i = 0; i < 5; ++i)
        rows.push_back(payment_row("stranger-" + std::to_string(i)));
    for (auto const& d : {old, day_before(day)})
        compare(rows, d);
    BOOST_TEST(staged(old) == 5);
    compare(rows, day);
    BOOST_TEST(staged(old) == 0); // not next to it
    BOOST_TEST(staged(day_before(day)) == 5);
    compare({rows[0]}, day);
    BOOST_TEST(staged(day) == 1);
    BOOST_TEST(count("SELECT COUNT(*) FROM bills WHERE complete = 1") == 2);
    // A day that another run is at is left alone.
    auto other = begun(old);
    BOOST_TEST_REQUIRE(!run(other.clear()).failed());
    BOOST_TEST_REQUIRE(!run(other.add(rows)).failed());
    compare(rows, far);
    BOOST_TEST(staged(old) == 5);
    BOOST_TEST(staged(day) == 0);
    BOOST_TEST_REQUIRE(!run(other.end(false)).failed());
    compare({}, far);
    BOOST_TEST(staged(old) == 0);
}

BOOST_FIXTURE_TEST_CASE(one_run_at_a_time, with_bills) {
    auto first = begun(day);
    BOOST_TEST_REQUIRE(!run(first.clear()).failed());
    begun(day, claimed::elsewhere);
    auto next = begun(day_after(day)); // another day is another matter
    BOOST_TEST(!run(next.end(false)).failed());
    BOOST_TEST(!run(first.end(true)).failed());
    reconciliation daily(*db, rules, std::string(the_mch_id), day);
    BOOST_TEST((run(daily.begin(false)).value() == claimed::done));
    auto again = begun(day);
    BOOST_TEST(!run(again.end(false)).failed()); // it failed, and what was done is done
    reconciliation later(*db, rules, std::string(the_mch_id), day);
    BOOST_TEST((run(later.begin(false)).value() == claimed::done));
    reconciliation rival(*db, rules, "10000200", day);
    BOOST_TEST((run(rival.begin(false)).value() == claimed::mine));
}

// A run that slept too long finds that it is over, and has spoilt nothing of the one that took its place.
BOOST_FIXTURE_TEST_CASE(a_run_that_is_taken_over, with_bills) {
    make_paid("order-lost", noon);
    rules.lease = milliseconds(1);
    auto first = begun(day);
    BOOST_TEST_REQUIRE(!run(first.clear()).failed());
    BOOST_TEST_REQUIRE(!run(first.add({payment_row("stranger-1")})).failed());
    std::this_thread::sleep_for(milliseconds(20));
    rules.lease = milliseconds(300'000);
    auto second = begun(day);
    BOOST_TEST_REQUIRE(!run(second.clear()).failed());
    BOOST_TEST((run(first.add({payment_row("stranger-2")})) == errc::taken_over));
    BOOST_TEST((run(first.complete(std::nullopt)) == errc::taken_over));
    BOOST_TEST((run(first.clear()) == errc::taken_over));
    BOOST_TEST(staged(day) == 0);
    BOOST_TEST(count("SELECT COUNT(*) FROM bills WHERE complete = 1") == 0);
    BOOST_TEST_REQUIRE(!run(second.add({payment_row("stranger-3")})).failed());
    // What it reads in the end is not its own, and it says so.
    while (!first.finished()) {
        auto const page = run(first.next_page());
        if (!page) {
            BOOST_TEST((page.error() == errc::taken_over));
            break;
        }
        BOOST_TEST(page->empty());
    }
    BOOST_TEST((run(first.end(true)) == errc::taken_over));
    BOOST_TEST(staged(day) == 1);
    BOOST_TEST(!run(second.end(true)).failed());
}

BOOST_FIXTURE_TEST_CASE(what_a_bill_should_have, with_bills) {
    auto r = begun(day);
    BOOST_TEST(run(r.count_here()).value() == 0);
    make_paid("order-edge", day.end() - minute);
    BOOST_TEST(run(r.count_here()).value() == 0);
    make_paid("order-a", noon);
    make_paid("order-b", noon);
    accepted("R1", 30, refund_status::SUCCESS, noon);
    accepted("R2", 30, refund_status::REFUNDCLOSE, noon);
    BOOST_TEST(run(r.count_here()).value() == 3);
    BOOST_TEST_REQUIRE(!run(r.end(false)).failed());
}

// Bytes that are no UTF-8 stand in no JSON of ours.
BOOST_FIXTURE_TEST_CASE(strange_numbers, with_bills) {
    auto row = payment_row("or\xFF\"der", 5);
    row.transaction_id = "\xC3(";
    compare({row});
    BOOST_TEST_REQUIRE(last.size() == 1U);
    BOOST_TEST(last[0].out_trade_no == "or?\"der");
    BOOST_TEST(last[0].transaction_id == "?(");
    BOOST_TEST(keep(last) == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
