// The rules of refunds (protocol A8): who is refused and why, one number one refund, never more than was
// paid.
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;

namespace {

constexpr unix_ms second = 1000;
constexpr unix_ms minute = 60 * second;
constexpr unix_ms day = 24 * 60 * minute;
constexpr char const* mismatch = "订单金额或退款金额与之前请求不一致，请核实后再试";

// Asks, and takes the next minute for the next refund.
fields refund_and_wait(fixture& s, std::string const& number, std::string const& fee, values changes = {}) {
    auto a = s.refund(number, fee, changes);
    s.now += minute;
    return a;
}

std::string code(fields const& answer) {
    return answer.get("result_code") == "SUCCESS" ? "" : std::string(answer.get("err_code"));
}

std::int64_t balance(fixture& s) {
    return s.w.refunds.balance(*s.w.merchants.by_mch_id("10000100"));
}

void end(fixture& s, std::string_view number, refund_status as) {
    s.w.refunds.settle(*s.w.refunds.find("10000100", number, s.now), as, s.now);
}

std::int64_t live_sum(fixture& s, order const& o) {
    std::int64_t sum = 0;
    for (auto const* const r : s.w.refunds.of(o, s.now))
        sum += r->status == refund_status::REFUNDCLOSE ? 0 : r->refund_fee.count();
    return sum;
}

} // namespace

BOOST_AUTO_TEST_SUITE(refunds)

BOOST_AUTO_TEST_CASE(an_accepted_refund) {
    fixture s;
    auto const& o = s.paid();
    auto const a = s.refund("refund1", "300");
    BOOST_TEST(a.get("result_code") == "SUCCESS");
    BOOST_TEST((o.state == trade_state::REFUND)); // of a part, and at once
    auto const& r = *s.w.refunds.find("10000100", "refund1", s.now);
    BOOST_TEST(a.get("refund_id") == r.refund_id);
    BOOST_TEST(r.refund_id.size() == 29U);
    BOOST_TEST(r.refund_id.starts_with("5000"));
    BOOST_TEST(r.refund_id.substr(10, 8) == "20261123");
    BOOST_TEST(r.refund_id.find_first_not_of("0123456789") == std::string::npos);
    BOOST_TEST(r.refund_account == "REFUND_SOURCE_UNSETTLED_FUNDS");
    BOOST_TEST(s.status_of("refund1") == "PROCESSING");
    auto const asked = s.ask("/pay/orderquery", request({{"out_trade_no", "order0001"}}));
    BOOST_TEST(asked.get("trade_state") == "REFUND");
}

BOOST_AUTO_TEST_CASE(an_order_that_is_not_there_or_not_paid) {
    fixture s;
    auto const none = s.refund("refund1", "1");
    BOOST_TEST(none.get("err_code") == "ORDERNOTEXIST");
    BOOST_TEST(none.get("err_code_des") == "订单不存在");
    s.place(order_request());
    BOOST_TEST(code(s.refund("refund1", "1")) == "ORDERNOTEXIST");
    BOOST_TEST(!s.w.orders.close("10000100", "order0001", s.now));
    BOOST_TEST(code(s.refund("refund1", "1")) == "ORDERNOTEXIST");
    auto const by_transaction = s.refund("refund1", "1", {{"out_trade_no", ""}, {"transaction_id", "4200"}});
    BOOST_TEST(code(by_transaction) == "ORDERNOTEXIST");
    BOOST_TEST(s.status_of("refund1") == "");
    BOOST_TEST(balance(s) == 100'000'000);
}

BOOST_AUTO_TEST_CASE(anothers_order_is_not_there) {
    fixture s;
    s.place(order_request());
    auto const theirs = with(
        order_request(), {{"appid", "wx0000000000000001"}, {"mch_id", "10000200"}, {"total_fee", "1299"}}
    );
    s.call("/pay/unifiedorder", signed_with(theirs, sign_type::md5, other_key));
    auto const& o = *s.w.orders.find("10000200", "order0001", s.now);
    s.w.orders.pay(o, s.now);
    BOOST_TEST(code(s.refund("refund1", "1")) == "ORDERNOTEXIST");
    BOOST_TEST(code(s.refund("refund1", "1", {{"transaction_id", o.transaction_id}})) == "ORDERNOTEXIST");
    BOOST_TEST((o.state == trade_state::SUCCESS));
}

