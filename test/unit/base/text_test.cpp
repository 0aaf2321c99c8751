#include "base/text.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <string>

using namespace wxgate;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(text)

namespace {

struct pair {
    std::string a;
    std::string b;
};

std::string escaped(std::string_view raw) {
    std::string out;
    append_json_escaped(out, raw);
    return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(characters) {
    for (int c = 0; c < 256; ++c) {
        auto const ch = static_cast<char>(c);
        bool const digit = c >= '0' && c <= '9';
        bool const upper = c >= 'A' && c <= 'Z';
        bool const lower = c >= 'a' && c <= 'z';
        BOOST_TEST(is_digit(ch) == digit, c);
        BOOST_TEST(is_alnum(ch) == (digit || upper || lower), c);
        BOOST_TEST(ascii_lower(ch) == (upper ? static_cast<char>(c + 32) : ch), c);
    }
}

BOOST_AUTO_TEST_CASE(equal_but_for_case) {
    BOOST_TEST(ascii_iequals("", ""));
    BOOST_TEST(ascii_iequals("UTF-8", "utf-8"));
    BOOST_TEST(!ascii_iequals("UTF-8", "utf-"));
    BOOST_TEST(!ascii_iequals("a", "b"));
    BOOST_TEST(!ascii_iequals("@", "`"));
    BOOST_TEST(!ascii_iequals("[", "{"));
    BOOST_TEST(ascii_iequals("支", "支"));
}

BOOST_AUTO_TEST_CASE(utf8) {
    for (std::string const& good :
         {""s,
          "abc\0"s,
          "支付"s,
          "\x7f"s,
          "\xC2\x80"s,
          "\xDF\xBF"s,
          "\xE0\xA0\x80"s,
          "\xED\x9F\xBF"s,
          "\xEE\x80\x80"s,
          "\xEF\xBF\xBF"s,
          "\xF0\x90\x80\x80"s,
          "\xF4\x8F\xBF\xBF"s})
        BOOST_TEST(is_utf8(good), escaped(good));
    for (std::string const& bad :
         {"\x80"s,
          "\xBF"s,
          "\xC0\x80"s,
          "\xC1\xBF"s,
          "\xC2"s,
          "\xC2("s,
          "\xE0\x9F\xBF"s,
          "\xE6\x94"s,
          "\xE6\x94("s,
          "\xED\xA0\x80"s,
          "\xED\xBF\xBF"s,
          "\xF0\x8F\xBF\xBF"s,
          "\xF4\x90\x80\x80"s,
          "\xF5\x80\x80\x80"s,
          "\xF0\x9F\x98"s,
          "\xFE"s,
          "\xFF"s,
          "ok\xFFok"s,
          "支\xE6"s}) {
        BOOST_TEST(!is_utf8(bad), escaped(bad));
        BOOST_TEST(is_utf8(escaped(bad)));
    }
}

BOOST_AUTO_TEST_CASE(controls) {
    for (int c = 0; c < 256; ++c)
        BOOST_TEST(has_control("ab"s + static_cast<char>(c)) == (c < 0x20 || c == 0x7f), c);
    BOOST_TEST(!has_control(""));
}

BOOST_AUTO_TEST_CASE(hex) {
    for (pair const& p :
         std::initializer_list<pair>{{"", ""}, {"\0"s, "00"}, {"\xff\x0a", "ff0a"}, {"abc", "616263"}}) {
        BOOST_TEST(to_hex(p.a) == p.b);
        BOOST_TEST((from_hex(p.b) == p.a));
    }
    BOOST_TEST(to_hex("\xab", true) == "AB");
    BOOST_TEST((from_hex("aBCd") == "\xab\xcd"));
    for (char const* const bad : {"a", "abc", "0g", "g0", "0x", " 0", "-1", "０"})
        BOOST_TEST(!from_hex(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(base64) {
    for (pair const& p : std::initializer_list<pair>{
             {"", ""},
             {"f", "Zg=="},
             {"fo", "Zm8="},
             {"foo", "Zm9v"},
             {"foob", "Zm9vYg=="},
             {"fooba", "Zm9vYmE="},
             {"foobar", "Zm9vYmFy"},
             {"\xff\xfe\xfd", "//79"},
             {"\0\0"s, "AAA="},
             {"\xfb\xef\xbe", "++++"},
         }) {
        BOOST_TEST(to_base64(p.a) == p.b);
        BOOST_TEST((from_base64(p.b) == p.a));
    }
    for (char const* const bad :
         {"A",
          "AA",
          "AAA",
          "A===",
          "====",
          "=AAA",
          "A=AA",
          "AA=A",
          "Zg==Zg==",
          "Zm8=AAAA",
          "Zh==",
          "Zm9=",
          "AAA\n",
          "AA A",
          "-_-_",
          "AAAAA===",
          "Zg== ",
          "支付"})
        BOOST_TEST(!from_base64(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(base64_there_and_back) {
    for (std::size_t n = 0; n < 300; ++n) {
        std::string bytes;
        for (std::size_t i = 0; i < n; ++i)
            bytes += static_cast<char>((i * 131 + n * 17) % 256);
        BOOST_TEST_REQUIRE((from_base64(to_base64(bytes)) == bytes));
        BOOST_TEST_REQUIRE((from_hex(to_hex(bytes)) == bytes));
        BOOST_TEST_REQUIRE((percent_decode(percent_encode(bytes)) == bytes));
    }
}

BOOST_AUTO_TEST_CASE(numbers) {
    constexpr auto most = UINT64_MAX;
    BOOST_TEST((parse_uint("0", most) == 0U));
    BOOST_TEST((parse_uint("7", 7) == 7U));
    BOOST_TEST((parse_uint("18446744073709551615", most) == most));
    for (char const* const bad :
         {"",
          "00",
          "01",
          "-0",
          "+1",
          " 1",
          "1 ",
          "1.0",
          "1e3",
          "0x1",
          "18446744073709551616",
          "99999999999999999999999",
          "a",
          "1a",
          "１"})
        BOOST_TEST(!parse_uint(bad, most).has_value(), bad);
    BOOST_TEST(!parse_uint("8", 7).has_value());
    BOOST_TEST(!parse_uint("1\0"s, most).has_value());
}

BOOST_AUTO_TEST_CASE(json) {
    for (pair const& p : std::initializer_list<pair>{
             {"", ""},
             {"plain", "plain"},
             {"\"\\", "\\\"\\\\"},
             {"a\nb\r\t", "a\\u000ab\\u000d\\u0009"},
             {"\0"s, "\\u0000"},
             {"\x1b[31m\x7f", "\\u001b[31m\\u007f"},
             {"支付", "支付"},
             {"a\xff", "a\xEF\xBF\xBD"},
             {"\xE6\x94", "\xEF\xBF\xBD\xEF\xBF\xBD"},
         })
        BOOST_TEST(escaped(p.a) == p.b);
    std::string out = "kept ";
    append_json_escaped(out, "x");
    BOOST_TEST(out == "kept x");
}

BOOST_AUTO_TEST_CASE(percent) {
    for (pair const& p : std::initializer_list<pair>{
             {"", ""},
             {"abc", "abc"},
             {"a+b", "a b"},
             {"%41%2B", "A+"},
             {"%e6%94%af", "支"},
             {"%00", "\0"s},
             {"%25", "%"}})
        BOOST_TEST((percent_decode(p.a) == p.b), p.a);
    for (char const* const bad : {"%", "%4", "%4g", "%g4", "a%", "%%41", "% 1", "%-1"})
        BOOST_TEST(!percent_decode(bad).has_value(), bad);
    BOOST_TEST(percent_encode("aZ09-._~") == "aZ09-._~");
    BOOST_TEST(percent_encode(" +/?&=%支") == "%20%2B%2F%3F%26%3D%25%E6%94%AF");
}

BOOST_AUTO_TEST_CASE(queries) {
    BOOST_TEST((query_value("a=1&b=2", "a") == "1"));
    BOOST_TEST((query_value("a=1&b=2", "b") == "2"));
    BOOST_TEST((query_value("a=1&a=2", "a") == "1"));
    BOOST_TEST((query_value("a", "a") == ""));
    BOOST_TEST((query_value("a=", "a") == ""));
    BOOST_TEST((query_value("&&a=1", "a") == "1"));
    BOOST_TEST((query_value("a=b=c", "a") == "b=c"));
    BOOST_TEST((query_value("x%79=a+b%26", "xy") == "a b&"));
    BOOST_TEST(!query_value("", "a").has_value());
    BOOST_TEST(!query_value("b=1", "a").has_value());
    BOOST_TEST(!query_value("aa=1", "a").has_value());
    BOOST_TEST(!query_value("a=%", "a").has_value());
}

BOOST_AUTO_TEST_CASE(an_openid_is_shown_by_its_ends) {
    BOOST_TEST(masked("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o") == "oUpF…eS6o");
    BOOST_TEST(masked("0123456789abcdef") == "0123…cdef");
    BOOST_TEST(masked("0123456789abcde") == "…");
    BOOST_TEST(masked("") == "…");
}

BOOST_AUTO_TEST_SUITE_END()
