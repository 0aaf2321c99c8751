#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;

BOOST_AUTO_TEST_SUITE(explain_)

BOOST_AUTO_TEST_CASE(a_good_message) {
    for (auto const type : {sign_type::md5, sign_type::hmac_sha256}) {
        fields f = test::to_fields({{"b", "2"}, {"a", "1"}, {"c", ""}});
        f.set("sign", sign(f, type, test::key));
        auto const e = explain(f, test::key);
        BOOST_TEST(e.canonical == "a=1&b=2&key=********");
        BOOST_TEST(e.expected == e.carried);
        BOOST_TEST(e.carried == f.get("sign"));
        BOOST_TEST((e.type == type));
        BOOST_TEST(e.match);
    }
}

BOOST_AUTO_TEST_CASE(the_key_never_shows) {
    for (std::string const key :
         {"k", "short", "192006250b4c09247ec02edce69f6a2d", "key with spaces and more"}) {
        fields f = test::to_fields({{"x", "1"}});
        f.set("sign", "wrong");
        auto const e = explain(f, key);
        BOOST_TEST(e.canonical == "x=1&key=********");
        BOOST_TEST(e.expected.find(key) == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(which_algorithm) {
    fields f = test::to_fields({{"a", "1"}});
    BOOST_TEST((explain(f, "k").type == sign_type::md5));
    BOOST_TEST(explain(f, "k").carried.empty());
    BOOST_TEST(!explain(f, "k").match);
    BOOST_TEST(explain(f, "k", sign_type::hmac_sha256).expected == sign(f, sign_type::hmac_sha256, "k"));
    f.set("sign", std::string(64, 'A'));
    BOOST_TEST((explain(f, "k").type == sign_type::hmac_sha256));
    BOOST_TEST((explain(f, "k", sign_type::md5).type == sign_type::md5));
    f.set("sign", "B");
    BOOST_TEST((explain(f, "k").type == sign_type::md5));
}

BOOST_AUTO_TEST_CASE(lower_case_and_no_key_do_not_match) {
    fields f = test::to_fields({{"a", "1"}});
    std::string lower = sign(f, sign_type::md5, "k");
    for (char& c : lower)
        c = static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
    f.set("sign", lower);
    BOOST_TEST(!explain(f, "k").match);
    auto const e = explain(f, "");
    BOOST_TEST(!e.match);
    BOOST_TEST(e.expected.empty());
}

BOOST_AUTO_TEST_SUITE_END()