BOOST_AUTO_TEST_CASE(wechats_number_wins_over_the_merchants) {
    fixture s;
    auto const& first = s.paid("order0001");
    auto const& second = s.paid("order0002");
    auto const a = s.refund("refund1", "1", {{"transaction_id", second.transaction_id}});
    BOOST_TEST(a.get("out_trade_no") == "order0002");
    BOOST_TEST((first.state == trade_state::SUCCESS));
    BOOST_TEST((second.state == trade_state::REFUND));
    auto const b = s.refund("refund2", "1", {{"transaction_id", "4200"}}); // though the other is right
    BOOST_TEST(code(b) == "ORDERNOTEXIST");
}

BOOST_AUTO_TEST_CASE(the_orders_total_must_be_right) {
    fixture s;
    s.paid();
    auto const a = s.refund("refund1", "1", {{"total_fee", "1300"}});
    BOOST_TEST(a.get("err_code") == "REFUND_FEE_MISMATCH");
    BOOST_TEST(a.get("err_code_des") == mismatch);
    BOOST_TEST(s.status_of("refund1") == "");
}

BOOST_AUTO_TEST_CASE(the_same_number_again_is_the_same_refund) {
    fixture s;
    s.paid();
    auto const first = s.refund("refund1", "300");
    auto const again = [&](values changes = {}) { return s.refund("refund1", "300", changes); };
    auto const is_first = [&](fields const& a) {
        BOOST_TEST(a.size() == first.size());
        for (std::size_t i = 0; i < std::min(a.size(), first.size()); ++i)
            if (a[i].name != "nonce_str" && a[i].name != "sign")
                BOOST_TEST(a[i].value == first[i].value, a[i].name);
    };
    is_first(again()); // within the minute between two refunds
    is_first(again({{"refund_desc", "other"}, {"notify_url", ""}}));
    BOOST_TEST(balance(s) == 100'000'000 - 300);
    BOOST_TEST(s.w.refunds.of(*s.w.orders.find("10000100", "order0001", s.now), s.now).size() == 1U);
    s.now += 3 * second;
    BOOST_TEST(s.status_of("refund1") == "SUCCESS"); // it has ended meanwhile
    is_first(again());
    s.now += 400 * day; // and when a new one would be too late
    is_first(again());
}

BOOST_AUTO_TEST_CASE(the_same_number_with_other_amounts_or_another_order) {
    fixture s;
    s.paid();
    auto const& other = s.paid("order0002");
    s.refund("refund1", "300");
    s.now += 10 * minute;
    auto const differs = [&](fields const& a) {
        BOOST_TEST(a.get("err_code") == "REFUND_FEE_MISMATCH");
        BOOST_TEST(a.get("err_code_des") == mismatch);
    };
    differs(s.refund("refund1", "301"));
    differs(s.refund("refund1", "300", {{"total_fee", "1300"}}));
    differs(s.refund("refund1", "300", {{"out_trade_no", "order0002"}}));
    differs(s.refund("refund1", "300", {{"transaction_id", other.transaction_id}}));
    differs(s.refund("refund1", "99999")); // though it is over the payment too
    BOOST_TEST(balance(s) == 100'000'000 - 300);
    BOOST_TEST((other.state == trade_state::SUCCESS));
    BOOST_TEST(code(s.refund("refund1", "300")) == "");
}

