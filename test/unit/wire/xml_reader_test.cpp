// What the reader takes and refuses, as one table: the rows of RELIABILITY.md 3.3 that are about reading, and
// the neighbours of each.
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>

using namespace wxgate;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(xml_reader_)

namespace {

struct row {
    char const* name;
    std::string document;
    std::optional<errc> expected; // nothing: taken
    test::pairs list;             // what it says
};

constexpr auto malformed = errc::malformed_xml;

std::string repeat(std::string const& text, std::size_t n) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i)
        out += text;
    return out;
}

std::string leaf(std::string const& value) {
    return "<xml><a>" + value + "</a></xml>";
}

std::vector<row> const rows = {
    // taken
    {"one field", "<xml><a>1</a></xml>", {}, {{"a", "1"}}},
    {"cdata", "<xml><a><![CDATA[1]]></a></xml>", {}, {{"a", "1"}}},
    {"empty cdata", "<xml><a><![CDATA[]]></a></xml>", {}, {{"a", ""}}},
    {"empty element", "<xml><a></a></xml>", {}, {{"a", ""}}},
    {"self-closed", "<xml><a/></xml>", {}, {{"a", ""}}},
    {"self-closed with space", "<xml><a /></xml>", {}, {{"a", ""}}},
    {"no field", "<xml></xml>", {}, {}},
    {"no field but space", "<xml> \r\n\t </xml>", {}, {}},
    {"self-closed root", "<xml/>", {}, {}},
    {"space in tags", "<xml ><a >1</a\n></xml\t>", {}, {{"a", "1"}}},
    {"leading and trailing space", " \t\r\n<xml><a>1</a></xml>\r\n ", {}, {{"a", "1"}}},
    {"space between", "<xml>\n <a>1</a>\r\n\t<b>2</b>\n</xml>", {}, {{"a", "1"}, {"b", "2"}}},
    {"space in a value is the value's", leaf("  1 \n"), {}, {{"a", "  1 \n"}}},
    {"only space", leaf(" \t "), {}, {{"a", " \t "}}},
    {"space round cdata", leaf(" <![CDATA[1]]> "), {}, {{"a", " 1 "}}},
    {"mixed",
     leaf("a<![CDATA[b&c]]>d&amp;<![CDATA[e]]><![CDATA[]]><![CDATA[f]]>g"),
     {},
     {{"a", "ab&cd&efg"}}},
    {"entities", leaf("&lt;&gt;&amp;&quot;&apos;"), {}, {{"a", "<>&\"'"}}},
    {"entity first, then cdata", leaf("&lt;<![CDATA[x]]>"), {}, {{"a", "<x"}}},
    {"entity once only", leaf("&amp;lt;"), {}, {{"a", "&lt;"}}},
    {"entities are text in cdata", leaf("<![CDATA[&lt;&x;&]]>"), {}, {{"a", "&lt;&x;&"}}},
    {"cdata with markup", leaf("<![CDATA[<b>1</b></a></xml>]]>"), {}, {{"a", "<b>1</b></a></xml>"}}},
    {"cdata with brackets", leaf("<![CDATA[]]]]]>"), {}, {{"a", "]]]"}}},
    {"cdata with ]]", leaf("<![CDATA[]]a]>]]>"), {}, {{"a", "]]a]>"}}},
    {"split ]]>", leaf("<![CDATA[a]]]]><![CDATA[>b]]>"), {}, {{"a", "a]]>b"}}},
    {"brackets in text", leaf("]]a]>]"), {}, {{"a", "]]a]>]"}}},
    {"> in text", leaf("a>b"), {}, {{"a", "a>b"}}},
    {"quotes in text", leaf("\"'"), {}, {{"a", "\"'"}}},
    {"]] then a reference to >", leaf("]]&gt;"), {}, {{"a", "]]>"}}},
    {"carriage returns stay", leaf("a\r\nb\rc"), {}, {{"a", "a\r\nb\rc"}}},
    {"Chinese", leaf("支付测试"), {}, {{"a", "支付测试"}}},
    {"emoji", leaf("<![CDATA[\xF0\x9F\x98\x80]]>"), {}, {{"a", "\xF0\x9F\x98\x80"}}},
    {"every length of UTF-8",
     leaf("\x7f\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBD\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"),
     {},
     {{"a", "\x7f\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBD\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"}}},
    {"around the surrogates", leaf("\xED\x9F\xBF\xEE\x80\x80"), {}, {{"a", "\xED\x9F\xBF\xEE\x80\x80"}}},
    {"name of every kind", "<xml><_aZ09_>1</_aZ09_></xml>", {}, {{"_aZ09_", "1"}}},
    {"a root's name as a field's", "<xml><xml>1</xml></xml>", {}, {{"xml", "1"}}},
    {"names that begin alike",
     "<xml><a>1</a><ab>2</ab><A>3</A></xml>",
     {},
     {{"a", "1"}, {"ab", "2"}, {"A", "3"}}},
    {"declaration", "<?xml version=\"1.0\"?><xml><a>1</a></xml>", {}, {{"a", "1"}}},
    {"declaration with encoding",
     "<?xml version='1.0' encoding='utf-8' ?>\n<xml><a>1</a></xml>",
     {},
     {{"a", "1"}}},
    {"declaration with all", "<?xml version = \"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><xml/>", {}, {}},
    // X-12 and its neighbours: references of characters XML allows
    {"X-12 decimal", leaf("&#65;"), {}, {{"a", "A"}}},
    {"X-12 hex", leaf("&#x41;&#x6f;&#x6F;"), {}, {{"a", "Aoo"}}},
    {"X-12 tab, LF, CR", leaf("&#9;&#10;&#13;"), {}, {{"a", "\t\n\r"}}},
    {"X-12 two to four bytes", leaf("&#233;&#x652F;&#x1F600;"), {}, {{"a", "é支\xF0\x9F\x98\x80"}}},
    {"X-12 bounds",
     leaf("&#x20;&#x7F;&#x80;&#x7FF;&#x800;&#xD7FF;&#xE000;&#xFFFD;&#x10000;&#x10FFFF;"),
     {},
     {{"a",
       " \x7f\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBD\xF0\x90\x80\x80\xF4\x8F\xBF"
       "\xBF"}}},
    {"X-12 leading zeros", leaf("&#000065;&#x00000041;"), {}, {{"a", "AA"}}},
    // refused
    {"X-03 nothing", "", malformed, {}},
    {"X-03 spaces", "  \n ", malformed, {}},
    {"X-04 JSON", "{\"a\":1}", malformed, {}},
    {"X-04 text", "success", malformed, {}},
    {"X-04 HTML", "<html><body>400</body></html>", malformed, {}},
    {"X-05 DOCTYPE", "<!DOCTYPE xml [<!ENTITY x \"y\">]><xml><a>&x;</a></xml>", malformed, {}},
    {"X-05 DOCTYPE inside", "<xml><!DOCTYPE a><a>1</a></xml>", malformed, {}},
    {"X-05 external",
     "<?xml version=\"1.0\"?><!DOCTYPE r SYSTEM \"file:///etc/passwd\"><xml/>",
     malformed,
     {}},
    {"X-08 undefined entity", leaf("&x;"), malformed, {}},
    {"X-08 bare &", leaf("a & b"), malformed, {}},
    {"X-08 & at the end", leaf("&"), malformed, {}},
    {"X-08 unfinished entity", leaf("&amp"), malformed, {}},
    {"X-08 wrong case", leaf("&AMP;"), malformed, {}},
    {"X-08 nbsp", leaf("&nbsp;"), malformed, {}},
    {"X-08 empty entity", leaf("&;"), malformed, {}},
    {"X-08 space in entity", leaf("&amp ;"), malformed, {}},
    {"X-09 &#0;", leaf("&#0;"), malformed, {}},
    {"X-09 &#x0;", leaf("&#x0;"), malformed, {}},
    {"X-09 &#;", leaf("&#;"), malformed, {}},
    {"X-09 &#x;", leaf("&#x;"), malformed, {}},
    {"X-09 &#X41;", leaf("&#X41;"), malformed, {}},
    {"X-09 signs", leaf("&#-1;"), malformed, {}},
    {"X-09 plus", leaf("&#+65;"), malformed, {}},
    {"X-09 no semicolon", leaf("&#65"), malformed, {}},
    {"X-09 letters in decimal", leaf("&#6a;"), malformed, {}},
    {"X-09 letter beyond f", leaf("&#x4g;"), malformed, {}},
    {"X-10 2^64+65", leaf("&#18446744073709551681;"), malformed, {}},
    {"X-10 2^32+65", leaf("&#4294967361;"), malformed, {}},
    {"X-10 hex 2^32+65", leaf("&#x100000041;"), malformed, {}},
    {"X-10 beyond Unicode", leaf("&#x110000;"), malformed, {}},
    {"X-11 surrogate", leaf("&#xD800;"), malformed, {}},
    {"X-11 last surrogate", leaf("&#57343;"), malformed, {}},
    {"X-11 U+FFFE", leaf("&#xFFFE;"), malformed, {}},
    {"X-11 U+FFFF", leaf("&#65535;"), malformed, {}},
    {"X-11 control by reference", leaf("&#1;"), malformed, {}},
    {"X-11 0x1f by reference", leaf("&#x1F;"), malformed, {}},
    {"X-13 NUL in text", leaf("a\0b"s), malformed, {}},
    {"X-13 NUL in cdata", leaf("<![CDATA[a\0b]]>"s), malformed, {}},
    {"X-13 NUL in a name", "<xml><a\0>1</a></xml>"s, malformed, {}},
    {"X-14 NUL after the root", "<xml><a>1</a></xml>\0<xml/>"s, malformed, {}},
    {"X-14 one NUL after the root", "<xml><a>1</a></xml>\0"s, malformed, {}},
    {"X-15 NUL first", "\0<xml><a>1</a></xml>"s, malformed, {}},
    {"X-16 stray continuation", leaf("\x80"), malformed, {}},
    {"X-16 overlong slash", leaf("\xC0\xAF"), malformed, {}},
    {"X-16 overlong two", leaf("\xC1\xBF"), malformed, {}},
    {"X-16 overlong three", leaf("\xE0\x9F\xBF"), malformed, {}},
    {"X-16 overlong four", leaf("\xF0\x8F\xBF\xBF"), malformed, {}},
    {"X-16 surrogate", leaf("\xED\xA0\x80"), malformed, {}},
    {"X-16 surrogate pair", leaf("\xED\xA0\xBD\xED\xB8\x80"), malformed, {}},
    {"X-16 beyond Unicode", leaf("\xF4\x90\x80\x80"), malformed, {}},
    {"X-16 five bytes", leaf("\xF8\x88\x80\x80\x80"), malformed, {}},
    {"X-16 0xFE, 0xFF", leaf("\xFE\xFF"), malformed, {}},
    {"X-16 cut in text", leaf("\xE6\x94"), malformed, {}},
    {"X-16 cut at the end of the document", "<xml><a>\xE6\x94", malformed, {}},
    {"X-16 in cdata", leaf("<![CDATA[\xC3(]]>"), malformed, {}},
    {"X-16 U+FFFE", leaf("\xEF\xBF\xBE"), malformed, {}},
    {"X-16 U+FFFF", leaf("<![CDATA[\xEF\xBF\xBF]]>"), malformed, {}},
    {"X-16 after good Chinese", leaf("支付\xE6"), malformed, {}},
    {"X-17 GBK declared",
     "<?xml version=\"1.0\" encoding=\"GBK\"?><xml><a>\xD6\xA7</a></xml>",
     malformed,
     {}},
    {"X-17 GBK declared, ASCII",
     "<?xml version=\"1.0\" encoding=\"GBK\"?><xml><a>1</a></xml>",
     malformed,
     {}},
    {"X-17 GBK undeclared", leaf("\xD6\xA7\xB8\xB6"), malformed, {}},
    {"X-17 ISO-8859-1", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><xml/>", malformed, {}},
    {"X-18 UTF-16LE", "\xFF\xFE<\0x\0m\0l\0/\0>\0"s, malformed, {}},
    {"X-18 UTF-16BE", "\xFE\xFF\0<\0x\0m\0l\0/\0>"s, malformed, {}},
    {"X-18 UTF-16 without a mark", "<\0x\0m\0l\0/\0>\0"s, malformed, {}},
    {"X-18 UTF-8 mark", "\xEF\xBB\xBF<xml/>", malformed, {}},
    {"X-19 0x01", leaf("\x01"), malformed, {}},
    {"X-19 0x0b in cdata", leaf("<![CDATA[\x0b]]>"), malformed, {}},
    {"X-19 0x0c", leaf("\x0c"), malformed, {}},
    {"X-19 0x1f", leaf("\x1f"), malformed, {}},
    {"X-19 ESC", leaf("\x1b[31m"), malformed, {}},
    {"X-19 control between elements", "<xml>\x0b<a>1</a></xml>", malformed, {}},
    {"X-19 control after the root", "<xml/>\x01", malformed, {}},
    {"X-20 twice", "<xml><total_fee>1</total_fee><total_fee>2</total_fee></xml>", errc::duplicate_field, {}},
    {"X-20 twice the same", "<xml><a>1</a><a>1</a></xml>", errc::duplicate_field, {}},
    {"X-20 twice, far apart", "<xml><a>1</a><b>1</b><c>1</c><a/></xml>", errc::duplicate_field, {}},
    {"X-20 twice empty", "<xml><a/><a/></xml>", errc::duplicate_field, {}},
    {"X-20 twice, long name",
     "<xml><abcdefghijklmnopqrstuvwxyz>1</abcdefghijklmnopqrstuvwxyz><abcdefghijklmnopqrstuvwxyz/></xml>",
     errc::duplicate_field,
     {}},
    {"X-21 two roots", "<xml><a>1</a></xml><xml><a>2</a></xml>", malformed, {}},
    {"X-21 another root", "<root><a>1</a></root>", malformed, {}},
    {"X-21 a longer root", "<xmlx><a>1</a></xmlx>", malformed, {}},
    {"X-21 a shorter root", "<xm><a>1</a></xm>", malformed, {}},
    {"X-21 upper-case root", "<XML><a>1</a></XML>", malformed, {}},
    {"X-22 trailing text", "<xml><a>1</a></xml>OK", malformed, {}},
    {"X-22 trailing entity", "<xml/>&#32;", malformed, {}},
    {"X-22 leading text", "x<xml/>", malformed, {}},
    {"X-22 text between", "<xml><a>1</a>x<b>2</b></xml>", malformed, {}},
    {"X-22 cdata between", "<xml><![CDATA[ ]]><a>1</a></xml>", malformed, {}},
    {"X-22 reference between", "<xml>&#32;<a>1</a></xml>", malformed, {}},
    {"X-22 literal \\n between", "<xml><a>1</a>\\n</xml>", malformed, {}},
    {"X-24 unclosed root", "<xml><a>1</a>", malformed, {}},
    {"X-24 unclosed child", "<xml><a>1</xml>", malformed, {}},
    {"X-24 unclosed cdata", leaf("<![CDATA[1"), malformed, {}},
    {"X-24 half closed cdata", leaf("<![CDATA[1]]"), malformed, {}},
    {"X-24 half opened cdata", leaf("<![CDATA1]]>"), malformed, {}},
    {"X-24 lower-case cdata", leaf("<![cdata[1]]>"), malformed, {}},
    {"X-24 ]]> in text", leaf("a]]>b"), malformed, {}},
    {"X-24 ]]> after cdata", leaf("<![CDATA[a]]>]]>"), malformed, {}},
    {"X-24 mismatched close", "<xml><a>1</b></xml>", malformed, {}},
    {"X-24 longer close", "<xml><a>1</ab></xml>", malformed, {}},
    {"X-24 shorter close", "<xml><ab>1</a></xml>", malformed, {}},
    {"X-24 longer close of cdata", "<xml><a><![CDATA[1]]></ab></xml>", malformed, {}},
    {"X-24 shorter close of cdata", "<xml><ab><![CDATA[1]]></a></xml>", malformed, {}},
    {"X-24 empty close", "<xml><a>1</></xml>", malformed, {}},
    {"X-24 close with another case", "<xml><a>1</A></xml>", malformed, {}},
    {"X-24 mismatched root close", "<xml><a>1</a></root>", malformed, {}},
    {"X-24 space before a closing name", "<xml><a>1</ a></xml>", malformed, {}},
    {"X-24 only <", "<", malformed, {}},
    {"X-24 only <xml", "<xml", malformed, {}},
    {"X-24 only <xml>", "<xml>", malformed, {}},
    {"X-24 close too much", "<xml></a></xml>", malformed, {}},
    {"X-25 nested", "<xml><a><b>1</b></a></xml>", malformed, {}},
    {"X-25 nested after text", "<xml><a>x<b>1</b></a></xml>", malformed, {}},
    {"X-25 nested after cdata", "<xml><a><![CDATA[x]]><b/></a></xml>", malformed, {}},
    {"X-25 xml in xml", "<xml><xml><a>1</a></xml></xml>", malformed, {}},
    {"X-27 attribute", "<xml><a b=\"c\">1</a></xml>", malformed, {}},
    {"X-27 attribute of the root", "<xml a=\"b\"><a>1</a></xml>", malformed, {}},
    {"X-27 attribute of an empty element", "<xml><a b=\"c\"/></xml>", malformed, {}},
    {"X-27 attribute in a closing tag", "<xml><a>1</a b=\"c\"></xml>", malformed, {}},
    {"X-27 two attributes", "<xml><a b=\"1\" b=\"2\">1</a></xml>", malformed, {}},
    {"X-27 prefix", "<xml><n:a>1</n:a></xml>", malformed, {}},
    {"X-27 instruction", "<xml><?php echo 1 ?><a>1</a></xml>", malformed, {}},
    {"X-27 instruction in a value", leaf("<?x ?>"), malformed, {}},
    {"X-27 instruction before the root", "<?xml-stylesheet href=\"x\"?><xml/>", malformed, {}},
    {"X-27 instruction after the root", "<xml/><?x ?>", malformed, {}},
    {"X-27 comment", "<xml><!-- x --><a>1</a></xml>", malformed, {}},
    {"X-27 comment in a value", leaf("1<!-- x -->2"), malformed, {}},
    {"X-27 comment before the root", "<!-- x --><xml/>", malformed, {}},
    {"X-27 comment after the root", "<xml/><!-- x -->", malformed, {}},
    {"declaration after space", " <?xml version=\"1.0\"?><xml/>", malformed, {}},
    {"declaration twice", "<?xml version=\"1.0\"?><?xml version=\"1.0\"?><xml/>", malformed, {}},
    {"declaration of 1.1", "<?xml version=\"1.1\"?><xml/>", malformed, {}},
    {"declaration without version", "<?xml encoding=\"UTF-8\"?><xml/>", malformed, {}},
    {"declaration without anything", "<?xml?><xml/>", malformed, {}},
    {"declaration in the wrong order", "<?xml encoding=\"UTF-8\" version=\"1.0\"?><xml/>", malformed, {}},
    {"declaration, unquoted", "<?xml version=1.0?><xml/>", malformed, {}},
    {"declaration, quotes that differ", "<?xml version=\"1.0'?><xml/>", malformed, {}},
    {"declaration, run together", "<?xml version=\"1.0\"encoding=\"UTF-8\"?><xml/>", malformed, {}},
    {"declaration, unclosed", "<?xml version=\"1.0\"", malformed, {}},
    {"declaration, closed by >", "<?xml version=\"1.0\"><xml/>", malformed, {}},
    {"declaration, standalone maybe", "<?xml version=\"1.0\" standalone=\"maybe\"?><xml/>", malformed, {}},
    {"declaration, unknown attribute", "<?xml version=\"1.0\" x=\"y\"?><xml/>", malformed, {}},
    {"declaration only", "<?xml version=\"1.0\"?>", malformed, {}},
    {"X-29 a$%*;", "<xml><a$%*;>1</a$%*;></xml>", malformed, {}},
    {"X-29 1a", "<xml><1a>1</1a></xml>", malformed, {}},
    {"X-29 a.b", "<xml><a.b>1</a.b></xml>", malformed, {}},
    {"X-29 a-b", "<xml><a-b>1</a-b></xml>", malformed, {}},
    {"X-29 Chinese name", "<xml><名>1</名></xml>", malformed, {}},
    {"X-29 empty name", "<xml><>1</></xml>", malformed, {}},
    {"X-29 space before a name", "<xml>< a>1</a></xml>", malformed, {}},
    {"X-29 / in a name", "<xml><a/b>1</a/b></xml>", malformed, {}},
    {"X-29 / before the end", "<xml><a/ ></xml>", malformed, {}},
    {"X-30 depth bomb over the size", repeat("<a>", 20900) + repeat("</a>", 20900), malformed, {}},
    {"X-31 depth bomb under the size", repeat("<a>", 2450) + repeat("</a>", 2450), malformed, {}},
    {"X-31 depth bomb in a root",
     "<xml>" + repeat("<a>", 2450) + repeat("</a>", 2450) + "</xml>",
     malformed,
     {}},
    {"X-31 depth bomb, short closes",
     "<xml>" + repeat("<a>", 2450) + repeat("</>", 2450) + "</xml>",
     malformed,
     {}},
    {"X-32 10 MiB attribute",
     "<xml><a b=\"" + std::string(10 * 1024 * 1024, 'x') + "\"/></xml>",
     malformed,
     {}},
    {"X-32 60 KB attribute", "<xml><a b=\"" + std::string(60000, 'x') + "\"/></xml>", malformed, {}},
    {"X-32 200 000 elements", "<xml>" + repeat("<a/>", 200000) + "</xml>", malformed, {}},
    {"X-32 300 000 comments", "<xml>" + repeat("<!---->", 300000) + "</xml>", malformed, {}},
    {"X-32 1 MiB name", "<xml><" + std::string(1024 * 1024, 'n') + "/></xml>", malformed, {}},
    {"X-33 name of 60 KB", "<xml><" + std::string(60000, 'n') + "/></xml>", errc::field_too_long, {}},
};

} // namespace

