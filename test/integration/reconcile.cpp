// `wxgate reconcile` against the sandbox (C3, C4): bills that differ from the truth in ways that are known
// exactly, and answers that are no bill. The gateway runs beside it all the time.
#include "reconcile_common.hpp"

#include <csignal>
#include <thread>

using namespace wxgate::test;

namespace {

// From now on the sandbox's bill of today is this; it can be had at once.
void put_bill(system_under_test const& s, json::array const& rules) {
    json::object plan;
    plan["bill_date"] = beijing_date();
    plan["available"] = true;
    plan["rules"] = rules;
    auto const r = s.control().put("/control/bill", plan);
    BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
}

void put_fault(system_under_test const& s, std::string const& what) {
    json::object rule;
    rule["on"] = "downloadbill";
    rule["do"] = what;
    rule["p"] = 1;
    rule["ms"] = 30'000;
    json::object plan;
    plan["seed"] = 1;
    plan["rules"] = json::array{rule};
    auto const r = s.control().put("/control/faults", plan);
    BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
}

struct with_truth {
    with_truth() : system(the_system()) {}

    ~with_truth() {
        system.control().del("/control/bill");
        system.control().del("/control/faults");
    }

    with_truth(with_truth const&) = delete;
    with_truth& operator=(with_truth const&) = delete;

