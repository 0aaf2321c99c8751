#include "gateway/api/json.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate::gateway;

BOOST_AUTO_TEST_SUITE(json)

BOOST_AUTO_TEST_CASE(what_is_no_request) {
    using namespace std::string_literals;
    std::string const table[] = {
        "",
        "  ",
        "{",
        "{\"a\":1",
        "{\"a\":1}}",
        "{} {}",
        "{}\0"s,
        "{\"a\":1,}",
        "{/*c*/}",
        "{'a':1}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":0x1}",
        "\xEF\xBB\xBF{}",
        "{\"a\":\"\xff\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00\\ud800\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\u0000\"}",
        "{\"a\":1,\"a\":2}",
        "{\"o\":{\"a\":1,\"a\":2}}",
        "[]",
        "1",
        "null",
        "\"a\"",
        "nul",
        "{\"a\":" + std::string(9, '[') + std::string(9, ']') + "}",
        "{\"a\":" + std::string(10'000, '['),
        "{\"" + std::string(65, 'k') + "\":1}",
        "{\"a\":\"" + std::string(8193, 'v') + "\"}"};
    for (auto const& text : table) {
        auto const r = parse_json_object(text);
        BOOST_TEST_REQUIRE(!r.has_value(), text.substr(0, 60));
        BOOST_TEST(r.error().code == "invalid_json");
        BOOST_TEST(r.error().status == 400U);
    }
}

BOOST_AUTO_TEST_CASE(too_many_members) {
    for (int const n : {64, 65}) {
        std::string text = "{";
        for (int i = 0; i < n; ++i)
            text += (i == 0 ? "\"m" : ",\"m") + std::to_string(i) + "\":1";
        BOOST_TEST(parse_json_object(text + '}').has_value() == (n == 64));
    }
}

BOOST_AUTO_TEST_CASE(members_are_what_they_are) {
    auto const r = parse_json_object(
        R"({"s":"a\u4e2d\n\ud83d\ude00","i":9223372036854775807,"big":9223372036854775808,"d":1.0,"e":1e2,"huge":1E400,"t":true,"n":null,)"
        R"("o":{"x":"y"},"l":[1,{"a":2},[3]],"neg":-5})"
    );
    BOOST_TEST_REQUIRE(r.has_value());
    json_members in(*r);
    BOOST_TEST(in.text("s", 100).value() == "a中\n😀");
    BOOST_TEST(in.integer("i", 0, INT64_MAX).value() == INT64_MAX);
    BOOST_TEST(!in.text("n", 10).has_value());
    BOOST_TEST(in.strings("o")->at("x") == "y");
    BOOST_TEST(in.integer("neg", -10, 10).value() == -5);
    for (char const* name : {"big", "d", "e", "huge", "t", "l", "s", "o"}) {
        json_members one(*r);
        BOOST_TEST(!one.integer(name, 0, INT64_MAX).has_value(), name);
        BOOST_TEST_REQUIRE(one.finish().has_value(), name);
        BOOST_TEST(one.finish()->param == name);
    }
}

BOOST_AUTO_TEST_CASE(the_first_mistake_is_told_and_unknown_members_are_mistakes) {
    auto const r = parse_json_object(R"({"a":1,"b":"x"})");
    json_members in(*r);
    in.text("a", 10);
    in.integer("b", 0, 1);
    BOOST_TEST(in.finish()->param == "a");
    json_members other(*r);
    other.integer("a", 0, 5);
    BOOST_TEST(other.finish()->param == "b");
    BOOST_TEST(other.finish()->code == "invalid_request");
    json_members strings(*r);
    BOOST_TEST(!strings.strings("a")->contains("x"));
    BOOST_TEST(strings.finish()->param == "a");
}

BOOST_AUTO_TEST_SUITE_END()
