#include "support.hpp"
#include "wire/xml_writer.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;

BOOST_AUTO_TEST_SUITE(xml_writer)

namespace {

std::string cdata(std::string_view value) {
    std::string out;
    wire::append_cdata_element(out, "a", value);
    return out;
}

std::string bare(std::string_view value) {
    std::string out;
    wire::append_bare_element(out, "a", value);
    return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(exact_bytes) {
    BOOST_TEST(cdata("1") == "<a><![CDATA[1]]></a>");
    BOOST_TEST(cdata("") == "<a><![CDATA[]]></a>");
    BOOST_TEST(cdata("<&>\"'支") == "<a><![CDATA[<&>\"'支]]></a>");
    BOOST_TEST(cdata("a]]>b") == "<a><![CDATA[a]]]]><![CDATA[>b]]></a>");
    BOOST_TEST(cdata("]]]>") == "<a><![CDATA[]]]]]><![CDATA[>]]></a>");
    BOOST_TEST(cdata("]]") == "<a><![CDATA[]]]]></a>");
    BOOST_TEST(cdata("a\r\nb") == "<a><![CDATA[a]]>&#13;<![CDATA[\nb]]></a>");
    BOOST_TEST(bare("100") == "<a>100</a>");
    BOOST_TEST(bare("") == "<a></a>");
    BOOST_TEST(bare("<&]]>\r\"'") == "<a>&lt;&amp;]]&gt;&#13;\"'</a>");
}

BOOST_AUTO_TEST_CASE(documents) {
    std::string out = "before";
    encode_xml(fields(), out);
    BOOST_TEST(out == "before<xml></xml>");
    BOOST_TEST(
        test::document_of(test::to_fields({{"b", "1"}, {"a", ""}})) ==
        "<xml><b><![CDATA[1]]></b><a><![CDATA[]]></a></xml>"
    );
}

// WeChat's layout (A9), as the sandbox writes it.
BOOST_AUTO_TEST_CASE(the_primitives_make_wechats_layout) {
    std::string out = "<xml>";
    wire::append_cdata_element(out, "return_code", "FAIL");
    out += '\n';
    wire::append_cdata_element(out, "return_msg", "签名错误");
    out += "\n</xml>";
    BOOST_TEST(
        out == "<xml><return_code><![CDATA[FAIL]]></return_code>\n<return_msg><![CDATA[签名错误]]></"
               "return_msg>\n</xml>"
    );
    fields m;
    BOOST_TEST(!decode_xml(out, m).failed());
    BOOST_TEST(m.get("return_msg") == "签名错误");
}

BOOST_AUTO_TEST_CASE(round_trip) {
    test::generator g(test::seed());
    for (int round = 0; round < 3000; ++round) {
        auto const list = test::random_message(g, test::pick(g, 30));
        std::string const document = test::document_of(test::to_fields(list));
        fields read;
        BOOST_TEST_REQUIRE(!decode_xml(document, read).failed(), test::printable(document));
        BOOST_TEST_REQUIRE((test::to_pairs(read) == list), test::printable(document));
    }
}

BOOST_AUTO_TEST_CASE(round_trip_of_bare_values) {
    test::generator g(test::seed());
    for (int round = 0; round < 3000; ++round) {
        std::string const value = test::random_text(g, test::pick(g, 30));
        fields read;
        BOOST_TEST_REQUIRE(
            !decode_xml("<xml>" + bare(value) + "</xml>", read).failed(), test::printable(value)
        );
        BOOST_TEST_REQUIRE(read.get("a") == value);
    }
}

// A conforming reader turns CR into LF before it sees a section: no CR may stand bare in what is written.
BOOST_AUTO_TEST_CASE(no_bare_carriage_return) {
    test::generator g(test::seed());
    for (int round = 0; round < 300; ++round)
        BOOST_TEST_REQUIRE(cdata(test::random_text(g, 30)).find('\r') == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
