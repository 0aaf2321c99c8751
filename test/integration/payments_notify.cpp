// RELIABILITY.md 3.4, B-01 to B-11: notifications that verify and still are not to be believed, or come
// again, or late.
#include "fixture.hpp"

using namespace wxgate::test;

namespace {

struct order_of_shop {
    json::value payment = the_system().create();
    std::string number = text_of(payment, "out_trade_no");
    message said = notification_of(payment, new_transaction_id());
};

} // namespace

BOOST_AUTO_TEST_SUITE(payments_notify)

BOOST_AUTO_TEST_CASE(not_what_was_ordered) {
    auto& system = the_system();

    struct row {
        std::string id;
        message changes;
    };

    std::vector<row> const rows = {
        {"B-01 a fen less", {{"total_fee", "1298"}}},
        {"B-01 a fen more", {{"total_fee", "1300"}}},
        {"B-01 nothing of it", {{"total_fee", "1"}}},
        {"B-02 another currency", {{"fee_type", "USD"}}},
        {"B-03 another openid", {{"openid", "oSomebodyElse1234567890abcdef"}}},
        {"B-04 another appid", {{"appid", "wx0000000000000000"}}},
        {"B-04 rival's appid", {{"appid", system.merchant("rival").appid}}},
        {"B-04 another mch_id", {{"mch_id", "19999999"}}},
        {"B-04 rival's mch_id", {{"mch_id", system.merchant("rival").mch_id}}},
    };
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.id) {
            order_of_shop const o;
            auto const before = system.mark();
            auto said = o.said;
            for (auto const& [name, value] : each.changes)
                set(said, name, value);
            check_refused(system.notify(said));
            BOOST_TEST(system.store().digest({"anomalies"}) == before.digest, "the order has changed");
            BOOST_TEST(system.anomalies() == before.anomalies + 1);
            BOOST_TEST(system.state(o.number) == "NOTPAY");
            check_refused(system.notify(said)); // WeChat comes again: the same finding
            BOOST_TEST(system.anomalies() == before.anomalies + 1);
            check_accepted(system.notify(o.said)); // and what is right is still taken
            BOOST_TEST(system.state(o.number) == "SUCCESS");
        }
    }
}

// X-39 and done-when 4: the order's own algorithm, not the message's.
BOOST_AUTO_TEST_CASE(another_algorithm) {
    auto& system = the_system();

    struct row {
        std::string merchant;
        std::string wrong;
    };

    for (auto const& each : {row{"shop", "MD5"}, row{"plain", "HMAC-SHA256"}}) {
        for (bool const told : {true, false}) {
            BOOST_TEST_CONTEXT(each.merchant << " with " << each.wrong) {
                auto const payment = system.create({}, each.merchant);
                auto said = notification_of(payment, new_transaction_id());
                if (told)
                    said.emplace_back("sign_type", each.wrong);
                auto const before = system.mark();
                auto const& m = system.merchant(each.merchant);
                check_refused(system.notify_text(to_xml(signed_with(said, each.wrong, m.key)), each.merchant)
                );
                BOOST_TEST(system.store().digest({"anomalies"}) == before.digest);
                BOOST_TEST(system.anomalies() == before.anomalies + 1);
                BOOST_TEST(system.state(text_of(payment, "out_trade_no"), each.merchant) == "NOTPAY");
            }
        }
    }
}

// Amounts that are none; fields a payment cannot do without.
BOOST_AUTO_TEST_CASE(malformed_though_signed) {
    auto& system = the_system();
    order_of_shop const o;
    for (std::string const amount :
         {"",
          "0",
          "-1299",
          "+1299",
          "01299",
          "12.99",
          "1299.0",
          "1e3",
          " 1299",
          "1299 ",
          "99999999999999999999",
          "１２９９"}) {
        BOOST_TEST_CONTEXT("total_fee " << amount) {
            auto said = o.said;
            set(said, "total_fee", amount);
            check_refused(system.notify(said));
            BOOST_TEST(system.state(o.number) == "NOTPAY");
        }
    }
    for (std::string const name :
         {"out_trade_no",
          "transaction_id",
          "total_fee",
          "appid",
          "mch_id",
          "openid",
          "result_code",
          "return_code"}) {
        BOOST_TEST_CONTEXT("without " << name) {
            auto said = o.said;
            remove(said, name);
            check_refused(system.notify(said));
            set(said, name, "");
            check_refused(system.notify(said));
            BOOST_TEST(system.state(o.number) == "NOTPAY");
        }
    }
}

// B-04, the key is the path's: rival's genuine word on shop's path and the reverse.
BOOST_AUTO_TEST_CASE(another_merchants_path) {
    auto& system = the_system();
    auto const order = system.order();
    auto const ours = system.with_key("shop").post("/v1/payments", order).parsed();
    auto const theirs =
        system.with_key("rival").post("/v1/payments", order).parsed(); // the same number and amount
    auto const before = system.mark();
    auto const& rival = system.merchant("rival");
    auto const said =
        to_xml(signed_with(notification_of(theirs, new_transaction_id()), rival.sign_type, rival.key));
    check_refused(system.notify_text(said, "shop"));
    BOOST_TEST(system.trouble_since(before) == "");
    check_accepted(system.notify_text(said, "rival"));
    BOOST_TEST(system.state(text_of(order, "out_trade_no"), "rival") == "SUCCESS");
    BOOST_TEST(system.state(text_of(order, "out_trade_no")) == "NOTPAY");
    BOOST_TEST(text_of(ours, "out_trade_no") == text_of(theirs, "out_trade_no"));
}

