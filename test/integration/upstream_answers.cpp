// What the gateway makes of WeChat's answers: refused, unknown, or not to be believed. (RELIABILITY.md 2.3 P5
// to P8, B-21, B-35, DESIGN.md rule 2.)
#include "fixture.hpp"

using namespace wxgate::test;

namespace {

using maker = std::function<answer(call const&)>;

// The stand-in answers calls of this path so, all others well.
void on(scripted const& s, std::string const& path, maker how) {
    s.wechat.behave([&w = s.wechat, path, how = std::move(how)](call const& c) {
        return c.path == path ? how(c) : w.well_behaved(c);
    });
}

answer with_body(std::string body) {
    answer a;
    a.body = std::move(body);
    return a;
}

bool holds_prepay(reply const& r) {
    return r.body.find("prepay_id=") != std::string::npos ||
           text_of(r.parsed(), "prepay_id").starts_with("wx");
}

} // namespace

BOOST_AUTO_TEST_SUITE(upstream_answers)

// WeChat said no, verifiably.
BOOST_AUTO_TEST_CASE(refusals) {
    scripted const s;
    for (std::string const code :
         {"NOAUTH",
          "APPID_NOT_EXIST",
          "MCHID_NOT_EXIST",
          "APPID_MCHID_NOT_MATCH",
          "LACK_PARAMS",
          "PARAM_ERROR",
          "NOTENOUGH",
          "INVALID_REQUEST",
          "OUT_TRADE_NO_USED",
          "SOMETHING_NEW_2027"}) {
        BOOST_TEST_CONTEXT(code) {
            on(s, "/pay/unifiedorder", [&](call const& c) {
                return with_body(s.wechat.refused(c, code, "原因 <&> ]]>"));
            });
            auto const order = s.system.order();
            auto const r = s.system.with_key("shop").post("/v1/payments", order);
            check_problem(r, 422, "upstream_rejected");
            auto const upstream = member(r.parsed(), "upstream");
            BOOST_TEST(text_of(upstream, "err_code") == code);
            BOOST_TEST(text_of(upstream, "err_code_des") == "原因 <&> ]]>");
            BOOST_TEST(text_of(upstream, "return_code") == "SUCCESS");
            BOOST_TEST(text_of(upstream, "return_msg") == "OK");
            BOOST_TEST(text_of(upstream, "result_code") == "FAIL");
            BOOST_TEST(!holds_prepay(r));
        }
    }
}

// P8: the number is paid, or closed, at WeChat: its truth is adopted, no second charge.
BOOST_AUTO_TEST_CASE(paid_there_unknown_here) {
    scripted const s;
    auto const order = s.system.order();
    auto const transaction = new_transaction_id();
    s.wechat.behave([&](call const& c) {
        if (c.path == "/pay/unifiedorder")
            return with_body(s.wechat.refused(c, "ORDERPAID", "该订单已支付"));
        if (c.path == "/pay/orderquery")
            return with_body(s.wechat.accepted(
                c,
                {{"openid", text_of(order, "openid")},
                 {"trade_type", "JSAPI"},
                 {"bank_type", "OTHERS"},
                 {"total_fee", "1299"},
                 {"fee_type", "CNY"},
                 {"transaction_id", transaction},
                 {"out_trade_no", text_of(order, "out_trade_no")},
                 {"time_end", "20261123120000"},
                 {"trade_state", "SUCCESS"},
                 {"cash_fee", "1299"}}
            ));
        return s.wechat.well_behaved(c);
    });
    auto const r = s.system.with_key("shop").post("/v1/payments", order);
    BOOST_TEST(one_of(r.status, {200, 409, 422}), r.describe());
    if (r.status == 409)
        check_problem(r, 409, "order_paid");
    BOOST_TEST(!holds_prepay(r));
    auto const now = s.system.payment(text_of(order, "out_trade_no"), "shop", "?sync=1");
    BOOST_TEST(text_of(now, "trade_state") == "SUCCESS");
    BOOST_TEST(text_of(now, "transaction_id") == transaction);
}

BOOST_AUTO_TEST_CASE(closed_there_unknown_here) {
    scripted const s;
    auto const order = s.system.order();
    s.wechat.behave([&](call const& c) {
        if (c.path == "/pay/unifiedorder")
            return with_body(s.wechat.refused(c, "ORDERCLOSED", "该订单已关闭"));
        if (c.path == "/pay/orderquery")
            return with_body(s.wechat.accepted(
                c, {{"out_trade_no", text_of(order, "out_trade_no")}, {"trade_state", "CLOSED"}}
            ));
        return s.wechat.well_behaved(c);
    });
    auto const r = s.system.with_key("shop").post("/v1/payments", order);
    BOOST_TEST(one_of(r.status, {409, 422}), r.describe());
    if (r.status == 409)
        check_problem(r, 409, "order_closed");
    BOOST_TEST(
        text_of(s.system.payment(text_of(order, "out_trade_no"), "shop", "?sync=1"), "trade_state") ==
        "CLOSED"
    );
}