    system_under_test& system;
};

json::object rule_of(char const* what, char const* member_name, std::string const& number) {
    json::object o;
    o["do"] = what;
    o[member_name] = number;
    return o;
}

// An order with a refund of 300 fen that is done.
struct refunded {
    std::string out_trade_no;
    std::string out_refund_no;
    std::string transaction_id;
};

refunded make_refunded(system_under_test const& s) {
    auto const payment = s.paid();
    refunded r;
    r.out_trade_no = text_of(payment, "out_trade_no");
    r.transaction_id = text_of(payment, "transaction_id");
    auto const request = s.refund_request(300);
    r.out_refund_no = text_of(request, "out_refund_no");
    auto const answer = s.refund(r.out_trade_no, request);
    BOOST_TEST_REQUIRE((answer.status == 201U || answer.status == 202U), answer.describe());
    BOOST_TEST_REQUIRE(s.refund_becomes(r.out_refund_no, "SUCCESS"));
    return r;
}

std::string line_of(
    char const* kind,
    std::string const& out_trade_no,
    std::string const& out_refund_no,
    std::string const& transaction_id,
    std::string const& what,
    std::string const& bill,
    std::string const& here
) {
    return std::string(kind) + " merchant=shop out_trade_no=" + out_trade_no +
           (out_refund_no.empty() ? "" : " out_refund_no=" + out_refund_no) +
           " transaction_id=" + transaction_id + " what=" + what + " bill=" + bill + " here=" + here;
}

// Seeds a difference of every kind; gives the rules, and the lines that must be told.
struct seeded {
    json::array rules;
    std::vector<std::string> expected;
};

seeded seed(system_under_test const& s) {
    seeded out;
    auto const pay = [&] {
        auto const payment = s.paid();
        return std::pair(text_of(payment, "out_trade_no"), text_of(payment, "transaction_id"));
    };
    pay(); // agrees
    auto const [lost, lost_at] = pay();
    auto const [dear, dear_at] = pay();
    auto const [undone, undone_at] = pay();
    make_refunded(s); // agrees
    auto const no_refund = make_refunded(s);
    auto const dear_refund = make_refunded(s);
    auto const closed_refund = make_refunded(s);

    out.rules.push_back(rule_of("drop", "out_trade_no", lost));
    out.expected.push_back(line_of("bill_missing_there", lost, "", lost_at, "total_fee", "-", "1299"));
    auto amount = rule_of("amount", "out_trade_no", dear);
    amount["amount"] = 1300;
    out.rules.push_back(amount);
    out.expected.push_back(line_of("bill_amount", dear, "", dear_at, "total_fee", "1300", "1299"));
    auto state = rule_of("state", "out_trade_no", undone);
    state["state"] = "REVOKED";
    out.rules.push_back(state);
    out.expected.push_back(line_of("bill_state", undone, "", undone_at, "trade_state", "REVOKED", "SUCCESS"));
    auto added = rule_of("add", "out_trade_no", "STRANGER0001");
    added["amount"] = 500;
    added["transaction_id"] = "4200999900000001";
    out.rules.push_back(added);
    out.expected.push_back(
        line_of("bill_missing_here", "STRANGER0001", "", "4200999900000001", "total_fee", "500", "-")
    );
    auto const& n = no_refund;
    out.rules.push_back(rule_of("drop", "out_refund_no", n.out_refund_no));
    out.expected.push_back(line_of(
        "bill_missing_there", n.out_trade_no, n.out_refund_no, n.transaction_id, "refund_fee", "-", "300"
    ));
    auto const& d = dear_refund;
    auto refund_amount = rule_of("amount", "out_refund_no", d.out_refund_no);
    refund_amount["amount"] = 301;
    out.rules.push_back(refund_amount);
    out.expected.push_back(
        line_of("bill_refund", d.out_trade_no, d.out_refund_no, d.transaction_id, "refund_fee", "301", "300")
    );
    auto const& c = closed_refund;
    auto refund_state = rule_of("state", "out_refund_no", c.out_refund_no);
    refund_state["state"] = "REFUNDCLOSE";
    out.rules.push_back(refund_state);
    out.expected.push_back(line_of(
        "bill_refund",
        c.out_trade_no,
        c.out_refund_no,
        c.transaction_id,
        "refund_status",
        "REFUNDCLOSE",
        "SUCCESS"
    ));
    auto added_refund = rule_of("add", "out_refund_no", "STRANGER-R1");
    added_refund["out_trade_no"] = "STRANGER0002";
    added_refund["amount"] = 77;
    added_refund["transaction_id"] = "4200999900000002";
    out.rules.push_back(added_refund);
    out.expected.push_back(line_of(
        "bill_missing_here", "STRANGER0002", "STRANGER-R1", "4200999900000002", "refund_fee", "77", "-"
    ));
    return out;
}

std::string truth_of(system_under_test const& s) {
    return s.store().digest({"anomalies", "bills", "bill_rows", "daily_work"});
}

std::size_t lines(std::string const& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

} // namespace

BOOST_AUTO_TEST_SUITE(reconcile_tests)

BOOST_FIXTURE_TEST_CASE(every_seeded_difference_and_no_other, with_truth) {
    if (near_midnight()) {
        BOOST_TEST_MESSAGE("not now: it is about midnight in Beijing");
        return;
    }
    auto const config = config_of(system, {"shop"});
    put_bill(system, {});
    auto const date = beijing_date();
    auto const made = seed(system);
    check_agrees(reconcile(system, config, date));
    put_bill(system, made.rules);
    auto const before = bill_anomalies(system);
    auto const truth = truth_of(system);
    auto const first = reconcile(system, config, date);
    check_differences(first, made.expected);
    BOOST_TEST_REQUIRE(first.bills.size() == 1U);
    BOOST_TEST(
        first.bills[0].starts_with(date + " mch_id=10000100 merchants=shop payments="), first.bills[0]
    );
    BOOST_TEST(first.bills[0].ends_with(" differences=8"), first.bills[0]);
    BOOST_TEST(bill_anomalies(system) == before + 8);
    BOOST_TEST(truth_of(system) == truth); // nothing else was changed

    // Again: the same is told, and there is nothing new for a person to settle.
    auto const second = reconcile(system, config, date);
    check_differences(second, made.expected);
    BOOST_TEST(bill_anomalies(system) == before + 8);
    BOOST_TEST(system.store().number("SELECT min(seen) FROM anomalies WHERE kind LIKE 'bill%'") == 2);
    BOOST_TEST(truth_of(system) == truth);

    // The operators see them.
    auto const listed = system.sign_in("vera").get("/admin/v1/anomalies?limit=100");
    BOOST_TEST(listed.status == 200U, listed.describe());
    BOOST_TEST(listed.body.find("STRANGER-R1") != std::string::npos);

    put_bill(system, {});
    check_agrees(reconcile(system, config, date));
    BOOST_TEST(bill_anomalies(system) == before + 8);
}

// The gateway writes as fast as it can meanwhile; both get their turns, and neither loses anything.
BOOST_FIXTURE_TEST_CASE(beside_a_gateway_under_load, with_truth) {
    if (near_midnight()) {
        BOOST_TEST_MESSAGE("not now: it is about midnight in Beijing");
        return;
    }
    auto const config = config_of(system, {"shop"});
    put_bill(system, {});
    auto const date = beijing_date();
    auto const made = seed(system);
    put_bill(system, made.rules);
    std::atomic<bool> enough{false};
    std::atomic<int> good{0};
    std::atomic<int> bad{0};
    std::vector<std::jthread> shops;
    for (int t = 0; t < 4; ++t)
        shops.emplace_back([&] {
            auto const api = system.with_key("shop", true);
            while (!enough)
                ++(api.post("/v1/payments", system.order()).status == 201U ? good : bad);
        });
    for (int i = 0; i < 5; ++i)
        check_differences(reconcile(system, config, date), made.expected);
    enough = true;
    shops.clear();
    BOOST_TEST(good > 0);
    BOOST_TEST(bad == 0);
    BOOST_TEST(system.store().number("SELECT count(*) FROM orders WHERE trade_state = 'NOTPAY'") >= good);
    BOOST_TEST(system.store().integrity() == "ok");
    auto const ended = system.stop_gateway();
    BOOST_TEST((ended && ended->code == 0));
    BOOST_TEST(system.store().integrity() == "ok");
    system.start_gateway();
}

// C3: what is no bill is never "nothing was paid".
BOOST_FIXTURE_TEST_CASE(answers_that_are_no_bill, with_truth) {
    auto const config = config_of(system, {"shop"});
    system.paid();
    put_bill(system, {});
    auto const date = beijing_date();
    auto const before = bill_anomalies(system);
    for (std::string const what :
         {"garbage", "http_500", "system_error", "reset_before", "reset_after", "hang_before"}) {
        put_fault(system, what);
        BOOST_TEST_CONTEXT(what) {
            auto const r = reconcile(system, config, date);
            check_failed(r, "mch_id 10000100");
            BOOST_TEST(r.bills.empty());
        }
    }
    system.control().del("/control/faults");
    system.control().del("/control/bill");
    check_failed(reconcile(system, config, date), "yet"); // WeChat says that there is none, as it must
    BOOST_TEST(bill_anomalies(system) == before);
    put_bill(system, {});
    BOOST_TEST(reconcile(system, config, date).err == "");
}

BOOST_FIXTURE_TEST_CASE(days_on_which_nothing_happened, with_truth) {
    auto const past = beijing_date(-5);
    auto const all = reconcile(system, system.config_file(), past);
    check_agrees(all);
    BOOST_TEST(all.bills.size() == 3U); // of three mch_ids
    for (auto const& line : all.bills)
        BOOST_TEST(line.find(" payments=0 total_fee=0 refunds=0 ") != std::string::npos, line);
    // So long ago that WeChat has no bill of any day.
    check_failed(reconcile(system, system.config_file(), beijing_date(-400)), "three months");
    check_failed(reconcile(system, system.config_file(), beijing_date(2)), "yet");
}

BOOST_FIXTURE_TEST_CASE(without_a_gateway, with_truth) {
    auto const ended = system.stop_gateway();
    BOOST_TEST((ended && ended->code == 0));
    check_agrees(reconcile(system, system.config_file(), beijing_date(-6)));
    BOOST_TEST(!std::filesystem::exists(system.dir().path("wxgate.db-wal")));
    BOOST_TEST(system.store().integrity() == "ok");
    system.start_gateway();
}

BOOST_FIXTURE_TEST_CASE(usage, with_truth) {
    auto const config = system.config_file();
    for (std::string const date : {"", "2026112", "20261131", "2026-11-23", "yesterday", "202611233"}) {
        auto const r = run(WXGATE_PROGRAM, {"reconcile", "--config", config, "--date", date});
        BOOST_TEST(r.status.code == 2, date);
        BOOST_TEST(lines(r.err) == 1U, r.err);
        BOOST_TEST(r.out == "");
    }
    auto const hourly = config_of(system, {"shop"}, [](gateway_config& c) {
        c.background = {{"reconcile", "hourly"}};
    });
    for (std::vector<std::string> const& args :
         {std::vector<std::string>{"reconcile"},
          {"reconcile", "--config", config},
          {"reconcile", "--date", "20261123"},
          {"reconcile", "--config", config, "--date", "20261123", "extra"},
          {"reconcile", "--config", hourly, "--date", "20261123"},
          {"reconcile", "--config", "/nonexistent/wxgate.info", "--date", "20261123"}}) {
        auto const r = run(WXGATE_PROGRAM, args);
        BOOST_TEST(r.status.code == 2);
        BOOST_TEST(lines(r.err) == 1U, r.err);
        BOOST_TEST(r.out == "");
    }
}

BOOST_AUTO_TEST_SUITE_END()
