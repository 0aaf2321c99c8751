// The bytes of a refund notification, and when there is one (protocol A11).
#include "sandbox/refund_notification.hpp"
#include "support.hpp"
#include "wire/cipher.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;

namespace {

// The document of published vector reqinfo-silenceper, byte for byte as WeChat sent it.
constexpr char const* real_document =
    "<root>\n"
    "<out_refund_no><![CDATA[50fd012ed1b311e7af7800163e32c503]]></out_refund_no>\n"
    "<out_trade_no><![CDATA[4893e76d8c8b434cb64e9cd536338e33]]></out_trade_no>\n"
    "<refund_account><![CDATA[REFUND_SOURCE_RECHARGE_FUNDS]]></refund_account>\n"
    "<refund_fee><![CDATA[6]]></refund_fee>\n"
    "<refund_id><![CDATA[50000404922017112502468056157]]></refund_id>\n"
    "<refund_recv_accout><![CDATA[支付用户零钱]]></refund_recv_accout>\n"
    "<refund_request_source><![CDATA[API]]></refund_request_source>\n"
    "<refund_status><![CDATA[SUCCESS]]></refund_status>\n"
    "<settlement_refund_fee><![CDATA[6]]></settlement_refund_fee>\n"
    "<settlement_total_fee><![CDATA[6]]></settlement_total_fee>\n"
    "<success_time><![CDATA[2017-11-25 15:36:17]]></success_time>\n"
    "<total_fee><![CDATA[6]]></total_fee>\n"
    "<transaction_id><![CDATA[4200000015201711256947025404]]></transaction_id>\n"
    "</root>";

struct real_refund {
    real_refund() {
        o.appid = "wxd930ea5d5a258f4f";
        o.mch_id = "10000100";
        o.out_trade_no = "4893e76d8c8b434cb64e9cd536338e33";
        o.total_fee = fen(6);
        o.transaction_id = "4200000015201711256947025404";
        r.of = &o;
        r.out_refund_no = "50fd012ed1b311e7af7800163e32c503";
        r.refund_id = "50000404922017112502468056157";
        r.refund_fee = fen(6);
        r.refund_account = "REFUND_SOURCE_RECHARGE_FUNDS";
        r.status = refund_status::SUCCESS;
        r.ended = 1'511'595'377'000; // 2017-11-25 07:36:17 UTC
    }

    real_refund(real_refund const&) = delete;
    real_refund& operator=(real_refund const&) = delete;

    order o;
    refund_entry r;
};

std::string req_info_of(std::string const& body) {
    fields f;
    BOOST_TEST_REQUIRE(!decode_xml(body, f), body);
    return std::string(f.get("req_info"));
}

} // namespace

BOOST_AUTO_TEST_SUITE(refund_notifications)

BOOST_AUTO_TEST_CASE(the_document_is_a_real_ones_byte_for_byte) {
    real_refund const real;
    BOOST_TEST(refund_document(real.r) == real_document);
}

BOOST_AUTO_TEST_CASE(the_success_time_is_there_on_success_only) {
    real_refund real;
    for (auto const as : {refund_status::CHANGE, refund_status::REFUNDCLOSE}) {
        real.r.status = as;
        fields f;
        BOOST_TEST(!decode_xml(refund_document(real.r), f, {}, "root"));
        BOOST_TEST(f.size() == 12U);
        BOOST_TEST(f.get("refund_status") == to_string(as));
        BOOST_TEST(!f.find("success_time").has_value());
        for (std::size_t i = 1; i < f.size(); ++i)
            BOOST_TEST((f[i - 1].name < f[i].name));
    }
}

BOOST_AUTO_TEST_CASE(the_outer_message_byte_for_byte) {
    real_refund const real;
    auto const body = refund_notification_xml(real.r, "TeqClE3i0mvn3DrK", key);
    BOOST_TEST(
        body == "<xml><return_code>SUCCESS</return_code>\n"
                "<appid><![CDATA[wxd930ea5d5a258f4f]]></appid>\n"
                "<mch_id><![CDATA[10000100]]></mch_id>\n"
                "<nonce_str><![CDATA[TeqClE3i0mvn3DrK]]></nonce_str>\n"
                "<req_info><![CDATA[" +
                    wire::encrypt_req_info(real_document, key).value() +
                    "]]></req_info>\n"
                    "</xml>"
    );
    BOOST_TEST(wire::decrypt_req_info(req_info_of(body), key).value() == real_document);
}

