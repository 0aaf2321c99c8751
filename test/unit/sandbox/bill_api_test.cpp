// downloadbill: the exact bytes of bills and of why there is none, when they can be had, faults; and the
// control calls that make them differ from the truth.
#include "base/text.hpp"
#include "https_side.hpp"
#include "wire/gunzip.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;
namespace json = boost::json;

namespace {

constexpr unix_ms hour = 3'600'000;
constexpr unix_ms day_ms = 24 * hour;
constexpr unix_ms nine = noon + 21 * hour; // the next morning
constexpr std::string_view today = "20261123";

constexpr std::string_view bom = "\xEF\xBB\xBF";
constexpr std::string_view head =
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,"
    "交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额";
constexpr std::string_view all_tail = ",微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,"
                                      "商品名称,商户数据包,手续费,费率,订单金额,"
                                      "申请退款金额,费率备注";
constexpr std::string_view all_summary =
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

std::string lines(std::initializer_list<std::string> all) {
    std::string out(bom);
    for (auto const& l : all)
        out.append(l).append("\r\n");
    return out;
}

std::string joined(std::initializer_list<std::string_view> parts) {
    std::string out;
    for (auto const p : parts)
        out.append(p);
    return out;
}

std::string no_bill(std::string_view return_msg, std::string_view code) {
    return joined(
        {"<xml><return_code>FAIL</return_code><return_msg>",
         return_msg,
         "</return_msg><error_code>",
         code,
         "</error_code></xml>"}
    );
}

std::string const none = no_bill("No Bill Exist", "20002");

fields bill_request(values changes = {}) {
    return with(request({{"bill_date", today}}), changes);
}

std::string ask_bill(fixture& s, values changes = {}) {
    return s.call("/pay/downloadbill", signed_with(bill_request(changes)));
}

struct reading {
    std::vector<wire::bill_row> rows;
    wire::bill_summary summary;
};

reading read_bill(std::string const& text) {
    reading out;
    wire::bill_reader reader;
    auto const ec = reader.feed(text, [&](wire::bill_row const& r) { out.rows.push_back(r); });
    BOOST_TEST_REQUIRE(!ec.failed(), text);
    BOOST_TEST_REQUIRE(!reader.finish().failed(), text);
    out.summary = reader.summary();
    return out;
}

// The numbers in it, in its order.
std::string numbers(std::string const& text) {
    if (text == none)
        return "none";
    std::string out;
    for (auto const& r : read_bill(text).rows) {
        out.append(out.empty() ? "" : " ");
        out.append(r.kind == wire::bill_kind::refund ? r.out_refund_no : r.out_trade_no);
    }
    return out;
}

std::pair<unsigned, std::string> put(fixture& s, std::string const& rules) {
    auto const body = R"({"bill_date":"20261123","rules":[)" + rules + "]}";
    auto const [status, reply] = s.control("PUT", "/control/bill", "", body);
    return {status, json::serialize(reply)};
}

// One payment at noon and one refund of it an hour later; then it is nine the next morning.
struct day_before : fixture {
    day_before() {
        order_ = &paid();
        now += hour;
        refund("r1", "300");
        refund_ = w.refunds.find("10000100", "r1", now);
        now = nine;
    }

    order const* order_;
    refund_entry const* refund_;
};

struct bill_side : https_side {
    bill_side() {
        paid();
        now = nine;
    }

    net::http_reply bill(values changes = {}) {
        return ask("POST", "/pay/downloadbill", xml(signed_with(bill_request(changes))));
    }

