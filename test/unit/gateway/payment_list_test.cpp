#include "gateway/api/list_query.hpp"
#include "gateway/payments/payment_list.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::gateway;

BOOST_AUTO_TEST_SUITE(payment_list)

BOOST_AUTO_TEST_CASE(a_query_is_read) {
    auto const f = read_list_query(
        "trade_state=SUCCESS&created_from=2026-01-01T00%3A00%3A00Z&created_to=2026-02-01T00:00:00Z&limit=100",
        "shop"
    );
    BOOST_TEST_REQUIRE(f.has_value());
    BOOST_TEST((f->trade_state == trade_state::SUCCESS));
    BOOST_TEST(f->limit == 100);
    BOOST_TEST(f->merchant == "shop");
    BOOST_TEST(f->created_from == from_rfc3339("2026-01-01T00:00:00Z").value());
    BOOST_TEST(read_list_query("", "shop")->limit == 20);
}

BOOST_AUTO_TEST_CASE(a_cursor_comes_back_as_it_went) {
    ledger::order o;
    o.created_at = 1'795'000'000'000;
    o.out_trade_no = "a|b*c-d_1";
    auto const f = read_list_query("cursor=" + make_cursor(o.created_at, "10000100", o.out_trade_no), "shop");
    BOOST_TEST_REQUIRE(f.has_value());
    BOOST_TEST(f->before_created_at.value() == o.created_at);
    BOOST_TEST(f->before_number == o.out_trade_no);
    BOOST_TEST(f->before_mch_id == "10000100");
}

BOOST_AUTO_TEST_CASE(a_search_is_read) {
    auto const f = read_search_query(
        "merchant=shop&out_trade_no=order-1&transaction_id=4200000000001&openid=oUpF_-1&total_fee=1299&"
        "trade_state=REFUND&limit=7"
    );
    BOOST_TEST_REQUIRE(f.has_value());
    BOOST_TEST(f->merchant == "shop");
    BOOST_TEST(f->out_trade_no == "order-1");
    BOOST_TEST(f->transaction_id == "4200000000001");
    BOOST_TEST(f->openid == "oUpF_-1");
    BOOST_TEST(f->total_fee.value().count() == 1299);
    BOOST_TEST((f->trade_state == trade_state::REFUND));
    BOOST_TEST(f->limit == 7);
    BOOST_TEST(!read_search_query("")->total_fee.has_value());
    for (char const* query :
         {"total_fee=0",
          "total_fee=1.5",
          "total_fee=10000000001",
          "openid=",
          "openid=a%20b",
          "transaction_id=4-2",
          "transaction_id=",
          "out_trade_no=short",
          "out_trade_no=",
          "merchant=",
          "trade_state=PAID",
          "sync=1"})
        BOOST_TEST(!read_search_query(query).has_value(), query);
    BOOST_TEST(!read_list_query("merchant=shop", "shop").has_value());
}

BOOST_AUTO_TEST_CASE(what_is_refused) {
    for (char const* query :
         {"limit=0",
          "limit=-1",
          "limit=101",
          "limit=1000001",
          "limit=",
          "limit=1e1",
          "cursor=",
          "cursor=zz",
          "cursor=31323a",
          "cursor=31323a3a61626364656667",
          "cursor=31323a3b3a61626364656667",
          "cursor=%00",
          "trade_state=PAID",
          "trade_state=",
          "created_from=yesterday",
          "created_to=2026-13-01T00:00:00Z",
          "x=1",
          "limit=1&limit=2",
          "a%zz=1",
          "=",
          "limit=%ff",
          "%",
          "&limit=0"})
        BOOST_TEST(!read_list_query(query, "shop").has_value(), query);
    bool sync = false;
    for (char const* query : {"sync=2", "sync=", "sync=true", "sink=1", "sync=1&sync=1"})
        BOOST_TEST(read_get_query(query, sync).has_value(), query);
    BOOST_TEST(!read_get_query("sync=1", sync).has_value());
    BOOST_TEST(sync);
}

BOOST_AUTO_TEST_SUITE_END()