BOOST_AUTO_TEST_CASE(the_table) {
    for (row const& r : rows) {
        BOOST_TEST_CONTEXT(r.name << ": " << test::printable(r.document)) {
            fields message;
            message.set("left_over", "from before");
            error_code const ec = decode_xml(r.document, message);
            BOOST_TEST(ec == (r.expected ? test::code(*r.expected) : error_code()));
            BOOST_TEST((test::to_pairs(message) == r.list));
        }
    }
}

// Whatever ends too early is refused, wherever it ends.
BOOST_AUTO_TEST_CASE(every_prefix) {
    for (row const& r : rows) {
        if (r.expected || r.document.size() > 4096)
            continue;
        std::size_t const whole = r.document.find_last_not_of(" \t\r\n") + 1;
        for (std::size_t n = 0; n < whole; ++n) {
            // In a block of its own, so that a sanitizer sees a byte read too far.
            std::vector<char> const cut(
                r.document.begin(), r.document.begin() + static_cast<std::ptrdiff_t>(n)
            );
            fields message;
            BOOST_TEST_REQUIRE(
                decode_xml({cut.data(), cut.size()}, message).failed(), r.name << " cut at " << n
            );
            BOOST_TEST_REQUIRE(message.empty());
        }
    }
}

// The scan goes 16 bytes at a time: what stops it must be seen at each place of each block.
BOOST_AUTO_TEST_CASE(every_alignment) {
    for (std::size_t before = 0; before < 40; ++before) {
        for (std::size_t after = 0; after < 20; ++after) {
            std::string const a(before, 'a');
            std::string const b(after, 'b');
            fields m;
            BOOST_TEST_REQUIRE(
                !decode_xml(leaf(a + "&lt;" + b + "<![CDATA[" + a + "]]" + b + "]]>支" + a), m).failed()
            );
            BOOST_TEST_REQUIRE(m.get("a") == a + "<" + b + a + "]]" + b + "支" + a);
            for (std::string const bad : {"\x01", "\x80", "&", "]]>", "\xE6\x94", "<b>"}) {
                BOOST_TEST_REQUIRE(decode_xml(leaf(a + bad + b), m).failed());
                if (bad != "&" && bad != "<b>")
                    BOOST_TEST_REQUIRE(decode_xml(leaf("<![CDATA[" + a + bad + b + "]]>"), m).failed());
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(every_byte) {
    for (int c = 0; c < 256; ++c) {
        std::string const value(1, static_cast<char>(c));
        bool const plain = c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0x80);
        fields m;
        BOOST_TEST(!decode_xml(leaf("<![CDATA[" + value + "]]>"), m).failed() == plain, c);
        BOOST_TEST(m.get("a") == (plain ? value : ""));
        BOOST_TEST(!decode_xml(leaf(value), m).failed() == (plain && c != '<' && c != '&'), c);
        bool const name = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        bool const digit = c >= '0' && c <= '9';
        std::string const first = "<xml><" + value + "b>1</" + value + "b></xml>";
        std::string const second = "<xml><b" + value + ">1</b" + value + "></xml>";
        bool const space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        BOOST_TEST(!decode_xml(first, m).failed() == name, c);
        BOOST_TEST(!decode_xml(second, m).failed() == (name || digit || space), c);
    }
}

BOOST_AUTO_TEST_CASE(another_root) {
    fields m;
    std::string const document = "<root>\n<a>1</a></root>";
    BOOST_TEST(!decode_xml(document, m, {}, "root").failed());
    BOOST_TEST(m.get("a") == "1");
    BOOST_TEST((decode_xml(document, m, {}, "roo") == errc::malformed_xml));
    BOOST_TEST(
        (decode_xml(document, m, {}, "root_and_much_more_than_the_document_has") == errc::malformed_xml)
    );
}

// Many names with one hash must cost comparisons only, never a wrong verdict.
BOOST_AUTO_TEST_CASE(duplicates_among_many) {
    for (std::size_t n = 1; n <= 127; n += 7) {
        std::string body;
        for (std::size_t i = 0; i < n; ++i)
            body += "<coupon_fee_" + std::to_string(i) + ">1</coupon_fee_" + std::to_string(i) + ">";
        fields m;
        BOOST_TEST_REQUIRE(!decode_xml("<xml>" + body + "</xml>", m).failed());
        BOOST_TEST_REQUIRE(m.size() == n);
        std::string const twice = "<coupon_fee_" + std::to_string(n / 2) + "/>";
        BOOST_TEST_REQUIRE((decode_xml("<xml>" + body + twice + "</xml>", m) == errc::duplicate_field));
        BOOST_TEST_REQUIRE(m.empty());
    }
}

// No input at all makes it read a byte too far or end the process: the sanitizers watch.
BOOST_AUTO_TEST_CASE(mutations) {
    test::generator g(test::seed());
    constexpr std::string_view spice = "<>&;/![]CDATA#x0\"'= \n\xE6\x94\xAF\x80\x00";
    for (int round = 0; round < 20000; ++round) {
        std::string document = rows[test::pick(g, 60)].document;
        for (std::size_t i = 1 + test::pick(g, 3); i-- > 0 && !document.empty();) {
            std::size_t const at = test::pick(g, document.size());
            std::size_t const kind = test::pick(g, 3);
            if (kind == 0)
                document[at] = spice[test::pick(g, spice.size())];
            else if (kind == 1)
                document.erase(at, 1 + test::pick(g, 4));
            else
                document.insert(at, 1, spice[test::pick(g, spice.size())]);
        }
        std::vector<char> const block(document.begin(), document.end());
        fields m;
        if (decode_xml({block.data(), block.size()}, m).failed()) {
            BOOST_TEST_REQUIRE(m.empty());
            continue;
        }
        fields again;
        BOOST_TEST_REQUIRE(!decode_xml(test::document_of(m), again).failed());
        BOOST_TEST_REQUIRE((test::to_pairs(m) == test::to_pairs(again)), test::printable(document));
    }
}

BOOST_AUTO_TEST_SUITE_END()
