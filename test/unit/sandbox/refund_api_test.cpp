// refund and refundquery: the exact bytes of their answers, pages, certificates, faults.
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;

namespace {

std::string text(std::string const& name, std::string_view value) {
    return "<" + name + "><![CDATA[" + std::string(value) + "]]></" + name + ">\n";
}

std::string bare(std::string const& name, std::string_view value) {
    return "<" + name + ">" + std::string(value) + "</" + name + ">\n";
}

fields read(std::string const& bytes) {
    fields f;
    BOOST_TEST_REQUIRE(!decode_xml(bytes, f), bytes);
    return f;
}

// The signature an answer should carry, made from its own fields.
std::string sign_of(std::string const& bytes, sign_type type = sign_type::md5) {
    return sign(read(bytes), type, key);
}

// What every answer begins with but that of a refundquery that found something.
std::string head(std::string const& bytes) {
    return "<xml>" + text("return_code", "SUCCESS") + text("return_msg", "OK") +
           text("appid", "wxd930ea5d5a258f4f") + text("mch_id", "10000100") +
           text("nonce_str", read(bytes).get("nonce_str")) + text("sign", sign_of(bytes));
}

std::string refusal(std::string const& return_msg) {
    return "<xml>" + text("return_code", "FAIL") + text("return_msg", return_msg) + "</xml>";
}

std::string not_there(std::string const& bytes) {
    return head(bytes) + text("result_code", "FAIL") + text("err_code", "REFUNDNOTEXIST") +
           text("err_code_des", "not exist") + "</xml>";
}

std::string ask_refund(fixture& s, std::string_view number, std::string_view fee, values changes = {}) {
    return s.call("/secapi/pay/refund", signed_with(order_refund_request(number, fee, changes)));
}

std::string ask_query(fixture& s, values numbers) {
    return s.call("/pay/refundquery", signed_with(request(numbers)));
}

fields query(fixture& s, values numbers) {
    return s.ask("/pay/refundquery", request(numbers));
}

// Accepts so many refunds of one fen of order0001, a minute apart: r01, r02, …
void refund_often(fixture& s, int n) {
    for (int i = 1; i <= n; ++i) {
        auto const number = std::string(i < 10 ? "r0" : "r") + std::to_string(i);
        BOOST_TEST(s.refund(number, "1").get("result_code") == "SUCCESS");
        s.now += 60'000;
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(refund_calls)

BOOST_AUTO_TEST_CASE(refund_byte_for_byte) {
    fixture s;
    auto const& o = s.paid();
    auto const bytes = ask_refund(s, "refund1", "300");
    auto const& r = *s.w.refunds.find("10000100", "refund1", s.now);
    BOOST_TEST(
        bytes == head(bytes) + text("result_code", "SUCCESS") + text("transaction_id", o.transaction_id) +
                     text("out_trade_no", "order0001") + text("out_refund_no", "refund1") +
                     text("refund_id", r.refund_id) + text("refund_channel", "") + bare("refund_fee", "300") +
                     bare("coupon_refund_fee", "0") + bare("total_fee", "1299") + bare("cash_fee", "1299") +
                     bare("coupon_refund_count", "0") + bare("cash_refund_fee", "300") + "</xml>"
    );
}

BOOST_AUTO_TEST_CASE(the_answer_is_signed_as_the_request_was) {
    fixture s;
    s.paid();
    auto const r = signed_with(order_refund_request("refund1", "300"), sign_type::hmac_sha256);
    auto const bytes = s.call("/secapi/pay/refund", r);
    BOOST_TEST(read(bytes).get("sign").size() == 64U);
    BOOST_TEST(read(bytes).get("sign") == sign_of(bytes, sign_type::hmac_sha256));
}

BOOST_AUTO_TEST_CASE(a_refused_refund_byte_for_byte) {
    fixture s;
    auto const bytes = ask_refund(s, "refund1", "300");
    BOOST_TEST(
        bytes == head(bytes) + text("result_code", "FAIL") + text("err_code", "ORDERNOTEXIST") +
                     text("err_code_des", "订单不存在") + "</xml>"
    );
}

BOOST_AUTO_TEST_CASE(the_certificate_must_be_the_merchants) {
    fixture s;
    s.paid();
    auto const good = order_refund_request("refund1", "300");
    auto const answer = [&](fields const& r, std::string_view certificate) {
        return s.call("/secapi/pay/refund", r, certificate);
    };
    for (std::string_view const certificate : {"10000200", "1000010", "100001000", "localhost", ""}) {
        BOOST_TEST(answer(signed_with(good), certificate) == refusal("certificate not match"));
        // Before the signature, and after the fields and the merchant.
        BOOST_TEST(
            answer(signed_with(good, sign_type::md5, other_key), certificate) ==
            refusal("certificate not match")
        );
        BOOST_TEST(
            answer(signed_with(with(good, {{"mch_id", "10000999"}})), certificate) ==
            refusal("商户号mch_id与appid不匹配")
        );
        BOOST_TEST(
            answer(signed_with(with(good, {{"refund_fee", "0"}})), certificate) == refusal("参数格式校验错误")
        );
    }
    BOOST_TEST(s.status_of("refund1") == "");
    BOOST_TEST(answer(signed_with(good, sign_type::md5, other_key), "10000100") == refusal("签名错误"));
    BOOST_TEST(read(answer(signed_with(good), "10000100")).get("result_code") == "SUCCESS");
    // A query asks for none, and minds none.
    for (std::string_view const certificate : {"", "10000200"}) {
        auto const bytes =
            s.call("/pay/refundquery", signed_with(request({{"out_refund_no", "refund1"}})), certificate);
        BOOST_TEST(read(bytes).get("result_code") == "SUCCESS");
    }
}

BOOST_AUTO_TEST_CASE(a_refund_query_byte_for_byte) {
    fixture s;
    auto const& o = s.paid();
    s.refund("refund1", "300", {{"refund_account", "REFUND_SOURCE_RECHARGE_FUNDS"}});
    auto const& r = *s.w.refunds.find("10000100", "refund1", s.now);
    auto const expected = [&](std::string const& bytes, std::string const& status, std::string const& time) {
        return "<xml>" + text("appid", "wxd930ea5d5a258f4f") + text("cash_fee", "1299") +
               text("mch_id", "10000100") + text("nonce_str", read(bytes).get("nonce_str")) +
               text("out_refund_no_0", "refund1") + text("out_trade_no", "order0001") +
               text("refund_account_0", "REFUND_SOURCE_RECHARGE_FUNDS") +
               text("refund_channel_0", "ORIGINAL") + bare("refund_count", "1") + bare("refund_fee", "300") +
               bare("refund_fee_0", "300") + text("refund_id_0", r.refund_id) +
               text("refund_recv_accout_0", "支付用户的零钱") + text("refund_status_0", status) + time +
               text("result_code", "SUCCESS") + text("return_code", "SUCCESS") + text("return_msg", "OK") +
               text("sign", sign_of(bytes)) + text("total_fee", "1299") +
               text("transaction_id", o.transaction_id) + "</xml>";
    };
    auto bytes = ask_query(s, {{"out_refund_no", "refund1"}});
    BOOST_TEST(bytes == expected(bytes, "PROCESSING", ""));
    s.now += 2000;
    bytes = ask_query(s, {{"out_refund_no", "refund1"}});
    BOOST_TEST(bytes == expected(bytes, "SUCCESS", text("refund_success_time_0", "2026-11-23 12:00:02")));
    bytes = ask_query(s, {{"refund_id", r.refund_id}});
    BOOST_TEST(bytes == expected(bytes, "SUCCESS", text("refund_success_time_0", "2026-11-23 12:00:02")));
    bytes = ask_query(s, {{"out_refund_no", "refund1"}, {"offset", "10"}}); // means nothing here
    BOOST_TEST(bytes == expected(bytes, "SUCCESS", text("refund_success_time_0", "2026-11-23 12:00:02")));
}

BOOST_AUTO_TEST_CASE(no_success_time_unless_it_succeeded) {
    for (char const* const as : {"CHANGE", "REFUNDCLOSE"}) {
        fixture s;
        s.paid();
        s.control("PUT", "/control/refunds", "", std::string(R"({"refund_status":")") + as + R"("})");
        s.refund("refund1", "300");
        s.now += 2000;
        auto const a = query(s, {{"out_refund_no", "refund1"}});
        BOOST_TEST(a.get("refund_status_0") == as);
        BOOST_TEST(!a.find("refund_success_time_0").has_value());
    }
}

BOOST_AUTO_TEST_CASE(nothing_there_byte_for_byte) {
    fixture s;
    auto const& o = s.paid(); // paid, and nothing of it refunded
    for (auto const& numbers :
         {values{{"out_refund_no", "refund1"}},
          values{{"refund_id", "50000000002026112300000000001"}},
          values{{"out_trade_no", "order0001"}},
          values{{"transaction_id", o.transaction_id}},
          values{{"out_trade_no", "order0009"}},
          values{{"transaction_id", "4200"}}}) {
        auto const bytes = ask_query(s, numbers);
        BOOST_TEST(bytes == not_there(bytes));
    }
}

BOOST_AUTO_TEST_CASE(anothers_refund_is_not_there) {
    fixture s;
    s.paid();
    s.refund("refund1", "300");
    auto const& r = *s.w.refunds.find("10000100", "refund1", s.now);
    for (auto const& numbers :
         {values{{"out_refund_no", "refund1"}},
          values{{"refund_id", r.refund_id}},
          values{{"out_trade_no", "order0001"}},
          values{{"transaction_id", r.of->transaction_id}}}) {
        auto const theirs = with(request(numbers), {{"appid", "wx0000000000000001"}, {"mch_id", "10000200"}});
        auto const bytes = s.call("/pay/refundquery", signed_with(theirs, sign_type::md5, other_key));
        BOOST_TEST(read(bytes).get("err_code") == "REFUNDNOTEXIST");
    }
}

BOOST_AUTO_TEST_CASE(which_number_decides) {
    fixture s;
    s.paid("order0001");
    s.paid("order0002");
    auto const refund_of = [&](char const* order, char const* number) {
        return std::string(s.refund(number, "1", {{"out_trade_no", order}}).get("refund_id"));
    };
    auto const first = refund_of("order0001", "r1");
    s.now += 60'000;
    refund_of("order0001", "r2");
    refund_of("order0002", "r3");
    auto const& second = *s.w.orders.find("10000100", "order0002", s.now);
    auto const found = [&](values numbers) { return std::string(query(s, numbers).get("out_refund_no_0")); };
    BOOST_TEST(found({{"refund_id", first}, {"out_refund_no", "r2"}, {"out_trade_no", "order0002"}}) == "r1");
    BOOST_TEST(found({{"out_refund_no", "r2"}, {"transaction_id", second.transaction_id}}) == "r2");
    BOOST_TEST(found({{"transaction_id", second.transaction_id}, {"out_trade_no", "order0001"}}) == "r3");
    BOOST_TEST(found({{"out_trade_no", "order0001"}}) == "r1");
    // The one that decides is looked for alone.
    BOOST_TEST(query(s, {{"refund_id", "5"}, {"out_refund_no", "r2"}}).get("err_code") == "REFUNDNOTEXIST");
    BOOST_TEST(
        query(s, {{"out_refund_no", "r9"}, {"out_trade_no", "order0001"}}).get("err_code") == "REFUNDNOTEXIST"
    );
    auto const one = query(s, {{"out_refund_no", "r2"}}); // that one only, at index 0
    BOOST_TEST(one.get("refund_count") == "1");
    BOOST_TEST(one.get("refund_fee") == "1");
    BOOST_TEST(!one.find("out_refund_no_1").has_value());
    BOOST_TEST(!one.find("total_refund_count").has_value());
}

BOOST_AUTO_TEST_CASE(an_orders_refunds_byte_for_byte) {
    fixture s;
    auto const& o = s.paid();
    s.refund("r1", "300");
    s.now += 60'000;
    s.refund("r2", "999");
    auto const bytes = ask_query(s, {{"out_trade_no", "order0001"}});
    auto const id = [&](char const* number) {
        return s.w.refunds.find("10000100", number, s.now)->refund_id;
    };
    BOOST_TEST(
        bytes ==
        "<xml>" + text("appid", "wxd930ea5d5a258f4f") + text("cash_fee", "1299") +
            text("mch_id", "10000100") + text("nonce_str", read(bytes).get("nonce_str")) +
            text("out_refund_no_0", "r1") + text("out_refund_no_1", "r2") +
            text("out_trade_no", "order0001") + text("refund_account_0", "REFUND_SOURCE_UNSETTLED_FUNDS") +
            text("refund_account_1", "REFUND_SOURCE_UNSETTLED_FUNDS") + text("refund_channel_0", "ORIGINAL") +
            text("refund_channel_1", "ORIGINAL") + bare("refund_count", "2") + bare("refund_fee", "1299") +
            bare("refund_fee_0", "300") + bare("refund_fee_1", "999") + text("refund_id_0", id("r1")) +
            text("refund_id_1", id("r2")) + text("refund_recv_accout_0", "支付用户的零钱") +
            text("refund_recv_accout_1", "支付用户的零钱") + text("refund_status_0", "SUCCESS") +
            text("refund_status_1", "PROCESSING") + text("refund_success_time_0", "2026-11-23 12:00:02") +
            text("result_code", "SUCCESS") + text("return_code", "SUCCESS") + text("return_msg", "OK") +
            text("sign", sign_of(bytes)) + text("total_fee", "1299") + bare("total_refund_count", "2") +
            text("transaction_id", o.transaction_id) + "</xml>"
    );
    for (std::size_t i = 1; i < read(bytes).size(); ++i)
        BOOST_TEST((read(bytes)[i - 1].name < read(bytes)[i].name));
}

BOOST_AUTO_TEST_CASE(pages_of_ten) {
    fixture s;
    s.paid();
    refund_often(s, 12);
    auto const page = [&](char const* offset) {
        auto const a = query(s, {{"out_trade_no", "order0001"}, {"offset", offset}});
        std::string out;
        for (int i = 0; a.find("out_refund_no_" + std::to_string(i)); ++i)
            out.append(out.empty() ? "" : " ").append(a.get("out_refund_no_" + std::to_string(i)));
        if (a.get("result_code") == "SUCCESS") {
            BOOST_TEST(a.get("refund_fee") == "12");
            BOOST_TEST(a.get("total_refund_count") == "12");
            BOOST_TEST(a.get("refund_count") == std::to_string((out.size() + 1) / 4));
        } else {
            out = a.get("err_code");
        }
        return out;
    };
    BOOST_TEST(page("") == "r01 r02 r03 r04 r05 r06 r07 r08 r09 r10");
    BOOST_TEST(page("0") == page(""));
    BOOST_TEST(page("1") == "r02 r03 r04 r05 r06 r07 r08 r09 r10 r11");
    BOOST_TEST(page("10") == "r11 r12");
    BOOST_TEST(page("11") == "r12");
    BOOST_TEST(page("12") == "PARAM_ERROR");
    BOOST_TEST(page("1000000000") == "PARAM_ERROR");
}

BOOST_AUTO_TEST_CASE(of_more_than_twenty_the_rest_is_found_by_number_only) {
    fixture s;
    s.paid();
    refund_often(s, 23);
    auto const page = [&](char const* offset) {
        return query(s, {{"out_trade_no", "order0001"}, {"offset", offset}});
    };
    for (char const* const offset : {"0", "10"}) {
        BOOST_TEST(page(offset).get("refund_count") == "10");
        BOOST_TEST(page(offset).get("total_refund_count") == "23");
        BOOST_TEST(page(offset).get("refund_fee") == "23");
    }
    BOOST_TEST(page("0").get("out_refund_no_9") == "r10");
    BOOST_TEST(page("10").get("out_refund_no_9") == "r20");
    BOOST_TEST(page("15").get("refund_count") == "5");
    BOOST_TEST(page("19").get("out_refund_no_0") == "r20");
    auto const beyond = page("20");
    BOOST_TEST(beyond.get("result_code") == "FAIL");
    BOOST_TEST(beyond.get("err_code") == "PARAM_ERROR");
    BOOST_TEST(query(s, {{"out_refund_no", "r23"}}).get("refund_status_0") == "SUCCESS");
}

BOOST_AUTO_TEST_CASE(faults_of_a_refund) {
    fixture s;
    s.paid();
    auto const& op = *wechat_api::find_operation("/secapi/pay/refund");
    auto const answer = [&](std::string_view number, call_faults const& f) {
        s.now += 60'000;
        auto const body = xml(signed_with(order_refund_request(number, "1")));
        return read(s.w.api.call(op, "POST", body, s.now, f, "10000100").body);
    };
    call_faults f;
    f.system_error = true;
    f.work = false;
    auto a = answer("r1", f);
    BOOST_TEST(a.get("err_code") == "SYSTEMERROR");
    BOOST_TEST(verify(a, sign_type::md5, key));
    BOOST_TEST(s.status_of("r1") == "");
    f.work = true;
    BOOST_TEST(answer("r2", f).get("err_code") == "SYSTEMERROR");
    BOOST_TEST(s.status_of("r2") == "PROCESSING");
    f = {};
    f.sign = signing::wrong;
    a = answer("r3", f);
    BOOST_TEST(a.get("result_code") == "SUCCESS");
    BOOST_TEST(!verify(a, sign_type::md5, key));
    BOOST_TEST(s.status_of("r3") == "PROCESSING");
    f = {};
    f.invent = true;
    a = answer("r4", f);
    BOOST_TEST(a.get("result_code") == "SUCCESS");
    BOOST_TEST(a.get("out_refund_no") == "r4");
    BOOST_TEST(a.get("out_trade_no") == "order0001");
    BOOST_TEST(a.get("refund_fee") == "1");
    BOOST_TEST(a.get("refund_id").size() == 29U);
    BOOST_TEST(!verify(a, sign_type::md5, key));
    BOOST_TEST(s.status_of("r4") == "");
}

BOOST_AUTO_TEST_CASE(an_invented_query_says_refunded_and_does_not_verify) {
    fixture s;
    s.paid();
    s.refund("r1", "300");
    call_faults f;
    f.invent = true;
    auto const& op = *wechat_api::find_operation("/pay/refundquery");
    auto const answer = [&](values numbers) {
        return read(s.w.api.call(op, "POST", xml(signed_with(request(numbers))), s.now, f).body);
    };
    auto a = answer({{"out_refund_no", "r1"}});
    BOOST_TEST(a.get("refund_status_0") == "SUCCESS");
    BOOST_TEST(a.get("refund_fee_0") == "300");
    BOOST_TEST(a.get("refund_id_0") == s.w.refunds.find("10000100", "r1", s.now)->refund_id);
    BOOST_TEST(a.get("out_trade_no") == "order0001");
    BOOST_TEST(a.get("total_fee") == "1299");
    BOOST_TEST(a.get("sign").starts_with("WECHATPAY/SIGNTEST/"));
    BOOST_TEST(!verify(a, sign_type::md5, key));
    BOOST_TEST(s.status_of("r1") == "PROCESSING");
    a = answer({{"out_refund_no", "r9"}}); // one that is not there
    BOOST_TEST(a.get("refund_status_0") == "SUCCESS");
    BOOST_TEST(a.get("out_refund_no_0") == "r9");
    a = answer({{"out_trade_no", "order0001"}});
    BOOST_TEST(a.get("out_trade_no") == "order0001");
    BOOST_TEST(s.status_of("r9") == "");
}

BOOST_AUTO_TEST_SUITE_END()
