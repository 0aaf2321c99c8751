// RELIABILITY.md 3.3: what is not the flat, strict document that WeChat writes. Every document would verify
// if it were read leniently: the refusal is the reader's.
#include "xml_table.hpp"

#include <algorithm>

namespace wxgate::test {

void run_refused(std::vector<xml_row> const& rows) {
    auto& system = the_system();
    BOOST_TEST_REQUIRE(system.trouble_since(system.mark(), true) == "");
    auto const before = system.mark();
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.id) {
            auto const r = system.notify_text(row.document);
            BOOST_TEST(
                (std::find(row.statuses.begin(), row.statuses.end(), r.status) != row.statuses.end()),
                r.describe()
            );
            check_refused(r, r.status);
            BOOST_TEST_REQUIRE(system.trouble_since(before) == "");
        }
    }
    BOOST_TEST(system.leaks_since(before) == "");
}

unpaid::unpaid()
    : payment(the_system().create()), number(text_of(payment, "out_trade_no")),
      fields(notification_of(payment, new_transaction_id())) {
}

std::string unpaid::document(message const& changes) const {
    auto all = fields;
    for (auto const& [name, value] : changes)
        set(all, name, value);
    auto const& shop = the_system().merchant("shop");
    return to_xml(signed_with(all, shop.sign_type, shop.key));
}

} // namespace wxgate::test

