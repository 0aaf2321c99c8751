// Seeing into the gateway: /metrics as Prometheus reads it, and what is built on it (conf/alerts.yaml,
// conf/grafana-dashboard.json, README's table).
#include "support/metrics_text.hpp"
#include "webhooks_common.hpp"

#include <sstream>

using namespace wxgate::test;

namespace {

metrics_text scrape(system_under_test const& system) {
    auto const r = system.admin().get("/metrics");
    BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
    BOOST_TEST(r.header("Content-Type").starts_with("text/plain; version=0.0.4"));
    return read_metrics(r.body);
}

std::string source(std::string const& file) {
    auto const text = read_file(std::string(WXGATE_SOURCE_DIR) + "/" + file);
    BOOST_TEST_REQUIRE(!text.empty(), file);
    return text;
}

// One of everything: payments, a refund by itself, one that waits, a finding, messages.
void live_a_little(webhook_shops& s) {
    auto const number = text_of(s.system.paid({{"total_fee", 100}}), "out_trade_no");
    auto const back = s.system.refund_request(40);
    BOOST_TEST_REQUIRE(one_of(s.system.refund(number, back).status, {201, 202}));
    BOOST_TEST_REQUIRE(s.system.refund_becomes(text_of(back, "out_refund_no"), "SUCCESS"));
    auto const waits = text_of(s.system.paid({{"total_fee", 100}}, "plain"), "out_trade_no");
    BOOST_TEST_REQUIRE(s.system.refund(waits, s.system.refund_request(40), "plain").status == 202U);
    tell_wrong_amount(s.system, s.system.create(), new_transaction_id());
    BOOST_TEST_REQUIRE(s.system.with_key("shop").get("/v1/payments/nobody-has-this").status == 404U);
    exchange_raw(s.system.port(), "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n");
}

std::size_t series(metrics_text const& m) {
    std::size_t n = 0;
    for (auto const& [name, family] : m.families)
        n += family.samples.size();
    return n;
}

} // namespace

BOOST_AUTO_TEST_SUITE(seen_metrics)

// The rules of `promtool check metrics`, and more; and the tool itself, where it is.
BOOST_AUTO_TEST_CASE(as_prometheus_wants_it) {
    webhook_shops s;
    for (auto const& problem : scrape(s.system).problems) // also before anything has happened
        BOOST_TEST(false, problem);
    live_a_little(s);
    auto const m = scrape(s.system);
    for (auto const& problem : m.problems)
        BOOST_TEST(false, problem);
    BOOST_TEST(m.families.size() > 40U);
    if (!std::filesystem::exists("/usr/bin/promtool")) {
        BOOST_TEST_MESSAGE("promtool is not there: its rules were held by support/metrics_text.cpp alone");
        return;
    }
    auto const checked =
        run("/usr/bin/promtool", {"check", "metrics"}, s.system.admin().get("/metrics").body);
    BOOST_TEST(checked.status.code == 0, checked.out << checked.err);
    auto const rules =
        run("/usr/bin/promtool", {"check", "rules", std::string(WXGATE_SOURCE_DIR) + "/conf/alerts.yaml"});
    BOOST_TEST(rules.status.code == 0, rules.out << rules.err);
}

// What an alert or a panel asks for is there from the start: an expression over nothing never fires.
BOOST_AUTO_TEST_CASE(what_alerts_and_dashboard_name) {
    webhook_shops s;
    BOOST_TEST_REQUIRE(s.system.with_key("shop").get("/v1/payments").status == 200U);
    auto const m = scrape(s.system);
    for (auto const* file : {"conf/alerts.yaml", "conf/grafana-dashboard.json"}) {
        auto const names = metric_names_in(source(file));
        BOOST_TEST(names.size() > 20U, file);
        for (auto const& name : names)
            BOOST_TEST((m.find(name) != nullptr), file << " names " << name << ", which is not there");
    }
}

// Every metric is in README's operating page, and README's are there.
BOOST_AUTO_TEST_CASE(what_readme_tells) {
    webhook_shops s;
    live_a_little(s);
    auto const m = scrape(s.system);
    auto const readme = source("README.md");
    for (auto const& [name, family] : m.families)
        BOOST_TEST(readme.find("`" + name + "`") != std::string::npos, "README.md does not tell of " << name);
    std::istringstream rows(readme);
    for (std::string row; std::getline(rows, row);)
        if (row.starts_with("| `wxgate_") || row.starts_with("| `process_"))
            for (auto const& name : metric_names_in(row))
                BOOST_TEST((m.families.contains(name)), "README.md tells of " << name);
}

