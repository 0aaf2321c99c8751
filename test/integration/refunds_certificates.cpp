// The merchants' client certificates (RELIABILITY.md R8; done-when 5): missing, another's, expired, a foreign
// authority's, swapped under load.
#include "refunds_common.hpp"

#include <atomic>
#include <csignal>
#include <mutex>

using namespace wxgate::test;

namespace {

struct pair_of_files {
    std::string certificate;
    std::string key;
    std::string p12;
};

void use(system_under_test& system, pair_of_files const& files) {
    system.reconfigure([&](gateway_config& c) {
        for (auto& m : c.merchants)
            if (m.name == "shop") {
                m.client_certificate = files.certificate;
                m.client_key = files.key;
                m.client_p12 = files.p12;
            }
    });
}

std::size_t count_in(std::string const& text, std::string_view what) {
    std::size_t n = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size()))
        ++n;
    return n;
}

// SIGHUP, until the gateway says what came of it: true when it took the file.
bool reload(system_under_test& system) {
    auto const taken = count_in(system.logs(), "\"reloaded: ");
    auto const refused = count_in(system.logs(), "\"not reloaded: ");
    system.gateway().signal(SIGHUP);
    bool took = false;
    BOOST_TEST_REQUIRE(eventually(10s, [&] {
        auto const now = system.logs();
        took = count_in(now, "\"reloaded: ") > taken;
        return took || count_in(now, "\"not reloaded: ") > refused;
    }));
    return took;
}

} // namespace

BOOST_AUTO_TEST_SUITE(refunds_certificates)

BOOST_AUTO_TEST_CASE(refused_ones) {
    system_under_test system(refund_options());
    client_authority const foreign(system.dir(), "foreign");
    auto const right = system.merchant("shop");
    auto const mine = pair_of_files{right.client_certificate, right.client_key, {}};
    auto const of = [](client_files const& f) { return pair_of_files{f.certificate, f.private_key, {}}; };

    struct row {
        char const* what;
        pair_of_files files;
        bool calls; // WeChat is called with it
    };

    std::vector<row> const rows = {
        {"missing", {}, false},
        {"another merchant's", of(system.merchants_authority().issue("others", "10000200")), true},
        {"expired",
         of(system.merchants_authority().issue("expired", "10000100", std::chrono::days(-1))),
         false},
        {"a foreign authority's", of(foreign.issue("foreign", "10000100")), true}};
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.what) {
            use(system, each.files);
            BOOST_TEST_REQUIRE(reload(system));
            auto const number = text_of(system.paid({{"total_fee", 100}}), "out_trade_no");
            auto const asked = system.refund_request(60);
            auto const refund_no = text_of(asked, "out_refund_no");
            auto const r = system.refund(number, asked);
            BOOST_TEST(r.status == 202U, r.describe());
            BOOST_TEST(eventually(5s, [&] { return cell(system, "err_code", refund_no) == "refund_tls"; }));
            BOOST_TEST(text_of(system.refund_of(refund_no), "err_code") == "refund_tls");
            BOOST_TEST(anomalies_of(system, number, "refund_tls") == 1);
            BOOST_TEST(system.refund_status(refund_no) == "APPROVED");
            // Not in a loop: about once in each certificate_retry, which is a second here.
            auto const attempts = [&] {
                return refund_events(system, refund_no, "REFUND_ATTEMPT") +
                       static_cast<std::int64_t>(system.sandbox_calls("refund", refund_no).size());
            };
            BOOST_TEST(!eventually(3s, [&] { return attempts() > (each.calls ? 10 : 0); }), attempts());
            if (each.calls)
                BOOST_TEST(
                    !system.sandbox_calls("refundquery", refund_no).empty(), "asked about all the same"
                );
            BOOST_TEST(sandbox_refunds(system, number).empty());
            // Other merchants' refunds go on meanwhile.
            auto const theirs = text_of(system.paid({{"total_fee", 100}}, "plain"), "out_trade_no");
            auto const other = system.refund_request(60);
            BOOST_TEST(system.refund(theirs, other, "plain").status == 201U);

            use(system, mine);
            BOOST_TEST_REQUIRE(reload(system));
            BOOST_TEST(system.refund_becomes(refund_no, "SUCCESS", "shop", 10s));
            BOOST_TEST(sandbox_refunds(system, number).size() == 1U);
            BOOST_TEST(member(system.refund_of(refund_no), "err_code").is_null());
            BOOST_TEST(system.refund_becomes(text_of(other, "out_refund_no"), "SUCCESS", "plain"));
        }
    }
    check_store(system);
    check_both(system);
    BOOST_TEST(system.leaked() == "");
}

