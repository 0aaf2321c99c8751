#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;

BOOST_AUTO_TEST_SUITE(requests)

BOOST_AUTO_TEST_CASE(newest_first_with_fields) {
    request_log log;
    log.add(
        noon,
        "unifiedorder",
        "/pay/unifiedorder",
        "<xml><appid><![CDATA[wx1]]></appid><total_fee>1</total_fee></xml>"
    );
    auto const r = log.add(noon + 1, "orderquery", "/pay/orderquery", "\xff");
    r->status = 200;
    r->response_body = "<xml></xml>";
    r->took = std::chrono::milliseconds(3);
    r->client_certificate = "10000100";
    BOOST_TEST(
        boost::json::serialize(log.newest(10)) ==
        R"([{"at":"2026-11-23T04:00:00.001Z","operation":"orderquery","path":"/pay/orderquery","request":{},)"
        R"("request_body":"?","response_body":"<xml></xml>","client_certificate":"10000100","status":200,"took_ms":3},)"
        R"({"at":"2026-11-23T04:00:00.000Z","operation":"unifiedorder","path":"/pay/unifiedorder",)"
        R"("request":{"appid":"wx1","total_fee":"1"},)"
        R"("request_body":"<xml><appid><![CDATA[wx1]]></appid><total_fee>1</total_fee></xml>",)"
        R"("response_body":"","client_certificate":null,"status":0,"took_ms":0}])"
    );
    BOOST_TEST(log.newest(1).size() == 1U);
    BOOST_TEST(log.newest(0).empty());
}

BOOST_AUTO_TEST_CASE(it_is_bounded) {
    request_log log;
    for (std::size_t i = 0; i < request_log::max_records + 5; ++i)
        log.add(noon, std::to_string(i), "/", "");
    auto const all = log.newest(1'000'000);
    BOOST_TEST(all.size() == request_log::max_records);
    BOOST_TEST(all.front().at("operation").as_string() == std::to_string(request_log::max_records + 4));
    log.clear();
    for (int i = 0; i < 70; ++i)
        log.add(noon, "big", "/", std::string(1024UL * 1024, 'x'));
    BOOST_TEST(log.newest(1'000'000).size() == 64U);
}

BOOST_AUTO_TEST_SUITE_END()
