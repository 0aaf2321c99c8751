// Payments by code, alone and composed; the tools.
#include "stage.hpp"

using namespace wxgate;
using namespace wxgate::embed_test;

namespace {

constexpr char const* pays = "134512345678901200";
constexpr char const* types_password = "134512345678901290";
constexpr char const* walks_away = "134512345678901291";
constexpr char const* is_poor = "134512345678901292";
constexpr char const* is_old = "134512345678901293";

// The sandbox's time passes with each question, so that nothing is waited for.
struct till : stage {
    till() : stage(passing(*this)) {}

    static client_options passing(till& t) {
        client_options o;
        o.observe = [&t](std::string_view call, std::string_view, std::chrono::nanoseconds) {
            t.calls.append(call).append(" ");
            t.now += 5'000;
        };
        return o;
    }

    outcome<code_payment> sell(std::string const& code, std::chrono::milliseconds until = 20s) {
        pay_by_code_pacing pacing;
        pacing.poll = 5ms;
        pacing.patience = 60ms;
        pacing.reverse_after = 0ms;
        calls.clear();
        return run(wechat().pay_by_code(direct(), scanned(code), soon(until), pacing));
    }

    order_status ask() {
        account const shop = direct();
        order_query_request q;
        q.out_trade_no = "order0001";
        return run(wechat().order_query(shop, q, soon())).value();
    }

    std::string calls;
};

} // namespace

BOOST_AUTO_TEST_SUITE(payments_by_code)

BOOST_AUTO_TEST_CASE(micropay_alone) {
    stage s;
    account const shop = direct(sign_type::hmac_sha256);
    auto const paid = s.run(s.wechat().micropay(shop, scanned(pays), soon()));
    BOOST_TEST_REQUIRE(paid.has_value());
    BOOST_TEST(paid->transaction_id.size() == 28U);
    BOOST_TEST(paid->trade_type == "MICROPAY");
    BOOST_TEST(paid->total_fee.count() == 1299);
    BOOST_TEST(how(s.run(s.wechat().micropay(shop, scanned(pays), soon()))) == "refused ORDERPAID");
    auto const refusal = [&](char const* code, char const* number) {
        return how(s.run(s.wechat().micropay(shop, scanned(code, number), soon())));
    };
    BOOST_TEST(refusal(pays, "order0002") == "refused AUTHCODEEXPIRE"); // it worked once
    BOOST_TEST(refusal(types_password, "order0003") == "refused USERPAYING");
    BOOST_TEST(refusal(is_poor, "order0004") == "refused NOTENOUGH");
    BOOST_TEST(refusal(is_old, "order0005") == "refused AUTHCODEEXPIRE");
    BOOST_TEST(refusal("994512345678901200", "order0006") == "refused AUTH_CODE_INVALID");
    s.fault("reset_after", "micropay");
    BOOST_TEST(
        how(s.run(s.wechat().micropay(shop, scanned("134512345678901201", "order0007"), soon()))) ==
        unknown_as(errc::connection_lost, true)
    );
}

BOOST_AUTO_TEST_CASE(reverse_alone) {
    stage s;
    account const shop = direct();
    reverse_request r;
    r.out_trade_no = "order0001";
    BOOST_TEST(how(s.run(s.wechat().reverse(shop, r, soon()))) == "refused ORDERNOTEXIST");
    s.run(s.wechat().micropay(shop, scanned(pays), soon())).value();
    auto early = s.run(s.wechat().reverse(shop, r, soon()));
    BOOST_TEST_REQUIRE(early.has_value());
    BOOST_TEST(early->again);
    s.now += 15'000;
    s.fault("reset_after", "reverse");
    BOOST_TEST(how(s.run(s.wechat().reverse(shop, r, soon()))) == unknown_as(errc::connection_lost, true));
    auto const done = s.run(s.wechat().reverse(shop, r, soon()));
    BOOST_TEST_REQUIRE(done.has_value());
    BOOST_TEST(!done->again);
    BOOST_TEST(how(s.run(s.wechat().micropay(shop, scanned(pays), soon()))) == "refused ORDERREVERSED");
    close_order_request c;
    c.out_trade_no = "order0001";
    BOOST_TEST(how(s.run(s.wechat().close_order(shop, c, soon()))) == "refused TRADE_STATE_ERROR");
}

BOOST_AUTO_TEST_CASE(whose_code) {
    stage s;
    account const shop = direct();
    auto const ask = [&](char const* code) {
        auth_code_request r;
        r.auth_code = code;
        return s.run(s.wechat().auth_code_to_openid(shop, r, soon()));
    };
    auto const owner = ask(pays);
    BOOST_TEST_REQUIRE(owner.has_value());
    auto const paid = s.run(s.wechat().micropay(shop, scanned(pays), soon()));
    BOOST_TEST_REQUIRE(paid.has_value());
    BOOST_TEST(owner->openid == paid->openid);
    BOOST_TEST(how(ask(is_old)) == "refused AUTHCODEEXPIRE");
    s.fault("http_500", "authcodetoopenid");
    BOOST_TEST(how(ask(pays)) == unknown_as(errc::bad_status, true));
}

