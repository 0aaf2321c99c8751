// Boost.PropertyTree as the oracle: on well-formed documents within its abilities both read the same list.
// (It is wrong on much that is not well-formed, see RELIABILITY.md 0.4, so only such documents are made
// here.)
#include "support.hpp"

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <boost/test/unit_test.hpp>

#include <sstream>

using namespace wxgate;

BOOST_AUTO_TEST_SUITE(xml_oracle)

namespace {

test::pairs read_with_property_tree(std::string const& document) {
    std::istringstream in(document);
    boost::property_tree::ptree tree;
    boost::property_tree::read_xml(in, tree);
    test::pairs list;
    for (auto const& [name, child] : tree.get_child("xml"))
        list.emplace_back(name, child.data());
    return list;
}

std::string space(test::generator& g) {
    static char const* const kinds[] = {"", "", "\n", " ", "\r\n\t"};
    return kinds[test::pick(g, std::size(kinds))];
}

// One piece of a value, in a form picked at random. Text never begins with space: PropertyTree drops that.
std::string piece(test::generator& g) {
    static char const* const kinds[] = {
        "text",
        "<![CDATA[<&>]]>",
        "&lt;",
        "&amp;amp;",
        "&#65;",
        "&#x652F;",
        "支付",
        "a b",
        "<![CDATA[]]]]>",
        "<![CDATA[ spaced ]]>",
        "&quot;x&apos;",
        "&#128512;",
        "]",
        "a]]b",
        "<![CDATA[\xF0\x9F\x98\x80]]>",
        "1.5",
    };
    return kinds[test::pick(g, std::size(kinds))];
}

std::string random_document(test::generator& g) {
    std::string out = test::pick(g, 3) == 0 ? "<?xml version=\"1.0\" encoding=\"UTF-8\"?>" : "";
    out += space(g) + "<xml>";
    for (auto const& [name, unused] : test::random_message(g, test::pick(g, 20))) {
        out += space(g);
        if (test::pick(g, 10) == 0) {
            out += "<" + name + (test::pick(g, 2) == 0 ? "/>" : " />");
            continue;
        }
        out += "<" + name + ">";
        for (std::size_t i = test::pick(g, 6); i-- > 0;)
            out += piece(g);
        out += "</" + name + ">";
    }
    return out + space(g) + "</xml>" + space(g);
}

} // namespace

BOOST_AUTO_TEST_CASE(both_read_the_same) {
    test::generator g(test::seed());
    for (int round = 0; round < 3000; ++round) {
        std::string const document = random_document(g);
        fields m;
        BOOST_TEST_REQUIRE(!decode_xml(document, m).failed(), test::printable(document));
        BOOST_TEST_REQUIRE(
            (test::to_pairs(m) == read_with_property_tree(document)), test::printable(document)
        );
    }
}

BOOST_AUTO_TEST_CASE(it_reads_what_we_write) {
    test::generator g(test::seed());
    for (int round = 0; round < 1000; ++round) {
        auto const list = test::random_message(g, test::pick(g, 20));
        BOOST_TEST_REQUIRE((read_with_property_tree(test::document_of(test::to_fields(list))) == list));
    }
}

BOOST_AUTO_TEST_SUITE_END()