    void fault(std::string const& what) { https_side::fault(what, 20, "downloadbill"); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(bills)

BOOST_AUTO_TEST_CASE(all_byte_for_byte) {
    day_before s;
    auto const before = joined(
        {",`wxd930ea5d5a258f4f,`10000100,`0,`,`",
         s.order_->transaction_id,
         ",`order0001,`oUpF8uMuAJO_M2pxb1Q9zNjWeS6o,`JSAPI,`"}
    );
    auto const expected = lines(
        {joined({head, all_tail}),
         "`2026-11-23 12:00:00" + before +
             "SUCCESS,`OTHERS,`CNY,`12.99,`0.00,`0,`0,`0.00,`0.00,`,`,`shop-goods,`,`0.07794,`0.60%,`12.99,`"
             "0.00,`",
         "`2026-11-23 13:00:00" + before + "REFUND,`OTHERS,`CNY,`0.00,`0.00,`" + s.refund_->refund_id +
             ",`r1,`3.00,`0.00,`ORIGINAL,`SUCCESS,`shop-goods,`,`-0.01800,`0.60%,`0.00,`3.00,`",
         std::string(all_summary),
         "`2,`12.99,`3.00,`0.00,`0.05994,`12.99,`3.00"}
    );
    BOOST_TEST(ask_bill(s) == expected);
    BOOST_TEST(ask_bill(s, {{"bill_type", "ALL"}}) == expected);
    auto const hmac = signed_with(bill_request(), sign_type::hmac_sha256);
    BOOST_TEST(s.call("/pay/downloadbill", hmac) == expected);
    BOOST_TEST(s.call("/pay/downloadbill", hmac, "") == expected); // no certificate is asked for
    auto const r = read_bill(expected);
    BOOST_TEST(r.rows[0].total_fee.count() == 1299);
    BOOST_TEST(r.rows[1].refund_fee.count() == 300);
}

BOOST_AUTO_TEST_CASE(payments_and_refunds_byte_for_byte) {
    day_before s;
    auto const before = joined(
        {"`2026-11-23 12:00:00,`wxd930ea5d5a258f4f,`10000100,`0,`,`",
         s.order_->transaction_id,
         ",`order0001,`oUpF8uMuAJO_M2pxb1Q9zNjWeS6o,`JSAPI,`"}
    );
    BOOST_TEST(
        ask_bill(s, {{"bill_type", "SUCCESS"}}) ==
        lines(
            {joined({head, ",商品名称,商户数据包,手续费,费率,订单金额,费率备注"}),
             before + "SUCCESS,`OTHERS,`CNY,`12.99,`0.00,`shop-goods,`,`0.07794,`0.60%,`12.99,`",
             "总交易单数,应结订单总金额,手续费总金额,订单总金额",
             "`1,`12.99,`0.07794,`12.99"}
        )
    );
    BOOST_TEST(
        ask_bill(s, {{"bill_type", "REFUND"}}) ==
        lines(
            {joined({head, ",退款申请时间,退款成功时间", all_tail}),
             before + "REFUND,`OTHERS,`CNY,`0.00,`0.00,`2026-11-23 13:00:00,`2026-11-23 13:00:02,`" +
                 s.refund_->refund_id +
                 ",`r1,`3.00,`0.00,`ORIGINAL,`SUCCESS,`shop-goods,`,`-0.01800,`0.60%,`0.00,`3.00,`",
             std::string(all_summary),
             "`1,`0.00,`3.00,`0.00,`-0.01800,`0.00,`3.00"}
        )
    );
}

BOOST_AUTO_TEST_CASE(gzipped) {
    day_before s;
    std::string text;
    wire::gunzip g;
    auto const bytes = ask_bill(s, {{"tar_type", "GZIP"}});
    BOOST_TEST(!g.feed(bytes, [&](std::string_view piece) { text.append(piece); }).failed());
    BOOST_TEST(!g.finish().failed());
    BOOST_TEST(text == ask_bill(s));
    BOOST_TEST(ask_bill(s, {{"tar_type", "GZIP"}, {"bill_date", "20261122"}}) == none); // plain
}

BOOST_AUTO_TEST_CASE(requests_that_are_wrong) {
    day_before s;
    auto const wrong = [&](fields const& r) { return s.call("/pay/downloadbill", r); };
    for (char const* const name : {"appid", "mch_id", "nonce_str", "bill_date"})
        BOOST_TEST(ask_bill(s, {{name, ""}}) == no_bill("missing parameter", "20001"), name);
    BOOST_TEST(wrong(bill_request()) == no_bill("missing parameter", "20001")); // no sign
    for (char const* const date :
         {"20261399", "20260230", "2026112", "2026-11-23", "202611231", "2026112a", "today", "00000000"})
        BOOST_TEST(ask_bill(s, {{"bill_date", date}}) == no_bill("data format error", "20001"), date);
    for (char const* const type : {"all", "ANY", "SUCCESS ", "1"})
        BOOST_TEST(ask_bill(s, {{"bill_type", type}}) == no_bill("invalid bill_type", "20001"), type);
    for (char const* const tar : {"ZIP", "gzip", "GZIPGZIP"})
        BOOST_TEST(ask_bill(s, {{"tar_type", tar}}) == no_bill("data format error", "20001"), tar);
    BOOST_TEST(
        ask_bill(s, {{"nonce_str", "123456789012345678901234567890123"}}) ==
        no_bill("data format error", "20001")
    );
    auto const forged = signed_with(bill_request(), sign_type::md5, other_key);
    BOOST_TEST(wrong(forged) == no_bill("SIGN ERROR", "20001"));
    BOOST_TEST(wrong(signed_with(bill_request({{"sign_type", "RSA"}}))) == no_bill("SIGN ERROR", "20001"));
    BOOST_TEST(ask_bill(s, {{"mch_id", "10000999"}}) == no_bill("商户号mch_id与appid不匹配", "20001"));
    BOOST_TEST(ask_bill(s, {{"appid", "wx0000000000000001"}}) == no_bill("appid和mch_id不匹配", "20001"));
    auto const& op = *wechat_api::find_operation("/pay/downloadbill");
    BOOST_TEST(s.w.api.call(op, "GET", "", s.now).body == no_bill("请使用post方法", "20001"));
    BOOST_TEST(s.w.api.call(op, "POST", "", s.now).body == no_bill("post数据为空", "20001"));
    BOOST_TEST(s.w.api.call(op, "POST", "<xml>", s.now).body == no_bill("XML格式错误", "20001"));
}

BOOST_AUTO_TEST_CASE(when_it_can_be_had) {
    fixture s;
    s.paid();
    BOOST_TEST(ask_bill(s) == none); // the day goes on
    s.now = noon + 12 * hour;
    BOOST_TEST(ask_bill(s) == none); // midnight
    s.now = nine - 1;
    BOOST_TEST(ask_bill(s) == none);
    s.now = nine;
    BOOST_TEST(numbers(ask_bill(s)) == "order0001");
    BOOST_TEST(ask_bill(s, {{"bill_date", "20261124"}}) == none);
    BOOST_TEST(ask_bill(s, {{"bill_date", "20991231"}}) == none);
    s.now = noon + 92 * day_ms; // 23 February
    BOOST_TEST(numbers(ask_bill(s)) == "order0001");
    s.now = noon + 92 * day_ms + 12 * hour - 1;
    BOOST_TEST(numbers(ask_bill(s)) == "order0001");
    s.now += 1;
    BOOST_TEST(ask_bill(s) == none);
}

BOOST_AUTO_TEST_CASE(three_months_back_where_there_is_no_such_day) {
    fixture s;
    s.now = noon + 97 * day_ms; // 28 February
    s.paid();
    auto const text = [&] { return numbers(ask_bill(s, {{"bill_date", "20270228"}})); };
    s.now += 92 * day_ms; // 31 May
    BOOST_TEST(text() == "order0001");
    s.now += day_ms;
    BOOST_TEST(text() == "none");
}

BOOST_AUTO_TEST_CASE(a_scale_shortens_the_wait) {
    fixture s(60);
    s.now = noon + 12 * hour + 10 * 60'000; // ten past midnight
    s.paid();
    auto const text = [&] { return numbers(ask_bill(s, {{"bill_date", "20261124"}})); };
    s.now = noon + 12 * hour + 33 * 60'000 - 1;
    BOOST_TEST(text() == "none");
    s.now += 1; // 33 hours, sixty times as short
    BOOST_TEST(text() == "order0001");
    s.now += hour;
    s.paid("order0002"); // the day is still the calendar's
    BOOST_TEST(text() == "order0001 order0002");
    s.now += 30 * day_ms;
    BOOST_TEST(text() == "order0001 order0002");
    BOOST_TEST((scaled_intervals(60).bill_ready == std::chrono::minutes(33)));
}

BOOST_AUTO_TEST_CASE(what_is_of_which_day) {
    fixture s;
    s.place(order_request("unpaid"));
    s.now = noon - 12 * hour - 1;
    s.paid("evening");
    s.now += 1;
    s.paid("midnight");
    s.now = noon + 12 * hour - 1;
    s.paid("latest");
    s.now += 1;
    s.paid("thenext");
    s.refund("r1", "1", {{"out_trade_no", "latest"}}); // the next day's, of a payment of this one
    s.now = noon + 3 * day_ms;
    BOOST_TEST(numbers(ask_bill(s)) == "midnight latest");
    BOOST_TEST(numbers(ask_bill(s, {{"bill_date", "20261122"}})) == "evening");
    BOOST_TEST(numbers(ask_bill(s, {{"bill_date", "20261124"}})) == "thenext r1");
    BOOST_TEST(numbers(ask_bill(s, {{"bill_date", "20261124"}, {"bill_type", "REFUND"}})) == "r1");
    BOOST_TEST(numbers(ask_bill(s, {{"bill_date", "20261124"}, {"bill_type", "SUCCESS"}})) == "thenext");
    BOOST_TEST(ask_bill(s, {{"bill_date", "20261125"}}) == none);
    BOOST_TEST(ask_bill(s, {{"bill_type", "REFUND"}}) == none);
    BOOST_TEST(ask_bill(s, {{"bill_type", "RECHARGE_REFUND"}}) == none);
}

BOOST_AUTO_TEST_CASE(another_merchants_are_not_in_it) {
    fixture s;
    auto const theirs = [](fields const& f) {
        auto const r = with(f, {{"appid", "wx0000000000000001"}, {"mch_id", "10000200"}});
        return signed_with(r, sign_type::md5, other_key);
    };
    s.call("/pay/unifiedorder", theirs(order_request("theirs")));
    s.w.orders.pay(*s.w.orders.find("10000200", "theirs", s.now), s.now);
    s.now = nine;
    BOOST_TEST(ask_bill(s) == none);
    BOOST_TEST(numbers(s.call("/pay/downloadbill", theirs(bill_request()))) == "theirs");
}

BOOST_AUTO_TEST_CASE(a_refunds_status_is_that_of_nine) {
    struct row {
        char const* plan;
        char const* status;
    };

    for (row const& r : std::initializer_list<row>{
             {R"({"settle":"2s"})", "SUCCESS"},
             {R"({"settle":"never"})", "PROCESSING"},
             {R"({"settle":"20h"})", "SUCCESS"},
             {R"({"settle":"22h"})", "PROCESSING"},
             {R"({"settle":"2s","refund_status":"REFUNDCLOSE"})", "REFUNDCLOSE"},
             {R"({"settle":"2s","refund_status":"CHANGE"})", "CHANGE"},
         }) {
        fixture s;
        s.paid();
        s.control("PUT", "/control/refunds", "", r.plan);
        s.refund("r1", "300");
        s.now = noon + 2 * day_ms;
        auto const all = read_bill(ask_bill(s));
        BOOST_TEST(all.rows[1].refund_status == r.status);
        BOOST_TEST(all.summary.refund_fee.value().count() == 300);
        auto const refunds = read_bill(ask_bill(s, {{"bill_type", "REFUND"}}));
        BOOST_TEST(refunds.rows[0].refund_succeeded.has_value() == (std::string_view(r.status) == "SUCCESS"));
    }
}

BOOST_AUTO_TEST_CASE(texts_that_hold_anything) {
    fixture s;
    s.paid("order0001", {{"body", "tea, `green`"}, {"attach", "a,b"}, {"device_info", "till 1"}});
    s.paid("order0002", {{"body", "a\r\nb\tc"}, {"attach", "x,`0.01"}});
    s.now = nine;
    auto const r = read_bill(ask_bill(s));
    BOOST_TEST_REQUIRE(r.rows.size() == 2U);
    BOOST_TEST(r.rows[0].body == "tea, `green`");
    BOOST_TEST(r.rows[0].attach == "a,b");
    BOOST_TEST(r.rows[1].ambiguous);
    BOOST_TEST(r.rows[1].body == "a  b c,`x");
    BOOST_TEST(r.rows[1].attach == "0.01");
    BOOST_TEST(r.rows[1].total_fee.count() == 1299);
}

BOOST_AUTO_TEST_CASE(many) {
    fixture s;
    std::string digits;
    for (int i = 0; i < 5000; ++i) {
        digits = std::to_string(100'000 + i);
        auto const placed = s.w.orders.place(order_request("many" + digits), sign_type::md5, s.now);
        s.w.orders.pay(*placed.accepted, s.now);
        s.now += 1000;
    }
    s.now = nine;
    auto const r = read_bill(ask_bill(s));
    BOOST_TEST(r.rows.size() == 5000U);
    BOOST_TEST(r.summary.total_fee.value().count() == 5000 * 1299);
    BOOST_TEST(r.summary.fee.value() == 5000 * 7794);
}

// ---- faults

BOOST_AUTO_TEST_CASE(over_https) {
    bill_side s;
    auto const reply = s.bill();
    BOOST_TEST(reply.status == 200U);
    BOOST_TEST(reply.content_type == "text/plain");
    BOOST_TEST(numbers(reply.body) == "order0001");
    auto const log = s.w.log.newest(1);
    BOOST_TEST(log[0].at("operation").as_string() == "downloadbill");
    BOOST_TEST(log[0].at("path").as_string() == "/pay/downloadbill");
    BOOST_TEST(log[0].at("request").at("bill_date").as_string() == "20261123");
    BOOST_TEST(log[0].at("response_body").as_string() == reply.body);
}

BOOST_AUTO_TEST_CASE(what_the_log_keeps_of_it) {
    bill_side s;
    auto const kept = [&] {
        return std::string(s.w.log.newest(1)[0].at("response_body").as_string().c_str());
    };
    for (int i = 0; i < 40; ++i) {
        s.now = noon + i;
        s.paid("more" + std::to_string(100 + i), {{"body", "乌龙茶乌龙茶"}});
    }
    s.now = nine;
    auto const reply = s.bill();
    BOOST_TEST(reply.body.size() > 8000U);
    BOOST_TEST(kept().size() <= 4096U);
    BOOST_TEST(kept().size() > 4090U);
    BOOST_TEST(reply.body.starts_with(kept())); // not cut within a character
    s.bill({{"tar_type", "GZIP"}});
    BOOST_TEST(is_utf8(json::serialize(s.w.log.newest(1))));
}

BOOST_AUTO_TEST_CASE(faults_of_a_bill) {
    bill_side s;
    for (char const* const what : {"hang_before", "hang_after", "reset_before", "reset_after"}) {
        s.fault(what);
        BOOST_TEST(s.bill().disconnect, what);
        BOOST_TEST(!s.bill().disconnect, what); // once
    }
    s.fault("http_500");
    BOOST_TEST(s.bill().status == 500U);
    auto const whole = s.bill().body;
    s.fault("garbage");
    BOOST_TEST(s.bill().body == whole.substr(0, whole.size() / 2));
    auto const packed = s.bill({{"tar_type", "GZIP"}}).body;
    s.fault("garbage");
    BOOST_TEST((s.bill({{"tar_type", "GZIP"}}).body == packed.substr(0, packed.size() / 2)));
    s.fault("system_error");
    BOOST_TEST(
        s.bill().body == "<xml><return_code>FAIL</return_code><return_msg>SYSTEMERROR</return_msg></xml>"
    );
    for (char const* const what : {"bad_sign", "sign_probe"}) { // there is no signature to be wrong
        s.fault(what);
        BOOST_TEST(s.bill().body == whole, what);
    }
    s.fault("delay");
    auto const start = std::chrono::steady_clock::now();
    BOOST_TEST(s.bill().body == whole);
    BOOST_TEST((std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(20)));
}

// ---- differences on demand

BOOST_AUTO_TEST_CASE(rows_dropped) {
    day_before s;
    BOOST_TEST(put(s, R"({"do":"drop","out_trade_no":"order0001"})").first == 200U);
    BOOST_TEST(numbers(ask_bill(s)) == "r1");
    BOOST_TEST(put(s, R"({"do":"drop","out_refund_no":"r1"})").first == 200U); // instead
    BOOST_TEST(numbers(ask_bill(s)) == "order0001");
    BOOST_TEST(
        put(s, R"({"do":"drop","out_refund_no":"r1"},{"do":"drop","out_trade_no":"order0001"})").first == 200U
    );
    BOOST_TEST(ask_bill(s) == none);
    BOOST_TEST(put(s, R"({"do":"drop","out_trade_no":"r1"})").first == 200U); // no payment's number
    BOOST_TEST(numbers(ask_bill(s)) == "order0001 r1");
}

BOOST_AUTO_TEST_CASE(rows_changed) {
    day_before s;
    auto const truth = read_bill(ask_bill(s));
    put(s, R"({"do":"amount","out_trade_no":"order0001","amount":1300},
              {"do":"amount","out_refund_no":"r1","amount":299})");
    auto r = read_bill(ask_bill(s));
    BOOST_TEST(r.rows[0].total_fee.count() == 1300);
    BOOST_TEST(r.rows[0].settlement_fee.count() == 1300);
    BOOST_TEST(r.rows[0].fee == truth.rows[0].fee);
    BOOST_TEST(r.rows[1].refund_fee.count() == 299);
    BOOST_TEST(r.summary.total_fee.value().count() == 1300);
    BOOST_TEST(r.summary.refund_fee.value().count() == 299);
    put(s, R"({"do":"state","out_trade_no":"order0001","state":"REVOKED"},
              {"do":"state","out_refund_no":"r1","state":"PROCESSING"})");
    r = read_bill(ask_bill(s));
    BOOST_TEST(r.rows[0].trade_state == "REVOKED");
    BOOST_TEST((r.rows[0].kind == wire::bill_kind::other));
    BOOST_TEST(r.rows[1].trade_state == "REFUND");
    BOOST_TEST(r.rows[1].refund_status == "PROCESSING");
    put(s,
        R"({"do":"fee","out_trade_no":"order0001","fee":10000},{"do":"fee","out_refund_no":"r1","fee":-1})");
    r = read_bill(ask_bill(s));
    BOOST_TEST(r.rows[0].fee == 10'000);
    BOOST_TEST(r.rows[1].fee == -1);
    BOOST_TEST(r.summary.fee.value() == 9'999);
    BOOST_TEST(r.rows[0].total_fee.count() == 1299);
}

BOOST_AUTO_TEST_CASE(rows_added) {
    day_before s;
    put(s, R"({"do":"add","out_trade_no":"stranger","amount":77},
              {"do":"add","out_trade_no":"stranger","out_refund_no":"rs","amount":7,"state":"PROCESSING"},
              {"do":"add","out_trade_no":"known","amount":1,"fee":5,"openid":"o1","transaction_id":"42"},
              {"do":"amount","out_trade_no":"known","amount":2})");
    auto const r = read_bill(ask_bill(s));
    BOOST_TEST_REQUIRE(r.rows.size() == 5U);
    auto const& stranger = r.rows[1];
    BOOST_TEST(stranger.out_trade_no == "stranger");
    BOOST_TEST(stranger.total_fee.count() == 77);
    BOOST_TEST(stranger.fee == 462);
    BOOST_TEST(stranger.transaction_id == "4200999999202611230000000001");
    BOOST_TEST(stranger.appid == "wxd930ea5d5a258f4f");
    BOOST_TEST(to_wechat_time(stranger.trade_time) == "20261123120000");
    auto const& back = r.rows[2];
    BOOST_TEST((back.kind == wire::bill_kind::refund));
    BOOST_TEST(back.out_refund_no == "rs");
    BOOST_TEST(back.refund_id == "50009999990202611230000000002");
    BOOST_TEST(back.refund_fee.count() == 7);
    BOOST_TEST(back.refund_status == "PROCESSING");
    auto const& known = r.rows[3];
    BOOST_TEST(known.transaction_id == "42");
    BOOST_TEST(known.openid == "o1");
    BOOST_TEST(known.fee == 5);
    BOOST_TEST(known.total_fee.count() == 2);
    BOOST_TEST(r.rows[4].out_refund_no == "r1");
    BOOST_TEST(r.summary.count == 5U);
    // The other merchant has none of it, unless it is said so.
    auto const theirs = [&] {
        auto const q = with(bill_request(), {{"appid", "wx0000000000000001"}, {"mch_id", "10000200"}});
        return numbers(s.call("/pay/downloadbill", signed_with(q, sign_type::md5, other_key)));
    };
    BOOST_TEST(theirs() == "none");
    put(s, R"({"do":"add","mch_id":"10000200","out_trade_no":"theirs","amount":1})");
    BOOST_TEST(theirs() == "theirs");
    BOOST_TEST(numbers(ask_bill(s)) == "order0001 r1");
}

BOOST_AUTO_TEST_CASE(at_once_or_never) {
    fixture s;
    s.paid();
    auto const say = [&](char const* body) { return s.control("PUT", "/control/bill", "", body).first; };
    BOOST_TEST(say(R"({"bill_date":"20261123","available":true})") == 200U);
    BOOST_TEST(numbers(ask_bill(s)) == "order0001");
    BOOST_TEST(say(R"({"bill_date":"20261123","available":false})") == 200U);
    s.now = nine;
    BOOST_TEST(ask_bill(s) == none);
    BOOST_TEST(say(R"({"bill_date":"20261123"})") == 200U);
    BOOST_TEST(numbers(ask_bill(s)) == "order0001");
    BOOST_TEST(say(R"({"bill_date":"20261124","available":false})") == 200U); // of another day
    BOOST_TEST(numbers(ask_bill(s)) == "order0001");
}

BOOST_AUTO_TEST_CASE(true_again) {
    day_before s;
    constexpr char const* drop = R"({"do":"drop","out_trade_no":"order0001"})";
    put(s, drop);
    put(s, "");
    BOOST_TEST(numbers(ask_bill(s)) == "order0001 r1");
    put(s, drop);
    BOOST_TEST(s.control("DELETE", "/control/bill").first == 200U);
    BOOST_TEST(numbers(ask_bill(s)) == "order0001 r1");
    put(s, drop);
    s.control("DELETE", "/control/state");
    s.now = noon;
    s.paid();
    s.now = nine;
    BOOST_TEST(numbers(ask_bill(s)) == "order0001");
    BOOST_TEST(s.control("GET", "/control/bill").first == 405U);
}

BOOST_AUTO_TEST_CASE(what_is_answered) {
    fixture s;
    auto const [status, reply] =
        put(s, R"({"do":"add","out_trade_no":"x","amount":1},{"do":"fee","out_refund_no":"r","fee":-5})");
    BOOST_TEST(status == 200U);
    BOOST_TEST(
        reply ==
        R"({"bill_date":"20261123","rules":[{"do":"add","mch_id":"10000100","out_trade_no":"x","amount":1},)"
        R"({"do":"fee","out_refund_no":"r","fee":-5}]})"
    );
}

BOOST_AUTO_TEST_CASE(bad_plans_change_nothing) {
    day_before s;
    put(s, R"({"do":"drop","out_trade_no":"order0001"})");
    for (char const* const bad :
         {"1",
          "{}",
          R"({"do":"drop"})",
          R"({"out_trade_no":"x"})",
          R"({"do":"explode","out_trade_no":"x"})",
          R"({"do":"drop","out_trade_no":"x","out_refund_no":"y"})",
          R"({"do":"drop","out_trade_no":""})",
          R"({"do":"drop","out_trade_no":1})",
          R"({"do":"drop","out_trade_no":"x","amount":1})",
          R"({"do":"drop","out_trade_no":"x","more":1})",
          R"({"do":"drop","out_trade_no":"x\n"})",
          R"({"do":"amount","out_trade_no":"x"})",
          R"({"do":"amount","out_trade_no":"x","amount":-1})",
          R"({"do":"amount","out_trade_no":"x","amount":"1"})",
          R"({"do":"amount","out_trade_no":"x","amount":10000000001})",
          R"({"do":"state","out_trade_no":"x"})",
          R"({"do":"state","out_trade_no":"x","state":""})",
          R"({"do":"fee","out_trade_no":"x"})",
          R"({"do":"fee","out_trade_no":"x","fee":0.5})",
          R"({"do":"add","amount":1})",
          R"({"do":"add","out_refund_no":"x","amount":1})",
          R"({"do":"add","out_trade_no":"x"})",
          R"({"do":"add","out_trade_no":"x","amount":1,"refund_id":"5"})",
          R"({"do":"drop","out_trade_no":"x","openid":"o"})"}) {
        auto const [status, reply] = put(s, bad);
        BOOST_TEST(status == 400U, bad);
        BOOST_TEST(reply.starts_with(R"({"error":"rules[0])"), reply);
    }
    for (char const* const bad :
         {"",
          "[]",
          "{}",
          R"({"rules":[]})",
          R"({"bill_date":20261123})",
          R"({"bill_date":"20261399"})",
          R"({"bill_date":"2026-11-23"})",
          R"({"bill_date":"20261123","available":1})",
          R"({"bill_date":"20261123","rules":{}})",
          R"({"bill_date":"20261123","more":1})"})
        BOOST_TEST(s.control("PUT", "/control/bill", "", bad).first == 400U, bad);
    BOOST_TEST(put(s, R"({"do":"drop","mch_id":"10000999","out_trade_no":"x"})").first == 404U);
    std::string many = R"({"do":"drop","out_trade_no":"x"})";
    for (int i = 0; i < 64; ++i)
        many += R"(,{"do":"drop","out_trade_no":"x"})";
    BOOST_TEST(put(s, many).first == 400U);
    BOOST_TEST(numbers(ask_bill(s)) == "r1"); // as it was
}

BOOST_AUTO_TEST_SUITE_END()
