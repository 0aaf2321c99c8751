// refund, refundv2, refundquery and its pages, bills: accepted, refused, unknown.
#include "stage.hpp"

using namespace wxgate;
using namespace wxgate::embed_test;

namespace {

template <class Sink, class Row>
struct rows_of final : Sink {
    awaitable<error_code> take(std::vector<Row> rows) override {
        for (auto& r : rows)
            all.push_back(std::move(r));
        co_return error_code();
    }

    std::vector<Row> all;
};

using bill_rows = rows_of<bill_sink, bill_row>;
using flow_rows = rows_of<fund_flow_sink, fund_flow_row>;

} // namespace

BOOST_AUTO_TEST_SUITE(refunds_of_a_client)

BOOST_AUTO_TEST_CASE(refund) {
    stage s;
    account const shop = direct();
    BOOST_TEST(how(s.run(s.wechat().refund(shop, refund_of("r1", 100), soon()))) == "refused ORDERNOTEXIST");
    s.paid();
    auto const accepted = s.run(s.wechat().refund(shop, refund_of("r1", 100), soon()));
    BOOST_TEST_REQUIRE(accepted.has_value());
    BOOST_TEST(accepted->refund_fee.count() == 100);
    BOOST_TEST(accepted->raw.get("cash_refund_fee") == "100");
    s.now += 60'000;
    s.fault("reset_after", "refund");
    BOOST_TEST(
        how(s.run(s.wechat().refund(shop, refund_of("r2", 100), soon()))) ==
        unknown_as(errc::connection_lost, true)
    );
    BOOST_TEST(how(s.run(s.wechat().refund(shop, refund_of("r2", 100), soon()))) == "accepted"); // the same
}

BOOST_AUTO_TEST_CASE(goods_that_are_given_back) {
    stage s;
    account const shop = direct();
    s.paid();
    auto r = refund_of("r1", 100);
    r.detail = R"({"goods_detail":[{"goods_id":"1","refund_amount":100}]})";
    s.fault("reset_before", "refundv2");
    BOOST_TEST(how(s.run(s.wechat().refund(shop, r, soon()))) == unknown_as(errc::connection_lost, true));
    BOOST_TEST(how(s.run(s.wechat().refund(shop, r, soon()))) == "accepted");
    r.refund_fee = fen(101);
    BOOST_TEST(how(s.run(s.wechat().refund(shop, r, soon()))) == "refused REFUND_FEE_MISMATCH");
    refund_query_request q;
    q.out_refund_no = "r1";
    q.with_promotions = true;
    BOOST_TEST(how(s.run(s.wechat().refund_query(shop, q, soon()))) == "accepted");
    s.fault("http_500", "refundqueryv2");
    BOOST_TEST(how(s.run(s.wechat().refund_query(shop, q, soon()))) == unknown_as(errc::bad_status, true));
    q.out_refund_no = "r2";
    BOOST_TEST(how(s.run(s.wechat().refund_query(shop, q, soon()))) == "refused REFUNDNOTEXIST");
}

BOOST_AUTO_TEST_CASE(without_a_certificate) {
    stage s;
    s.paid();
    account const shop = direct();
    s.wechat().use_certificate("10000100", {});
    BOOST_TEST(
        how(s.run(s.wechat().refund(shop, refund_of("r1", 1), soon()))) ==
        unknown_as(errc::certificate_refused, false)
    );
    s.wechat().use_certificate("10000100", s.who.merchant("10000200")); // another's
    BOOST_TEST(
        how(s.run(s.wechat().refund(shop, refund_of("r1", 1), soon()))) ==
        unknown_as(errc::certificate_refused, true)
    );
}

