// W6: an endpoint hangs, and another shop has a thousand messages to hear. None of them waits for it.
#include "support/bill.hpp"
#include "webhooks_common.hpp"

using namespace wxgate::test;

namespace {

// Messages of paid orders that are due now, written into the store while no gateway runs.
void insert_messages(system_under_test const& system, std::string const& merchant, int count) {
    auto const file = system.dir().path("wxgate.db");
    insert_paid(file, system.merchant(merchant), beijing_date(), "MANY", count);
    change_offline(
        file,
        "INSERT INTO outbox (id, merchant, mch_id, type, out_trade_no, order_version, trade_state, openid, "
        "prepay_id, transaction_id, paid_at, refunded_fee, due_at, created_at) SELECT 'evt_' || last_event, "
        "merchant, mch_id, 'payment.succeeded', out_trade_no, version, trade_state, openid, prepay_id, "
        "transaction_id, paid_at, 0, 1, created_at FROM orders WHERE out_trade_no LIKE 'MANY%'"
    );
}

} // namespace

BOOST_AUTO_TEST_SUITE(webhooks_many)

BOOST_AUTO_TEST_CASE(a_thousand_beside_one_that_hangs) {
    constexpr int many = 1000;
    webhook_shops s;
    s.shop.behave([](delivery const&) { return with_conduct(conduct::hang); });
    std::vector<std::string> waiting;
    for (int i = 0; i < 12; ++i)
        waiting.push_back(text_of(s.system.paid(), "out_trade_no"));
    BOOST_TEST(eventually(10s, [&] { return s.shop.under_way() >= 4; }));
    s.system.kill_gateway(); // an end in order would wait for those
    insert_messages(s.system, "plain", many);
    s.system.start_gateway();
    auto const begin = steady::now();
    BOOST_TEST(eventually(10s, [&] { return s.shop.under_way() > 0; }));
    BOOST_TEST(eventually(30s, [&] { return s.plain.taken() == std::size_t{many}; }));
    auto const took = std::chrono::duration_cast<milliseconds>(steady::now() - begin);
    BOOST_TEST_MESSAGE(many << " messages in " << took.count() << " ms");
    BOOST_TEST(
        s.system.store().number("SELECT count(*) FROM outbox WHERE merchant = 'shop' AND state = 'delivered'"
        ) == 0,
        "the other hangs still"
    );
    BOOST_TEST(s.plain.most_connections() <= 8U, "four of each worker");
    BOOST_TEST(s.plain.trouble() == "");
    // One more is heard of as fast as ever.
    auto const number = text_of(s.system.paid({}, "plain"), "out_trade_no");
    BOOST_TEST(eventually(2s, [&] { return !s.plain.about(number).empty(); }));
    s.shop.behave_well();
    s.shop.cut_connections();
    for (auto const& each : waiting)
        BOOST_TEST(eventually(60s, [&] { return s.shop.about(each).size() == 1U; }));
    BOOST_TEST(s.plain.deliveries().size() == std::size_t{many} + 1, "each once");
}

BOOST_AUTO_TEST_SUITE_END()
