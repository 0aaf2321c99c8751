// Done-when 2: texts of every kind go to WeChat and come back, in MD5 and HMAC-SHA256, held to an independent
// signer on both sides; answers with unknown, empty and reordered fields are taken.
#include "fixture.hpp"

#include <algorithm>

using namespace wxgate::test;

BOOST_AUTO_TEST_SUITE(upstream_text)

BOOST_AUTO_TEST_CASE(any_text_is_signed_as_wechat_signs) {
    scripted const s;
    std::vector<std::string> const texts = {
        "plain",
        "中文商品 — 短袖👕",
        R"(&<>"')",
        "a]]>b",
        "]]>",
        "]]]]>>",
        "<![CDATA[x]]>",
        "&amp; &lt; &#65; &unknown;",
        " spaces around ",
        "a=b=c",
        "key=value&key=CANARY",
        R"(back\slash "quoted" /)",
        "tab\there",
        "日本語 한국어 العربية",
        "\xe2\x80\xae"
        "rtl"};
    for (std::string const merchant : {"shop", "plain"}) {
        auto const& m = s.system.merchant(merchant);
        for (auto const& text : texts) {
            BOOST_TEST_CONTEXT(merchant << ": " << text) {
                json::object changes = {{"body", text}, {"detail", text}};
                if (text.find('&') == std::string::npos)
                    changes["attach"] = text;
                auto const order = s.system.order(changes);
                auto const r = s.system.with_key(merchant).post("/v1/payments", order);
                if (r.status == 400 && text.find('\t') != std::string::npos)
                    continue; // a control character may be refused
                BOOST_TEST_REQUIRE(r.status == 201U, r.describe());
                auto const number = text_of(order, "out_trade_no");
                message seen;
                for (auto const& c : s.wechat.calls("/pay/unifiedorder"))
                    if (value_of(c.fields, "out_trade_no") == number)
                        seen = c.fields;
                BOOST_TEST(value_of(seen, "body") == text);
                BOOST_TEST(value_of(seen, "detail") == text);
                BOOST_TEST(value_of(seen, "attach") == text_of(order, "attach"));
                BOOST_TEST(value_of(seen, "sign_type") == m.sign_type);
                BOOST_TEST(value_of(seen, "sign") == naive_sign(seen, m.sign_type, m.key));
                BOOST_TEST(value_of(seen, "nonce_str").size() <= 32U);
                BOOST_TEST(verifies(member(r.parsed(), "request_payment"), m.key));
                BOOST_TEST(text_of(r.parsed(), "body") == text);
            }
        }
    }
    BOOST_TEST(s.wechat.badly_signed() == 0U);
}

BOOST_AUTO_TEST_CASE(request_as_wechat_wants_it) {
    scripted const s;
    auto const created = s.system.create({{"attach", "a"}, {"spbill_create_ip", "203.0.113.5"}});
    auto const calls = s.wechat.calls("/pay/unifiedorder");
    BOOST_TEST_REQUIRE(calls.size() == 1U);
    auto const& c = calls.front();
    BOOST_TEST(c.method == "POST");
    message const expected = {
        {"appid", text_of(created, "appid")},
        {"mch_id", text_of(created, "mch_id")},
        {"out_trade_no", text_of(created, "out_trade_no")},
        {"total_fee", "1299"},
        {"trade_type", "JSAPI"},
        {"openid", text_of(created, "openid")},
        {"attach", "a"},
        {"spbill_create_ip", "203.0.113.5"},
        {"notify_url", "http://127.0.0.1:" + std::to_string(s.system.port()) + "/notify/shop/payment"}};
    for (auto const& [name, value] : expected)
        BOOST_TEST(value_of(c.fields, name) == value, name << ": " << value_of(c.fields, name));
    for (auto const& [name, value] : c.fields)
        BOOST_TEST(!value.empty(), name << " is sent empty");
    reply head;
    head.headers = c.headers;
    BOOST_TEST(head.header("Content-Type").find("xml") != std::string::npos);
    BOOST_TEST(!head.header("User-Agent").empty());
    BOOST_TEST(head.header("Host") == "127.0.0.1:" + std::to_string(s.wechat.port()));
    BOOST_TEST(c.body.find("CANARYkey") == std::string::npos);
}

