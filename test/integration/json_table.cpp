// RELIABILITY.md 3.2: what is not JSON, or not the JSON that was asked for, on every route that takes a body.
#include "fixture.hpp"

using namespace wxgate::test;

namespace {

struct row {
    std::string id;
    std::string body;
    unsigned status = 400;
    std::string param{}; // checked when not empty
};

// A valid request with one member's text replaced.
std::string order_with(std::string const& name, std::string const& value) {
    auto o = the_system().order();
    o.erase(json::string_view(name.data(), name.size()));
    auto text = json::serialize(o);
    text.pop_back();
    return text + ",\"" + name + "\":" + value + "}";
}

std::string repeated(std::size_t n, std::string const& text) {
    std::string all;
    for (std::size_t i = 0; i < n; ++i)
        all += text;
    return all;
}

std::vector<row> syntax() {
    auto const good = json::serialize(the_system().order());
    auto const nul = std::string(1, '\0');
    std::vector<row> rows = {
        {"J-01 empty", ""},
        {"J-01 spaces", "   \r\n"},
        {"J-02 cut", R"({"a":1)"},
        {"J-02 cut in a string", R"({"openid":"o)"},
        {"J-03 garbage after it", good + "x"},
        {"J-03 two documents", good + good},
        {"J-03 a comma after it", good + ","},
        {"J-03 NUL after it", good + nul},
        {"J-03 NUL before it", nul + good},
        {"J-04 comma at the end", order_with("total_fee", "1,")},
        {"J-04 comment", order_with("total_fee", "1/* one */")},
        {"J-04 line comment", "// order\n" + good},
        {"J-04 single quotes", "{'total_fee':1}"},
        {"J-04 no quotes", "{total_fee:1}"},
        {"J-05 byte order mark", "\xef\xbb\xbf" + good},
        {"J-06 UTF-16", std::string("{\0\"\0a\0\"\0:\0001\0}\0", 14)},
        {"J-07 lone high surrogate", order_with("body", R"("\ud800")")},
        {"J-07 lone low surrogate", order_with("body", R"("\udc00")")},
        {"J-07 reversed pair", order_with("body", R"("\udc00\ud800")")},
        {"J-08 raw line feed in a string", order_with("body", "\"a\nb\"")},
        {"J-08 raw 0x01 in a string",
         order_with(
             "body",
             "\"a\x01"
             "b\""
         )},
        {"J-08 raw NUL in a string", order_with("body", "\"a" + nul + "b\"")},
        {"J-09 invalid UTF-8", order_with("body", "\"a\xff\"")},
        {"J-09 overlong UTF-8", order_with("body", "\"a\xc0\xaf\"")},
        {"J-09 a surrogate in UTF-8", order_with("body", "\"a\xed\xa0\x80\"")},
        {"J-09 bad escape", order_with("body", R"("\x41")")},
        {"J-10 the same key twice", good.substr(0, good.size() - 1) + R"(,"total_fee":999})"},
        {"J-10 the same key twice, one escaped",
         good.substr(0, good.size() - 1) + R"(,"total\u005ffee":999})"},
        {"J-11 the same key twice inside", order_with("metadata", R"({"a":"1","a":"2"})")},
        {"J-12 depth 9", repeated(9, "[") + repeated(9, "]")},
        {"J-12 depth 33", repeated(33, R"({"a":)") + "1" + repeated(33, "}")},
        {"J-12 depth 30000", repeated(30'000, "[")},
        {"J-12 depth 30000, closed", repeated(30'000, "[") + repeated(30'000, "]")},
        {"J-12 depth 100000", repeated(100'000, "["), 413},
        {"J-13 array", "[" + good + "]"},
        {"J-13 null", "null"},
        {"J-13 true", "true"},
        {"J-13 number", "1"},
        {"J-13 string", "\"total_fee\""},
        {"J-22 10 MB of keys",
         "{" + repeated(200'000, R"("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk":1,)") + "\"z\":1}",
         413},
        {"J-22 a string of 1 MB", order_with("body", "\"" + std::string(1'000'000, 'b') + "\""), 413},
        {"J-23 70 members",
         "{" +
             [] {
                 std::string all;
                 for (int i = 0; i < 70; ++i)
                     all += (i ? ",\"m" : "\"m") + std::to_string(i) + "\":1";
                 return all;
             }() +
             "}"},
        {"J-23 a key of 65 bytes", order_with(std::string(65, 'k'), "1")},
        {"J-27 a number of 1 MB", order_with("total_fee", std::string(1'000'000, '1')), 413},
    };
    for (std::string const number :
         {"01", "+1", ".5", "1.", "0x10", "NaN", "Infinity", "-", "1e", "--1", "1_000"})
        rows.push_back({"J-04 " + number, order_with("total_fee", number)});
    return rows;
}

std::vector<row> amounts() {
    std::vector<row> rows;
    for (std::string const value :
         {"1.0",
          "1e2",
          "1E400",
          "-1E400",
          "1e-1",
          "9223372036854775808",
          "18446744073709551615",
          "18446744073709551616",
          "\"100\"",
          "true",
          "null",
          "[]",
          "{}",
          "[1]",
          "0",
          "-0",
          "-1",
          "10000000001",
          "-9223372036854775808"})
        rows.push_back({"J-14…19 total_fee: " + value, order_with("total_fee", value), 400, "total_fee"});
    rows.push_back({"J-16 400 digits", order_with("total_fee", std::string(400, '9')), 400, {}});
    auto without = the_system().order();
    without.erase("total_fee");
    rows.push_back({"J-18 no total_fee", json::serialize(without), 400, "total_fee"});
    without = the_system().order();
    without.erase("body");
    rows.push_back({"no body", json::serialize(without), 400, "body"});
    return rows;
}

std::vector<row> members() {
    std::vector<row> rows;
    for (std::string const name :
         {"unknown",
          "Total_fee",
          "total_fee ",
          "notify_url",
          "mch_id",
          "appid",
          "sign",
          "prepay_id",
          "trade_state",
          "merchant",
          "client_secret",
          "transaction_id",
          "refunded_fee",
          "__proto__",
          "nonce_str",
          "sign_type"})
        rows.push_back({"J-21, B-17 " + name, order_with(name, "\"x\""), 400, name});
    for (std::string const name :
         {"out_trade_no",
          "openid",
          "body",
          "attach",
          "detail",
          "goods_tag",
          "limit_pay",
          "time_expire",
          "spbill_create_ip",
          "trade_type",
          "product_id",
          "scene_info"})
        for (std::string const value : {"1", "true", "[]", "{}", "[\"a\"]"})
            rows.push_back({"J-20 " + name + ": " + value, order_with(name, value), 400, name});
    for (std::string const value :
         {"1",
          "\"a\"",
          "[]",
          "true",
          R"({"a":1})",
          R"({"a":null})",
          R"({"a":{}})",
          R"({"a":["b"]})",
          R"({"a":true})"})
        rows.push_back({"J-20 metadata: " + value, order_with("metadata", value), 400, "metadata"});
    // J-24: bytes are counted, and nothing is ever cut.
    rows.push_back({"J-24 body of 128", order_with("body", "\"" + std::string(128, 'b') + "\""), 400, "body"}
    );
    rows.push_back(
        {"J-24 body of 126 + 3", order_with("body", "\"" + std::string(126, 'b') + "品\""), 400, "body"}
    );
    rows.push_back(
        {"J-24 body of 43 characters", order_with("body", "\"" + repeated(43, "品") + "\""), 400, "body"}
    );
    rows.push_back(
        {"J-24 attach of 128", order_with("attach", "\"" + std::string(128, 'a') + "\""), 400, "attach"}
    );
    rows.push_back({"attach with &", order_with("attach", "\"a&b\""), 400, "attach"});
    rows.push_back({"detail of 6001", order_with("detail", "\"" + std::string(6001, 'd') + "\""), 400, {}});
    rows.push_back(
        {"goods_tag of 33", order_with("goods_tag", "\"" + std::string(33, 'g') + "\""), 400, "goods_tag"}
    );
    rows.push_back(
        {"limit_pay of 33", order_with("limit_pay", "\"" + std::string(33, 'g') + "\""), 400, "limit_pay"}
    );
    rows.push_back({"empty body", order_with("body", "\"\""), 400, "body"});
    for (std::string const name : {"body", "attach", "openid"}) {
        rows.push_back({"J-26 escaped NUL in " + name, order_with(name, R"("abcdef\u0000ghi")")});
        rows.push_back({"J-26 escaped 0x01 in " + name, order_with(name, R"("abcdef\u0001ghi")"), 400, name});
    }
    return rows;
}

void run_rows(std::vector<row> const& rows, std::string const& target) {
    auto& system = the_system();
    auto const shop = system.with_key("shop");
    BOOST_TEST_REQUIRE(system.trouble_since(system.mark(), true) == "");
    auto const before = system.mark();
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.id) {
            auto const type = header_list{{"Content-Type", "application/json"}};
            auto const r = shop.send({"POST", target, type, each.body});
            check_problem(r, each.status, {}, each.param);
            BOOST_TEST_REQUIRE(system.trouble_since(before) == "");
        }
    }
    BOOST_TEST(system.leaks_since(before) == "");
}

} // namespace

BOOST_AUTO_TEST_SUITE(json_table)

BOOST_AUTO_TEST_CASE(syntax_table) {
    run_rows(syntax(), "/v1/payments");
}

BOOST_AUTO_TEST_CASE(amount_table) {
    run_rows(amounts(), "/v1/payments");
}

BOOST_AUTO_TEST_CASE(member_table) {
    run_rows(members(), "/v1/payments");
}

BOOST_AUTO_TEST_CASE(syntax_is_invalid_json) {
    auto& system = the_system();
    for (std::string const bad : {"", "{", "[1", "{\"a\":1}x", "\xef\xbb\xbf{}", "{\"a\":01}"})
        check_problem(
            system.with_key("shop").send({"POST", "/v1/payments", {{"Content-Type", "application/json"}}, bad}
            ),
            400,
            "invalid_json"
        );
}

BOOST_AUTO_TEST_CASE(checkout_reads_as_strictly) {
    auto& system = the_system();
    auto payment = system.create({{"openid", nullptr}});
    auto const target = "/v1/checkout/" + text_of(payment, "out_trade_no");
    auto const secret = text_of(payment, "client_secret");
    BOOST_TEST_REQUIRE(!secret.empty());
    std::vector<row> rows;
    for (auto const& each : syntax())
        if (each.body.find("total_fee") == std::string::npos || each.status == 413)
            rows.push_back(each);
    auto const body = [&](std::string const& more) {
        return R"({"client_secret":")" + secret + "\"" + more + "}";
    };
    rows.push_back({"no code", body(""), 400, "code"});
    rows.push_back({"code is a number", body(R"(,"code":1)"), 400, "code"});
    rows.push_back({"code is empty", body(R"(,"code":"")"), 400, "code"});
    rows.push_back({"no client_secret", R"({"code":"openid:oX"})", 400, "client_secret"});
    rows.push_back(
        {"client_secret is null", R"({"client_secret":null,"code":"openid:oX"})", 400, "client_secret"}
    );
    rows.push_back({"unknown member", body(R"(,"code":"openid:oX","openid":"oX")"), 400, "openid"});
    run_rows(rows, target);
    BOOST_TEST(text_of(system.payment(text_of(payment, "out_trade_no")), "openid").empty());
}

// J-25 and the bounds themselves: taken, kept and given back byte for byte.
BOOST_AUTO_TEST_CASE(what_is_taken) {
    auto& system = the_system();
    auto const before = system.mark();
    std::vector<std::pair<std::string, std::string>> const cases = {
        {"body", "短袖 👕 T恤"},
        {"body",
         "\xe2\x80\xae"
         "desrever"},
        {"body", "line\xe2\x80\xa8separator"},
        {"body", R"(quotes " and \ and / and <b>&amp;</b> ' ]]> end)"},
        {"body", std::string(127, 'b')},
        {"body", repeated(42, "品") + "b"},
        {"attach", std::string(127, 'a')},
        {"attach", R"(<script>alert('x')</script> ]]> = "y")"},
        {"detail", R"({"goods_detail":[{"goods_id":"1","goods_name":"a&b","quantity":1,"price":1299}]})"},
        {"goods_tag", "WXG"},
        {"limit_pay", "no_credit"},
        {"out_trade_no", "aZ0_-|*" + random_hex(20)},
        {"out_trade_no", random_hex(6)},
        {"out_trade_no", random_hex(32)}};
    for (auto const& [name, value] : cases) {
        BOOST_TEST_CONTEXT(name << ": " << value) {
            auto const r = system.with_key("shop").post("/v1/payments", system.order({{name, value}}));
            BOOST_TEST(r.status == 201U, r.describe());
            if (name == "body" || name == "attach" || name == "out_trade_no")
                BOOST_TEST(text_of(r.parsed(), name) == value);
        }
    }
    auto const largest =
        system.with_key("shop").post("/v1/payments", system.order({{"total_fee", 10'000'000'000}}));
    BOOST_TEST(one_of(largest.status, {201, 422}), largest.describe());
    BOOST_TEST(system.create({{"total_fee", 1}}).is_object());
    // White space around, members in any order, escapes in keys.
    auto const spaced = "\r\n\t " + order_with("\\u0062ody", "\"b\"") + " \n";
    auto text = spaced;
    auto const body_at = text.find("\"body\"");
    BOOST_TEST_REQUIRE(body_at != std::string::npos);
    text.erase(body_at, text.find(',', body_at) + 1 - body_at);
    BOOST_TEST(system.with_key("shop").post_text("/v1/payments", text).status == 201U);
    BOOST_TEST(system.trouble_since(before, true) == "");
}

BOOST_AUTO_TEST_CASE(no_secret_leaves) {
    BOOST_TEST(the_system().leaked() == "");
}

BOOST_AUTO_TEST_SUITE_END()
