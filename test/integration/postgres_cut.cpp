// The connection to the database is cut between a COMMIT and its answer: nobody is told that it went well,
// and when it is asked for again, what is there is found by its key.
#include "refunds_common.hpp"
#include "support/store_proxy.hpp"

#include <future>

using namespace wxgate::test;

namespace {

std::uint16_t port_of_server() {
    std::string const url = postgres_url();
    auto const colon = url.rfind(':');
    return static_cast<std::uint16_t>(std::stoul(url.substr(colon + 1)));
}

// A gateway whose database is behind the proxy; the tests look past it.
struct behind_a_proxy {
    explicit behind_a_proxy(against upstream) : proxy(port_of_server()), system(options(upstream)) {}

    system_options options(against upstream) {
        auto o = refund_options(upstream);
        auto const before = o.adjust;
        o.adjust = [this, before](gateway_config& c) {
            if (before)
                before(c);
            auto const from = ":" + std::to_string(port_of_server()) + "/";
            auto const at = c.store.find(from);
            c.store.replace(at, from.size(), ":" + std::to_string(proxy.port()) + "/");
        };
        return o;
    }

    // What `ask` gives while answers are lost; they are lost until the database has this many rows. With one
    // connection up it could stand in line behind an answer that is lost, and be refused before it is
    // written.
    template <class F>
    reply cut_off(std::string const& count, F ask) {
        BOOST_TEST_REQUIRE(all_connected());
        auto const before = system.store().number(count);
        proxy.lose_answers();
        auto asked = std::async(std::launch::async, ask);
        BOOST_TEST(eventually(10s, [&] { return system.store().number(count) > before; }), "it is committed");
        std::this_thread::sleep_for(20ms);
        proxy.cut();
        return asked.get();
    }

    bool ready() const {
        return eventually(15s, [&] { return system.admin().get("/readyz").status == 200; });
    }

    // Four that write, two that read.
    bool all_connected() const {
        return eventually(15s, [&] { return metric(system, "wxgate_store_connections") == 6; });
    }

    store_proxy proxy;
    system_under_test system;
};

} // namespace

BOOST_AUTO_TEST_SUITE(postgres_cut)

BOOST_AUTO_TEST_CASE(a_payment) {
    behind_a_proxy b(against::stand_in);
    for (int round = 0; round < 5; ++round) {
        auto const order = b.system.order();
        auto const number = text_of(order, "out_trade_no");
        auto const shop = b.system.with_key("shop");
        auto const first =
            b.cut_off("SELECT count(*) FROM orders", [&] { return shop.post("/v1/payments", order); });
        check_problem(first, 503, "store_unavailable");
        BOOST_TEST(!first.header("Retry-After").empty());
        BOOST_TEST_REQUIRE(b.ready());
        auto const again = shop.post("/v1/payments", order);
        BOOST_TEST(one_of(again.status, {200, 201}), again.describe());
        BOOST_TEST(b.system.events(number, "CREATED") == 1);
    }
    BOOST_TEST(b.proxy.lost() > 0U);
}

BOOST_AUTO_TEST_CASE(a_notification) {
    behind_a_proxy b(against::stand_in);
    for (int round = 0; round < 5; ++round) {
        auto const payment = b.system.create();
        auto const said = notification_of(payment, new_transaction_id());
        auto const first = b.cut_off("SELECT count(*) FROM orders WHERE trade_state = 'SUCCESS'", [&] {
            return b.system.notify(said);
        });
        check_refused(first, 503);
        BOOST_TEST_REQUIRE(b.ready());
        check_accepted(b.system.notify(said)); // as WeChat does
        BOOST_TEST(b.system.events(text_of(payment, "out_trade_no"), "SUCCESS") == 1);
    }
    BOOST_TEST(b.system.anomalies() == 0);
}

BOOST_AUTO_TEST_CASE(a_refund) {
    behind_a_proxy b(against::sandbox);
    auto const number = text_of(b.system.paid({{"total_fee", 100}}), "out_trade_no");
    for (int round = 0; round < 3; ++round) {
        auto const asked = b.system.refund_request(20);
        auto const first =
            b.cut_off("SELECT count(*) FROM refunds", [&] { return b.system.refund(number, asked); });
        BOOST_TEST(one_of(first.status, {503, 202}), first.describe());
        BOOST_TEST_REQUIRE(b.ready());
        BOOST_TEST(b.system.refund(number, asked).status == 200U, "it is there, once");
        BOOST_TEST(b.system.refund_becomes(text_of(asked, "out_refund_no"), "SUCCESS", "shop", 120s));
    }
    BOOST_TEST(order_number(b.system, "refunded_fee", number) == 60);
    BOOST_TEST(sandbox_refunds(b.system, number).size() == 3U);
    check_store(b.system);
    check_both(b.system);
}

BOOST_AUTO_TEST_SUITE_END()