BOOST_AUTO_TEST_CASE(what_is_counted) {
    webhook_shops s;
    live_a_little(s);
    auto const m = scrape(s.system);
    auto const at_least =
        [&](double wanted, std::string const& name, std::map<std::string, std::string> const& labels) {
            std::string text = name;
            for (auto const& [label, value] : labels)
                text += " " + label + "=" + value;
            BOOST_TEST(m.sum(name, labels) >= wanted, text << " is " << m.sum(name, labels));
        };
    auto const mch_id = s.system.merchant("shop").mch_id;
    at_least(
        3, "wxgate_http_requests_total", {{"method", "POST"}, {"route", "/v1/payments"}, {"status", "201"}}
    );
    at_least(1, "wxgate_http_requests_total", {{"route", "/v1/payments/{out_trade_no}"}, {"status", "404"}});
    at_least(2, "wxgate_http_requests_total", {{"route", "/notify/{merchant}/payment"}, {"status", "200"}});
    at_least(1, "wxgate_http_requests_total", {{"route", "/notify/{merchant}/payment"}, {"status", "400"}});
    at_least(1, "wxgate_http_requests_total", {{"method", "other"}, {"route", "none"}, {"status", "400"}});
    at_least(3, "wxgate_http_request_seconds_count", {{"route", "/v1/payments"}});
    at_least(3, "wxgate_upstream_calls_total", {{"call", "unifiedorder"}, {"result", "accepted"}});
    at_least(1, "wxgate_upstream_calls_total", {{"call", "refund"}, {"result", "accepted"}});
    at_least(3, "wxgate_upstream_call_seconds_count", {{"call", "unifiedorder"}});
    at_least(1, "wxgate_pool_connections_opened_total", {{"identity", "none"}});
    at_least(1, "wxgate_pool_connections_opened_total", {{"identity", mch_id}});
    at_least(2, "wxgate_notifications_total", {{"result", "recorded"}});
    at_least(1, "wxgate_notifications_total", {{"result", "anomaly"}});
    at_least(1, "wxgate_anomalies_total", {{"kind", "amount_mismatch"}});
    at_least(1, "wxgate_refunds_total", {{"refund_status", "SUCCESS"}});
    at_least(1, "wxgate_store_commits_total", {});
    at_least(1, "wxgate_store_commit_seconds_count", {});
    at_least(1, "wxgate_store_commit_batches_count", {});
    at_least(1, "wxgate_store_healthy", {});
    at_least(1, "wxgate_build_info", {{"version", "1.0.0"}});
    at_least(1'000'000, "process_resident_memory_bytes", {});
    at_least(10, "process_open_fds", {});
    auto const seconds = [](std::int64_t ms) { return static_cast<double>(ms) / 1000; };
    auto const now = std::chrono::system_clock::now().time_since_epoch();
    auto const now_s = seconds(std::chrono::duration_cast<milliseconds>(now).count());
    BOOST_TEST(m.sum("process_start_time_seconds") > now_s - 600);
    BOOST_TEST(m.sum("process_start_time_seconds") <= now_s + 1);
    // A year, less the time since it was made.
    auto const left = m.sum("wxgate_certificate_expiry_timestamp_seconds", {{"merchant", "shop"}}) - now_s;
    BOOST_TEST(left > 364.0 * 86400);
    BOOST_TEST(left < 366.0 * 86400);
}

// What waits in the store is seen within seconds, and that it has been settled too.
BOOST_AUTO_TEST_CASE(what_waits) {
    webhook_shops s(3000);
    s.shop.behave([](delivery const&) { return with_status(500); });
    live_a_little(s);
    auto const seen = [&](std::string const& name, double value) {
        double last = -1;
        bool const so = eventually(60s, [&] {
            last = scrape(s.system).sum(name);
            return last == value;
        });
        BOOST_TEST(so, name << " is " << last << ", not " << value);
    };
    seen("wxgate_refunds_waiting_approval", 1);
    seen("wxgate_anomalies_open", 1);
    BOOST_TEST(scrape(s.system).sum("wxgate_webhooks_pending") > 0);
    BOOST_TEST(scrape(s.system).sum("wxgate_ledger_counted_timestamp_seconds") > 0);
    auto const alice = s.system.sign_in("alice");
    auto const waits = data_of(alice.get("/admin/v1/refunds?refund_status=REQUESTED"));
    BOOST_TEST_REQUIRE(waits.size() == 1U);
    auto const target = "/admin/v1/refunds/" + text_of(waits[0], "out_refund_no") + "/reject";
    BOOST_TEST(alice.post(target, {{"reason", "no"}}).status == 200U);
    auto const found = data_of(alice.get("/admin/v1/anomalies?settled=0"));
    BOOST_TEST_REQUIRE(found.size() == 1U);
    auto const settle = "/admin/v1/anomalies/" + text_of(found[0], "id") + "/settle";
    BOOST_TEST(alice.post(settle, {{"note", "seen"}}).status == 200U);
    s.shop.behave_well();
    seen("wxgate_refunds_waiting_approval", 0);
    seen("wxgate_anomalies_open", 0);
    seen("wxgate_webhooks_pending", 0);
    check_all_told(s);
}

// Labels are of a fixed few values: neither numbers nor peers make new series.
BOOST_AUTO_TEST_CASE(no_series_of_a_peers_making) {
    webhook_shops s;
    live_a_little(s);
    auto const before = series(scrape(s.system));
    for (int i = 0; i < 20; ++i) {
        s.system.paid({{"total_fee", 100}});
        s.system.with_key("shop").get("/v1/payments/T" + random_hex(24));
        s.system.with_key("shop").get("/v1/T" + random_hex(24));
        s.system.with_key("shop").send({"M" + random_hex(6), "/v1/payments", {}, {}});
        s.system.notify_text("<xml></xml>", "m" + random_hex(6));
    }
    auto const after = series(scrape(s.system));
    BOOST_TEST(after <= before + 12, after << " series after " << before); // statuses that were not there yet
    BOOST_TEST(s.system.leaked() == "");
}

// The store may be stuck; what watches it is not.
BOOST_AUTO_TEST_CASE(answers_while_the_store_does_not) {
    system_options options;
    options.upstream = against::stand_in;
    system_under_test system(options);
    exclusive_lock const held(system.dir().path("wxgate.db"));
    for (int i = 0; i < 20; ++i) {
        auto const began = steady::now();
        BOOST_TEST(scrape(system).problems.empty());
        BOOST_TEST((steady::now() - began < 1s));
    }
}

BOOST_AUTO_TEST_SUITE_END()