// WeChat may add fields, leave them empty, and write them in any order and form (A3, A9).
BOOST_AUTO_TEST_CASE(answers_in_every_form) {
    scripted const s;
    using change = std::function<std::string(message, std::string const& type, std::string const& key)>;
    std::vector<std::pair<std::string, change>> const forms = {
        {"as documented",
         [](message f, auto const& type, auto const& key) { return to_xml(signed_with(f, type, key)); }},
        {"unknown fields",
         [](message f, auto const& type, auto const& key) {
             f.emplace_back("new_field", "新 & <b>");
             f.emplace_back("AAA", "1");
             return to_xml(signed_with(f, type, key));
         }},
        {"empty fields",
         [](message f, auto const& type, auto const& key) {
             f.emplace_back("sub_mch_id", "");
             f.emplace_back("device_info", "");
             return to_xml(signed_with(f, type, key));
         }},
        {"reversed",
         [](message f, auto const& type, auto const& key) {
             auto all = signed_with(f, type, key);
             std::reverse(all.begin(), all.end());
             return to_xml(all);
         }},
        {"sorted",
         [](message f, auto const& type, auto const& key) {
             auto all = signed_with(f, type, key);
             std::sort(all.begin(), all.end());
             return to_xml(all);
         }},
        {"a declaration and line ends",
         [](message f, auto const& type, auto const& key) {
             return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n" + to_xml(signed_with(f, type, key)) +
                    "\n";
         }},
        {"escaped instead of CDATA",
         [](message f, auto const& type, auto const& key) {
             f.emplace_back("zz", "<&>");
             auto text = to_xml(signed_with(f, type, key));
             std::string const cdata = "<zz><![CDATA[<&>]]></zz>";
             return text.replace(text.find(cdata), cdata.size(), "<zz>&lt;&amp;&gt;</zz>");
         }},
        {"a split ]]>", [](message f, auto const& type, auto const& key) {
             f.emplace_back("zz", "a]]>b");
             return to_xml(signed_with(f, type, key));
         }}};
    for (std::string const merchant : {"shop", "plain"}) {
        auto const& m = s.system.merchant(merchant);
        for (auto const& each : forms) {
            auto const& form = each.second; // clang 14 captures no structured binding
            BOOST_TEST_CONTEXT(merchant << ": " << each.first) {
                s.wechat.behave([&](call const& c) {
                    if (c.path != "/pay/unifiedorder")
                        return s.wechat.well_behaved(c);
                    answer a;
                    a.body = form(
                        s.wechat.answer_fields(
                            c, {{"prepay_id", "wx" + random_hex(34)}, {"trade_type", "JSAPI"}}
                        ),
                        m.sign_type,
                        m.key
                    );
                    return a;
                });
                auto const r = s.system.with_key(merchant).post("/v1/payments", s.system.order());
                BOOST_TEST(r.status == 201U, r.describe());
                BOOST_TEST(verifies(member(r.parsed(), "request_payment"), m.key));
            }
        }
    }
}

// The product's own signer against the naive one, on messages of many shapes.
BOOST_AUTO_TEST_CASE(nonces_differ) {
    scripted const s;
    for (int i = 0; i < 20; ++i)
        s.system.create();
    std::vector<std::string> nonces;
    for (auto const& c : s.wechat.calls("/pay/unifiedorder"))
        nonces.push_back(value_of(c.fields, "nonce_str"));
    std::sort(nonces.begin(), nonces.end());
    BOOST_TEST((std::adjacent_find(nonces.begin(), nonces.end()) == nonces.end()));
}

BOOST_AUTO_TEST_SUITE_END()
