// Mode one of NATIVE, and the values that an app pays with.
#include "support.hpp"

#include <wxgate/native.hpp>

#include <boost/test/unit_test.hpp>

using namespace wxgate;

namespace {

account shop() {
    account a;
    a.appid = "wxd930ea5d5a258f4f";
    a.mch_id = "10000100";
    a.api_key = std::string(test::key);
    return a;
}

test::pairs scan() {
    return {
        {"appid", "wxd930ea5d5a258f4f"},
        {"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
        {"mch_id", "10000100"},
        {"is_subscribe", "N"},
        {"nonce_str", "f6808210402125e30663234f94c87a8c"},
        {"product_id", "1"},
    };
}

fields decoded(std::string const& document) {
    fields f;
    BOOST_TEST_REQUIRE(!decode_xml(document, f).failed());
    return f;
}

} // namespace

BOOST_AUTO_TEST_SUITE(native)

BOOST_AUTO_TEST_CASE(a_scan) {
    for (auto const type : {sign_type::md5, sign_type::hmac_sha256}) {
        auto const s = read_native_scan(test::signed_document(scan(), type), test::key);
        BOOST_TEST_REQUIRE(s.has_value());
        BOOST_TEST(s->product_id == "1");
        BOOST_TEST(s->openid == "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o");
        BOOST_TEST((s->sign_type == type));
        auto const answer = decoded(native_scan_accepted(shop(), *s, "wx1"));
        BOOST_TEST(verify(answer, type, test::key));
        BOOST_TEST(answer.get("prepay_id") == "wx1");
        BOOST_TEST(answer.get("result_code") == "SUCCESS");
    }
    auto const no = decoded(native_scan_refused(shop(), "sold out"));
    BOOST_TEST(verify(no, sign_type::md5, test::key));
    BOOST_TEST(no.get("result_code") == "FAIL");
}

BOOST_AUTO_TEST_CASE(not_believed) {
    auto const how = [](std::string const& body) {
        auto const s = read_native_scan(body, test::key);
        return s ? error_code() : s.error();
    };
    auto const md5 = sign_type::md5;
    BOOST_TEST((how(test::document_of(test::to_fields(scan()))) == test::code(errc::bad_signature)));
    BOOST_TEST(
        (how(test::signed_document(scan(), md5, "00000000000000000000000000000000")) ==
         test::code(errc::bad_signature))
    );
    BOOST_TEST(
        (how(test::signed_document(test::without(scan(), "product_id"), md5)) ==
         test::code(errc::mismatched_answer))
    );
    BOOST_TEST((how("<html>") == test::code(errc::malformed_xml)));
}

BOOST_AUTO_TEST_CASE(an_apps_values_verify) {
    auto const p =
        make_app_payment("wxapp", "10000100", "wx1", sign_type::hmac_sha256, test::key, 1'795'406'400);
    fields f;
    f.set("appid", p.appid);
    f.set("partnerid", p.partnerid);
    f.set("prepayid", p.prepayid);
    f.set("package", p.package);
    f.set("noncestr", p.noncestr);
    f.set("timestamp", p.timestamp);
    f.set("sign", p.sign);
    BOOST_TEST(verify(f, sign_type::hmac_sha256, test::key));
    BOOST_TEST(p.package == "Sign=WXPay");
    BOOST_TEST(p.timestamp == "1795406400");
}

BOOST_AUTO_TEST_SUITE_END()
