// Refund notifications over real sockets: sent by themselves when the refund ends, and the faults.
#include "shop.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;
using namespace std::chrono_literals;

namespace {

// A shop whose order0001 is paid and told, with nothing under way. The clock stands unless it is moved.
struct refunding : running {
    refunding() {
        paid();
        control("PUT", "/control/refunds", "", R"({"settle":"1h"})");
    }

    // Accepted, as the handler does it.
    void begin(std::string_view number, std::string_view order = "order0001") {
        auto const a = refund(number, "1", {{"notify_url", url}, {"out_trade_no", order}});
        BOOST_TEST(a.get("result_code") == "SUCCESS");
        w.something_is_due();
    }

    void advance(char const* by) {
        auto const body = std::string(R"({"advance":")") + by + R"("})";
        BOOST_TEST(control("POST", "/control/clock", "", body).first == 200U);
    }

    bool heard(std::size_t n) {
        return until([&] { return listener.all.size() == n; });
    }

    notification const& newest() const { return *w.notifications.all().back(); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(refund_sending)

BOOST_AUTO_TEST_CASE(it_goes_out_by_itself) {
    refunding s;
    auto const start = std::chrono::steady_clock::now();
    s.w.clock = sandbox_clock(); // real time
    s.now = now_ms();
    s.control("PUT", "/control/refunds", "", R"({"settle":"100ms"})");
    s.begin("r1");
    BOOST_TEST(s.heard(1));
    BOOST_TEST((std::chrono::steady_clock::now() - start >= 90ms));
    auto const& r = s.listener.all.front();
    BOOST_TEST(r.message.size() == 5U);
    BOOST_TEST(r.inner.get("out_refund_no") == "r1");
    BOOST_TEST(r.inner.get("refund_status") == "SUCCESS");
    BOOST_TEST(s.until([&] { return s.all_acknowledged(); }));
}

BOOST_AUTO_TEST_CASE(it_goes_out_when_the_clock_is_moved_and_comes_again) {
    refunding s;
    s.listener.answer = "<xml><return_code><![CDATA[FAIL]]></return_code></xml>";
    s.begin("r1");
    s.run_for(30ms);
    BOOST_TEST(s.listener.all.empty());
    s.advance("59m");
    s.run_for(30ms);
    BOOST_TEST(s.listener.all.empty());
    s.advance("1m");
    for (std::size_t n = 1; n <= 16; ++n) {
        BOOST_TEST(s.until([&] {
            return s.listener.all.size() == n && (n == 16 || s.w.notifications.next_due());
        }));
        s.advance("6h");
    }
    s.run_for(30ms);
    BOOST_TEST(s.listener.all.size() == 16U);
    BOOST_TEST(
        boost::json::serialize(s.control("GET", "/control/ledger").second.at("notifications")) ==
        R"([{"out_trade_no":"order0001","out_refund_no":"r1","kind":"refund","attempts":16,"acknowledged":false}])"
    );
}

BOOST_AUTO_TEST_CASE(settled_by_hand_it_goes_out_at_once) {
    refunding s;
    s.begin("r1");
    s.control("POST", "/control/settle-refund", "", R"({"out_refund_no":"r1","refund_status":"CHANGE"})");
    BOOST_TEST(s.heard(1));
    BOOST_TEST(s.listener.all[0].inner.get("refund_status") == "CHANGE");
    s.advance("2h"); // when it would have ended by itself
    s.run_for(30ms);
    BOOST_TEST(s.listener.all.size() == 1U);
}

BOOST_AUTO_TEST_CASE(twice_at_once) {
    refunding s;
    s.fault("duplicate", 100, "refund_notify");
    s.begin("r1");
    s.advance("1h");
    BOOST_TEST(s.heard(2));
    BOOST_TEST(s.listener.all[0].message.get("req_info") == s.listener.all[1].message.get("req_info"));
    BOOST_TEST(s.newest().attempts == 2U);
}

BOOST_AUTO_TEST_CASE(lost_on_the_way) {
    refunding s;
    s.fault("drop", 100, "refund_notify");
    s.begin("r1");
    s.advance("1h");
    BOOST_TEST(s.until([&] { return !s.w.notifications.all().empty() && s.tried_and_waiting(); }));
    BOOST_TEST(s.listener.all.empty());
    s.advance("15s");
    BOOST_TEST(s.until([&] { return s.all_acknowledged(); }));
    BOOST_TEST(s.newest().attempts == 2U);
}

BOOST_AUTO_TEST_CASE(in_another_order) {
    refunding s;
    s.paid("order0002");
    s.fault("reorder", 4000, "refund_notify");
    s.begin("r1");
    s.advance("30m");
    s.begin("r2", "order0002");
    s.advance("59m"); // the first goes (and is held back), then the second
    BOOST_TEST(s.heard(0));
    s.run_for(30ms);
    s.advance("10m");
    BOOST_TEST(s.heard(2));
    BOOST_TEST(s.listener.all[0].inner.get("out_refund_no") == "r2");
    BOOST_TEST(s.listener.all[1].inner.get("out_refund_no") == "r1");
}

BOOST_AUTO_TEST_CASE(delayed) {
    refunding s;
    s.fault("delay", 60, "refund_notify");
    s.begin("r1");
    auto const start = std::chrono::steady_clock::now();
    s.advance("1h");
    BOOST_TEST(s.heard(1));
    BOOST_TEST((std::chrono::steady_clock::now() - start >= 60ms));
}

BOOST_AUTO_TEST_CASE(wrong_ones_are_tried_on_the_shop) {
    refunding s;
    s.fault("sign_probe", 100, "refund_notify");
    s.begin("r1");
    s.advance("1h");
    BOOST_TEST(s.until([&] { return s.listener.all.size() == 2 && s.all_acknowledged(); }));
    BOOST_TEST(!s.listener.all[0].verifies);
    BOOST_TEST(s.listener.all[1].verifies);
    BOOST_TEST(s.listener.all[1].inner.get("out_refund_no") == "r1");
}

BOOST_AUTO_TEST_CASE(an_acknowledged_forgery_counts_for_nothing) {
    refunding s;
    s.fault("bad_sign", 100, "refund_notify");
    s.begin("r1");
    s.advance("1h");
    BOOST_TEST(s.until([&] { return !s.w.notifications.all().empty() && s.tried_and_waiting(); }));
    BOOST_TEST_REQUIRE(s.listener.all.size() == 1U);
    BOOST_TEST(!s.listener.all[0].verifies);
    BOOST_TEST(!s.newest().acknowledged);
    s.advance("15s");
    BOOST_TEST(s.heard(2));
    BOOST_TEST(s.listener.all[1].verifies);
}

BOOST_AUTO_TEST_CASE(a_fault_of_payments_is_none_of_refunds) {
    refunding s;
    s.fault("drop");
    s.begin("r1");
    s.advance("1h");
    BOOST_TEST(s.heard(1));
}

BOOST_AUTO_TEST_CASE(forgetting_before_it_ends) {
    refunding s;
    s.begin("r1");
    s.control("DELETE", "/control/state");
    s.advance("2h");
    s.run_for(50ms);
    BOOST_TEST(s.listener.all.empty());
}

BOOST_AUTO_TEST_SUITE_END()