// The files that the sandbox hands out, as PEM and as PKCS#12 under the mch_id.
BOOST_AUTO_TEST_CASE(those_of_new_certificates) {
    system_under_test system(refund_options());
    auto const folder = [&](char const* name) { return system.dir().path(std::string("certs/") + name); };
    for (auto const& files :
         {pair_of_files{folder("apiclient_cert.pem"), folder("apiclient_key.pem"), {}},
          pair_of_files{{}, {}, folder("apiclient_cert.p12")}}) {
        use(system, files);
        BOOST_TEST_REQUIRE(reload(system));
        auto const number = text_of(system.paid({{"total_fee", 100}}), "out_trade_no");
        auto const asked = system.refund_request(60);
        BOOST_TEST(system.refund(number, asked).status == 201U);
        BOOST_TEST(system.refund_becomes(text_of(asked, "out_refund_no"), "SUCCESS"));
    }
}

// A pair that does not belong together is refused whole: the old one goes on, through a restart of nothing.
BOOST_AUTO_TEST_CASE(bad_pair_is_refused_whole) {
    system_under_test system(refund_options());
    auto const other = system.merchants_authority().issue("other", "10000100");
    auto const garbage = system.dir().write("garbage.pem", "not a certificate");
    auto const right = system.merchant("shop");
    auto const fresh = make_api_key("fresh", "shop");
    for (auto const& files :
         {pair_of_files{right.client_certificate, other.private_key, {}},
          pair_of_files{garbage, right.client_key, {}},
          pair_of_files{system.dir().path("nowhere.pem"), right.client_key, {}},
          pair_of_files{{}, {}, garbage},
          pair_of_files{right.client_certificate, {}, {}}}) {
        use(system, files);
        system.reconfigure([&](gateway_config& c) { c.api_keys.push_back(fresh); });
        BOOST_TEST(!reload(system));
        BOOST_TEST(api(system.port(), fresh.key).get("/v1/refunds").status == 401U, "nothing of it is taken");
        system.reconfigure([&](gateway_config& c) { c.api_keys.pop_back(); });
        auto const number = text_of(system.paid({{"total_fee", 100}}), "out_trade_no");
        auto const asked = system.refund_request(60);
        BOOST_TEST(system.refund(number, asked).status == 201U);
        BOOST_TEST(system.refund_becomes(text_of(asked, "out_refund_no"), "SUCCESS"));
    }
}

BOOST_AUTO_TEST_CASE(swapped_under_load) {
    system_under_test system(refund_options());
    std::vector<pair_of_files> good;
    for (int i = 0; i < 3; ++i) {
        auto const files = system.merchants_authority().issue("good" + std::to_string(i), "10000100");
        good.push_back({files.certificate, files.private_key, {}});
    }
    // Slow enough that each swap finds some under way.
    json::object const slow = {{"on", "refund"}, {"do", "delay"}, {"p", 0.7}, {"ms", 150}};
    BOOST_TEST_REQUIRE(
        system.control().put("/control/faults", {{"rules", json::array{slow}}}).status == 200U
    );
    constexpr std::size_t refunds = 50;
    std::vector<std::string> numbers(refunds);
    std::vector<json::object> requests(refunds);
    for (std::size_t i = 0; i < refunds; ++i) {
        numbers[i] = text_of(system.paid({{"total_fee", 100}}), "out_trade_no");
        requests[i] = system.refund_request(60);
    }
    std::vector<reply> answers(refunds);
    std::vector<reply> payments;
    std::mutex guard;
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> answered{0};
    {
        std::vector<std::jthread> busy;
        for (int i = 0; i < 4; ++i)
            busy.emplace_back([&] {
                for (auto n = next++; n < refunds; n = next++) {
                    answers[n] = system.refund(numbers[n], requests[n]);
                    ++answered;
                }
            });
        busy.emplace_back([&] {
            while (answered < refunds) {
                auto const r = system.with_key("shop").post("/v1/payments", system.order());
                std::lock_guard const lock(guard);
                payments.push_back(r);
            }
        });
        for (std::size_t swap = 0; answered < refunds; ++swap) {
            use(system, good[swap % good.size()]);
            BOOST_TEST(reload(system));
            auto const before = answered.load();
            eventually(5s, [&] { return answered >= std::min(refunds, before + 2); });
        }
    }
    for (auto const& r : answers)
        BOOST_TEST(r.status == 201U, r.describe());
    for (auto const& r : payments)
        BOOST_TEST(r.status == 201U, r.describe());
    BOOST_TEST_MESSAGE(
        payments.size() << " payments, " << count_in(system.logs(), "\"reloaded: ") << " swaps"
    );
    for (auto const& request : requests) {
        auto const refund_no = text_of(request, "out_refund_no");
        BOOST_TEST(system.refund_becomes(refund_no, "SUCCESS"));
        BOOST_TEST(refund_events(system, refund_no, "REFUND_ATTEMPT") == 1);
        BOOST_TEST(refund_events(system, refund_no, "REFUND_UNKNOWN") == 0, "no call was dropped");
    }
    BOOST_TEST(system.anomalies() == 0);
    check_store(system);
    check_both(system);
    BOOST_TEST(system.leaked() == "");
}

BOOST_AUTO_TEST_SUITE_END()
