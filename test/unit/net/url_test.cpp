#include "net/url.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate::net;

BOOST_AUTO_TEST_SUITE(url_test)

BOOST_AUTO_TEST_CASE(urls_that_are) {
    struct row {
        char const* text;
        char const* origin;
        char const* path;
    };

    row const table[] = {
        {"https://api.mch.weixin.qq.com", "https://api.mch.weixin.qq.com", ""},
        {"https://api.mch.weixin.qq.com:443/a/b", "https://api.mch.weixin.qq.com", "/a/b"},
        {"http://127.0.0.1:8080/", "http://127.0.0.1:8080", "/"},
        {"http://[::1]:80/x", "http://[::1]", "/x"},
        {"https://[::1]:9443", "https://[::1]:9443", ""},
    };
    for (auto const& r : table) {
        auto const u = parse_url(r.text);
        BOOST_TEST_REQUIRE(u.has_value(), r.text);
        BOOST_TEST(u->origin() == r.origin);
        BOOST_TEST(u->path == r.path);
    }
}

BOOST_AUTO_TEST_CASE(urls_that_are_not) {
    for (char const* text :
         {"",
          "https://",
          "ftp://a",
          "http:/a",
          "https://a:0",
          "https://a:65536",
          "https://a:",
          "https://a b",
          "https://u:p@a/",
          "https://a/?q",
          "https://a/#f",
          "https://a/\n",
          "https://[::1",
          "https://a/\x80",
          "HTTPS://a",
          "https://a:44x"})
        BOOST_TEST(!parse_url(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(addresses) {
    BOOST_TEST(parse_address("127.0.0.1:0")->port == 0);
    BOOST_TEST(parse_address("[::1]:8080")->host == "::1");
    for (char const* text : {"", "127.0.0.1", ":80", "[::1]", "1.2.3.4:65536", "1.2.3.4:x", "1.2.3.4:080"})
        BOOST_TEST(!parse_address(text).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()
