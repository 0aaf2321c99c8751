// `wxgate reconcile` against a scripted WeChat (C3–C6): bills that are cut off, damaged, not there and large,
// and the run that the gateway makes once a day by itself.
#include "reconcile_common.hpp"

#include <map>
#include <mutex>

using namespace wxgate::test;

namespace {

using bodies = std::map<std::string, std::string>; // by mch_id

// A gateway against a WeChat that has these bills, whatever the day; no bill where there is none.
struct with_bills {
    with_bills() { give({}); }

    void give(bodies all) {
        {
            std::lock_guard const lock(guard);
            last = std::move(all);
        }
        wechat.wechat.behave([this](call const& c) {
            if (c.path != "/pay/downloadbill")
                return wechat.wechat.well_behaved(c);
            std::lock_guard const lock(guard);
            answer a = damage;
            auto const found = last.find(value_of(c.fields, "mch_id"));
            if (a.body.empty())
                a.body = found == last.end() ? no_bill_xml() : found->second;
            return a;
        });
    }

    // From now on this is wrong with every bill; a body replaces it.
    void spoil(answer how) {
        std::lock_guard const lock(guard);
        damage = std::move(how);
    }

    // Paid orders of 10000100 that did not come through the gateway.
    void insert(std::string const& prefix, int count) {
        auto const ended = system.stop_gateway();
        BOOST_TEST_REQUIRE((ended && ended->code == 0));
        insert_paid(system.dir().path("wxgate.db"), shop, date, prefix, count);
        system.start_gateway();
    }

    std::size_t downloads() const { return wechat.wechat.calls("/pay/downloadbill").size(); }

    scripted wechat;
    system_under_test& system = wechat.system;
    merchant_config shop = system.merchant("shop");
    std::string date = beijing_date(-3);
    std::mutex guard;
    bodies last;
    answer damage;
};

std::vector<bill_line> inserted_lines(std::string const& prefix, int count) {
    std::vector<bill_line> lines;
    for (int i = 0; i < count; ++i)
        lines.push_back(inserted_line(prefix, i));
    return lines;
}

std::string payment_line(
    char const* kind,
    bill_line const& l,
    std::string const& bill,
    std::string const& here,
    std::string const& merchant = "shop"
) {
    return std::string(kind) + " merchant=" + merchant + " out_trade_no=" + l.out_trade_no +
           " transaction_id=" + l.transaction_id + " what=total_fee bill=" + bill + " here=" + here;
}

} // namespace

BOOST_AUTO_TEST_SUITE(reconcile_bills)

BOOST_FIXTURE_TEST_CASE(cut_off_and_damaged, with_bills) {
    constexpr int count = 400;
    insert("CUT", count);
    auto const config = config_of(system, {"shop"});
    auto const whole = gzipped(bill_text(shop, date, inserted_lines("CUT", count)));
    give({{"10000100", whole}});
    auto const before = bill_anomalies(system);
    auto const fails = [&](answer const& how, char const* what, std::size_t at = 0) {
        spoil(how);
        BOOST_TEST_CONTEXT(what << " at " << at) {
            auto const r = reconcile(system, config, date);
            check_failed(r, "10000100");
            BOOST_TEST(r.bills.empty());
        }
    };
    BOOST_TEST_REQUIRE(whole.size() > 2048U);
    for (std::size_t at = 0; at < whole.size(); at += 1024) {
        answer cut;
        cut.how = manner::cut;
        cut.cut_at = at;
        fails(cut, "the connection ends", at);
        answer shorter; // from a server that believes that this is all
        shorter.body = whole.substr(0, at);
        if (at != 0)
            fails(shorter, "the bill ends", at);
    }
    auto const text = bill_text(shop, date, inserted_lines("CUT", count));
    answer endless; // only the bill itself tells that it is not whole
    endless.length = false;
    endless.body = text.substr(0, text.rfind('`'));
    fails(endless, "the text ends", endless.body.size());
    answer wrong;
    wrong.body = whole;
    wrong.body[whole.size() / 2] = static_cast<char>(wrong.body[whole.size() / 2] ^ 0x20);
    fails(wrong, "a bit is wrong", whole.size() / 2);
    answer page;
    page.body = "<!DOCTYPE html>\n<html><body>维护中</body></html>\n";
    fails(page, "a page");
    page.status = 502;
    fails(page, "a page with its status");
    answer strange;
    strange.body = whole;
    strange.status = 502;
    fails(strange, "the bill with another status");
    spoil(answer());
    BOOST_TEST(bill_anomalies(system) == before);

    check_agrees(reconcile(system, config, date));
    give({{"10000100", text}}); // WeChat did not compress it
    check_agrees(reconcile(system, config, date));
    BOOST_TEST(bill_anomalies(system) == before);
    BOOST_TEST(wechat.wechat.badly_signed() == 0U);
}