// Their refusals carry no signature, so they prove nothing.
BOOST_AUTO_TEST_CASE(short_url_and_report) {
    stage s;
    account const shop = direct();
    auto const url = s.run(s.wechat().short_url(shop, "weixin://wxpay/bizpayurl?pr=1", soon()));
    BOOST_TEST_REQUIRE(url.has_value());
    BOOST_TEST(url->starts_with("weixin://wxpay/s/"));
    auto const unsigned_no = unknown_as(errc::unsigned_failure, true);
    BOOST_TEST(how(s.run(s.wechat().short_url(shop, "https://shop", soon()))) == unsigned_no);
    s.fault("http_500", "shorturl");
    BOOST_TEST(
        how(s.run(s.wechat().short_url(shop, "weixin://x", soon()))) == unknown_as(errc::bad_status, true)
    );
    report_request r;
    r.interface_url = "https://api.mch.weixin.qq.com/pay/micropay";
    r.user_ip = "127.0.0.1";
    r.trades = R"([{"out_trade_no":"order0001"}])";
    BOOST_TEST(how(s.run(s.wechat().report(shop, r, soon()))) == "accepted");
    s.fault("system_error", "report");
    BOOST_TEST(how(s.run(s.wechat().report(shop, r, soon()))) == unknown_as(errc::upstream_busy, true));
    r.user_ip = "somewhere";
    BOOST_TEST(how(s.run(s.wechat().report(shop, r, soon()))) == unsigned_no);
}

BOOST_AUTO_TEST_CASE(paid_at_once) {
    till t;
    auto const p = t.sell(pays);
    BOOST_TEST_REQUIRE(p.has_value());
    BOOST_TEST(p->paid);
    BOOST_TEST(p->order.out_trade_no == "order0001");
    BOOST_TEST(p->order.transaction_id.size() == 28U);
    BOOST_TEST(t.calls == "micropay ");
    BOOST_TEST(how(t.sell(pays)) == "refused ORDERPAID"); // and it is not reversed
    BOOST_TEST((t.ask().trade_state == trade_state::SUCCESS));
}

BOOST_AUTO_TEST_CASE(paid_after_the_password) {
    till t;
    auto const p = t.sell(types_password);
    BOOST_TEST_REQUIRE(p.has_value());
    BOOST_TEST(p->paid);
    BOOST_TEST(t.calls.find("reverse") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(reversed_when_nobody_pays) {
    till t;
    auto const p = t.sell(walks_away);
    BOOST_TEST_REQUIRE(p.has_value());
    BOOST_TEST(!p->paid);
    BOOST_TEST((t.ask().trade_state == trade_state::REVOKED));
}

BOOST_AUTO_TEST_CASE(refused_for_good) {
    till t;
    BOOST_TEST(how(t.sell(is_poor)) == "refused NOTENOUGH");
    BOOST_TEST(t.calls == "micropay ");
}

BOOST_AUTO_TEST_CASE(what_nobody_knows_is_asked) {
    for (char const* const fault : {"reset_after", "bad_sign"}) {
        till t;
        t.fault(fault, "micropay");
        auto const p = t.sell(pays);
        BOOST_TEST_REQUIRE(p.has_value(), fault);
        auto const state = t.ask().trade_state;
        BOOST_TEST((state == (p->paid ? trade_state::SUCCESS : trade_state::REVOKED)), fault);
    }
}

BOOST_AUTO_TEST_CASE(what_never_came_to_be_is_refused_or_unknown) {
    till t;
    t.fault("reset_before", "micropay");
    auto const p = t.sell(pays); // no such order: there is nothing to reverse either
    BOOST_TEST_REQUIRE(!p.has_value());
    BOOST_TEST(!p.error().is_refused());
    BOOST_TEST(p.error().as_unknown()->said.err_code == "ORDERNOTEXIST");
}

BOOST_AUTO_TEST_CASE(a_reversal_that_takes_more_than_one_call) {
    till t;
    t.fault("reset_after", "reverse", 20, 2);
    auto const p = t.sell(walks_away);
    BOOST_TEST_REQUIRE(p.has_value());
    BOOST_TEST(!p->paid);
}

BOOST_AUTO_TEST_CASE(without_a_certificate_it_stays_unknown) {
    till t;
    t.wechat().use_certificate("10000100", {});
    BOOST_TEST(how(t.sell(walks_away)) == unknown_as(errc::certificate_refused, false));
}

BOOST_AUTO_TEST_SUITE_END()
