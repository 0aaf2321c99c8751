// Refunds as the HTTP side sees them: the certificate, the log of messages, the faults, who is woken.
#include "https_side.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;
using namespace std::chrono_literals;

namespace {

constexpr char const* no_certificate =
    "<html>\r\n<head><title>400 No required SSL certificate was sent</title></head>\r\n<body>\r\n"
    "<center><h1>400 Bad Request</h1></center>\r\n"
    "<center>No required SSL certificate was sent</center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

struct refund_side : https_side {
    refund_side() {
        paid();
        certificate = "10000100";
    }

    net::http_reply refund(std::string_view number, std::string_view fee = "1") {
        return ask("POST", "/secapi/pay/refund", xml(signed_with(order_refund_request(number, fee))));
    }

    net::http_reply query(std::string_view number) {
        return ask("POST", "/pay/refundquery", xml(signed_with(request({{"out_refund_no", number}}))));
    }

    // A fault once, and a minute later, so that the next refund may be.
    void fault(std::string const& what, std::string const& on = "refund") {
        https_side::fault(what, 20, on);
        now += 60'000;
    }

    bool exists(std::string_view number) { return !status_of(number).empty(); }
};

fields read(net::http_reply const& r) {
    fields f;
    BOOST_TEST(!decode_xml(r.body, f));
    return f;
}

} // namespace

BOOST_AUTO_TEST_SUITE(refunds_over_https)

BOOST_AUTO_TEST_CASE(without_a_certificate_nginx_itself_says_no) {
    refund_side s;
    s.certificate = "";
    s.fault("http_500"); // not even this is reached
    for (char const* const path : {"/secapi/pay/refund", "/secapi/pay/refundv2", "/secapi/pay/reverse"}) {
        auto const reply = s.ask("POST", path, xml(signed_with(order_refund_request("r1", "1"))));
        BOOST_TEST(reply.status == 400U);
        BOOST_TEST(reply.content_type == "text/html");
        BOOST_TEST(reply.body == no_certificate);
    }
    BOOST_TEST(s.ask("GET", "/secapi/pay/refund", "").status == 400U);
    BOOST_TEST(!s.exists("r1"));
    auto const log = s.w.log.newest(10);
    BOOST_TEST_REQUIRE(log.size() == 4U); // newest first
    BOOST_TEST(log[3].at("operation").as_string() == "refund");
    BOOST_TEST(log[3].at("status").to_number<int>() == 400);
    BOOST_TEST(log[3].at("request").at("out_refund_no").as_string() == "r1");
    BOOST_TEST(log[3].at("response_body").as_string() == no_certificate);
    BOOST_TEST(s.query("r1").status == 200U); // which asks for none
}

BOOST_AUTO_TEST_CASE(with_the_right_one_and_with_anothers) {
    refund_side s;
    s.certificate = "10000200";
    auto reply = s.refund("r1");
    BOOST_TEST(reply.status == 200U);
    BOOST_TEST(reply.content_type == "text/plain");
    BOOST_TEST(read(reply).get("return_code") == "FAIL");
    BOOST_TEST(read(reply).get("return_msg") == "certificate not match");
    BOOST_TEST(!s.exists("r1"));
    s.certificate = "10000100";
    reply = s.refund("r1");
    BOOST_TEST(reply.status == 200U);
    BOOST_TEST(read(reply).get("result_code") == "SUCCESS");
    BOOST_TEST(s.exists("r1"));
    BOOST_TEST(s.ask("POST", "/secapi/pay/nothing", "<xml></xml>").status == 404U);
}

BOOST_AUTO_TEST_CASE(both_calls_stand_in_the_log) {
    refund_side s;
    auto const first = s.refund("r1");
    auto const asked = s.query("r1");
    auto const again = s.refund("r1");
    auto const log = s.control("GET", "/control/requests").second.as_array();
    BOOST_TEST_REQUIRE(log.size() == 3U);
    char const* const operations[] = {"refund", "refundquery", "refund"};
    char const* const paths[] = {"/secapi/pay/refund", "/pay/refundquery", "/secapi/pay/refund"};
    std::string const answers[] = {again.body, asked.body, first.body};
    for (std::size_t i = 0; i < 3; ++i) {
        auto const& r = log[i];
        BOOST_TEST(r.at("operation").as_string() == operations[i]);
        BOOST_TEST(r.at("path").as_string() == paths[i]);
        BOOST_TEST(r.at("request").at("out_refund_no").as_string() == "r1");
        BOOST_TEST(r.at("response_body").as_string() == answers[i]);
        BOOST_TEST(r.at("status").to_number<int>() == 200);
    }
    BOOST_TEST(log[0].at("request").at("out_trade_no").as_string() == "order0001");
    BOOST_TEST(log[0].at("request").at("refund_fee").as_string() == "1");
}

