#include "ledger/states.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::ledger;

BOOST_AUTO_TEST_SUITE(states)

BOOST_AUTO_TEST_CASE(paid_is_never_undone) {
    for (auto const to : all_states) {
        BOOST_TEST(may_move(trade_state::SUCCESS, to) == (to == trade_state::REFUND));
        BOOST_TEST(!may_move(trade_state::REFUND, to));
    }
}

BOOST_AUTO_TEST_CASE(every_state_but_the_paid_may_become_paid) {
    for (auto const from : all_states)
        BOOST_TEST(may_move(from, trade_state::SUCCESS) == !is_paid(from), to_string(from));
}

BOOST_AUTO_TEST_CASE(nothing_goes_back_to_created_nor_to_itself) {
    for (auto const s : all_states) {
        BOOST_TEST(!may_move(s, trade_state::CREATED));
        BOOST_TEST(!may_move(s, s));
    }
}

BOOST_AUTO_TEST_CASE(a_closed_order_opens_by_payment_only) {
    for (auto const s : {trade_state::CLOSED, trade_state::REVOKED})
        for (auto const to : all_states)
            BOOST_TEST(may_move(s, to) == is_paid(to));
}

BOOST_AUTO_TEST_CASE(each_state_is_open_paid_or_over) {
    int open = 0;
    for (auto const s : all_states) {
        open += is_open(s) ? 1 : 0;
        BOOST_TEST(!(is_open(s) && is_paid(s)));
    }
    BOOST_TEST(open == 4);
}

BOOST_AUTO_TEST_CASE(sources_are_a_condition) {
    BOOST_TEST(
        is_source_of(trade_state::NOTPAY) ==
        "(trade_state = 'CREATED' OR trade_state = 'USERPAYING' OR trade_state = 'PAYERROR')"
    );
    BOOST_TEST(is_source_of(trade_state::CREATED) == "FALSE");
}

BOOST_AUTO_TEST_SUITE_END()
