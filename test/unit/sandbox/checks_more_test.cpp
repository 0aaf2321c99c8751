// Checks of the till's calls and the tools, and of service providers.
#include "sandbox/checks.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;

namespace {

fields charge(values changes = {}) {
    auto const base = request({
        {"sign", "x"},
        {"body", "tea"},
        {"out_trade_no", "order0001"},
        {"total_fee", "1"},
        {"spbill_create_ip", "127.0.0.1"},
        {"auth_code", "134512345678901200"},
    });
    return with(base, changes);
}

std::string said(std::optional<complaint> const& c) {
    return c ? c->return_msg : "";
}

} // namespace

BOOST_AUTO_TEST_SUITE(checks_more)

BOOST_AUTO_TEST_CASE(micropay) {
    BOOST_TEST(said(check_micropay(charge())) == "");
    for (char const* const name : {"body", "out_trade_no", "total_fee", "spbill_create_ip", "auth_code"})
        BOOST_TEST(said(check_micropay(charge({{name, ""}}))) == "缺少参数", name);
    BOOST_TEST(said(check_micropay(charge({{"out_trade_no", "o"}}))) == "out_trade_no参数长度有误");
    BOOST_TEST(said(check_micropay(charge({{"total_fee", "0"}}))) == "参数格式校验错误");
    BOOST_TEST(said(check_micropay(charge({{"spbill_create_ip", "x"}}))) == "参数格式校验错误");
    std::string const long_code(129, '1');
    BOOST_TEST(said(check_micropay(charge({{"auth_code", long_code}}))) == "auth_code参数长度有误");
}

BOOST_AUTO_TEST_CASE(the_others) {
    auto const signed_request = [](values more) { return with(request({{"sign", "x"}}), more); };
    BOOST_TEST(said(check_reverse(signed_request({}))) == "缺少参数");
    BOOST_TEST(said(check_reverse(signed_request({{"out_trade_no", "order0001"}}))) == "");
    BOOST_TEST(said(check_authcodetoopenid(signed_request({}))) == "缺少参数");
    BOOST_TEST(said(check_shorturl(signed_request({{"long_url", "https://x"}}))) == "invalid native url");
    BOOST_TEST(said(check_shorturl(signed_request({{"long_url", "weixin://x"}}))) == "");
    BOOST_TEST(
        said(check_downloadfundflow(signed_request({{"bill_date", "20261123"}}))) == "missing parameter"
    );
    BOOST_TEST(
        said(check_downloadfundflow(signed_request({{"bill_date", "20261123"}, {"account_type", "basic"}}))
        ) == "data format error"
    );
    BOOST_TEST(
        said(check_downloadfundflow(signed_request({{"bill_date", "20261123"}, {"account_type", "Basic"}}))
        ) == ""
    );
}

BOOST_AUTO_TEST_CASE(shops) {
    merchant alone;
    alone.mch_id = "10000100";
    BOOST_TEST(said(check_shop(request({}), alone)) == "");
    BOOST_TEST(said(check_shop(request({{"sub_mch_id", "2"}}), alone)) == "普通商户不允许传sub_mch_id");
    merchant provider = alone;
    provider.shops.push_back({"2", "wx2"});
    BOOST_TEST(said(check_shop(request({}), provider)) == "受理机构必须传入sub_mch_id");
    BOOST_TEST(said(check_shop(request({{"sub_mch_id", "3"}}), provider)) == "受理关系不存在");
    BOOST_TEST(said(check_shop(request({{"sub_mch_id", "2"}}), provider)) == "");
    BOOST_TEST(said(check_shop(request({{"sub_mch_id", "2"}, {"sub_appid", "wx2"}}), provider)) == "");
    BOOST_TEST(
        said(check_shop(request({{"sub_mch_id", "2"}, {"sub_appid", "wx3"}}), provider)) ==
        "sub_mch_id与sub_appid不匹配"
    );
}

BOOST_AUTO_TEST_SUITE_END()
