// WeChat's layout, byte for byte (protocol A9).
#include "sandbox/answer.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;

BOOST_AUTO_TEST_SUITE(answers)

BOOST_AUTO_TEST_CASE(a_refusal_is_the_captured_bytes) {
    BOOST_TEST(
        refusal_xml("签名错误") == "<xml><return_code><![CDATA[FAIL]]></return_code>\n"
                                   "<return_msg><![CDATA[签名错误]]></return_msg>\n"
                                   "</xml>"
    );
}

BOOST_AUTO_TEST_CASE(the_signature_stands_where_it_was_said_and_covers_all) {
    // The protocol's verified vector: appid, body, device_info, mch_id, nonce_str.
    answer a;
    a.text("appid", "wxd930ea5d5a258f4f");
    a.text("mch_id", "10000100");
    a.text("nonce_str", "ibuaiVcKdpRxkhJA");
    a.sign_here();
    a.number("device_info", "1000");
    a.text("body", "test");
    a.text("attach", "");
    BOOST_TEST(
        a.to_xml(sign_type::md5, key) == "<xml><appid><![CDATA[wxd930ea5d5a258f4f]]></appid>\n"
                                         "<mch_id><![CDATA[10000100]]></mch_id>\n"
                                         "<nonce_str><![CDATA[ibuaiVcKdpRxkhJA]]></nonce_str>\n"
                                         "<sign><![CDATA[9A0A8659F005D6984697E2CA0A9CF3B7]]></sign>\n"
                                         "<device_info>1000</device_info>\n"
                                         "<body><![CDATA[test]]></body>\n"
                                         "<attach><![CDATA[]]></attach>\n"
                                         "</xml>"
    );
    BOOST_TEST(
        a.to_xml(sign_type::hmac_sha256, key)
            .find("<sign><![CDATA[6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6]]></sign>"
            ) != std::string::npos
    );
}

BOOST_AUTO_TEST_CASE(a_spoiled_signature_does_not_verify) {
    for (auto const how : {signing::wrong, signing::probe}) {
        answer a;
        a.text("appid", "wx");
        a.sign_here();
        fields read;
        BOOST_TEST(!decode_xml(a.to_xml(sign_type::md5, key, how), read));
        BOOST_TEST(!read.get("sign").empty());
        BOOST_TEST(!verify(read, sign_type::md5, key));
    }
}

BOOST_AUTO_TEST_SUITE_END()
