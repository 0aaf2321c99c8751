#include "webhooks_common.hpp"

#include <boost/test/results_collector.hpp>

#include <algorithm>
#include <iostream>
#include <map>
#include <stdexcept>
#include <tuple>

namespace wxgate::test {

namespace {

system_options options_of(
    webhook_receiver const& shop,
    webhook_receiver const& plain,
    int time_scale,
    std::function<void(gateway_config&)> const& adjust
) {
    auto options = refund_options(against::stand_in);
    options.adjust = [&shop, &plain, time_scale, adjust, first = options.adjust](gateway_config& c) {
        first(c);
        c.background = {{"time_scale", std::to_string(time_scale)}};
        for (auto const& [name, receiver] : {std::pair("shop", &shop), std::pair("plain", &plain)}) {
            auto& m = merchant_of(c, name);
            m.webhook_url = receiver->url();
            m.webhook_secrets = receiver->secrets();
            m.webhook_allow_private = true;
        }
        merchant_of(c, "plain").refund_approval = "manual";
        if (adjust)
            adjust(c);
    };
    return options;
}

std::string quoted_list(std::vector<std::string> const& names) {
    std::string list;
    for (auto const& name : names)
        list += (list.empty() ? "'" : ", '") + name + "'";
    return list;
}

using told = std::tuple<std::int64_t, std::string, std::string>; // version, type, refund

std::map<told, std::string>
told_by_log(system_under_test const& system, std::string const& out_trade_no, std::string const& key) {
    std::map<told, std::string> all;
    for (auto const& e : data_of(system.with_key(key).get("/v1/payments/" + out_trade_no + "/events"))) {
        auto const type = webhook_type(text_of(e, "type"));
        if (!type.empty())
            all[{number_of(e, "version"), type, text_of(e, "out_refund_no")}] = text_of(e, "created_at");
    }
    return all;
}

std::map<told, std::string> told_to(webhook_receiver const& receiver, std::string const& out_trade_no) {
    std::map<told, std::string> all;
    for (auto const& d : receiver.about(out_trade_no))
        if (d.type != "anomaly.detected")
            all[{d.version, d.type, d.out_refund_no}] = text_of(d.event, "timestamp");
    return all;
}

std::string describe(std::map<told, std::string> const& all) {
    std::string text;
    for (auto const& [what, when] : all)
        text += std::to_string(std::get<0>(what)) + " " + std::get<1>(what) + " " + std::get<2>(what) +
                " at " + when + "; ";
    return text;
}

} // namespace

webhook_shops::webhook_shops(int time_scale, std::function<void(gateway_config&)> const& adjust)
    : system(options_of(shop, plain, time_scale, adjust)), desk(system.upstream()) {
    desk.open();
}

webhook_shops::~webhook_shops() {
    auto& wechat = system.upstream();
    wechat.behave([&wechat](call const& c) { return wechat.well_behaved(c); });
    shop.behave_well();
    plain.behave_well();
    if (system.gateway().alive()) {
        auto const ended = system.stop_gateway();
        BOOST_TEST((ended && ended->code == 0), "the gateway's end");
    }
    using namespace boost::unit_test;
    if (!results_collector.results(framework::current_test_unit().p_id).passed()) {
        auto const logs = system.logs();
        std::cerr << "---- the gateway's log ends\n"
                  << logs.substr(logs.size() > 4000 ? logs.size() - 4000 : 0);
    }
}

merchant_config& merchant_of(gateway_config& c, std::string const& name) {
    for (auto& m : c.merchants)
        if (m.name == name)
            return m;
    throw std::runtime_error("no merchant " + name);
}

std::string fresh_number() {
    return "T" + random_hex(24);
}

webhook_answer with_status(unsigned status, header_list headers, std::string body) {
    webhook_answer a;
    a.status = status;
    a.headers = std::move(headers);
    a.body = std::move(body);
    return a;
}

webhook_answer with_conduct(conduct how) {
    webhook_answer a;
    a.how = how;
    return a;
}

json::value facts_of(json::value const& payment) {
    auto facts = payment.as_object();
    facts.erase("client_secret");
    facts.erase("request_payment");
    return facts;
}

std::string webhook_type(std::string const& event_type) {
    static std::map<std::string, std::string> const types = {
        {"SUCCESS", "payment.succeeded"},
        {"REFUND", "payment.succeeded"},
        {"CLOSED", "payment.closed"},
        {"REVOKED", "payment.closed"},
        {"REFUND_REQUESTED", "refund.requested"},
        {"REFUND_REJECTED", "refund.rejected"},
        {"REFUND_SUCCESS", "refund.succeeded"},
        {"REFUND_FAILED", "refund.failed"},
        {"REFUND_REFUNDCLOSE", "refund.failed"}};
    auto const found = types.find(event_type);
    return found == types.end() ? "" : found->second;
}

void check_order(
    webhook_receiver const& receiver,
    system_under_test const& system,
    std::string const& out_trade_no,
    std::string const& key
) {
    auto const wanted = told_by_log(system, out_trade_no, key);
    auto const all_there =
        eventually(20s, [&] { return told_to(receiver, out_trade_no).size() >= wanted.size(); });
    BOOST_TEST(all_there, out_trade_no);
    auto const given = told_to(receiver, out_trade_no);
    BOOST_TEST((given == wanted), describe(given) << " is not " << describe(wanted));
}

void check_outbox(system_under_test const& system, std::vector<std::string> const& merchants) {
    auto const in = " IN (" + quoted_list(merchants) + ") ";
    auto const db = system.store();
    auto const wanted = db.rows(
        "SELECT merchant, told, number, refund, count(*) FROM (SELECT o.merchant AS merchant, CASE e.type "
        "WHEN 'SUCCESS' THEN 'payment.succeeded' WHEN 'REFUND' THEN 'payment.succeeded' "
        "WHEN 'CLOSED' THEN 'payment.closed' WHEN 'REVOKED' THEN 'payment.closed' "
        "WHEN 'REFUND_REQUESTED' THEN 'refund.requested' "
        "WHEN 'REFUND_REJECTED' THEN 'refund.rejected' WHEN 'REFUND_SUCCESS' THEN 'refund.succeeded' "
        "WHEN 'REFUND_FAILED' THEN 'refund.failed' WHEN 'REFUND_REFUNDCLOSE' THEN 'refund.failed' END AS "
        "told, e.out_trade_no AS number, COALESCE(e.out_refund_no, '') AS refund FROM events e JOIN orders o "
        "ON o.mch_id = e.mch_id AND o.out_trade_no = e.out_trade_no UNION ALL SELECT merchant, "
        "'anomaly.detected', out_trade_no, '' FROM anomalies) AS due WHERE told IS NOT NULL AND merchant" +
        in + "GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
    );
    auto const given = db.rows(
        "SELECT merchant, type, out_trade_no, CASE type WHEN 'anomaly.detected' THEN '' ELSE "
        "COALESCE(out_refund_no, '') END AS refund, count(*) FROM outbox GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, "
        "3, 4"
    );
    BOOST_TEST(given.size() == wanted.size());
    for (auto const& row : wanted)
        BOOST_TEST(
            (std::find(given.begin(), given.end(), row) != given.end()),
            row[4] << " × " << row[1] << " of " << row[2] << " " << row[3] << " is not in the outbox"
        );
    for (auto const& row : given)
        BOOST_TEST(
            (std::find(wanted.begin(), wanted.end(), row) != wanted.end()),
            row[4] << " × " << row[1] << " of " << row[2] << " " << row[3] << " is in the outbox"
        );
}

void check_all_told(webhook_shops& s, milliseconds bound) {
    auto const left = [&] {
        return s.system.store().number("SELECT count(*) FROM outbox WHERE state <> 'delivered'");
    };
    BOOST_TEST(eventually(bound, [&] { return left() == 0; }), left() << " are not delivered");
    check_outbox(s.system);
    auto const rows =
        s.system.store().rows("SELECT id, merchant, type FROM outbox WHERE state = 'delivered'");
    for (auto const& row : rows) {
        auto const& receiver = row[1] == "shop" ? s.shop : s.plain;
        BOOST_TEST(receiver.has_taken(row[0]), row[2] << " " << row[0] << " is delivered and nobody has it");
    }
    for (auto const* receiver : {&s.shop, &s.plain})
        for (auto const& d : receiver->deliveries())
            BOOST_TEST(secret_in(d) == "");
    BOOST_TEST(s.shop.trouble() == "");
    BOOST_TEST(s.plain.trouble() == "");
    check_store(s.system);
    BOOST_TEST(s.system.leaked() == "");
}

std::string outbox_id(system_under_test const& system, std::string const& number, std::string const& type) {
    auto const rows = system.store().rows(
        "SELECT id FROM outbox WHERE type = '" + type + "' AND (out_trade_no = '" + number +
        "' OR out_refund_no = '" + number + "')"
    );
    return rows.empty() ? "" : rows[0][0];
}

std::string outbox_cell(system_under_test const& system, std::string const& column, std::string const& id) {
    auto const rows = system.store().rows("SELECT " + column + " FROM outbox WHERE id = '" + id + "'");
    return rows.empty() ? "no row" : rows[0][0];
}

bool outbox_becomes(
    system_under_test const& system, std::string const& id, std::string const& state, milliseconds bound
) {
    return eventually(bound, [&] { return outbox_cell(system, "state", id) == state; });
}

std::string secret_in(delivery const& d) {
    auto text = d.target + "\n" + d.body;
    for (auto const& [name, value] : d.headers)
        text += "\n" + name + ": " + value;
    for (auto const* secret : secret_marks)
        if (text.find(secret) != std::string::npos)
            return std::string(secret) + " in " + text;
    return {};
}

void tell_wrong_amount(
    system_under_test const& system, json::value const& payment, std::string const& transaction_id
) {
    auto said = notification_of(payment, transaction_id);
    set(said, "total_fee", "1");
    set(said, "cash_fee", "1");
    check_refused(system.notify(said, text_of(payment, "merchant")));
}

std::vector<json::value> data_of(reply const& r) {
    BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
    auto const data = member(r.parsed(), "data");
    BOOST_TEST_REQUIRE(data.is_array());
    return {data.as_array().begin(), data.as_array().end()};
}

void check_members(json::value const& object, std::vector<std::string_view> const& names) {
    BOOST_TEST_REQUIRE(object.is_object());
    for (auto const name : names)
        BOOST_TEST(object.as_object().contains({name.data(), name.size()}), "missing: " << name);
    BOOST_TEST(object.as_object().size() == names.size(), json::serialize(object));
}

void check_webhook_shape(json::value const& item) {
    check_members(
        item,
        {"id",
         "merchant",
         "type",
         "out_trade_no",
         "out_refund_no",
         "state",
         "attempts",
         "last_status",
         "last_error",
         "created_at",
         "due_at",
         "delivered_at"}
    );
}

void check_anomaly_shape(json::value const& anomaly) {
    check_members(
        anomaly,
        {"id",
         "merchant",
         "out_trade_no",
         "kind",
         "detail",
         "seen",
         "created_at",
         "last_seen_at",
         "settled_at",
         "settled_by",
         "note"}
    );
}

} // namespace wxgate::test
