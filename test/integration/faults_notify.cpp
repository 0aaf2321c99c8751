// Notifications that are lost on their way, come too early, too late, or under a key that is no more, and
// queries that lag behind (RELIABILITY.md N4, N14, N18, N20, C2).
#include "refunds_common.hpp"

#include <atomic>
#include <csignal>

using namespace wxgate::test;

namespace {

// A gateway whose resolver's minutes are seconds.
system_options quick_options() {
    auto o = refund_options(against::stand_in);
    auto const adjust = o.adjust;
    o.adjust = [adjust](gateway_config& c) {
        adjust(c);
        c.background = {{"time_scale", "60"}};
    };
    return o;
}

bool becomes(system_under_test const& system, std::string const& number, std::string const& state) {
    return eventually(20s, [&] { return system.state(number) == state; });
}

// What a query says of an order that was paid.
message paid_status(std::string const& number, std::string const& openid, std::string const& transaction) {
    return {
        {"openid", openid},
        {"trade_type", "JSAPI"},
        {"trade_state", "SUCCESS"},
        {"total_fee", "1299"},
        {"fee_type", "CNY"},
        {"transaction_id", transaction},
        {"out_trade_no", number},
        {"time_end", "20261123120000"}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(faults_notify)

// N4: SUCCESS was written and never read. WeChat comes again, and is told so again.
BOOST_AUTO_TEST_CASE(the_answer_is_lost) {
    auto& system = the_system();
    auto const& shop = system.merchant("shop");
    for (int i = 0; i < 10; ++i) {
        auto const payment = system.create();
        auto const number = text_of(payment, "out_trade_no");
        auto const document =
            to_xml(signed_with(notification_of(payment, new_transaction_id()), shop.sign_type, shop.key));
        connection wechat(system.port());
        wechat.send(
            request{"POST", "/notify/shop/payment", {{"Content-Type", "text/xml"}}, document}.to_string()
        );
        if (i % 2 == 0)
            BOOST_TEST(becomes(system, number, "SUCCESS"));
        wechat.reset();
        check_accepted(system.notify_text(document));
        BOOST_TEST(system.state(number) == "SUCCESS");
        BOOST_TEST(system.events(number, "SUCCESS") == 1);
        BOOST_TEST(system.anomalies(number) == 0);
    }
}

// N14: nobody knows the order yet (a restored backup, say). When it is there, the same word is believed.
BOOST_AUTO_TEST_CASE(the_order_is_there_later) {
    auto& system = the_system();
    auto order = system.order();
    auto const number = text_of(order, "out_trade_no");
    auto known = order;
    known["appid"] = system.merchant("shop").appid;
    known["mch_id"] = system.merchant("shop").mch_id;
    auto const said = notification_of(known, new_transaction_id());
    check_refused(system.notify(said));
    check_refused(system.notify(said));
    BOOST_TEST(system.anomalies(number) == 1);
    system.create(order);
    check_accepted(system.notify(said));
    BOOST_TEST(system.state(number) == "SUCCESS");
    BOOST_TEST(text_of(system.payment(number), "transaction_id") == value_of(said, "transaction_id"));
}

// N20: an old genuine notification, long after its order was refunded.
BOOST_AUTO_TEST_CASE(replayed_after_the_refund) {
    auto& system = refund_system();
    auto const paid = system.paid({{"total_fee", 100}});
    auto const number = text_of(paid, "out_trade_no");
    auto const said = notification_of(paid, text_of(paid, "transaction_id"));
    auto const asked = system.refund_request(100);
    BOOST_TEST_REQUIRE(one_of(system.refund(number, asked).status, {201, 202}));
    BOOST_TEST_REQUIRE(system.refund_becomes(text_of(asked, "out_refund_no"), "SUCCESS"));
    BOOST_TEST(system.state(number) == "REFUND");
    auto const events = system.events(number);
    for (int i = 0; i < 3; ++i)
        check_accepted(system.notify(said));
    BOOST_TEST(system.state(number) == "REFUND");
    BOOST_TEST(system.events(number) == events);
    BOOST_TEST(system.anomalies(number) == 0);
    check_store(system);
}

// N18: the key at WeChat was changed between the order and its notification. What the old key signed is not
// believed any more; the order ends by a query all the same.
BOOST_AUTO_TEST_CASE(the_key_was_changed) {
    system_under_test system(quick_options());
    auto& wechat = system.upstream();
    auto const first = system.create();
    auto const second = system.create();
    auto const number = text_of(second, "out_trade_no");
    auto const old_said = to_xml(signed_with(
        notification_of(second, new_transaction_id()),
        system.merchant("shop").sign_type,
        system.merchant("shop").key
    ));
    auto const new_key = "CANARYkey" + random_hex(23);
    std::atomic<bool> changed{false};
    auto const transaction = new_transaction_id();
    wechat.behave([&](call const& c) {
        auto a = wechat.well_behaved(c);
        if (!changed || c.path != "/pay/orderquery" || value_of(c.fields, "out_trade_no") != number)
            return a;
        auto const status = paid_status(number, text_of(second, "openid"), transaction);
        a.body = to_xml(signed_with(wechat.answer_fields(c, status), "HMAC-SHA256", new_key));
        return a;
    });
    system.reconfigure([&](gateway_config& c) { c.merchants[0].key = new_key; });
    system.gateway().signal(SIGHUP);
    auto const said = notification_of(first, new_transaction_id());
    BOOST_TEST(eventually(10s, [&] { return system.notify(said).status == 200; }), "the new one is believed");
    check_refused(system.notify_text(old_said));
    BOOST_TEST(system.state(number) == "NOTPAY", "what the old key signed says nothing");
    changed = true;
    BOOST_TEST(becomes(system, number, "SUCCESS"));
    BOOST_TEST(text_of(system.payment(number), "transaction_id") == transaction);
    BOOST_TEST(system.events(number, "SUCCESS") == 1);
    BOOST_TEST(system.leaked() == "");
    wechat.behave([&wechat](call const& c) { return wechat.well_behaved(c); });
}

// C2: WeChat's queries know less than its customers for a while. The order is not closed over it.
BOOST_AUTO_TEST_CASE(queries_lag_behind) {
    system_under_test system(quick_options());
    auto& wechat = system.upstream();
    auto const made = system.create();
    auto const number = text_of(made, "out_trade_no");
    auto const transaction = new_transaction_id();
    std::atomic<int> asked{0};
    wechat.behave([&](call const& c) {
        auto a = wechat.well_behaved(c);
        bool const about = value_of(c.fields, "out_trade_no") == number;
        if (about && c.path == "/pay/orderquery" && ++asked > 2)
            a.body = wechat.accepted(c, paid_status(number, text_of(made, "openid"), transaction));
        return a;
    });
    BOOST_TEST(becomes(system, number, "SUCCESS"));
    BOOST_TEST(asked == 3);
    BOOST_TEST(wechat.count("/pay/closeorder", number) == 0U);
    BOOST_TEST(text_of(system.payment(number), "transaction_id") == transaction);
    check_store(system);
    wechat.behave([&wechat](call const& c) { return wechat.well_behaved(c); });
}

BOOST_AUTO_TEST_SUITE_END()
