// The fund-flow bill: whole ones, cut ones, ones that do not add up.
#include "support.hpp"
#include "wire/fund_flow.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::wire;

namespace {

constexpr char const* head = "\xEF\xBB\xBF记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,"
                             "收支金额（元）,账户结余（元）,资金变更提交申请人,备注,业务凭证号\r\n";

std::string row(std::string const& way, std::string const& amount, std::string const& note = "缺货") {
    return "`2026-11-23 04:21:23,`4200001,`190001,`交易,`交易," + ("`" + way) + ",`" + amount +
           ",`10.17,`system,`" + note + ",`order-1\r\n";
}

std::string tail(std::string const& numbers) {
    return "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n" + numbers + "\r\n";
}

struct read_result {
    std::vector<fund_flow_row> rows;
    error_code how;
    fund_flow_summary summary;
};

read_result read(std::string_view text, std::size_t piece = 1'000'000) {
    read_result r;
    fund_flow_reader reader;
    while (!text.empty() && !r.how.failed()) {
        auto const part = text.substr(0, piece);
        text.remove_prefix(part.size());
        r.how = reader.feed(part, [&](fund_flow_row const& one) { r.rows.push_back(one); });
    }
    if (!r.how.failed())
        r.how = reader.finish();
    r.summary = reader.summary();
    return r;
}

std::string const good =
    head + row("收入", "12.99") + row("支出", "0.07") + row("支出", "3.00") + tail("`3,`1,`12.99,`2,`3.07");

} // namespace

BOOST_AUTO_TEST_SUITE(fund_flow)

BOOST_AUTO_TEST_CASE(a_whole_one_in_any_pieces) {
    for (std::size_t const piece : {1UL, 2UL, 7UL, 64UL, 1'000'000UL}) {
        auto const r = read(good, piece);
        BOOST_TEST(!r.how.failed());
        BOOST_TEST_REQUIRE(r.rows.size() == 3U);
        auto const& first = r.rows.front();
        BOOST_TEST(first.income);
        BOOST_TEST(first.amount.count() == 1299);
        BOOST_TEST(first.balance.count() == 1017);
        BOOST_TEST(first.transaction_id == "4200001");
        BOOST_TEST(first.flow_id == "190001");
        BOOST_TEST(first.note == "缺货");
        BOOST_TEST(first.voucher == "order-1");
        BOOST_TEST(to_wechat_time(first.time) == "20261123042123");
        BOOST_TEST(!r.rows.back().income);
        BOOST_TEST(r.summary.expense.count() == 307);
        BOOST_TEST(r.summary.expense_count == 2U);
    }
}

BOOST_AUTO_TEST_CASE(cut_anywhere_it_is_not_whole) {
    for (std::size_t n = 0; n < good.size() - 1; ++n)
        BOOST_TEST(read(good.substr(0, n)).how.failed(), n);
}

BOOST_AUTO_TEST_CASE(a_summary_that_does_not_add_up) {
    auto const rows = head + row("收入", "12.99") + row("支出", "3.00");
    BOOST_TEST(!read(rows + tail("`2,`1,`12.99,`1,`3.00")).how.failed());
    for (char const* const numbers :
         {"`3,`1,`12.99,`1,`3.00",
          "`2,`2,`12.99,`1,`3.00",
          "`2,`1,`12.98,`1,`3.00",
          "`2,`1,`12.99,`2,`3.00",
          "`2,`1,`12.99,`1,`3.01",
          "`2,`1,`12.99,`1",
          "`-2,`1,`12.99,`1,`3.00"})
        BOOST_TEST((read(rows + tail(numbers)).how == make_error_code(errc::malformed_bill)), numbers);
}

BOOST_AUTO_TEST_CASE(what_is_none) {
    for (std::string const& text :
         {std::string("<xml><return_code>FAIL</return_code></xml>\n"),
          std::string("<html>\n"),
          head + row("转账", "1.00"),
          head + row("收入", "-1.00"),
          head + row("收入", "1.001"),
          head + std::string("`2026-11-23 04:21:23,`x\r\n"),
          std::string("记账时间,业务名称\r\n")})
        BOOST_TEST((read(text).how == make_error_code(errc::malformed_bill)), text);
}

BOOST_AUTO_TEST_CASE(a_separator_in_a_note) {
    auto const r = read(head + row("收入", "1.00", "a,`b") + tail("`1,`1,`1.00,`0,`0.00"));
    BOOST_TEST(!r.how.failed());
    BOOST_TEST_REQUIRE(r.rows.size() == 1U);
    BOOST_TEST(r.rows.front().ambiguous);
    BOOST_TEST(r.rows.front().voucher == "order-1");
}

BOOST_AUTO_TEST_CASE(accounts) {
    for (auto const a : {fund_account::basic, fund_account::operation, fund_account::fees})
        BOOST_TEST((parse_fund_account(to_string(a)) == a));
    BOOST_TEST(!parse_fund_account("basic").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
