#include "refunds_common.hpp"

#include <boost/test/results_collector.hpp>

#include <iostream>
#include <map>
#include <memory>
#include <set>

namespace wxgate::test {

namespace {

std::unique_ptr<system_under_test> with_sandbox;
std::unique_ptr<system_under_test> with_stand_in;

struct refunds_ending {
    void setup() {}

    void teardown() {
        using namespace boost::unit_test;
        for (auto* system : {&with_sandbox, &with_stand_in}) {
            if (!*system)
                continue;
            BOOST_TEST((*system)->leaked() == "");
            check_store(**system);
            auto const ended = (*system)->stop_gateway();
            BOOST_TEST((ended && ended->code == 0), "the gateway's end");
            if (!results_collector.results(framework::master_test_suite().p_id).passed()) {
                auto const logs = (*system)->logs();
                std::cerr << "---- the gateway's log ends\n"
                          << logs.substr(logs.size() > 4000 ? logs.size() - 4000 : 0);
            }
            system->reset();
        }
    }
};

system_under_test& started(std::unique_ptr<system_under_test>& system, against upstream) {
    if (!system)
        system = std::make_unique<system_under_test>(refund_options(upstream));
    return *system;
}

} // namespace

BOOST_TEST_GLOBAL_FIXTURE(refunds_ending);

system_options refund_options(against upstream) {
    system_options o;
    o.upstream = upstream;
    o.time_scale = 60;
    o.adjust = [](gateway_config& c) {
        c.timeout = "700ms";
        c.refunds = {
            {"order_interval", std::to_string(short_minute.count()) + "ms"},
            {"first_retry", "100ms"},
            {"last_retry", "1s"},
            {"poor_retry", "400ms"},
            {"certificate_retry", "1s"}};
    };
    return o;
}

system_under_test& refund_system() {
    return started(with_sandbox, against::sandbox);
}

scripted_refunds::scripted_refunds()
    : system(started(with_stand_in, against::stand_in)), wechat(system.upstream()), desk(wechat) {
    desk.open();
}

scripted_refunds::~scripted_refunds() {
    wechat.behave([&w = wechat](call const& c) { return w.well_behaved(c); });
}

void check_refund_shape(json::value const& refund) {
    static std::set<std::string_view> const always = {
        "out_refund_no",
        "out_trade_no",
        "refund_fee",
        "total_fee",
        "refund_status",
        "reason",
        "requested_by",
        "decided_by",
        "refund_id",
        "err_code",
        "created_at",
        "decided_at",
        "succeeded_at"};
    BOOST_TEST_REQUIRE(refund.is_object());
    auto const& object = refund.as_object();
    for (auto const name : always)
        BOOST_TEST(object.contains({name.data(), name.size()}), "missing: " << name);
    BOOST_TEST(object.size() == always.size(), json::serialize(refund));
}

void check_store(system_under_test const& system) {
    auto const db = system.store();
    auto const none = [&](char const* what, std::string const& sql) {
        auto const rows = db.rows(sql);
        BOOST_TEST(rows.empty(), what << ": " << (rows.empty() ? "" : rows[0][0]) << " of " << rows.size());
    };
    none(
        "I2: reserved is the sum of live refunds",
        "SELECT o.out_trade_no FROM orders o WHERE o.refund_reserved <> (SELECT COALESCE(SUM(refund_fee), 0) "
        "FROM refunds r WHERE r.mch_id = o.mch_id AND r.out_trade_no = o.out_trade_no AND refund_status NOT "
        "IN ('REJECTED', 'FAILED', 'REFUNDCLOSE')) OR o.refund_reserved > o.total_fee"
    );
    none(
        "refunded_fee adds up",
        "SELECT o.out_trade_no FROM orders o WHERE o.refunded_fee <> (SELECT COALESCE(SUM(refund_fee), 0) "
        "FROM refunds r WHERE r.mch_id = o.mch_id AND r.out_trade_no = o.out_trade_no AND refund_status = "
        "'SUCCESS')"
    );
    none(
        "I4: an event a version",
        "SELECT o.out_trade_no FROM orders o WHERE o.version <> (SELECT count(*) FROM events e WHERE "
        "e.mch_id = o.mch_id AND e.out_trade_no = o.out_trade_no)"
    );
    none(
        "I4: the last event tells the refund's state",
        "SELECT r.out_refund_no FROM refunds r WHERE r.refund_status <> (SELECT e.refund_status FROM events "
        "e WHERE e.mch_id = r.mch_id AND e.out_trade_no = r.out_trade_no AND e.out_refund_no = "
        "r.out_refund_no ORDER BY e.version DESC LIMIT 1)"
    );
    none(
        "I4: an event a change of the refund",
        "SELECT r.out_refund_no FROM refunds r WHERE r.version <> (SELECT count(*) FROM events e WHERE "
        "e.mch_id = r.mch_id AND e.out_trade_no = r.out_trade_no AND e.out_refund_no = r.out_refund_no)"
    );
    static std::set<std::string> const legal = {
        "REQUESTED>APPROVED",
        "REQUESTED>REJECTED",
        "APPROVED>REQUESTED",
        "APPROVED>PROCESSING",
        "APPROVED>SUCCESS",
        "APPROVED>CHANGE",
        "APPROVED>REFUNDCLOSE",
        "APPROVED>FAILED",
        "PROCESSING>SUCCESS",
        "PROCESSING>CHANGE",
        "PROCESSING>REFUNDCLOSE",
        "CHANGE>SUCCESS",
        "CHANGE>REFUNDCLOSE"};
    std::map<std::string, std::string> state;
    for (auto const& row : db.rows("SELECT mch_id || '/' || out_refund_no, refund_status FROM events WHERE "
                                   "out_refund_no IS NOT NULL ORDER BY mch_id, out_trade_no, version")) {
        auto const [at, first] = state.try_emplace(row[0], row[1]);
        if (first)
            BOOST_TEST(row[1] == "REQUESTED", row[0] << " begins as " << row[1]);
        else if (at->second != row[1])
            BOOST_TEST(
                legal.contains(at->second + ">" + row[1]), row[0] << ": " << at->second << ">" << row[1]
            );
        at->second = row[1];
    }
    BOOST_TEST(db.integrity() == "ok");
}

void check_both(system_under_test const& system) {
    struct fact {
        std::string fee;
        std::string status;
    };

    std::map<std::string, fact> there;
    auto const orders = member(system.control().get("/control/ledger").parsed(), "orders");
    BOOST_TEST_REQUIRE(orders.is_array());
    for (auto const& o : orders.as_array()) {
        std::int64_t sum = 0;
        auto const all = member(o, "refunds");
        for (auto const& r : all.as_array()) {
            auto const status = text_of(r, "refund_status");
            if (status != "REFUNDCLOSE")
                sum += number_of(r, "refund_fee");
            auto const number = text_of(r, "out_refund_no");
            BOOST_TEST(!there.contains(number), number << " is there twice");
            there[number] = {std::to_string(number_of(r, "refund_fee")), status};
        }
        BOOST_TEST(sum <= number_of(o, "total_fee"), text_of(o, "out_trade_no") << " was over-refunded");
    }
    std::set<std::string> here;
    for (auto const& row :
         system.store().rows("SELECT out_refund_no, refund_fee, refund_status FROM refunds")) {
        here.insert(row[0]);
        bool const begun =
            row[2] == "PROCESSING" || row[2] == "SUCCESS" || row[2] == "CHANGE" || row[2] == "REFUNDCLOSE";
        auto const found = there.find(row[0]);
        BOOST_TEST(begun == (found != there.end()), row[0] << " is " << row[2]);
        if (found != there.end()) {
            BOOST_TEST(found->second.fee == row[1], row[0]);
            BOOST_TEST(found->second.status == row[2], row[0]);
        }
    }
    for (auto const& [number, what] : there)
        BOOST_TEST(here.contains(number), number << " is at WeChat only");
}

json::array sandbox_refunds(system_under_test const& system, std::string const& out_trade_no) {
    auto const orders = member(system.control().get("/control/ledger").parsed(), "orders");
    for (auto const& o : orders.as_array())
        if (text_of(o, "out_trade_no") == out_trade_no)
            return member(o, "refunds").as_array();
    return {};
}

std::string
cell(system_under_test const& system, std::string const& column, std::string const& out_refund_no) {
    auto const rows = system.store().rows(
        "SELECT " + column + " FROM refunds WHERE out_refund_no = '" + out_refund_no + "'"
    );
    return rows.empty() ? "no row" : rows[0][0];
}

std::int64_t
order_number(system_under_test const& system, std::string const& column, std::string const& out_trade_no) {
    return system.store().number(
        "SELECT " + column + " FROM orders WHERE out_trade_no = '" + out_trade_no + "'"
    );
}

std::int64_t
refund_events(system_under_test const& system, std::string const& out_refund_no, std::string const& type) {
    return system.store().number(
        "SELECT count(*) FROM events WHERE out_refund_no = '" + out_refund_no + "' AND type = '" + type + "'"
    );
}

std::int64_t
anomalies_of(system_under_test const& system, std::string const& out_trade_no, std::string const& kind) {
    return system.store().number(
        "SELECT count(*) FROM anomalies WHERE out_trade_no = '" + out_trade_no + "' AND kind = '" + kind + "'"
    );
}

} // namespace wxgate::test