namespace {

using namespace wxgate::test;

std::string repeated(std::size_t n, std::string const& text) {
    std::string all;
    for (std::size_t i = 0; i < n; ++i)
        all += text;
    return all;
}

std::string replaced(std::string text, std::string const& from, std::string const& to) {
    auto const at = text.find(from);
    BOOST_TEST_REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

// The signed document with one more element put in as it is; `value` is what a lenient reader would make of
// it.
std::string with_element(unpaid const& p, std::string const& element, std::string const& value) {
    auto const alone = to_xml({{"zz", value}}); // <xml>…</xml>
    return replaced(p.document({{"zz", value}}), alone.substr(5, alone.size() - 11), element);
}

std::vector<xml_row> documents(unpaid const& p) {
    auto const good = p.document();
    auto const nul = std::string(1, '\0');
    auto const inside = good.substr(5, good.size() - 11);
    return {
        {"X-01 empty", ""},
        {"X-03 spaces", " \r\n\t "},
        {"X-04 JSON", R"({"return_code":"SUCCESS"})"},
        {"X-04 text", "SUCCESS"},
        {"X-04 a form", "return_code=SUCCESS&result_code=SUCCESS"},
        {"X-05 internal entity", "<!DOCTYPE xml [<!ENTITY x \"SUCCESS\">]>" + good},
        {"X-05 DOCTYPE only", "<!DOCTYPE xml>" + good},
        {"X-06 external entity",
         "<!DOCTYPE xml [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><xml><attach>&x;</attach></xml>"},
        {"X-06 external DTD", "<!DOCTYPE xml SYSTEM \"http://127.0.0.1:1/x.dtd\">" + good},
        {"X-07 a billion laughs",
         "<!DOCTYPE xml [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c "
         "\"&b;&b;&b;&b;\">]><xml><z>&c;</z></xml>"},
        {"X-08 undefined entity", with_element(p, "<zz>&nbsp;</zz>", "&nbsp;")},
        {"X-08 bare &", with_element(p, "<zz>a & b</zz>", "a & b")},
        {"X-08 & at the end", with_element(p, "<zz>a&</zz>", "a&")},
        {"X-08 entity without a semicolon", with_element(p, "<zz>&amp</zz>", "&amp")},
        {"X-08 entity in another case", with_element(p, "<zz>&AMP;</zz>", "&")},
        {"X-09 &#0;", with_element(p, "<zz>a&#0;b</zz>", "ab")},
        {"X-09 &#;", with_element(p, "<zz>a&#;b</zz>", "ab")},
        {"X-09 &#x;", with_element(p, "<zz>a&#x;b</zz>", "ab")},
        {"X-09 &#x1;",
         with_element(
             p,
             "<zz>a&#x1;b</zz>",
             "a\x01"
             "b"
         )},
        {"X-10 &#18446744073709551681;", with_element(p, "<zz>&#18446744073709551681;</zz>", "A")},
        {"X-10 &#x1000000000000041;", with_element(p, "<zz>&#x10000000000000041;</zz>", "A")},
        {"X-10 &#x110000;", with_element(p, "<zz>&#x110000;</zz>", "A")},
        {"X-11 &#xD800;", with_element(p, "<zz>&#xD800;</zz>", "\xed\xa0\x80")},
        {"X-11 &#xFFFE;", with_element(p, "<zz>&#xFFFE;</zz>", "\xef\xbf\xbe")},
        {"X-12 &#-65;", with_element(p, "<zz>&#-65;</zz>", "A")},
        {"X-12 &#X41;", with_element(p, "<zz>&#X41;</zz>", "A")},
        {"X-13 NUL in a value", with_element(p, "<zz><![CDATA[a" + nul + "b]]></zz>", "a" + nul + "b")},
        {"X-14 NUL and more after it", good + nul + good},
        {"X-14 NUL after it", good + nul},
        {"X-15 NUL first", nul + good},
        {"X-16 invalid UTF-8", with_element(p, "<zz><![CDATA[a\xff]]></zz>", "a\xff")},
        {"X-16 overlong UTF-8", with_element(p, "<zz><![CDATA[\xc0\xaf]]></zz>", "\xc0\xaf")},
        {"X-16 surrogate", with_element(p, "<zz><![CDATA[\xed\xa0\x80]]></zz>", "\xed\xa0\x80")},
        {"X-16 above U+10FFFF", with_element(p, "<zz><![CDATA[\xf4\x90\x80\x80]]></zz>", "\xf4\x90\x80\x80")},
        {"X-16 cut UTF-8", with_element(p, "<zz><![CDATA[\xe5\x93]]></zz>", "\xe5\x93")},
        {"X-17 GBK",
         "<?xml version=\"1.0\" encoding=\"GBK\"?>" +
             with_element(p, "<zz><![CDATA[\xb6\xcc\xd0\xe4]]></zz>", "\xb6\xcc\xd0\xe4")},
        {"X-18 UTF-16", std::string("\xff\xfe<\0x\0m\0l\0>\0", 12)},
        {"X-19 0x01",
         with_element(
             p,
             "<zz><![CDATA[a\x01"
             "b]]></zz>",
             "a\x01"
             "b"
         )},
        {"X-19 0x0b",
         with_element(
             p,
             "<zz>a\x0b"
             "b</zz>",
             "a\x0b"
             "b"
         )},
        {"X-20 total_fee twice", replaced(good, "</xml>", "<total_fee><![CDATA[1]]></total_fee></xml>")},
        {"X-20 sign twice, the same", replaced(good, "</xml>", "<zz></zz><zz></zz></xml>")},
        {"X-21 two roots", good + good},
        {"X-22 text after it", good + "SUCCESS"},
        {"X-22 text before it", "SUCCESS" + good},
        {"X-23 text between elements", replaced(good, "<mch_id>", "text<mch_id>")},
        {"X-24 root not closed", good.substr(0, good.size() - 6)},
        {"X-24 child not closed", replaced(good, "</mch_id>", "")},
        {"X-24 CDATA not closed", replaced(good, "]]></mch_id>", "</mch_id>")},
        {"X-24 closed by another name", replaced(good, "</mch_id>", "</mchid>")},
        {"X-24 closed by nothing", replaced(good, "</mch_id>", "</>")},
        {"X-24 a tag that ends the document", "<xml><return_code"},
        {"X-25 an element in a value", with_element(p, "<zz><yy>1</yy></zz>", "1")},
        {"X-26 deeper", "<xml>" + good + "</xml>"},
        {"X-27 attribute", with_element(p, "<zz a=\"1\">b</zz>", "b")},
        {"X-27 attribute of the root", replaced(good, "<xml>", "<xml a=\"1\">")},
        {"X-27 attributes twice", with_element(p, "<zz a=\"1\" a=\"2\">b</zz>", "b")},
        {"X-27 prefix", with_element(p, "<n:zz>b</n:zz>", "b")},
        {"X-27 processing instruction", replaced(good, "<mch_id>", "<?php echo 1 ?><mch_id>")},
        {"X-28 comment", replaced(good, "<mch_id>", "<!-- c --><mch_id>")},
        {"X-28 comment in a value", with_element(p, "<zz>a<!-- c -->b</zz>", "ab")},
        {"X-29 a$%*;", with_element(p, "<a$%*;>b</a$%*;>", "b")},
        {"X-29 1a", with_element(p, "<1a>b</1a>", "b")},
        {"X-29 a.b", with_element(p, "<a.b>b</a.b>", "b")},
        {"X-29 an empty name", with_element(p, "<>b</>", "b")},
        {"X-29 a name in Chinese", with_element(p, "<金额>b</金额>", "b")},
        {"X-29 another root", "<root>" + inside + "</root>"},
        {"X-29 the root in another case", "<XML>" + inside + "</XML>"},
    };
}

std::vector<xml_row> large(unpaid const& p) {
    message many;
    for (int i = 0; i < 129; ++i)
        many.emplace_back("zz" + std::to_string(i), "1");
    return {
        {"X-30 20900 levels", repeated(20'900, "<a>") + "x" + repeated(20'900, "</a>"), {413}},
        {"X-31 2450 levels", repeated(2450, "<a>") + repeated(2450, "</a>")},
        {"X-31 2450 levels inside", "<xml>" + repeated(2450, "<a>") + repeated(2450, "</a>") + "</xml>"},
        {"X-31 9000 levels, open", repeated(9000, "<xml>")},
        {"X-32 an attribute of 1 MB", "<xml a=\"" + std::string(1 << 20, 'a') + "\"></xml>", {413}},
        {"X-32 200000 elements", "<xml>" + repeated(200'000, "<a/>") + "</xml>", {413}},
        {"X-32 elements up to 64 KiB", "<xml>" + repeated(16'000, "<a/>") + "</xml>"},
        {"X-32 comments", "<xml>" + repeated(8000, "<!---->") + "</xml>"},
        {"X-32 a name of 1 MB", "<" + std::string(1 << 20, 'a') + ">", {413}},
        {"X-32 a name of 60 KB", "<xml><" + std::string(60'000, 'a') + "/></xml>"},
        {"X-33 over 128 fields", p.document(many)},
        {"X-33 a name of 65 bytes", p.document({{std::string(65, 'z'), "1"}})},
        {"X-33 a value of 8193 bytes", p.document({{"zz", std::string(8193, 'z')}})},
        {"X-34 references up to 64 KiB", "<xml><zz>" + repeated(12'000, "&lt;") + "</zz></xml>"},
        {"X-34 CDATA in pieces", "<xml><zz>" + repeated(5000, "<![CDATA[]]>") + "</zz></xml>"},
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(xml_syntax)

BOOST_AUTO_TEST_CASE(document_table) {
    unpaid const p;
    run_refused(documents(p));
    BOOST_TEST(the_system().state(p.number) == "NOTPAY");
}

BOOST_AUTO_TEST_CASE(size_table) {
    unpaid const p;
    run_refused(large(p));
    BOOST_TEST(the_system().state(p.number) == "NOTPAY");
}

// X-49: what belongs on another path.
BOOST_AUTO_TEST_CASE(other_paths) {
    auto& system = the_system();
    unpaid const p;
    auto const before = system.mark();
    auto const refund_path = exchange(system.port(), {"POST", "/notify/shop/refund", {}, p.document()});
    BOOST_TEST(one_of(refund_path.status, {400, 404}), refund_path.describe());
    check_refused(system.notify_text(p.document(), "rival"));
    check_refused(system.notify_text(p.document(), "plain"));
    std::string const refund =
        "<xml><return_code>SUCCESS</return_code><appid><![CDATA[" + text_of(p.payment, "appid") +
        "]]></appid><mch_id><![CDATA[" + text_of(p.payment, "mch_id") +
        "]]></mch_id><nonce_str><![CDATA[n]]></nonce_str><req_info><![CDATA[AAAA]]></req_info></xml>";
    check_refused(system.notify_text(refund));
    BOOST_TEST(system.trouble_since(before) == "");
}

// Written otherwise than WeChat writes, and still the same message: taken.
BOOST_AUTO_TEST_CASE(other_writings_are_taken) {
    auto& system = the_system();

    struct writing {
        std::string id;
        std::string value;
        std::string element;
        std::string before; // put in front of the document
    };

    std::vector<writing> const writings = {
        {"X-12 &#65;", "A", "<zz>&#65;</zz>", ""},
        {"X-12 &#x41;", "A", "<zz>&#x41;</zz>", ""},
        {"the five entities", "<a> ' \" b", "<zz>&lt;a&gt; &apos; &quot; b</zz>", ""},
        {"CDATA in two", "a]]>b", "<zz><![CDATA[a]]]]><![CDATA[>b]]></zz>", ""},
        {"text and CDATA", "a<b", "<zz>a<![CDATA[<]]>b</zz>", ""},
        {"bare", "12", "<zz>12</zz>", ""},
        {"spaces are kept", " a ", "<zz> a </zz>", ""},
        {"X-44 empty CDATA", "", "<zz><![CDATA[]]></zz>", ""},
        {"X-44 empty element", "", "<zz></zz>", ""},
        {"X-44 empty tag", "", "<zz/>", ""},
        {"a declaration", "a", "<zz>a</zz>", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"},
        {"white space", "a", "\r\n\t <zz>a</zz>\r\n\r\n", ""},
        {"Chinese and more", "中文👕", "<zz>中文&#x1F455;</zz>", ""}};
    for (auto const& each : writings) {
        BOOST_TEST_CONTEXT(each.id) {
            unpaid const p;
            auto const document = each.before + with_element(p, each.element, each.value);
            check_accepted(system.notify_text(document));
            BOOST_TEST(system.state(p.number) == "SUCCESS");
        }
    }
    BOOST_TEST(system.anomalies() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