// B-05: an attempt that failed is heard, and the order stays open.
BOOST_AUTO_TEST_CASE(failed_attempt) {
    auto& system = the_system();
    order_of_shop const o;
    auto said = o.said;
    set(said, "result_code", "FAIL");
    set(said, "err_code", "NOTENOUGH");
    set(said, "err_code_des", "余额不足");
    check_accepted(system.notify(said));
    BOOST_TEST(system.state(o.number) == "NOTPAY");
    check_accepted(system.notify(o.said));
    BOOST_TEST(system.state(o.number) == "SUCCESS");
}

// B-06, N20
BOOST_AUTO_TEST_CASE(the_same_again) {
    auto& system = the_system();
    order_of_shop const o;
    check_accepted(system.notify(o.said));
    auto const before = system.mark();
    for (int i = 0; i < 5; ++i)
        check_accepted(system.notify(o.said));
    BOOST_TEST(system.trouble_since(before) == "");
    BOOST_TEST(system.events(o.number, "SUCCESS") == 1);
}

// Paid, and then told of another payment of the same order: what was recorded stays.
BOOST_AUTO_TEST_CASE(paid_twice) {
    auto& system = the_system();
    order_of_shop const o;
    check_accepted(system.notify(o.said));
    auto const first = text_of(system.payment(o.number), "transaction_id");
    auto const before = system.mark();
    auto said = o.said;
    set(said, "transaction_id", new_transaction_id());
    auto const r = system.notify(said);
    BOOST_TEST(one_of(r.status, {200, 400}), r.describe());
    BOOST_TEST(system.anomalies() == before.anomalies + 1);
    BOOST_TEST(text_of(system.payment(o.number), "transaction_id") == first);
    BOOST_TEST(system.events(o.number, "SUCCESS") == 1);
}

// B-08, N19
BOOST_AUTO_TEST_CASE(one_transaction_for_two_orders) {
    auto& system = the_system();
    order_of_shop const one;
    order_of_shop const two;
    check_accepted(system.notify(one.said));
    auto const before = system.mark();
    auto said = two.said;
    set(said, "transaction_id", value_of(one.said, "transaction_id"));
    check_refused(system.notify(said));
    BOOST_TEST(system.store().digest({"anomalies"}) == before.digest);
    BOOST_TEST(system.anomalies() == before.anomalies + 1);
    BOOST_TEST(system.state(two.number) == "NOTPAY");
}

// B-09: paid after we closed it. The money is WeChat's word: kept, and somebody must settle it.
BOOST_AUTO_TEST_CASE(paid_after_close) {
    auto& system = the_system();
    order_of_shop const o;
    BOOST_TEST(system.with_key("shop").post_text("/v1/payments/" + o.number + "/close").status == 200U);
    auto const before = system.mark();
    check_accepted(system.notify(o.said));
    BOOST_TEST(system.anomalies() == before.anomalies + 1);
    auto const now = system.payment(o.number);
    BOOST_TEST(text_of(now, "transaction_id") == value_of(o.said, "transaction_id"));
    check_accepted(system.notify(o.said));
    BOOST_TEST(system.anomalies() == before.anomalies + 1);
}

// B-11, N14: money for an order we do not know.
BOOST_AUTO_TEST_CASE(unknown_order) {
    auto& system = the_system();
    order_of_shop const o;
    auto const before = system.mark();
    auto said = o.said;
    set(said, "out_trade_no", "T" + random_hex(24));
    check_refused(system.notify(said));
    BOOST_TEST(system.store().digest({"anomalies"}) == before.digest);
    BOOST_TEST(system.anomalies() == before.anomalies + 1);
    check_refused(system.notify(said));
    BOOST_TEST(system.anomalies() == before.anomalies + 1);
    // N15: an unsigned question about an order is answered alike, whether it exists or not.
    set(said, "sign", std::string(64, 'A'));
    check_refused(system.notify_text(to_xml(said)));
    set(said, "out_trade_no", o.number);
    check_refused(system.notify_text(to_xml(said)));
    BOOST_TEST(system.anomalies() == before.anomalies + 1);
}

// Paid is for ever: no later word of WeChat's undoes it (I11).
BOOST_AUTO_TEST_CASE(nothing_undoes_success) {
    scripted const s;
    auto const payment = s.system.create();
    auto const number = text_of(payment, "out_trade_no");
    check_accepted(s.system.notify(notification_of(payment, new_transaction_id())));
    for (std::string const state : {"NOTPAY", "CLOSED", "PAYERROR", "USERPAYING", "REVOKED"}) {
        s.wechat.behave([&](call const& c) {
            if (c.path != "/pay/orderquery")
                return s.wechat.well_behaved(c);
            answer a;
            a.body = s.wechat.accepted(
                c, {{"out_trade_no", number}, {"trade_state", state}, {"trade_state_desc", "x"}}
            );
            return a;
        });
        auto const r = s.system.with_key("shop").get("/v1/payments/" + number + "?sync=1");
        BOOST_TEST(one_of(r.status, {200, 502}), r.describe());
        BOOST_TEST(s.system.state(number) == "SUCCESS");
    }
    auto const failed = with(payment.as_object(), {});
    auto said = notification_of(failed, new_transaction_id());
    set(said, "result_code", "FAIL");
    s.system.notify(said);
    BOOST_TEST(s.system.state(number) == "SUCCESS");
    BOOST_TEST(s.system.events(number, "SUCCESS") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