// "No Bill Exist" is not "nothing was paid".
BOOST_FIXTURE_TEST_CASE(no_bill_of_a_day_with_payments, with_bills) {
    insert("NOBILL", 3);
    auto const config = config_of(system, {"shop"});
    auto const before = bill_anomalies(system);
    check_failed(reconcile(system, config, date), "it has no bill of this day");
    BOOST_TEST(bill_anomalies(system) == before);
    check_agrees(reconcile(system, config, beijing_date(-9)));
    // One of several fails: the others are compared all the same.
    auto const both = config_of(system, {"rival", "shop"});
    auto const stranger = inserted_line("RIVAL", 1);
    give({{"10000200", gzipped(bill_text(system.merchant("rival"), date, {stranger}))}});
    auto const r = reconcile(system, both, date);
    BOOST_TEST(r.code == 1);
    BOOST_TEST(r.err.find("10000100") != std::string::npos, r.err);
    BOOST_TEST(r.err.find("10000200") == std::string::npos, r.err);
    BOOST_TEST(r.bills.size() == 1U);
    BOOST_TEST(
        r.differences ==
            std::vector<std::string>{payment_line("bill_missing_here", stranger, "101", "-", "rival")},
        boost::test_tools::per_element()
    );
}

// Two merchants of one mch_id have one bill; whose a stranger's payment is, its appid tells.
BOOST_FIXTURE_TEST_CASE(one_bill_for_two_merchants, with_bills) {
    auto second = shop;
    second.name = "second";
    second.appid = "wx" + random_hex(16);
    second.client_certificate.clear();
    second.client_key.clear();
    auto const config =
        config_of(system, {"shop"}, [&](gateway_config& c) { c.merchants.push_back(second); });
    auto const theirs = inserted_line("SECOND", 1);
    auto const day = beijing_date(-10);
    give({{"10000100", gzipped(bill_text(second, day, {theirs}))}});
    wechat.wechat.forget();
    auto const r = reconcile(system, config, day);
    check_differences(r, {payment_line("bill_missing_here", theirs, "101", "-", "second")});
    BOOST_TEST(downloads() == 1U);
    BOOST_TEST_REQUIRE(r.bills.size() == 1U);
    BOOST_TEST(r.bills[0].find(" merchants=second,shop ") != std::string::npos, r.bills[0]);
    BOOST_TEST(r.bills[0].find(" fee=0.12345 ") != std::string::npos, r.bills[0]);
}

// What others wrote into a bill cannot look like a line of ours.
BOOST_FIXTURE_TEST_CASE(numbers_with_tricks, with_bills) {
    auto const config = config_of(system, {"shop"});
    auto const day = beijing_date(-11);
    bill_line trick;
    trick.out_trade_no = "=cmd|' /C calc'!A0 merchant=rival";
    trick.transaction_id = "42\"00";
    trick.fee = 5;
    give({{"10000100", bill_text(shop, day, {trick})}});
    auto const r = reconcile(system, config, day);
    check_differences(
        r,
        {R"(bill_missing_here merchant=shop out_trade_no="=cmd|' /C calc'!A0 merchant=rival" transaction_id="42\"00" what=total_fee bill=5 here=-)"}
    );
}

