#include "client/refund_answer.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <utility>

using namespace wxgate;

namespace {

fields answer_of(std::size_t count) {
    fields m;
    m.set("transaction_id", "4200");
    m.set("out_trade_no", "order-1001");
    m.set("total_fee", "100");
    m.set("refund_fee", std::to_string(count * 3));
    m.set("refund_count", std::to_string(count));
    for (std::size_t i = 0; i < count; ++i) {
        auto const n = std::to_string(i);
        m.set("out_refund_no_" + n, "R" + n);
        m.set("refund_id_" + n, "5000" + n);
        m.set("refund_fee_" + n, "3");
        m.set("refund_status_" + n, "SUCCESS");
        m.set("refund_success_time_" + n, "2026-11-24 08:30:00");
        m.set("refund_recv_accout_" + n, "支付用户的零钱");
    }
    return m;
}

fields with(fields m, std::string_view name, std::string_view value) {
    m.set(name, value);
    return m;
}

bool believed(fields m) {
    return read_refund_query(std::move(m)).has_value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(refund_answer)

BOOST_AUTO_TEST_CASE(ten_refunds_of_twelve) {
    auto const q = read_refund_query(with(answer_of(10), "total_refund_count", "12"));
    BOOST_TEST_REQUIRE(q.has_value());
    BOOST_TEST(q->refunds.size() == 10U);
    BOOST_TEST(q->total_refund_count == 12U);
    BOOST_TEST(q->total_fee.count() == 100);
    BOOST_TEST(q->refund_fee.count() == 30);
    auto const& last = q->refunds.back();
    BOOST_TEST(last.out_refund_no == "R9");
    BOOST_TEST(last.refund_id == "50009");
    BOOST_TEST(last.refund_fee.count() == 3);
    BOOST_TEST((last.refund_status == refund_status::SUCCESS));
    BOOST_TEST(last.refund_recv_accout == "支付用户的零钱");
    BOOST_TEST(to_wechat_time(*last.refund_success_time) == "20261124083000");
    BOOST_TEST(q->raw.get("refund_fee_9") == "3");
}

BOOST_AUTO_TEST_CASE(the_states_that_are_believed) {
    for (auto const* const state : {"PROCESSING", "SUCCESS", "CHANGE", "REFUNDCLOSE"})
        BOOST_TEST(believed(with(answer_of(1), "refund_status_0", state)), state);
    // Ours are not WeChat's to say; FAIL and NOTSURE are of another time.
    for (auto const* const state :
         {"REQUESTED", "APPROVED", "REJECTED", "FAILED", "FAIL", "NOTSURE", "", "success"})
        BOOST_TEST(!believed(with(answer_of(1), "refund_status_0", state)), state);
}

BOOST_AUTO_TEST_CASE(counts_and_fields_must_agree) {
    BOOST_TEST(!believed(with(answer_of(1), "refund_count", "2")));
    BOOST_TEST(!believed(with(answer_of(1), "refund_count", "11")));
    BOOST_TEST(!believed(with(answer_of(1), "refund_count", "-1")));
    BOOST_TEST(!believed(with(answer_of(1), "refund_count", "")));
    BOOST_TEST(!believed(with(answer_of(1), "refund_fee_0", "3.0")));
    BOOST_TEST(!believed(with(answer_of(1), "out_refund_no_0", "")));
    BOOST_TEST(!believed(with(answer_of(1), "refund_id_0", "")));
    BOOST_TEST(!believed(with(answer_of(1), "total_fee", "")));
    BOOST_TEST(believed(answer_of(0)));
}

BOOST_AUTO_TEST_CASE(about_what_was_asked) {
    auto const q = *read_refund_query(answer_of(1));
    refund_query_request r;
    r.out_refund_no = "R0";
    BOOST_TEST(answers(r, q));
    r.out_refund_no = "R1";
    BOOST_TEST(!answers(r, q));
    r.refund_id = "50000";
    BOOST_TEST(answers(r, q)); // it goes before the other
    refund_query_request by_order;
    by_order.out_trade_no = "order-1001";
    BOOST_TEST(answers(by_order, *read_refund_query(answer_of(3))));
    by_order.transaction_id = "4201";
    BOOST_TEST(!answers(by_order, q));
    // One number, one refund: an answer with more, or with none, is about something else.
    refund_query_request one;
    one.out_refund_no = "R0";
    BOOST_TEST(!answers(one, *read_refund_query(answer_of(2))));
    BOOST_TEST(!answers(one, *read_refund_query(answer_of(0))));
}

BOOST_AUTO_TEST_SUITE_END()