BOOST_AUTO_TEST_CASE(a_number_is_unique_per_merchant) {
    fixture s;
    s.paid();
    auto const for_other = [](fields const& f) {
        auto const r = with(f, {{"appid", "wx0000000000000001"}, {"mch_id", "10000200"}});
        return signed_with(r, sign_type::md5, other_key);
    };
    s.call("/pay/unifiedorder", for_other(order_request()));
    s.w.orders.pay(*s.w.orders.find("10000200", "order0001", s.now), s.now);
    s.refund("refund1", "300");
    s.call("/secapi/pay/refund", for_other(order_refund_request("refund1", "500")), "10000200");
    auto const* const mine = s.w.refunds.find("10000100", "refund1", s.now);
    auto const* const theirs = s.w.refunds.find("10000200", "refund1", s.now);
    BOOST_TEST_REQUIRE((mine != nullptr && theirs != nullptr && mine != theirs));
    BOOST_TEST(theirs->refund_fee.count() == 500);
    BOOST_TEST((s.w.refunds.find_id("10000100", theirs->refund_id, s.now) == nullptr));
    BOOST_TEST((s.w.refunds.find_id("10000200", theirs->refund_id, s.now) == theirs));
    BOOST_TEST(balance(s) == 100'000'000 - 300);
    BOOST_TEST(s.w.refunds.balance(*s.w.merchants.by_mch_id("10000200")) == 100'000'000 - 500);
}

BOOST_AUTO_TEST_CASE(a_year_after_the_payment_it_is_too_late) {
    fixture s;
    s.paid();
    s.now += 365 * day;
    BOOST_TEST(code(s.refund("refund1", "1")) == "");
    s.now += minute;
    auto const a = s.refund("refund2", "1");
    BOOST_TEST(a.get("err_code") == "TRADE_OVERDUE");
    fixture fast(1000);
    fast.paid();
    fast.now += 365 * day / 1000 + 1;
    BOOST_TEST(code(fast.refund("refund1", "1")) == "TRADE_OVERDUE");
}

BOOST_AUTO_TEST_CASE(never_more_than_was_paid) {
    fixture s;
    auto const& o = s.paid();
    auto over = s.refund("refund1", "1300");
    BOOST_TEST(over.get("err_code") == "ERROR");
    BOOST_TEST(over.get("err_code_des") == "累计退款金额大于支付金额");
    BOOST_TEST((o.state == trade_state::SUCCESS));
    BOOST_TEST(code(refund_and_wait(s, "refund1", "1000")) == "");
    over = refund_and_wait(s, "refund2", "300");
    BOOST_TEST(over.get("err_code_des") == "累计退款金额大于支付金额");
    BOOST_TEST(code(refund_and_wait(s, "refund2", "299")) == ""); // a number that was refused is still free
    over = refund_and_wait(s, "refund3", "1");
    BOOST_TEST(over.get("err_code") == "ERROR");
    BOOST_TEST(over.get("err_code_des") == "订单已全额退款");
    BOOST_TEST(live_sum(s, o) == 1299);
}

BOOST_AUTO_TEST_CASE(a_closed_refund_gives_its_amount_free_but_not_its_number) {
    fixture s;
    auto const& o = s.paid();
    s.control("PUT", "/control/refunds", "", R"({"settle":"never"})");
    auto const first = refund_and_wait(s, "refund1", "1299");
    end(s, "refund1", refund_status::REFUNDCLOSE);
    BOOST_TEST(balance(s) == 100'000'000);
    BOOST_TEST(code(refund_and_wait(s, "refund2", "1299")) == "");
    auto const again = refund_and_wait(s, "refund1", "1299");
    BOOST_TEST(again.get("refund_id") == first.get("refund_id"));
    BOOST_TEST(s.status_of("refund1") == "REFUNDCLOSE");
    BOOST_TEST(s.w.refunds.of(o, s.now).size() == 2U);
    BOOST_TEST(live_sum(s, o) == 1299);
    // One whose money cannot reach the payer is not free.
    end(s, "refund2", refund_status::CHANGE);
    BOOST_TEST(refund_and_wait(s, "refund3", "1").get("err_code_des") == "订单已全额退款");
    BOOST_TEST(balance(s) == 100'000'000 - 1299);
}

BOOST_AUTO_TEST_CASE(fifty_refunds_of_an_order_and_no_more) {
    fixture s;
    s.paid();
    for (int i = 1; i <= 50; ++i)
        BOOST_TEST(code(refund_and_wait(s, "refund" + std::to_string(i), "1")) == "");
    auto const a = refund_and_wait(s, "refund51", "1");
    BOOST_TEST(a.get("err_code") == "ERROR");
    BOOST_TEST(a.get("err_code_des").find("50") != std::string_view::npos);
    BOOST_TEST(code(refund_and_wait(s, "refund50", "1")) == "");
}

