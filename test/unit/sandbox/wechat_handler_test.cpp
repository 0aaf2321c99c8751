// Faults as the HTTP side sees them: what is answered, whether the work was done, how long it took.
#include "https_side.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;
using namespace std::chrono_literals;

namespace {

struct orders_side : https_side {
    net::http_reply order(std::string_view number) {
        return ask("POST", "/pay/unifiedorder", xml(signed_with(order_request(number))));
    }

    bool exists(std::string_view number) { return w.orders.find("10000100", number, now) != nullptr; }
};

} // namespace

BOOST_AUTO_TEST_SUITE(https)

BOOST_AUTO_TEST_CASE(an_answer_is_text_plain_whatever_it_says) {
    orders_side s;
    auto const good = s.order("order0001");
    BOOST_TEST(good.status == 200U);
    BOOST_TEST(good.content_type == "text/plain"); // no charset
    BOOST_TEST(!good.close);
    auto const bad = s.ask("POST", "/pay/unifiedorder", "");
    BOOST_TEST(bad.status == 200U);
    BOOST_TEST(bad.content_type == "text/plain");
    BOOST_TEST(bad.body.find("post数据为空") != std::string::npos);
    BOOST_TEST(s.ask("POST", "/pay/nothing", "").status == 404U);
    auto const log = s.w.log.newest(10);
    BOOST_TEST(log.size() == 2U);
    BOOST_TEST(log[1].at("request").at("out_trade_no").as_string() == "order0001");
    BOOST_TEST(log[1].at("response_body").as_string() == good.body);
}

BOOST_AUTO_TEST_CASE(work_not_done_and_no_answer) {
    orders_side s;
    for (char const* const what : {"hang_before", "reset_before"}) {
        s.fault(what);
        BOOST_TEST(s.order(what).disconnect);
        BOOST_TEST(!s.exists(what));
        BOOST_TEST(s.w.log.newest(1)[0].at("status").to_number<int>() == 0);
    }
}

BOOST_AUTO_TEST_CASE(work_done_and_no_answer) {
    orders_side s;
    for (char const* const what : {"hang_after", "reset_after"}) {
        s.fault(what);
        auto const reply = s.order(what);
        BOOST_TEST(reply.disconnect);
        BOOST_TEST(s.exists(what));
        BOOST_TEST(!s.order(what).disconnect); // once
    }
}

BOOST_AUTO_TEST_CASE(answers_that_are_none) {
    orders_side s;
    s.fault("garbage");
    auto reply = s.order("order0001");
    fields f;
    BOOST_TEST(reply.status == 200U);
    BOOST_TEST(!!decode_xml(reply.body, f));
    BOOST_TEST(s.exists("order0001"));
    s.fault("http_500");
    reply = s.order("order0002");
    BOOST_TEST(reply.status == 500U);
    BOOST_TEST(reply.content_type == "text/html");
    BOOST_TEST(!s.exists("order0002"));
    s.fault("bad_sign");
    BOOST_TEST(!decode_xml(s.order("order0003").body, f));
    BOOST_TEST(!verify(f, sign_type::md5, key));
    BOOST_TEST(s.exists("order0003"));
    s.fault("sign_probe");
    BOOST_TEST(!decode_xml(s.order("order0004").body, f));
    BOOST_TEST(!verify(f, sign_type::md5, key));
    BOOST_TEST(!s.exists("order0004"));
    s.fault("system_error");
    BOOST_TEST(!decode_xml(s.order("order0005").body, f));
    BOOST_TEST(f.get("err_code") == "SYSTEMERROR");
    BOOST_TEST(verify(f, sign_type::md5, key));
}

BOOST_AUTO_TEST_CASE(a_delay_delays_and_a_released_one_does_not) {
    orders_side s;
    s.fault("delay", 50);
    auto const start = std::chrono::steady_clock::now();
    BOOST_TEST(s.order("order0001").status == 200U);
    BOOST_TEST((std::chrono::steady_clock::now() - start >= 50ms));
    BOOST_TEST(s.exists("order0001"));
    s.fault("hang_before", 60'000);
    asio::steady_timer later(s.context, 20ms);
    later.async_wait([&](boost::system::error_code) { s.handler.release(); });
    BOOST_TEST(s.order("order0002").disconnect);
    BOOST_TEST((std::chrono::steady_clock::now() - start < 10s));
}

BOOST_AUTO_TEST_CASE(login_hides_the_secret) {
    orders_side s;
    auto const reply = s.ask(
        "GET",
        "/sns/jscode2session",
        "",
        "appid=wxd930ea5d5a258f4f&secret=topsecret&js_code=c1&grant_type=authorization_code"
    );
    BOOST_TEST(reply.status == 200U);
    BOOST_TEST(reply.content_type == "text/plain");
    BOOST_TEST(reply.body.find("openid") != std::string::npos);
    auto const log = boost::json::serialize(s.w.log.newest(1));
    BOOST_TEST(log.find("topsecret") == std::string::npos);
    BOOST_TEST(log.find(R"("js_code":"c1")") != std::string::npos);
    BOOST_TEST(s.ask("POST", "/sns/jscode2session", "").status == 405U);
}

BOOST_AUTO_TEST_SUITE_END()
