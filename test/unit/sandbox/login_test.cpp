#include "base/text.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;

namespace {

struct logins {
    boost::json::value
    ask(std::string const& code,
        std::string const& secret = "s",
        std::string const& appid = "wxd930ea5d5a258f4f") {
        std::string const query = "appid=" + appid + "&secret=" + secret +
                                  "&js_code=" + percent_encode(code) + "&grant_type=authorization_code";
        return boost::json::parse(codes.exchange(merchants, query));
    }

    std::string openid(std::string const& code) {
        return std::string(ask(code).at("openid").as_string().c_str());
    }

    std::int64_t error(std::string const& code) { return ask(code).at("errcode").as_int64(); }

    merchant_table merchants = one_merchant().merchants;
    login_codes codes;
};

} // namespace

BOOST_AUTO_TEST_SUITE(login)

BOOST_AUTO_TEST_CASE(a_code_gives_an_openid_once) {
    logins l;
    std::string const openid = l.openid("081aBc");
    BOOST_TEST(openid.size() == 28U);
    BOOST_TEST(openid[0] == 'o');
    BOOST_TEST(l.error("081aBc") == 40029);
    BOOST_TEST(l.openid("081aBd") != openid);
    logins fresh;
    auto const reply = fresh.ask("081aBc");
    BOOST_TEST(reply.at("openid").as_string() == openid); // the same for ever
    BOOST_TEST(from_base64(reply.at("session_key").as_string().c_str()).value().size() == 16U);
    BOOST_TEST(!reply.as_object().contains("errcode"));
    l.codes.clear();
    BOOST_TEST(l.openid("081aBc") == openid);
}

BOOST_AUTO_TEST_CASE(a_code_can_ask_for_its_openid) {
    logins l;
    BOOST_TEST(l.openid("openid:oUpF8uMuAJO_M2pxb1Q9zNjWeS6o") == "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o");
    BOOST_TEST(l.error("openid:oUpF8uMuAJO_M2pxb1Q9zNjWeS6o") == 40029);
    BOOST_TEST(l.openid("openid:oUpF8uMuAJO_M2pxb1Q9zNjWeS6o:2") == "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o");
}

BOOST_AUTO_TEST_CASE(errors) {
    logins l;
    BOOST_TEST(l.error("busy") == -1);
    BOOST_TEST(l.error("busy") == -1);
    BOOST_TEST(l.error("blocked") == 40226);
    BOOST_TEST(l.error("") == 41008);
    BOOST_TEST(l.ask("c", "").at("errcode").as_int64() == 41004);
    BOOST_TEST(l.ask("c", "s", "").at("errcode").as_int64() == 41002);
    BOOST_TEST(l.ask("c", "s", "wx1").at("errcode").as_int64() == 40013);
    BOOST_TEST(l.error(std::string(600, 'x')) == 40029);
    BOOST_TEST(l.error("\xff") == 40029);
    auto const reply =
        boost::json::parse(l.codes.exchange(l.merchants, "appid=wxd930ea5d5a258f4f&secret=s&js_code=c"));
    BOOST_TEST(reply.at("errcode").as_int64() == 40002);
    BOOST_TEST(l.ask("c").as_object().contains("openid")); // none of these used it up
}

BOOST_AUTO_TEST_CASE(the_secret_when_one_is_configured) {
    logins l;
    auto m = one_merchant().merchants.all();
    m[0].app_secret = "right";
    l.merchants = merchant_table(m);
    BOOST_TEST(l.ask("c", "wrong").at("errcode").as_int64() == 40125);
    BOOST_TEST(l.ask("c", "right").as_object().contains("openid"));
}

BOOST_AUTO_TEST_SUITE_END()