BOOST_AUTO_TEST_CASE(pages_of_refunds) {
    stage s;
    account const shop = direct();
    s.paid();
    refund_query_request q;
    q.out_trade_no = "order0001";
    BOOST_TEST(how(s.run(s.wechat().all_refunds(shop, q, soon()))) == "refused REFUNDNOTEXIST");
    for (int i = 1; i <= 23; ++i) {
        auto const made = s.run(s.wechat().refund(shop, refund_of("r" + std::to_string(i), 1), soon()));
        BOOST_TEST_REQUIRE(made.has_value());
        s.now += 60'000;
        auto const all = s.run(s.wechat().all_refunds(shop, q, soon()));
        BOOST_TEST_REQUIRE(all.has_value());
        BOOST_TEST(all->total_refund_count == static_cast<std::size_t>(i));
        BOOST_TEST(all->refunds.size() == static_cast<std::size_t>(std::min(i, 20)));
        BOOST_TEST(all->complete() == (i <= 20));
        BOOST_TEST(all->refund_fee.count() == i);
    }
    auto const page = s.run(s.wechat().refund_query(shop, q, soon()));
    BOOST_TEST_REQUIRE(page.has_value());
    BOOST_TEST(page->refunds.size() == 10U);
    s.fault("reset_after", "refundquery", 20, 9);
    BOOST_TEST(
        how(s.run(s.wechat().all_refunds(shop, q, soon()))) == unknown_as(errc::connection_lost, true)
    );
}

BOOST_AUTO_TEST_CASE(download_bill) {
    stage s;
    account const shop = direct();
    s.paid();
    bill_request r;
    r.bill_date = to_wechat_time(sys_seconds(std::chrono::seconds(s.now / 1000))).substr(0, 8);
    bill_rows none;
    auto const early = s.run(s.wechat().download_bill(shop, r, none, soon()));
    BOOST_TEST(how(early) == "refused 20002");
    s.now += 48LL * 3600 * 1000;
    s.fault("reset_after", "downloadbill", 20, 9);
    BOOST_TEST(
        how(s.run(s.wechat().download_bill(shop, r, none, soon()))) == unknown_as(errc::connection_lost, true)
    );
    s.no_faults();
    bill_rows rows;
    auto const done = s.run(s.wechat().download_bill(shop, r, rows, soon()));
    BOOST_TEST_REQUIRE(done.has_value());
    BOOST_TEST(done->rows == 1U);
    BOOST_TEST_REQUIRE(rows.all.size() == 1U);
    BOOST_TEST(rows.all.front().out_trade_no == "order0001");
}

BOOST_AUTO_TEST_CASE(download_fund_flow) {
    stage s;
    account const shop = direct(); // signed with HMAC-SHA256 all the same
    s.paid();
    s.run(s.wechat().refund(shop, refund_of("r1", 300), soon())).value();
    fund_flow_request r;
    r.bill_date = to_wechat_time(sys_seconds(std::chrono::seconds(s.now / 1000))).substr(0, 8);
    flow_rows none;
    BOOST_TEST(how(s.run(s.wechat().download_fund_flow(shop, r, none, soon()))) == "refused 20002");
    s.now += 48LL * 3600 * 1000;
    s.fault("reset_after", "downloadfundflow", 20, 9);
    BOOST_TEST(
        how(s.run(s.wechat().download_fund_flow(shop, r, none, soon()))) ==
        unknown_as(errc::connection_lost, true)
    );
    s.no_faults();
    flow_rows rows;
    auto const done = s.run(s.wechat().download_fund_flow(shop, r, rows, soon()));
    BOOST_TEST_REQUIRE(done.has_value());
    BOOST_TEST(done->rows == 3U); // payment, fee, refund
    BOOST_TEST(done->summary.income.count() == 1299);
    BOOST_TEST(done->summary.expense.count() == 300 + 7);
    BOOST_TEST_REQUIRE(rows.all.size() == 3U);
    BOOST_TEST(rows.all[0].income);
    BOOST_TEST(rows.all[0].voucher == "order0001");
    BOOST_TEST(rows.all[2].voucher == "r1");
    r.account = fund_account::fees;
    BOOST_TEST(how(s.run(s.wechat().download_fund_flow(shop, r, none, soon()))) == "refused 20002");
    s.wechat().use_certificate("10000100", {});
    BOOST_TEST(
        how(s.run(s.wechat().download_fund_flow(shop, r, none, soon()))) ==
        unknown_as(errc::certificate_refused, false)
    );
}

BOOST_AUTO_TEST_SUITE_END()
