#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace wxgate;

BOOST_AUTO_TEST_SUITE(fields_)

BOOST_AUTO_TEST_CASE(empty_list) {
    fields const f;
    BOOST_TEST(f.empty());
    BOOST_TEST(f.size() == 0U);
    BOOST_TEST(!f.find("a").has_value());
    BOOST_TEST(f.get("a").empty());
}

BOOST_AUTO_TEST_CASE(order_values_and_absence) {
    fields f;
    f.set("b", "2");
    f.set("a", "");
    f.set_if("c", "");
    f.set_if("d", "4");
    BOOST_TEST(f.size() == 3U);
    BOOST_TEST(f[0].name == "b");
    BOOST_TEST(f[1].name == "a");
    BOOST_TEST(f[2].name == "d");
    BOOST_TEST(f.find("a").has_value());
    BOOST_TEST(f.find("a")->empty());
    BOOST_TEST(!f.find("c").has_value());
    BOOST_TEST(f.get("d") == "4");
    BOOST_TEST(!f.find("").has_value());
    BOOST_TEST(!f.find("D").has_value());
}

BOOST_AUTO_TEST_CASE(replacing) {
    fields f;
    f.set("a", "long value");
    f.set("b", "x");
    f.set("a", "short");
    BOOST_TEST(f.get("a") == "short");
    f.set("a", "a much longer value than before");
    BOOST_TEST(f.get("a") == "a much longer value than before");
    f.set("a", "");
    BOOST_TEST(f.get("a").empty());
    BOOST_TEST(f.find("a").has_value());
    BOOST_TEST(f.get("b") == "x");
    BOOST_TEST(f.size() == 2U);
    BOOST_TEST(f[0].name == "a");
    f.set_if("b", "");
    BOOST_TEST(f.get("b") == "x");
}

BOOST_AUTO_TEST_CASE(values_out_of_itself) {
    for (std::size_t size = 0; size < 200; ++size) {
        fields f;
        std::string const value(size, 'v');
        f.set("a", value);
        f.set("b", f.get("a"));
        f.set("c", f[1].value.substr(size / 2));
        f.set("a", f.get("c"));
        BOOST_TEST_REQUIRE(f.get("b") == value);
        BOOST_TEST_REQUIRE(f.get("c") == value.substr(size / 2));
        BOOST_TEST_REQUIRE(f.get("a") == value.substr(size / 2));
    }
}

BOOST_AUTO_TEST_CASE(clear_and_use_again) {
    fields f;
    f.set("a", "1");
    f.clear();
    BOOST_TEST(f.empty());
    BOOST_TEST(!f.find("a").has_value());
    f.set("a", "2");
    BOOST_TEST(f.get("a") == "2");
    BOOST_TEST(f.size() == 1U);
}

BOOST_AUTO_TEST_CASE(copies_and_moves) {
    fields a;
    a.set("x", std::string(100, '1'));
    fields b = a;
    a.set("x", "2");
    BOOST_TEST(b.get("x") == std::string(100, '1'));
    fields const c = std::move(b);
    BOOST_TEST(c.get("x") == std::string(100, '1'));
}

BOOST_AUTO_TEST_CASE(adding_to_what_was_read) {
    fields f;
    BOOST_TEST_REQUIRE(!decode_xml("<xml><a>1&lt;2</a><b/></xml>", f).failed());
    f.set("c", "3");
    f.set("b", "now it has one");
    BOOST_TEST(f.get("a") == "1<2");
    BOOST_TEST(f.get("b") == "now it has one");
    BOOST_TEST(f.get("c") == "3");
}

BOOST_AUTO_TEST_CASE(like_a_map) {
    test::generator g(test::seed());
    for (int round = 0; round < 200; ++round) {
        fields f;
        std::map<std::string, std::string> model;
        for (int i = 0; i < 60; ++i) {
            std::string const name = "n" + std::to_string(test::pick(g, 20));
            std::string const value = test::random_text(g, test::pick(g, 6));
            f.set(name, value);
            model[name] = value;
        }
        BOOST_TEST_REQUIRE(f.size() == model.size());
        for (auto const& [name, value] : model)
            BOOST_TEST_REQUIRE(f.get(name) == value);
    }
}

BOOST_AUTO_TEST_SUITE_END()