// P5 to P7: nothing may be concluded. Never a prepay; the same request again resolves it.
BOOST_AUTO_TEST_CASE(unbelievable_answers) {
    scripted const s;
    auto const& shop = s.system.merchant("shop");
    auto const prepay = message{{"prepay_id", "wx20261123120000abcdef"}, {"trade_type", "JSAPI"}};
    auto const base = [&](call const& c) { return s.wechat.answer_fields(c, prepay); };

    struct row {
        std::string id;
        maker how;
    };

    auto const signed_fields = [&](call const& c, message const& changes) {
        auto all = base(c);
        for (auto const& [name, value] : changes)
            set(all, name, value);
        return with_body(to_xml(signed_with(all, "HMAC-SHA256", shop.key)));
    };
    std::vector<row> const rows = {
        {"P6 no sign", [&](call const& c) { return with_body(to_xml(base(c))); }},
        {"P6 another key",
         [&](call const& c) {
             return with_body(to_xml(signed_with(base(c), "HMAC-SHA256", s.system.merchant("rival").key)));
         }},
        {"P6 another algorithm",
         [&](call const& c) { return with_body(to_xml(signed_with(base(c), "MD5", shop.key))); }},
        {"P6 a field changed",
         [&](call const& c) {
             auto all = signed_with(base(c), "HMAC-SHA256", shop.key);
             set(all, "prepay_id", "wx20261123120000evil00");
             return with_body(to_xml(all));
         }},
        {"P6 an unsigned field added",
         [&](call const& c) {
             auto all = signed_with(base(c), "HMAC-SHA256", shop.key);
             all.emplace_back("code_url", "weixin://evil");
             return with_body(to_xml(all));
         }},
        {"P6 another mch_id",
         [&](call const& c) {
             return signed_fields(c, {{"mch_id", "19999999"}});
         }},
        {"P6 another appid",
         [&](call const& c) {
             return signed_fields(c, {{"appid", "wx0000000000000000"}});
         }},
        {"no prepay_id",
         [&](call const& c) {
             return signed_fields(c, {{"prepay_id", ""}});
         }},
        {"no result_code",
         [&](call const& c) {
             return signed_fields(c, {{"result_code", ""}});
         }},
        {"a result_code of its own",
         [&](call const& c) {
             return signed_fields(c, {{"result_code", "MAYBE"}});
         }},
        {"refused, unsigned",
         [&](call const& c) {
             auto all = base(c);
             set(all, "result_code", "FAIL");
             set(all, "err_code", "ORDERPAID");
             return with_body(to_xml(all));
         }},
        {"SYSTEMERROR",
         [&](call const& c) { return with_body(s.wechat.refused(c, "SYSTEMERROR", "系统繁忙")); }},
        {"P7 return_code FAIL",
         [](call const&) {
             return with_body(to_xml({{"return_code", "FAIL"}, {"return_msg", "系统繁忙,请稍后再试"}}));
         }},
        {"P5 HTML", [](call const&) { return with_body("<html><body>502 Bad Gateway</body></html>"); }},
        {"P5 nothing", [](call const&) { return with_body(""); }},
        {"P5 JSON", [](call const&) { return with_body(R"({"prepay_id":"wx1"})"); }},
        {"X-20 a field twice",
         [&](call const& c) {
             auto all = signed_with(base(c), "HMAC-SHA256", shop.key);
             auto text = to_xml(all);
             return with_body(text.insert(5, "<prepay_id><![CDATA[wx1]]></prepay_id>"));
         }},
        {"X-30 depth",
         [](call const&) {
             std::string text;
             for (int i = 0; i < 5000; ++i)
                 text += "<a>";
             return with_body(text);
         }},
        {"X-05 DOCTYPE",
         [&](call const& c) { return with_body("<!DOCTYPE xml>" + s.wechat.accepted(c, prepay)); }},
        {"over 64 KiB",
         [&](call const& c) { return with_body(s.wechat.accepted(c, prepay) + std::string(100'000, ' ')); }},
        {"HTTP 500",
         [&](call const& c) {
             auto a = with_body(s.wechat.accepted(c, prepay));
             a.status = 500;
             return a;
         }},
        {"HTTP 302",
         [](call const&) {
             answer a;
             a.status = 302;
             return a;
         }},
        {"P5 reset after reading",
         [](call const&) {
             answer a;
             a.how = manner::reset_after;
             return a;
         }},
    };
    auto const before = s.system.mark();
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.id) {
            on(s, "/pay/unifiedorder", each.how);
            auto const order = s.system.order();
            auto const number = text_of(order, "out_trade_no");
            auto const r = s.system.with_key("shop").post("/v1/payments", order);
            BOOST_TEST(one_of(r.status, {502, 504}), r.describe());
            check_problem(r, r.status);
            BOOST_TEST(!holds_prepay(r));
            auto const now = s.system.state(number); // WeChat may have been asked meanwhile: it says NOTPAY
            BOOST_TEST((now == "CREATED" || now == "NOTPAY"), now);
            BOOST_TEST(!holds_prepay(s.system.with_key("shop").get("/v1/payments/" + number)));
            // The same request again, and WeChat is well.
            s.wechat.behave([&](call const& c) { return s.wechat.well_behaved(c); });
            auto const again = s.system.with_key("shop").post("/v1/payments", order);
            BOOST_TEST(one_of(again.status, {200, 201}), again.describe());
            BOOST_TEST(verifies(member(again.parsed(), "request_payment"), shop.key));
            BOOST_TEST(s.system.gateway().alive());
        }
    }
    BOOST_TEST(s.system.anomalies() == before.anomalies);
    BOOST_TEST(s.wechat.badly_signed() == 0U);
}

// B-35: a query's answer about another order, or another app, says nothing of this one.
BOOST_AUTO_TEST_CASE(answers_about_others) {
    scripted const s;
    auto const payment = s.system.create();
    auto const number = text_of(payment, "out_trade_no");
    auto const before = s.system.mark();
    std::vector<message> const changes = {
        {{"out_trade_no", "T" + random_hex(24)}},
        {{"appid", "wx0000000000000000"}},
        {{"mch_id", "19999999"}},
        {{"total_fee", "1"}},
        {{"total_fee", "abc"}},
        {{"openid", "oSomebodyElse1234567890"}},
        {{"transaction_id", ""}},
        {{"trade_state", "PAID"}},
        {{"trade_state", ""}},
        {{"fee_type", "USD"}}};
    for (auto const& each : changes) {
        BOOST_TEST_CONTEXT(each[0].first << " = " << each[0].second) {
            on(s, "/pay/orderquery", [&](call const& c) {
                message all = {
                    {"openid", text_of(payment, "openid")},
                    {"total_fee", "1299"},
                    {"fee_type", "CNY"},
                    {"transaction_id", new_transaction_id()},
                    {"out_trade_no", number},
                    {"time_end", "20261123120000"},
                    {"trade_state", "SUCCESS"}};
                for (auto const& [name, value] : each)
                    set(all, name, value);
                return with_body(s.wechat.accepted(c, all));
            });
            auto const asked = s.wechat.calls("/pay/orderquery").size();
            // A question may be answered from what is known when it comes too often: until it is asked.
            reply r;
            BOOST_TEST(eventually(10s, [&] {
                r = s.system.with_key("shop").get("/v1/payments/" + number + "?sync=1");
                return s.wechat.calls("/pay/orderquery").size() > asked;
            }));
            BOOST_TEST(one_of(r.status, {200, 502, 504}), r.describe());
            BOOST_TEST(s.system.state(number) == "NOTPAY");
            BOOST_TEST(s.system.store().digest({"anomalies"}) == before.digest);
        }
    }
}

// B-21: an order of which nobody knows whether WeChat has it is not closed blindly.
BOOST_AUTO_TEST_CASE(close_of_an_unknown_order) {
    scripted const s;
    auto const order = s.system.order();
    auto const target = "/v1/payments/" + text_of(order, "out_trade_no") + "/close";
    s.wechat.behave([](call const&) {
        answer a;
        a.how = manner::reset_after;
        return a;
    });
    check_problem(s.system.with_key("shop").post("/v1/payments", order), 504, "upstream_timeout");
    auto const r = s.system.with_key("shop").post_text(target);
    BOOST_TEST(one_of(r.status, {409, 502, 504}), r.describe());
    check_problem(r, r.status);
    BOOST_TEST(s.system.state(text_of(order, "out_trade_no")) == "CREATED");
    // Resolved by asking; then it can be closed.
    s.wechat.behave([&](call const& c) { return s.wechat.well_behaved(c); });
    auto const closed = s.system.with_key("shop").post_text(target);
    BOOST_TEST(one_of(closed.status, {200, 409}), closed.describe());
    if (closed.status == 200)
        BOOST_TEST(text_of(closed.parsed(), "trade_state") == "CLOSED");
}

// A close whose answer is lost: the state is not guessed.
BOOST_AUTO_TEST_CASE(close_without_an_answer) {
    scripted const s;
    auto const payment = s.system.create();
    auto const number = text_of(payment, "out_trade_no");
    s.wechat.behave([&](call const& c) {
        auto a = s.wechat.well_behaved(c);
        a.how = c.path == "/pay/orderquery" ? manner::answer : manner::reset_after;
        return a;
    });
    auto const r = s.system.with_key("shop").post_text("/v1/payments/" + number + "/close");
    check_problem(r, 504, "upstream_timeout");
    BOOST_TEST(s.system.state(number) == "NOTPAY");
    on(s, "/pay/closeorder", [&](call const& c) {
        return with_body(s.wechat.refused(c, "ORDERCLOSED", "订单已关闭"));
    });
    auto const again = s.system.with_key("shop").post_text("/v1/payments/" + number + "/close");
    BOOST_TEST(one_of(again.status, {200, 409}), again.describe());
    BOOST_TEST(eventually(5s, [&] { return s.system.state(number) != "SUCCESS"; }));
}

BOOST_AUTO_TEST_CASE(no_secret_leaves) {
    BOOST_TEST(scripted_system().leaked() == "");
}

BOOST_AUTO_TEST_SUITE_END()