BOOST_AUTO_TEST_CASE(a_minute_between_two_refunds_of_an_order) {
    fixture s;
    s.paid();
    s.paid("order0002");
    BOOST_TEST(code(s.refund("refund1", "1")) == "");
    s.now += minute - 1;
    auto const a = s.refund("refund2", "1");
    BOOST_TEST(a.get("err_code") == "FREQUENCY_LIMITED");
    BOOST_TEST(a.get("err_code_des") == "单笔订单请求频率过高，请于1分钟后重试");
    BOOST_TEST(code(s.refund("refund1", "1")) == "");                                  // no new refund
    BOOST_TEST(code(s.refund("refund3", "1", {{"out_trade_no", "order0002"}})) == ""); // another order
    s.now += 1; // what was refused or repeated does not count
    BOOST_TEST(code(s.refund("refund2", "1")) == "");
    fixture fast(60); // a second then
    fast.paid();
    fast.refund("refund1", "1");
    fast.now += second - 1;
    BOOST_TEST(code(fast.refund("refund2", "1")) == "FREQUENCY_LIMITED");
    fast.now += 1;
    BOOST_TEST(code(fast.refund("refund2", "1")) == "");
}

BOOST_AUTO_TEST_CASE(the_merchant_must_have_the_money) {
    fixture s;
    s.paid(); // a payment adds nothing
    s.w.refunds.set_balance("10000100", 500);
    auto const a = s.refund("refund1", "501");
    BOOST_TEST(a.get("err_code") == "NOTENOUGH");
    BOOST_TEST(a.get("err_code_des") == "基本账户余额不足，请充值后重新发起");
    BOOST_TEST(s.status_of("refund1") == "");
    BOOST_TEST((s.w.orders.find("10000100", "order0001", s.now)->state == trade_state::SUCCESS));
    s.w.refunds.set_balance("10000100", 501);
    BOOST_TEST(code(s.refund("refund1", "501")) == ""); // the same number, once there is money
    BOOST_TEST(balance(s) == 0);
    s.now += minute;
    BOOST_TEST(code(s.refund("refund2", "1")) == "NOTENOUGH");
}

// A refused one tells of what cannot change before what can.
BOOST_AUTO_TEST_CASE(the_order_of_the_refusals) {
    fixture s;
    s.paid();
    s.w.refunds.set_balance("10000100", 1);
    BOOST_TEST(code(s.refund("refund1", "1")) == "");
    BOOST_TEST(code(s.refund("refund2", "1", {{"total_fee", "1"}})) == "REFUND_FEE_MISMATCH");
    BOOST_TEST(code(s.refund("refund2", "1299")) == "ERROR"); // over, too early, no money
    BOOST_TEST(code(s.refund("refund2", "1")) == "FREQUENCY_LIMITED");
    s.now += minute;
    BOOST_TEST(code(s.refund("refund2", "1")) == "NOTENOUGH");
}

BOOST_AUTO_TEST_CASE(a_refund_ends_after_two_seconds) {
    fixture s;
    s.paid();
    s.refund("refund1", "300");
    auto const accepted = s.now;
    BOOST_TEST(s.w.refunds.next_end().value() == accepted + 2 * second);
    s.now += 2 * second - 1;
    BOOST_TEST(s.status_of("refund1") == "PROCESSING");
    s.now += 5 * minute; // nobody looked in the meantime
    BOOST_TEST(s.status_of("refund1") == "SUCCESS");
    BOOST_TEST(s.w.refunds.find("10000100", "refund1", s.now)->ended == accepted + 2 * second);
    BOOST_TEST(!s.w.refunds.next_end().has_value());
    BOOST_TEST(balance(s) == 100'000'000 - 300);
    fixture fast(60);
    fast.paid();
    fast.refund("refund1", "300");
    BOOST_TEST(fast.w.refunds.next_end().value() == noon + 2 * second / 60);
}

