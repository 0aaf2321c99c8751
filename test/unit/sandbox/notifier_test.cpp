// Notifications over real sockets, plain and TLS: headers, acknowledgement, retries by the moved clock,
// faults.
#include "shop.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(sending)

BOOST_AUTO_TEST_CASE(a_payment_is_told_at_once_and_once) {
    running s;
    s.pay("order0001");
    BOOST_TEST(s.until([&] { return s.all_acknowledged(); }));
    BOOST_TEST_REQUIRE(s.listener.all.size() == 1U);
    auto const& r = s.listener.all.front();
    BOOST_TEST(r.out_trade_no == "order0001");
    BOOST_TEST(r.verifies);
    BOOST_TEST(r.path == "/notify/shop");
    std::vector<std::string> names;
    for (auto const& [name, value] : r.headers) {
        names.push_back(name);
        if (name == "User-Agent")
            BOOST_TEST(value == "Mozilla/4.0");
        if (name == "Accept")
            BOOST_TEST(value == "*/*");
        if (name == "Pragma")
            BOOST_TEST(value == "no-cache");
        if (name == "Content-Type")
            BOOST_TEST(value == "text/xml");
    }
    std::vector<std::string> const expected = {
        "Host", "User-Agent", "Accept", "Pragma", "Content-Type", "Content-Length"};
    BOOST_TEST(names == expected, boost::test_tools::per_element());
    s.w.clock.advance(24h);
    s.w.something_is_due();
    s.context.run_for(50ms);
    BOOST_TEST(s.listener.all.size() == 1U);
}

BOOST_AUTO_TEST_CASE(over_tls_with_the_sandboxs_own_authority) {
    running s(true);
    s.pay("order0001");
    BOOST_TEST(s.until([&] { return s.all_acknowledged(); }));
    BOOST_TEST(s.listener.all.size() == 1U);
}

BOOST_AUTO_TEST_CASE(it_comes_again_when_the_clock_is_moved_and_sixteen_times_in_all) {
    running s;
    s.listener.answer = "<xml><return_code><![CDATA[FAIL]]></return_code></xml>";
    s.pay("order0001");
    for (std::size_t n = 1; n <= 16; ++n) {
        BOOST_TEST(s.until([&] {
            return s.listener.all.size() == n && (n == 16 || s.w.notifications.next_due());
        }));
        s.control("POST", "/control/clock", "", R"({"advance":"6h"})");
    }
    s.context.restart();
    s.context.run_for(50ms);
    BOOST_TEST(s.listener.all.size() == 16U);
    auto const ledger = s.control("GET", "/control/ledger").second;
    BOOST_TEST(
        boost::json::serialize(ledger.at("notifications")) ==
        R"([{"out_trade_no":"order0001","kind":"payment","attempts":16,"acknowledged":false}])"
    );
}

BOOST_AUTO_TEST_CASE(nobody_there_is_a_try_like_another) {
    running s;
    s.url = "http://127.0.0.1:1/notify";
    s.pay("order0001");
    BOOST_TEST(s.until([&] { return s.tried_and_waiting(); }));
    BOOST_TEST(s.w.notifications.all().front()->attempts == 1U);
}

BOOST_AUTO_TEST_CASE(twice_at_once) {
    running s;
    s.fault("duplicate");
    s.pay("order0001");
    BOOST_TEST(s.until([&] { return s.listener.all.size() == 2; }));
    BOOST_TEST(s.listener.all[0].sign == s.listener.all[1].sign);
    BOOST_TEST(s.w.notifications.all().front()->attempts == 2U);
}

BOOST_AUTO_TEST_CASE(lost_on_the_way) {
    running s;
    s.fault("drop");
    s.pay("order0001");
    BOOST_TEST(s.until([&] { return s.tried_and_waiting(); }));
    BOOST_TEST(s.listener.all.empty());
    s.control("POST", "/control/clock", "", R"({"advance":"15s"})");
    BOOST_TEST(s.until([&] { return s.all_acknowledged(); }));
    BOOST_TEST(s.w.notifications.all().front()->attempts == 2U);
}

BOOST_AUTO_TEST_CASE(in_another_order) {
    running s;
    s.fault("reorder", 4000);
    s.pay("order0001");
    s.pay("order0002");
    BOOST_TEST(s.until([&] { return s.listener.all.size() == 2; }));
    BOOST_TEST(s.listener.all[0].out_trade_no == "order0002");
    BOOST_TEST(s.listener.all[1].out_trade_no == "order0001");
}

BOOST_AUTO_TEST_CASE(held_back_alone_it_goes_after_all) {
    running s;
    s.fault("reorder", 50);
    s.pay("order0001");
    BOOST_TEST(s.until([&] { return s.all_acknowledged(); }));
}

BOOST_AUTO_TEST_CASE(wrong_signatures_are_tried_on_the_shop) {
    running s;
    s.fault("sign_probe");
    s.pay("order0001");
    BOOST_TEST(s.until([&] { return s.all_acknowledged(); }));
    BOOST_TEST_REQUIRE(s.listener.all.size() == 2U);
    BOOST_TEST(s.listener.all[0].sign.starts_with("WECHATPAY/SIGNTEST/"));
    BOOST_TEST(!s.listener.all[0].verifies);
    BOOST_TEST(s.listener.all[1].verifies);
    s.fault("bad_sign");
    s.pay("order0002"); // the shop above takes anything: that counts for nothing
    BOOST_TEST(s.until([&] { return s.tried_and_waiting(); }));
    BOOST_TEST(!s.w.notifications.all().back()->acknowledged);
    BOOST_TEST(!s.listener.all[2].verifies);
}

BOOST_AUTO_TEST_CASE(forgetting_while_one_is_under_way) {
    running s;
    s.fault("delay", 50);
    s.pay("order0001");
    s.context.restart();
    s.context.run_for(10ms);
    s.control("DELETE", "/control/state");
    s.context.restart();
    s.context.run_for(100ms);
    BOOST_TEST(s.listener.all.empty());
    s.pay("order0001");
    BOOST_TEST(s.until([&] { return s.listener.all.size() == 1; }));
}

BOOST_AUTO_TEST_SUITE_END()