BOOST_AUTO_TEST_CASE(what_is_not_right_is_under_another_key) {
    real_refund const real;
    for (auto const how : {signing::wrong, signing::probe})
        for (std::string_view const of : {key, other_key}) {
            auto const body = refund_notification_xml(real.r, "nonce", of, how);
            auto const read = wire::decrypt_req_info(req_info_of(body), of);
            BOOST_TEST((!read || *read != real_document));
            BOOST_TEST(body.find("<sign>") == std::string::npos);
        }
}

BOOST_AUTO_TEST_CASE(it_is_due_when_the_refund_ends) {
    fixture s;
    s.paid();
    s.refund("refund1", "300");
    BOOST_TEST(s.w.ripen().value() == noon + 2000);
    BOOST_TEST(s.w.notifications.all().empty());
    s.now += 1999;
    s.w.ripen();
    BOOST_TEST(s.w.notifications.all().empty());
    s.now += 1;
    BOOST_TEST(!s.w.ripen().has_value());
    BOOST_TEST_REQUIRE(s.w.notifications.all().size() == 1U);
    auto const n = s.w.notifications.take_due(s.now);
    BOOST_TEST_REQUIRE((n != nullptr));
    BOOST_TEST(n->out_trade_no == "order0001");
    BOOST_TEST(n->out_refund_no == "refund1");
    BOOST_TEST(n->kind == "refund");
    BOOST_TEST(n->fault_name == "refund_notify");
    BOOST_TEST(n->url == "http://127.0.0.1:8080/notify/shop/refund");
    auto const& r = *s.w.refunds.find("10000100", "refund1", s.now);
    auto const body = n->write(signing::right);
    BOOST_TEST(wire::decrypt_req_info(req_info_of(body), key).value() == refund_document(r));
    BOOST_TEST(body == n->write(signing::right)); // the same at every try
    s.w.ripen();
    BOOST_TEST(s.w.notifications.all().size() == 1U);
}

BOOST_AUTO_TEST_CASE(one_that_a_call_saw_end_is_told_all_the_same) {
    fixture s;
    s.paid();
    s.refund("refund1", "300");
    s.now += 10'000;
    BOOST_TEST(
        s.ask("/pay/refundquery", request({{"out_refund_no", "refund1"}})).get("refund_status_0") == "SUCCESS"
    );
    s.w.ripen();
    BOOST_TEST(s.w.notifications.all().size() == 1U);
    BOOST_TEST(s.w.notifications.next_due().value() == noon + 2000);
}

BOOST_AUTO_TEST_CASE(nobody_is_told_who_did_not_ask_for_it) {
    fixture s;
    s.paid();
    s.refund("refund1", "300", {{"notify_url", ""}});
    s.now += 10'000;
    s.w.ripen();
    BOOST_TEST(s.status_of("refund1") == "SUCCESS");
    BOOST_TEST(s.w.notifications.all().empty());
}

BOOST_AUTO_TEST_CASE(every_end_is_told) {
    for (char const* const as : {"SUCCESS", "CHANGE", "REFUNDCLOSE"}) {
        fixture s;
        s.paid();
        s.control("PUT", "/control/refunds", "", std::string(R"({"refund_status":")") + as + R"("})");
        s.refund("refund1", "300");
        s.now += 2000;
        s.w.ripen();
        auto const n = s.w.notifications.take_due(s.now);
        BOOST_TEST_REQUIRE((n != nullptr));
        fields f;
        auto const document = wire::decrypt_req_info(req_info_of(n->write(signing::right)), key).value();
        BOOST_TEST(!decode_xml(document, f, {}, "root"));
        BOOST_TEST(f.get("refund_status") == as);
    }
}

BOOST_AUTO_TEST_SUITE_END()
