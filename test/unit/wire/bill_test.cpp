#include "support.hpp"
#include "wire/bill.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

using namespace wxgate;
using namespace wxgate::wire;

BOOST_AUTO_TEST_SUITE(bill)

namespace {

constexpr std::string_view bom = "\xEF\xBB\xBF";

constexpr std::string_view first_columns =
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,"
    "货币种类,应结订单金额,代金券金额";
constexpr std::string_view refund_columns =
    ",微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态";
constexpr std::string_view summary_columns =
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

std::string header_all() {
    return std::string(first_columns)
        .append(refund_columns)
        .append(",商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注");
}

std::string header_success() {
    return std::string(first_columns).append(",商品名称,商户数据包,手续费,费率,订单金额,费率备注");
}

std::string header_refund() {
    return std::string(first_columns)
        .append(",退款申请时间,退款成功时间")
        .append(refund_columns)
        .append(",商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注");
}

// Values, each behind a backtick.
std::string joined(std::initializer_list<std::string_view> values) {
    std::string out;
    for (auto const v : values)
        out.append(out.empty() ? "`" : ",`").append(v);
    return out;
}

std::string payment(std::string_view number, std::string_view body = "乌龙茶", std::string_view attach = "") {
    return joined({
        "2026-11-23 12:00:01",
        "wx2421b1c4370ec43b",
        "10000100",
        "0",
        "",
        "4200001234202611231234567890",
        number,
        "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
        "JSAPI",
        "SUCCESS",
        "OTHERS",
        "CNY",
        "12.99",
        "0.00",
        "0",
        "0",
        "0.00",
        "0.00",
        "",
        "",
        body,
        attach,
        "0.07794",
        "0.60%",
        "12.99",
        "0.00",
        "",
    });
}

std::string refund(std::string_view number, std::string_view out_refund_no) {
    return joined({
        "2026-11-23 13:00:00",
        "wx2421b1c4370ec43b",
        "10000100",
        "0",
        "",
        "4200001234202611231234567890",
        number,
        "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
        "JSAPI",
        "REFUND",
        "OTHERS",
        "CNY",
        "0.00",
        "0.00",
        "50000001232026112312345678901",
        out_refund_no,
        "2.50",
        "0.00",
        "ORIGINAL",
        "PROCESSING",
        "乌龙茶",
        "",
        "-0.01800",
        "0.60%",
        "0.00",
        "3.00",
        "",
    });
}

std::string text_of(std::initializer_list<std::string> lines, std::string_view end = "\r\n") {
    std::string out;
    for (auto const& l : lines)
        out.append(l).append(end);
    return out;
}

// A bill of one payment and one refund, as WeChat writes it.
std::string sample() {
    return std::string(bom) + text_of({
                                  header_all(),
                                  payment("shop-0001"),
                                  refund("shop-0001", "R-1"),
                                  std::string(summary_columns),
                                  "`2,`12.99,`2.50,`0.00,`0.05994,`12.99,`3.00",
                              });
}

// A bill of these rows; the summary's sums are not looked at.
std::string bill_of(std::initializer_list<std::string> rows, std::string const& header = header_all()) {
    std::string out = text_of({header}) + text_of(rows);
    return out + text_of({"总交易单数", "`" + std::to_string(rows.size())});
}

struct reading {
    error_code code;
    std::vector<bill_row> rows;
    bill_summary summary;
    bill_type type = bill_type::all;
};

reading read(std::vector<std::string_view> const& pieces, bill_limits const& limits = {}) {
    reading out;
    bill_reader reader(limits);
    for (auto const piece : pieces) {
        auto const fed = reader.feed(piece, [&](bill_row const& row) { out.rows.push_back(row); });
        if (fed.failed())
            BOOST_TEST((reader.finish() == fed));
    }
    out.code = reader.finish();
    out.summary = reader.summary();
    out.type = reader.type();
    BOOST_TEST(reader.rows() == out.rows.size());
    return out;
}

reading read(std::string_view text) {
    return read(std::vector<std::string_view>{text});
}

std::vector<std::string_view> bytes_of(std::string_view text) {
    std::vector<std::string_view> out;
    for (std::size_t i = 0; i < text.size(); ++i)
        out.push_back(text.substr(i, 1));
    return out;
}

bool malformed(std::string_view text) {
    return read(text).code == errc::malformed_bill;
}

void check_sample(reading const& r) {
    BOOST_TEST_REQUIRE(!r.code.failed());
    BOOST_TEST((r.type == bill_type::all));
    BOOST_TEST_REQUIRE(r.rows.size() == 2U);
    bill_row const& p = r.rows[0];
    BOOST_TEST((p.kind == bill_kind::payment));
    BOOST_TEST(p.trade_time.time_since_epoch().count() == 1'795'406'401);
    BOOST_TEST(p.appid == "wx2421b1c4370ec43b");
    BOOST_TEST(p.mch_id == "10000100");
    BOOST_TEST(p.transaction_id == "4200001234202611231234567890");
    BOOST_TEST(p.out_trade_no == "shop-0001");
    BOOST_TEST(p.openid == "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o");
    BOOST_TEST(p.trade_type == "JSAPI");
    BOOST_TEST(p.trade_state == "SUCCESS");
    BOOST_TEST(p.total_fee.count() == 1299);
    BOOST_TEST(p.settlement_fee.count() == 1299);
    BOOST_TEST(p.refund_id.empty());
    BOOST_TEST(p.out_refund_no.empty());
    BOOST_TEST(p.refund_fee.count() == 0);
    BOOST_TEST(p.settlement_refund_fee.count() == 0);
    BOOST_TEST(p.refund_status.empty());
    BOOST_TEST(p.body == "乌龙茶");
    BOOST_TEST(p.attach.empty());
    BOOST_TEST(p.fee == 7794);
    BOOST_TEST(p.rate == "0.60%");
    BOOST_TEST(!p.ambiguous);
    bill_row const& f = r.rows[1];
    BOOST_TEST((f.kind == bill_kind::refund));
    BOOST_TEST(f.trade_time.time_since_epoch().count() == 1'795'410'000);
    BOOST_TEST(f.out_trade_no == "shop-0001");
    BOOST_TEST(f.trade_state == "REFUND");
    BOOST_TEST(f.total_fee.count() == 0);
    BOOST_TEST(f.refund_id == "50000001232026112312345678901");
    BOOST_TEST(f.out_refund_no == "R-1");
    BOOST_TEST(f.refund_fee.count() == 300);
    BOOST_TEST(f.settlement_refund_fee.count() == 250);
    BOOST_TEST(f.refund_status == "PROCESSING");
    BOOST_TEST(f.fee == -1800);
    BOOST_TEST(!f.refund_applied.has_value());
    BOOST_TEST(r.summary.count == 2U);
    BOOST_TEST_REQUIRE(r.summary.total_fee.has_value());
    BOOST_TEST(r.summary.total_fee->count() == 1299);
    BOOST_TEST(r.summary.settlement_fee.value_or(fen()).count() == 1299);
    BOOST_TEST(r.summary.settlement_refund_fee.value_or(fen()).count() == 250);
    BOOST_TEST(r.summary.refund_fee.value_or(fen()).count() == 300);
    BOOST_TEST(r.summary.fee.value_or(0) == 5994);
}

} // namespace

BOOST_AUTO_TEST_CASE(yuan_taken) {
    struct row {
        char const* text;
        std::int64_t in_fen;
    };

    for (row const& r : std::initializer_list<row>{
             {"0", 0},
             {"0.0", 0},
             {"0.00", 0},
             {"-0.00", 0},
             {"0.01", 1},
             {"0.1", 10},
             {"0.10", 10},
             {"45", 4500},
             {"45.0", 4500},
             {"1299.00", 129'900},
             {"-3.00", -300},
             {"-0.01", -1},
             {"100000000.00", 10'000'000'000},
             {"999999999999.99", 99'999'999'999'999},
         }) {
        auto const amount = parse_yuan(r.text);
        BOOST_TEST_REQUIRE(amount.has_value(), r.text);
        BOOST_TEST(amount->count() == r.in_fen, r.text);
    }
}

BOOST_AUTO_TEST_CASE(yuan_refused) {
    using namespace std::string_view_literals;
    for (std::string_view const text :
         {""sv,
          "-"sv,
          "."sv,
          "1."sv,
          ".5"sv,
          "1e3"sv,
          "1.234"sv,
          "+1"sv,
          "--1"sv,
          "- 1"sv,
          " 1"sv,
          "1 "sv,
          "1\r"sv,
          "01"sv,
          "00"sv,
          "00.10"sv,
          "1,000"sv,
          "1.0.0"sv,
          "1.-1"sv,
          "0x1"sv,
          "1.2a"sv,
          "1.a"sv,
          "\0"sv,
          "1\0"sv,
          "1.\0\0"sv,
          "nan"sv,
          "inf"sv,
          "１"sv,
          "¥1.00"sv,
          "1000000000000"sv,
          "99999999999999999999999"sv,
          "18446744073709551616"sv,
          "92233720368547758.08"sv})
        BOOST_TEST(!parse_yuan(text).has_value(), test::printable(text));
}

BOOST_AUTO_TEST_CASE(fees) {
    BOOST_TEST(parse_bill_fee("0.00000").value() == 0);
    BOOST_TEST(parse_bill_fee("0").value() == 0);
    BOOST_TEST(parse_bill_fee("0.08").value() == 8000);
    BOOST_TEST(parse_bill_fee("0.07794").value() == 7794);
    BOOST_TEST(parse_bill_fee("-0.27000").value() == -27'000);
    BOOST_TEST(parse_bill_fee("999999999999.99999").value() == 99'999'999'999'999'999);
    for (char const* const text : {"", "0.000001", "1e-5", "0.", "-", "+0.1"})
        BOOST_TEST(!parse_bill_fee(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(types) {
    for (char const* const name : {"ALL", "SUCCESS", "REFUND"})
        BOOST_TEST(to_string(parse_bill_type(name).value()) == name);
    for (char const* const name : {"", "all", "RECHARGE_REFUND", "ALL "})
        BOOST_TEST(!parse_bill_type(name).has_value(), name);
}

BOOST_AUTO_TEST_CASE(a_bill) {
    check_sample(read(sample()));
    std::string const without_bom = sample().substr(bom.size());
    check_sample(read(without_bom));
    BOOST_TEST(malformed(std::string(bom) + sample())); // two of them
}

BOOST_AUTO_TEST_CASE(however_it_is_cut) {
    std::string const whole = sample();
    std::string_view const text = whole;
    for (std::size_t i = 0; i <= text.size(); ++i)
        check_sample(read({text.substr(0, i), text.substr(i)}));
    check_sample(read(bytes_of(text)));
    for (std::size_t i = 0; i + 7 <= text.size(); i += 5)
        check_sample(
            read({text.substr(0, i), text.substr(i, 1), {}, text.substr(i + 1, 6), text.substr(i + 7)})
        );
}

BOOST_AUTO_TEST_CASE(line_ends) {
    std::string text = text_of({header_all(), payment("shop-0001"), "总交易单数", "`1"}, "\n");
    BOOST_TEST(!read(text).code.failed());
    text += "\r\n\n"; // empty lines behind the end
    BOOST_TEST(!read(text).code.failed());
    BOOST_TEST(malformed(text + "x\n"));
    BOOST_TEST(malformed(text + payment("shop-0002") + "\n"));
    BOOST_TEST(malformed(text + "x"));
    BOOST_TEST(malformed(text_of({header_all(), "", payment("shop-0001"), "总交易单数", "`1"})));
}

BOOST_AUTO_TEST_CASE(cut_off_at_every_byte) {
    std::string const whole = sample();
    for (std::size_t n = 0; n < whole.size(); ++n) {
        auto const r = read(std::string_view(whole).substr(0, n));
        BOOST_TEST((r.code == errc::truncated_bill), n);
        BOOST_TEST(r.rows.size() <= 2U);
    }
}

BOOST_AUTO_TEST_CASE(names_that_hold_what_separates) {
    struct row {
        char const* body;
        char const* attach;
    };

    // What can be told apart.
    for (row const& r : std::initializer_list<row>{
             {"tea, green, 1,299", "a,b"},
             {"`", "``"},
             {"a`b", "`c"},
             {"a,", ",b"},
             {",", ","},
             {"", ""},
             {"=cmd|' /C calc'!A0", "@SUM(1+1)"},
             {"\"quoted\", \"twice\"", "{\"statement_id\":\"5617363390111199232\",\"n\":1}"},
             {"-1", "0.00"},
             {"总交易单数,订单总金额", "总交易单数"},
             {"bytes \xFF\xFE that are no text", "\x01\t"},
         }) {
        auto const text = bill_of({payment("shop-0001", r.body, r.attach), payment("shop-0002")});
        auto const got = read(text);
        BOOST_TEST_REQUIRE(!got.code.failed(), r.body);
        BOOST_TEST(got.rows[0].body == r.body);
        BOOST_TEST(got.rows[0].attach == r.attach);
        BOOST_TEST(!got.rows[0].ambiguous);
        BOOST_TEST(got.rows[0].total_fee.count() == 1299);
        BOOST_TEST(got.rows[1].out_trade_no == "shop-0002");
    }
    // What cannot: nothing but these two is touched by it.
    for (row const& r : std::initializer_list<row>{
             {"a,`b", ""},
             {",`", "x"},
             {",`,`,`,`", ",`"},
             {"tea", "x,`0.00000,`0.60%,`0.01,`0.00,`"},
             {"x,`,`0.00000,`0.60%,`0.01,`0.00,`", "tea"},
             {"a,`", "`,b"},
         }) {
        auto const text = bill_of({payment("shop-0001", r.body, r.attach)});
        auto const got = read(text);
        BOOST_TEST_REQUIRE(!got.code.failed(), r.body);
        bill_row const& first = got.rows[0];
        std::string const both = first.body + ",`" + first.attach;
        BOOST_TEST(first.ambiguous);
        BOOST_TEST(both == std::string(r.body) + ",`" + r.attach);
        BOOST_TEST(first.total_fee.count() == 1299);
        BOOST_TEST(first.fee == 7794);
        BOOST_TEST(first.rate == "0.60%");
        BOOST_TEST(first.out_trade_no == "shop-0001");
        BOOST_TEST((first.kind == bill_kind::payment));
    }
}

BOOST_AUTO_TEST_CASE(a_bill_of_payments) {
    std::string const row = joined(
        {"2026-11-23 12:00:01",
         "wx1",
         "10000100",
         "0",
         "",
         "42",
         "shop-0001",
         "o1",
         "JSAPI",
         "SUCCESS",
         "OTHERS",
         "CNY",
         "12.90",
         "0.09",
         "tea, green",
         "x",
         "0.07740",
         "0.60%",
         "12.99",
         ""}
    );
    auto const r = read(text_of(
        {header_success(),
         row,
         "总交易单数,应结订单总金额,手续费总金额,订单总金额",
         "`1,`12.90,`0.07740,`12.99"}
    ));
    BOOST_TEST_REQUIRE(!r.code.failed());
    BOOST_TEST((r.type == bill_type::success));
    BOOST_TEST((r.rows[0].kind == bill_kind::payment));
    BOOST_TEST(r.rows[0].total_fee.count() == 1299);
    BOOST_TEST(r.rows[0].settlement_fee.count() == 1290);
    BOOST_TEST(r.rows[0].body == "tea, green");
    BOOST_TEST(r.rows[0].attach == "x");
    BOOST_TEST(r.rows[0].refund_fee.count() == 0);
    BOOST_TEST(r.summary.fee.value_or(0) == 7740);
    BOOST_TEST(!r.summary.refund_fee.has_value());
    // A refund has no place in it.
    std::string other = row;
    other.replace(other.find("SUCCESS"), 7, "REFUND");
    BOOST_TEST(malformed(bill_of({other}, header_success())));
}

BOOST_AUTO_TEST_CASE(a_bill_of_refunds) {
    auto const row = [](std::string_view succeeded) {
        return joined(
            {"2026-11-20 09:00:00",
             "wx1",
             "10000100",
             "0",
             "",
             "42",
             "shop-0001",
             "o1",
             "JSAPI",
             "REFUND",
             "OTHERS",
             "CNY",
             "0.00",
             "0.00",
             "2026-11-23 13:00:00",
             succeeded,
             "50",
             "R-1",
             "3.00",
             "0.00",
             "ORIGINAL",
             "SUCCESS",
             "tea",
             "",
             "-0.01800",
             "0.60%",
             "0.00",
             "3.00",
             ""}
        );
    };
    auto const r = read(bill_of({row("2026-11-23 13:00:03"), row("")}, header_refund()));
    BOOST_TEST_REQUIRE(!r.code.failed());
    BOOST_TEST((r.type == bill_type::refund));
    BOOST_TEST(to_wechat_time(r.rows[0].trade_time) == "20261120090000");
    BOOST_TEST(to_wechat_time(r.rows[0].refund_applied.value()) == "20261123130000");
    BOOST_TEST(to_wechat_time(r.rows[0].refund_succeeded.value()) == "20261123130003");
    BOOST_TEST(!r.rows[1].refund_succeeded.has_value());
    BOOST_TEST(r.rows[0].refund_fee.count() == 300);
}

BOOST_AUTO_TEST_CASE(the_early_format) {
    std::string const header = "交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,"
                               "交易类型,交易状态,付款银行,"
                               "货币种类,总金额,企业红包金额,微信退款单号,商户退款单号,退款金额,"
                               "企业红包退款金额,退款类型,退款状态,商品名称,"
                               "商户数据包,手续费,费率";
    std::string const paid =
        "`2014-11-10 "
        "16:33:45,`wx2421b1c4370ec43b,`10000100,`0,`1000,`1001690740201411100005734289,`1415640626,"
        "`085e9858e3ba5186aafcbaed1,`MICROPAY,`SUCCESS,`OTHERS,`CNY,`0.01,`0.0,`0,`0,`0,`0,`,`,`被扫支付测试,"
        "`订单额外描述,`0,`0.60%";
    std::string const back =
        "`2014-11-10 "
        "17:00:00,`wx2421b1c4370ec43b,`10000100,`0,`1000,`1001690740201411100005734289,`1415640626,"
        "`085e9858e3ba5186aafcbaed1,`MICROPAY,`REFUND,`OTHERS,`CNY,`0.0,`0.0,`2001,`R1,`0.01,`0,`ORIGINAL,`"
        "SUCCESS,"
        "`被扫支付测试,`订单额外描述,`0,`0.60%";
    auto const r = read(text_of(
        {header,
         paid,
         back,
         "总交易单数,总交易额,总退款金额,总企业红包退款金额,手续费总金额",
         "`2.0,`0.01,`0.01,`0.0,`0"}
    ));
    BOOST_TEST_REQUIRE(!r.code.failed());
    BOOST_TEST(r.rows[0].total_fee.count() == 1);
    BOOST_TEST(r.rows[0].settlement_fee.count() == 1);
    BOOST_TEST(r.rows[0].attach == "订单额外描述");
    BOOST_TEST(r.rows[1].refund_fee.count() == 1);
    BOOST_TEST(r.summary.count == 2U);
    BOOST_TEST(r.summary.total_fee.value_or(fen()).count() == 1);
    BOOST_TEST(r.summary.settlement_refund_fee.value_or(fen()).count() == 1);
}

BOOST_AUTO_TEST_CASE(other_columns_and_another_order) {
    std::string const header =
        "新的一列,订单金额,交易状态,商户订单号,微信订单号,商户号,公众账号ID,交易时间,另一列";
    auto const r = read(bill_of(
        {"`x,`0.01,`SUCCESS,`shop-0001,`42,`10000100,`wx1,`2026-11-23 12:00:01,`",
         "`,`0.01,`REVOKED,`shop-0001,`42,`10000100,`wx1,`2026-11-23 12:00:01,`y"},
        header
    ));
    BOOST_TEST_REQUIRE(!r.code.failed());
    BOOST_TEST(r.rows[0].out_trade_no == "shop-0001");
    BOOST_TEST(r.rows[0].body.empty());
    BOOST_TEST(r.rows[0].fee == 0);
    BOOST_TEST((r.rows[1].kind == bill_kind::other));
    BOOST_TEST(r.rows[1].trade_state == "REVOKED");
    // Without the texts' columns a separator too many belongs to nobody.
    BOOST_TEST(malformed(
        bill_of({"`x,`0.01,`SUCCESS,`shop-0001,`42,`10000100,`wx1,`2026-11-23 12:00:01,`,`"}, header)
    ));
}

BOOST_AUTO_TEST_CASE(required_columns) {
    for (std::string_view const name :
         {"交易时间", "公众账号ID", "微信订单号", "商户订单号", "交易状态", ",订单金额"}) {
        std::string header = header_all();
        auto const at = header.find(name);
        BOOST_TEST_REQUIRE(at != std::string::npos);
        header.replace(at, name.size(), name.front() == ',' ? ",另一列" : "另一列");
        BOOST_TEST(malformed(text_of({header})), name);
    }
    std::string header = header_all();
    header.replace(header.find(",商户号"), std::string_view(",商户号").size(), ",另一列");
    BOOST_TEST(malformed(text_of({header})));
    BOOST_TEST(malformed(text_of({header_all() + ",订单金额"}))); // twice
    BOOST_TEST(malformed(text_of({header_all() + ",另一列"}) + text_of({payment("shop-0001")})));
}

BOOST_AUTO_TEST_CASE(what_is_no_bill) {
    for (std::string_view const text :
         {"\n",
          "\r\n",
          "hello\n",
          "<xml><return_code>FAIL</return_code>\n</xml>\n",
          "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n",
          "{\"code\":\"SYSTEM_ERROR\"}\n",
          "`\n",
          ",,,,\n",
          "\xEF\xBB\n",
          "交易时间\n",
          "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）\n"})
        BOOST_TEST(malformed(text), test::printable(text));
    BOOST_TEST((read("").code == errc::truncated_bill));
    BOOST_TEST((read("<html>").code == errc::truncated_bill)); // no line yet
    BOOST_TEST((read(std::vector<std::string_view>{}).code == errc::truncated_bill));
}

BOOST_AUTO_TEST_CASE(rows_that_are_none) {
    std::string const good = payment("shop-0001");
    auto const changed = [&](std::string_view from, std::string_view to) {
        std::string row = good;
        auto const at = row.find(from);
        BOOST_TEST_REQUIRE(at != std::string::npos, from);
        return bill_of({row.replace(at, from.size(), to)});
    };
    BOOST_TEST(!malformed(changed("shop-0001", "shop-0002")));
    BOOST_TEST(malformed(changed("2026-11-23 12:00:01", "2026-11-23")));
    BOOST_TEST(malformed(changed("2026-11-23 12:00:01", "2026-02-30 12:00:01")));
    BOOST_TEST(malformed(changed("2026-11-23 12:00:01", "")));
    BOOST_TEST(malformed(changed("shop-0001", "")));
    BOOST_TEST(malformed(changed("shop-0001", "shop\t0001")));
    BOOST_TEST(malformed(changed("shop-0001", std::string(129, '7'))));
    BOOST_TEST(malformed(changed("4200001234202611231234567890", "")));
    BOOST_TEST(malformed(changed("SUCCESS", "")));
    BOOST_TEST(malformed(changed("SUCCESS", "REFUND"))); // without a refund's number
    BOOST_TEST(malformed(changed("0.60%,`12.99", "0.60%,`1e3")));
    BOOST_TEST(malformed(changed("0.60%,`12.99", "0.60%,`")));
    BOOST_TEST(malformed(changed("0.60%,`12.99", "0.60%,`12.999")));
    BOOST_TEST(malformed(changed("CNY,`12.99", "CNY,`x")));
    BOOST_TEST(malformed(changed("0.07794", "0.6%")));
    BOOST_TEST(malformed(changed(",`乌龙茶", ""))); // a value too few
    BOOST_TEST(malformed(changed("12:00:01,`", "12:00:01,")));
    BOOST_TEST(malformed(changed(",`OTHERS", "\n,`OTHERS"))); // a line in two
    BOOST_TEST(malformed(changed("`2026", "2026")));
}

BOOST_AUTO_TEST_CASE(a_summary_that_does_not_fit) {
    auto const with_summary = [](std::string const& names, std::string const& values) {
        return text_of({header_all(), payment("shop-0001"), names, values});
    };
    BOOST_TEST(!malformed(with_summary("总交易单数,别的", "`1,`anything at all")));
    for (char const* const values : {"`0", "`2", "`1.5", "`-1", "`", "`x", "1", "`1,`1", "", "`1e0", "`10"})
        BOOST_TEST(malformed(with_summary("总交易单数", values)), values);
    BOOST_TEST(malformed(with_summary("总交易单数,订单总金额", "`1,`x")));
    BOOST_TEST(malformed(with_summary("总交易单数,手续费总金额", "`1,`0.000001")));
    BOOST_TEST(malformed(with_summary("订单总金额", "`12.99")));
    BOOST_TEST(malformed(with_summary("", "`1")));
    auto const none = read(text_of({header_all(), "总交易单数", "`0"})); // a day on which nothing happened
    BOOST_TEST(!none.code.failed());
    BOOST_TEST(none.rows.empty());
    // A row that got lost, and one that came twice.
    BOOST_TEST(malformed(text_of({header_all(), payment("shop-0001"), "总交易单数", "`2"})));
    BOOST_TEST(
        malformed(text_of({header_all(), payment("shop-0001"), payment("shop-0001"), "总交易单数", "`1"}))
    );
}

BOOST_AUTO_TEST_CASE(an_error_stays) {
    bill_reader reader;
    std::size_t rows = 0;
    auto const count = [&](bill_row const&) { ++rows; };
    BOOST_TEST(!reader.feed(text_of({header_all(), payment("shop-0001")}), count).failed());
    BOOST_TEST(rows == 1U);
    BOOST_TEST((reader.feed("nonsense\n`1\n", count) == errc::malformed_bill));
    BOOST_TEST((reader.feed(sample(), count) == errc::malformed_bill));
    BOOST_TEST((reader.feed("", count) == errc::malformed_bill));
    BOOST_TEST((reader.finish() == errc::malformed_bill));
    BOOST_TEST(rows == 1U);
}

BOOST_AUTO_TEST_CASE(bounds) {
    bill_limits limits;
    limits.max_line = header_all().size() + 1; // with its CR
    auto const text = text_of({header_all(), payment("shop-0001"), "总交易单数", "`1"});
    BOOST_TEST(!read({text}, limits).code.failed());
    BOOST_TEST(!read(bytes_of(text), limits).code.failed());
    limits.max_line -= 1;
    BOOST_TEST((read({text}, limits).code == errc::malformed_bill));
    BOOST_TEST((read(bytes_of(text), limits).code == errc::malformed_bill));
    limits = {};
    limits.max_columns = 27;
    BOOST_TEST(!read({text}, limits).code.failed());
    limits.max_columns = 26;
    BOOST_TEST((read({text}, limits).code == errc::malformed_bill));
    // A line that never ends is not kept.
    bill_reader reader;
    std::string const piece(4096, 'x');
    int fed = 0;
    while (!reader.feed(piece, {}).failed())
        ++fed;
    BOOST_TEST(fed == 16); // 64 KiB
}

BOOST_AUTO_TEST_CASE(many_rows) {
    std::string const row = payment("shop-0001") + "\r\n";
    std::string const other = refund("shop-0001", "R-1") + "\r\n";
    bill_reader reader;
    std::int64_t paid = 0;
    std::int64_t back = 0;
    auto const add = [&](bill_row const& r) {
        paid += r.total_fee.count();
        back += r.refund_fee.count();
    };
    BOOST_TEST(!reader.feed(text_of({header_all()}), add).failed());
    for (int i = 0; i < 20'000; ++i) {
        BOOST_TEST_REQUIRE(!reader.feed(row, add).failed());
        BOOST_TEST_REQUIRE(!reader.feed(other, add).failed());
    }
    BOOST_TEST(!reader.feed(text_of({"总交易单数", "`40000"}), add).failed());
    BOOST_TEST(!reader.finish().failed());
    BOOST_TEST(paid == 20'000 * 1299);
    BOOST_TEST(back == 20'000 * 300);
}

BOOST_AUTO_TEST_CASE(no_bill) {
    auto const e = read_bill_error("<xml><return_code>FAIL</return_code><return_msg>No Bill "
                                   "Exist</return_msg><error_code>20002</error_code></xml>");
    BOOST_TEST_REQUIRE(e.has_value());
    BOOST_TEST((e->what == bill_trouble::missing));
    BOOST_TEST(e->return_msg == "No Bill Exist");
    BOOST_TEST(e->code == "20002");
    auto const what = [](std::string const& return_msg) {
        auto const r = read_bill_error(
            "\n<xml><return_code><![CDATA[FAIL]]></return_code>\n<return_msg><![CDATA[" + return_msg +
            "]]></return_msg>\n</xml>\n"
        );
        BOOST_TEST_REQUIRE(r.has_value(), return_msg);
        BOOST_TEST(r->code.empty());
        return r->what;
    };
    for (char const* const text : {"No Bill Exist", "NO Bill Exist", "no bill exist"})
        BOOST_TEST((what(text) == bill_trouble::missing), text);
    for (char const* const text :
         {"Bill Creating",
          "SYSTEMERROR",
          "CompressGZip Error",
          "UnCompressGZip Error",
          "",
          "系统繁忙,请稍后再试"})
        BOOST_TEST((what(text) == bill_trouble::later), text);
    for (char const* const text :
         {"invalid bill_type", "data format error", "missing parameter", "SIGN ERROR", "签名错误", "No Bill"})
        BOOST_TEST((what(text) == bill_trouble::refused), text);
}

BOOST_AUTO_TEST_CASE(neither_bill_nor_word_of_none) {
    for (std::string_view const text :
         {"",
          "<xml>",
          "<xml></xml>",
          "<xml><return_msg>No Bill Exist</return_msg></xml>",
          "<xml><return_code>SUCCESS</return_code></xml>",
          "<xml><return_code>FAIL</return_code><return_msg>No Bill Exist</return_msg>",
          "<xml><return_code>FAIL</return_code><return_code>FAIL</return_code></xml>",
          "<html><body>No Bill Exist</body></html>",
          "No Bill Exist"})
        BOOST_TEST(!read_bill_error(text).has_value(), text);
    for (std::string_view const text : {"<xml>", "<xml", "\xEF\xBB\xBF<xml>", "\r\n<xml>"})
        BOOST_TEST(begins_bill_error(text), text);
    for (std::string_view const text : {"", "<", "<xm", "<html>", "交易时间", "`1", "\x1F\x8B\x08", "x<xml"})
        BOOST_TEST(!begins_bill_error(text), test::printable(text));
}

BOOST_AUTO_TEST_SUITE_END()