BOOST_AUTO_TEST_CASE(the_plan_is_that_of_the_time_of_acceptance) {
    fixture s;
    s.paid();
    s.w.refunds.set_plan({std::chrono::seconds(30), refund_status::REFUNDCLOSE});
    refund_and_wait(s, "refund1", "1");
    s.w.refunds.set_plan({std::nullopt, refund_status::SUCCESS});
    refund_and_wait(s, "refund2", "1");
    s.w.refunds.set_plan({milliseconds(0), refund_status::CHANGE});
    refund_and_wait(s, "refund3", "1");
    s.now += 300 * day;
    BOOST_TEST(s.status_of("refund1") == "REFUNDCLOSE");
    BOOST_TEST(s.status_of("refund2") == "PROCESSING");
    BOOST_TEST(s.status_of("refund3") == "CHANGE");
    BOOST_TEST(balance(s) == 100'000'000 - 2);
}

BOOST_AUTO_TEST_CASE(ended_by_hand_it_does_not_end_again) {
    fixture s;
    s.paid();
    s.refund("refund1", "300");
    end(s, "refund1", refund_status::REFUNDCLOSE);
    s.now += minute;
    BOOST_TEST(s.status_of("refund1") == "REFUNDCLOSE");
    BOOST_TEST(s.w.refunds.take_ended(s.now).size() == 1U);
    BOOST_TEST(s.w.refunds.take_ended(s.now).empty());
    BOOST_TEST(balance(s) == 100'000'000);
}

// Whatever is asked in whatever order: the sum of what is or may be refunded stays within the payment, the
// balance is what it was less that sum, and a number never means a second refund.
BOOST_AUTO_TEST_CASE(no_sequence_refunds_more_than_was_paid) {
    for (unsigned seed = 1; seed <= 40; ++seed) {
        std::mt19937 random(seed);
        auto const upto = [&](unsigned n) {
            return std::uniform_int_distribution<unsigned>(0, n - 1)(random);
        };
        fixture s;
        order const* const orders[] = {&s.paid("order0001"), &s.paid("order0002", {{"total_fee", "50"}})};
        std::map<std::string, std::string> ids;
        for (int step = 0; step < 150; ++step) {
            order const& o = *orders[upto(2)];
            std::string const number = "r" + std::to_string(upto(30));
            std::string const fee = std::to_string(1 + upto(o.total_fee.count() == 50 ? 60 : 1400));
            switch (upto(5)) {
            case 0:
                s.now += static_cast<unix_ms>(upto(100)) * second;
                break;
            case 1:
                s.w.refunds.set_plan(
                    {upto(2) == 0 ? std::nullopt : std::optional(milliseconds(upto(90'000))),
                     upto(3) == 0 ? refund_status::SUCCESS : refund_status::REFUNDCLOSE}
                );
                break;
            case 2:
                if (s.status_of(number) == "PROCESSING")
                    end(s, number, upto(2) == 0 ? refund_status::REFUNDCLOSE : refund_status::CHANGE);
                break;
            default:
                s.now += upto(2) == 0 ? minute : 0;
                auto const a = s.refund(
                    number, fee, {{"out_trade_no", o.out_trade_no}, {"total_fee", o.total_fee.to_string()}}
                );
                if (a.get("result_code") == "SUCCESS") {
                    auto const [at, fresh] = ids.emplace(number, a.get("refund_id"));
                    BOOST_TEST(at->second == a.get("refund_id"));
                    BOOST_TEST(a.get("refund_fee") == fee);
                }
            }
            std::int64_t all = 0;
            std::size_t count = 0;
            for (order const* const each : orders) {
                auto const sum = live_sum(s, *each);
                BOOST_TEST(sum <= each->total_fee.count(), "seed " << seed << " step " << step);
                all += sum;
                count += s.w.refunds.of(*each, s.now).size();
            }
            BOOST_TEST(balance(s) == 100'000'000 - all);
            BOOST_TEST(count == ids.size());
        }
        BOOST_TEST(ids.size() > 2U); // the sequences do something
    }
}

BOOST_AUTO_TEST_SUITE_END()