// C6. A shop's busy day: exactly the differences are found, in memory that does not grow with it.
BOOST_FIXTURE_TEST_CASE(a_hundred_thousand_orders, with_bills) {
    constexpr int count = 100'000;
    date = beijing_date(-20);
    insert("BIG", count);
    auto const config = config_of(system, {"shop"});
    std::vector<bill_line> lines;
    std::vector<std::string> expected;
    lines.reserve(count);
    for (int i = 0; i < count; ++i) {
        auto l = inserted_line("BIG", i);
        auto const amount = std::to_string(l.fee);
        if (i % 20'000 == 7) {
            expected.push_back(payment_line("bill_missing_there", l, "-", amount));
            continue;
        }
        if (i % 25'000 == 9) {
            l.fee += 1;
            expected.push_back(payment_line("bill_amount", l, std::to_string(l.fee), amount));
        }
        lines.push_back(l);
        if (i % 50'000 == 11) {
            auto const stranger = inserted_line("STRANGE", i);
            lines.push_back(stranger);
            expected.push_back(payment_line("bill_missing_here", stranger, std::to_string(stranger.fee), "-")
            );
        }
    }
    give({{"10000100", gzipped(bill_text(shop, date, lines))}});
    lines.clear();
    auto const before = bill_anomalies(system);
    auto const r = reconcile(system, config, date);
    check_differences(r, expected);
    BOOST_TEST(expected.size() == 11U);
    BOOST_TEST(bill_anomalies(system) == before + 11);
    BOOST_TEST_REQUIRE(r.bills.size() == 1U);
    BOOST_TEST(r.bills[0].find(" payments=99997 ") != std::string::npos, r.bills[0]);
    BOOST_TEST_MESSAGE("its memory: " << r.peak_bytes / 1024 << " KiB at most");
    if (memory_is_measured)
        BOOST_TEST(r.peak_bytes < 300U * 1024 * 1024);
    // The gateway beside it is well, and writes.
    system.create();
    BOOST_TEST(system.store().integrity() == "ok");
}

// The gateway's own run: of yesterday, from ten in the morning on, once.
BOOST_AUTO_TEST_CASE(every_day) {
    system_options options;
    options.upstream = against::stand_in;
    system_under_test system(options);
    auto& wechat = system.upstream();
    auto const yesterday = beijing_date(-1);
    auto const stranger = inserted_line("DAILY", 1);
    auto const bill = gzipped(bill_text(system.merchant("shop"), yesterday, {stranger}));
    wechat.behave([&wechat, bill](call const& c) {
        if (c.path != "/pay/downloadbill")
            return wechat.well_behaved(c);
        answer a;
        a.body = value_of(c.fields, "mch_id") == "10000100" ? bill : no_bill_xml();
        return a;
    });
    BOOST_TEST(system.stop_gateway().value().code == 0);
    system.reconfigure([](gateway_config& c) { c.background = {{"reconcile", "daily"}}; });
    auto const seconds = beijing_seconds();
    system.start_gateway();
    constexpr std::int64_t ten = 10 * 3600;
    if (near_midnight() || (seconds >= ten - 120 && seconds < ten + 5))
        return; // it is about to be another day, or ten
    if (seconds < ten) {
        system.create();
        BOOST_TEST(wechat.calls("/pay/downloadbill").empty());
        BOOST_TEST_MESSAGE("it is not yet ten in Beijing: nothing was to be seen but that nothing is done");
        return;
    }
    auto const done = [&] { return metric(system, "wxgate_reconcile_last_success_seconds") > 0; };
    BOOST_TEST(eventually(30s, done));
    auto const calls = wechat.calls("/pay/downloadbill");
    BOOST_TEST(calls.size() == 3U); // of three mch_ids
    for (auto const& c : calls)
        BOOST_TEST(value_of(c.fields, "bill_date") == yesterday);
    BOOST_TEST(wechat.badly_signed() == 0U);
    BOOST_TEST(bill_anomalies(system) == 1);
    BOOST_TEST(metric(system, R"(wxgate_reconcile_differences_total{kind="bill_missing_here"})") == 1);
    BOOST_TEST(system.store().number("SELECT count(*) FROM daily_work WHERE done_at IS NOT NULL") == 3);
    // Another process finds it done.
    BOOST_TEST(system.stop_gateway().value().code == 0);
    system.start_gateway();
    BOOST_TEST(eventually(30s, done));
    BOOST_TEST(wechat.calls("/pay/downloadbill").size() == 3U);
    BOOST_TEST(bill_anomalies(system) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
