// Each bound: one below, at it, one above.
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;

BOOST_AUTO_TEST_SUITE(xml_limits_)

namespace {

error_code outcome(std::string const& document, xml_limits const& limits = {}) {
    fields m;
    auto const ec = decode_xml(document, m, limits);
    if (ec.failed())
        BOOST_TEST(m.empty());
    return ec;
}

std::string with_fields(std::size_t n) {
    std::string out = "<xml>";
    for (std::size_t i = 0; i < n; ++i)
        out += "<f" + std::to_string(i) + "/>";
    return out + "</xml>";
}

std::string with_name(std::size_t n) {
    std::string const name(n, 'n');
    return "<xml><" + name + ">1</" + name + "></xml>";
}

std::string cdata(std::string const& value) {
    return "<xml><a><![CDATA[" + value + "]]></a></xml>";
}

} // namespace

BOOST_AUTO_TEST_CASE(bytes) {
    std::string const document = "<xml><a>1</a></xml>";
    for (std::size_t const size : {65535U, 65536U, 65537U}) {
        std::string const padded = document + std::string(size - document.size(), ' ');
        BOOST_TEST((outcome(padded) == errc::malformed_xml) == (size > 65536), size);
    }
    xml_limits limits;
    limits.max_bytes = document.size();
    BOOST_TEST(!outcome(document, limits).failed());
    limits.max_bytes = document.size() - 1;
    BOOST_TEST((outcome(document, limits) == errc::malformed_xml));
    limits.max_bytes = 0;
    BOOST_TEST((outcome("", limits) == errc::malformed_xml));
}

BOOST_AUTO_TEST_CASE(number_of_fields) {
    BOOST_TEST(!outcome(with_fields(127)).failed());
    BOOST_TEST(!outcome(with_fields(128)).failed());
    BOOST_TEST((outcome(with_fields(129)) == errc::too_many_fields));
    BOOST_TEST((outcome(with_fields(5000)) == errc::too_many_fields));
    xml_limits limits;
    limits.max_fields = 0;
    BOOST_TEST(!outcome("<xml/>", limits).failed());
    BOOST_TEST((outcome(with_fields(1), limits) == errc::too_many_fields));
    limits.max_fields = 1000;
    BOOST_TEST(!outcome(with_fields(1000), limits).failed());
    BOOST_TEST((outcome(with_fields(1001), limits) == errc::too_many_fields));
}

BOOST_AUTO_TEST_CASE(length_of_a_name) {
    for (std::size_t n = 1; n <= 64; ++n)
        BOOST_TEST(!outcome(with_name(n)).failed(), n);
    BOOST_TEST((outcome(with_name(65)) == errc::field_too_long));
    BOOST_TEST((outcome(with_name(66)) == errc::field_too_long));
    xml_limits limits;
    limits.max_name = 300;
    BOOST_TEST(!outcome(with_name(300), limits).failed());
    BOOST_TEST((outcome(with_name(301), limits) == errc::field_too_long));
}

BOOST_AUTO_TEST_CASE(length_of_a_value) {
    for (std::size_t n : {8191U, 8192U}) {
        BOOST_TEST(!outcome(cdata(std::string(n, 'v'))).failed(), n);
        BOOST_TEST(!outcome("<xml><a>" + std::string(n, 'v') + "</a></xml>").failed(), n);
    }
    BOOST_TEST((outcome(cdata(std::string(8193, 'v'))) == errc::field_too_long));
    BOOST_TEST((outcome("<xml><a>" + std::string(8193, 'v') + "</a></xml>") == errc::field_too_long));
    BOOST_TEST((outcome("<xml><a>v" + std::string(8192, 'v') + "</a><b>") == errc::field_too_long));
}

// It is the decoded value that is bounded.
BOOST_AUTO_TEST_CASE(length_of_a_decoded_value) {
    std::string references;
    for (int i = 0; i < 8192; ++i)
        references += "&lt;";
    BOOST_TEST(!outcome("<xml><a>" + references + "</a></xml>").failed());
    BOOST_TEST((outcome("<xml><a>" + references + "&lt;</a></xml>") == errc::field_too_long));
    std::string chinese;
    for (int i = 0; i < 2730; ++i)
        chinese += "支";
    BOOST_TEST(!outcome(cdata(chinese + "ab")).failed()); // 8192 bytes
    BOOST_TEST((outcome(cdata(chinese + "abc")) == errc::field_too_long));
    xml_limits limits;
    limits.max_value = 0;
    BOOST_TEST(!outcome("<xml><a/><b></b><c><![CDATA[]]></c></xml>", limits).failed());
    BOOST_TEST((outcome(cdata("1"), limits) == errc::field_too_long));
}

BOOST_AUTO_TEST_SUITE_END()
