#include "fixture.hpp"

#include <boost/test/results_collector.hpp>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <set>

namespace wxgate::test {

namespace {

std::unique_ptr<system_under_test> with_sandbox;
std::unique_ptr<system_under_test> with_stand_in;

// Ends the systems before main() returns, and shows what the gateway said when something went wrong.
struct ending {
    void setup() {}

    void teardown() {
        using namespace boost::unit_test;
        for (auto* system : {&with_sandbox, &with_stand_in}) {
            if (!*system)
                continue;
            // Ended as an operator ends it: a sanitizer says by the exit status what it found.
            auto const ended = (*system)->stop_gateway();
            BOOST_TEST((ended && ended->code == 0), "the gateway's end");
            auto const all = results_collector.results(framework::master_test_suite().p_id).passed();
            if (!all || !ended || ended->code != 0) {
                auto const logs = (*system)->logs();
                std::cerr << "---- the gateway's log ends\n"
                          << logs.substr(logs.size() > 4000 ? logs.size() - 4000 : 0);
            }
            system->reset();
        }
    }
};

system_under_test& started(std::unique_ptr<system_under_test>& system, against upstream) {
    if (!system) {
        system_options options;
        options.upstream = upstream;
        options.adjust = [](gateway_config& c) { c.header_timeout = "1s"; };
        system = std::make_unique<system_under_test>(options);
    }
    return *system;
}

} // namespace

BOOST_TEST_GLOBAL_FIXTURE(ending);

system_under_test& the_system() {
    return started(with_sandbox, against::sandbox);
}

system_under_test& scripted_system() {
    return started(with_stand_in, against::stand_in);
}

scripted::scripted() : system(scripted_system()), wechat(system.upstream()) {
    wechat.forget();
}

scripted::~scripted() {
    wechat.behave([&w = wechat](call const& c) { return w.well_behaved(c); });
}

std::vector<std::string_view> codes_of(unsigned status) {
    static std::map<unsigned, std::vector<std::string_view>> const table = {
        {400, {"invalid_json", "invalid_request", "bad_request"}},
        {401, {"unauthorized"}},
        {403, {"forbidden"}},
        {404, {"not_found"}},
        {405, {"method_not_allowed"}},
        {408, {"request_timeout"}},
        {409,
         {"idempotency_mismatch",
          "in_progress",
          "order_conflict",
          "order_paid",
          "order_closed",
          "refund_conflict",
          "refund_exceeds_payment",
          "invalid_state"}},
        {411, {"bad_request"}},
        {413, {"body_too_large"}},
        {414, {"bad_request"}},
        {415, {"unsupported_media_type"}},
        {417, {"bad_request"}},
        {422, {"upstream_rejected"}},
        {429, {"rate_limited"}},
        {431, {"headers_too_large"}},
        {501, {"bad_request"}},
        {502, {"upstream_invalid"}},
        {503, {"overloaded", "store_unavailable"}},
        {504, {"upstream_timeout"}},
        {505, {"bad_request"}}};
    auto const found = table.find(status);
    return found == table.end() ? std::vector<std::string_view>{} : found->second;
}

bool one_of(unsigned status, std::initializer_list<unsigned> allowed) {
    return std::find(allowed.begin(), allowed.end(), status) != allowed.end();
}

void check_problem(reply const& r, unsigned status, std::string_view code, std::string_view param) {
    BOOST_TEST_CONTEXT(r.describe()) {
        BOOST_TEST(r.status == status);
        if (r.status != status)
            return;
        BOOST_TEST(r.whole);
        BOOST_TEST(r.header("Content-Type").starts_with("application/problem+json"));
        auto const body = r.parsed();
        BOOST_TEST(number_of(body, "status") == status);
        auto const given = text_of(body, "code");
        auto const allowed = codes_of(status);
        BOOST_TEST((std::find(allowed.begin(), allowed.end(), given) != allowed.end()));
        if (!code.empty())
            BOOST_TEST(given == code);
        if (!param.empty())
            BOOST_TEST(text_of(body, "param") == param);
        BOOST_TEST(!text_of(body, "title").empty());
        BOOST_TEST(!text_of(body, "type").empty());
        BOOST_TEST(!text_of(body, "detail").empty());
        BOOST_TEST(!text_of(body, "request_id").empty());
        BOOST_TEST(text_of(body, "request_id") == r.header("X-Request-Id"));
    }
}

void check_refused(reply const& r, unsigned status) {
    BOOST_TEST_CONTEXT(r.describe()) {
        BOOST_TEST(r.status == status);
        BOOST_TEST(r.body == refused_xml);
        BOOST_TEST(r.header("Content-Type").find("xml") != std::string::npos);
    }
}

void check_accepted(reply const& r) {
    BOOST_TEST_CONTEXT(r.describe()) {
        BOOST_TEST(r.status == 200U);
        BOOST_TEST(r.body == accepted_xml);
    }
}

void check_payment_shape(json::value const& payment) {
    static std::set<std::string_view> const always = {
        "out_trade_no",
        "merchant",
        "appid",
        "mch_id",
        "openid",
        "total_fee",
        "fee_type",
        "body",
        "attach",
        "trade_type",
        "trade_state",
        "prepay_id",
        "transaction_id",
        "refunded_fee",
        "metadata",
        "created_at",
        "paid_at",
        "expires_at"};
    BOOST_TEST_REQUIRE(payment.is_object());
    auto const& object = payment.as_object();
    for (auto const name : always)
        BOOST_TEST(object.contains({name.data(), name.size()}), "missing: " << name);
    for (auto const& each : object) {
        std::string_view const name(each.key().data(), each.key().size());
        BOOST_TEST(
            (always.contains(name) || name == "client_secret" || name == "request_payment" ||
             name == "code_url" || name == "h5_url" || name == "app_payment"),
            "not in the contract: " << name
        );
    }
}

std::int64_t metric(system_under_test const& system, std::string const& name) {
    auto const text = "\n" + system.admin().get("/metrics").body;
    auto const at = text.find("\n" + name + " ");
    return at == std::string::npos ? 0 : std::stoll(text.substr(at + name.size() + 2));
}

} // namespace wxgate::test