BOOST_AUTO_TEST_CASE(faults_before_the_work_is_done) {
    refund_side s;
    for (char const* const what : {"hang_before", "reset_before"}) {
        s.fault(what);
        BOOST_TEST(s.refund(what).disconnect);
        BOOST_TEST(!s.exists(what));
        BOOST_TEST(s.w.log.newest(1)[0].at("status").to_number<int>() == 0);
    }
    s.fault("http_500");
    auto const reply = s.refund("r1");
    BOOST_TEST(reply.status == 500U);
    BOOST_TEST(!s.exists("r1"));
    s.fault("sign_probe");
    auto const invented = read(s.refund("r2"));
    BOOST_TEST(invented.get("result_code") == "SUCCESS");
    BOOST_TEST(!verify(invented, sign_type::md5, key));
    BOOST_TEST(!s.exists("r2"));
}

BOOST_AUTO_TEST_CASE(faults_after_it_is) {
    refund_side s;
    int woken = 0;
    s.w.something_is_due = [&] { ++woken; };
    for (char const* const what : {"hang_after", "reset_after"}) {
        s.fault(what);
        s.now += 60'000; // the last one has ended
        s.w.ripen();
        woken = 0;
        BOOST_TEST(s.refund(what).disconnect);
        BOOST_TEST(s.exists(what));
        BOOST_TEST(woken == 1);
        BOOST_TEST(read(s.refund(what)).get("result_code") == "SUCCESS"); // asked again
        BOOST_TEST(woken == 1);
    }
    s.fault("garbage");
    fields f;
    BOOST_TEST(!!decode_xml(s.refund("garbage").body, f));
    BOOST_TEST(s.exists("garbage"));
    s.fault("bad_sign");
    BOOST_TEST(!verify(read(s.refund("bad_sign")), sign_type::md5, key));
    BOOST_TEST(s.exists("bad_sign"));
}

BOOST_AUTO_TEST_CASE(a_system_error_with_its_coin) {
    refund_side s;
    int done = 0;
    for (int i = 0; i < 40; ++i) {
        s.control(
            "PUT",
            "/control/faults",
            "",
            R"({"seed":)" + std::to_string(i) + R"(,"rules":[{"on":"refund","do":"system_error"}]})"
        );
        s.now += 60'000;
        auto const number = "r" + std::to_string(i);
        auto const a = read(s.refund(number));
        BOOST_TEST(a.get("err_code") == "SYSTEMERROR");
        BOOST_TEST(verify(a, sign_type::md5, key));
        done += s.exists(number) ? 1 : 0;
    }
    BOOST_TEST(done > 5);
    BOOST_TEST(done < 35);
}

BOOST_AUTO_TEST_CASE(faults_of_a_query) {
    refund_side s;
    s.refund("r1");
    for (char const* const what : {"hang_before", "reset_before", "hang_after", "reset_after"}) {
        s.fault(what, "refundquery");
        BOOST_TEST(s.query("r1").disconnect, what);
    }
    s.fault("http_500", "refundquery");
    BOOST_TEST(s.query("r1").status == 500U);
    s.fault("system_error", "refundquery");
    BOOST_TEST(read(s.query("r1")).get("err_code") == "SYSTEMERROR");
    for (char const* const what : {"bad_sign", "sign_probe"}) {
        s.fault(what, "refundquery");
        auto const a = read(s.query("r1"));
        BOOST_TEST(a.get("refund_status_0") == "SUCCESS");
        BOOST_TEST(!verify(a, sign_type::md5, key));
    }
    s.fault("delay", "refundquery");
    auto const start = std::chrono::steady_clock::now();
    BOOST_TEST(read(s.query("r1")).get("result_code") == "SUCCESS");
    BOOST_TEST((std::chrono::steady_clock::now() - start >= 20ms));
}

BOOST_AUTO_TEST_CASE(an_accepted_refund_wakes_whoever_tells_of_its_end) {
    refund_side s;
    int woken = 0;
    s.w.something_is_due = [&] { ++woken; };
    s.refund("r1");
    BOOST_TEST(woken == 1);
    s.refund("r1");
    s.query("r1");
    s.refund("r2"); // refused: too early
    BOOST_TEST(woken == 1);
}

BOOST_AUTO_TEST_SUITE_END()
