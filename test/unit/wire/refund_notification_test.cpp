#include "base/text.hpp"
#include "support.hpp"
#include "wire/cipher.hpp"

#include <wxgate/notification.hpp>

#include <boost/test/unit_test.hpp>

#include <optional>

using namespace wxgate;

BOOST_AUTO_TEST_SUITE(refund_notification_reader)

namespace {

using test::key;

test::pairs inside() {
    return {
        {"out_refund_no", "R-1001"},
        {"out_trade_no", "order-1001"},
        {"refund_account", "REFUND_SOURCE_UNSETTLED_FUNDS"},
        {"refund_fee", "30"},
        {"refund_id", "50000007542026112412345678901"},
        {"refund_recv_accout", "支付用户零钱"},
        {"refund_request_source", "API"},
        {"refund_status", "SUCCESS"},
        {"settlement_refund_fee", "30"},
        {"settlement_total_fee", "100"},
        {"success_time", "2026-11-24 08:30:00"},
        {"total_fee", "100"},
        {"transaction_id", "4200000001202611241234567890"}};
}

test::pairs with_value(test::pairs list, std::string const& name, std::string const& value) {
    return test::with(std::move(list), name, value);
}

std::string root_of(test::pairs const& list) {
    std::string out = "<root>\n";
    for (auto const& [name, value] : list)
        out +=
            "<" + std::string(name) + "><![CDATA[" + std::string(value) + "]]></" + std::string(name) + ">\n";
    return out + "</root>";
}

std::string sealed(std::string const& document, std::string_view with_key = key) {
    return *wire::encrypt_req_info(document, with_key);
}

std::string message(std::string const& req_info, std::string const& return_code = "SUCCESS") {
    return "<xml><return_code>" + return_code +
           "</return_code><appid><![CDATA[wx1]]></appid><mch_id><![CDATA[10000100]]></mch_id>"
           "<nonce_str><![CDATA[abc]]></nonce_str><req_info><![CDATA[" +
           req_info + "]]></req_info></xml>";
}

std::optional<errc> outcome(std::string const& body, std::string_view with_key = key) {
    auto const n = read_refund_notification(body, with_key);
    if (n.has_value())
        return std::nullopt;
    return static_cast<errc>(n.error().value());
}

std::optional<errc> outcome_of(test::pairs const& list) {
    return outcome(message(sealed(root_of(list))));
}

} // namespace

BOOST_AUTO_TEST_CASE(a_genuine_one) {
    auto const n = read_refund_notification(message(sealed(root_of(inside()))), key);
    BOOST_TEST_REQUIRE(n.has_value());
    BOOST_TEST(n->appid == "wx1");
    BOOST_TEST(n->mch_id == "10000100");
    BOOST_TEST(n->out_trade_no == "order-1001");
    BOOST_TEST(n->out_refund_no == "R-1001");
    BOOST_TEST(n->refund_id == "50000007542026112412345678901");
    BOOST_TEST(n->transaction_id == "4200000001202611241234567890");
    BOOST_TEST(n->total_fee.count() == 100);
    BOOST_TEST(n->refund_fee.count() == 30);
    BOOST_TEST((n->refund_status == refund_status::SUCCESS));
    BOOST_TEST_REQUIRE(n->success_time.has_value());
    BOOST_TEST(to_wechat_time(*n->success_time) == "20261124083000");
    BOOST_TEST(n->raw.get("refund_recv_accout") == "支付用户零钱");
}

BOOST_AUTO_TEST_CASE(the_states_it_may_tell) {
    for (auto const* const state : {"SUCCESS", "CHANGE", "REFUNDCLOSE"})
        BOOST_TEST(!outcome_of(with_value(inside(), "refund_status", state)).has_value(), state);
    for (auto const* const state : {"PROCESSING", "APPROVED", "FAILED", "REQUESTED", "success", "FAIL", ""})
        BOOST_TEST(
            (outcome_of(with_value(inside(), "refund_status", state)) == errc::mismatched_answer), state
        );
}

BOOST_AUTO_TEST_CASE(what_is_inside_must_be_whole) {
    for (auto const* const name :
         {"out_refund_no", "out_trade_no", "refund_id", "transaction_id", "refund_status"})
        BOOST_TEST((outcome_of(test::without(inside(), name)) == errc::mismatched_answer), name);
    for (auto const* const name : {"refund_fee", "total_fee"})
        for (auto const* const value : {"", "-1", "1.5", "1e2", "0x10", " 30", "99999999999999999999"})
            BOOST_TEST(
                (outcome_of(with_value(inside(), name, value)) == errc::bad_amount), name << '=' << value
            );
    BOOST_TEST(
        (outcome_of(with_value(inside(), "out_refund_no", std::string(65, '7'))) == errc::mismatched_answer)
    );
    BOOST_TEST((outcome_of(with_value(inside(), "out_trade_no", "a b c d e f")) == errc::mismatched_answer));
    // Only on SUCCESS is there a time; a broken one is no reason to refuse the rest.
    BOOST_TEST(!outcome_of(test::without(inside(), "success_time")).has_value());
}

BOOST_AUTO_TEST_CASE(only_this_key_opens_it) {
    auto const body = message(sealed(root_of(inside())));
    BOOST_TEST((outcome(body, "0123456789abcdef0123456789abcdeX") == errc::bad_ciphertext));
    BOOST_TEST(
        (outcome(message(sealed(root_of(inside()), "another key of 32 bytes ........"))) ==
         errc::bad_ciphertext)
    );
    BOOST_TEST((outcome(message("")) == errc::bad_ciphertext));
    BOOST_TEST((outcome(message("AAAA")) == errc::bad_ciphertext));
    BOOST_TEST((outcome(message(sealed(root_of(inside())), "FAIL")) == errc::mismatched_answer));
    BOOST_TEST((outcome("<xml><return_code>SUCCESS</return_code></xml>") == errc::bad_ciphertext));
}

BOOST_AUTO_TEST_CASE(what_is_inside_is_read_as_strictly_as_any_message) {
    auto const malformed = [](std::string const& document) {
        return outcome(message(sealed(document))) == errc::malformed_xml;
    };
    BOOST_TEST(malformed("<xml>" + root_of(inside()) + "</xml>"));
    BOOST_TEST(malformed("<root><a><b>1</b></a></root>"));
    BOOST_TEST(malformed("<!DOCTYPE root [<!ENTITY x 'y'>]>" + root_of(inside())));
    BOOST_TEST(malformed(root_of(inside()) + "<root/>"));
    BOOST_TEST(malformed("no xml"));
    BOOST_TEST(malformed(""));
    auto twice = inside();
    twice.emplace_back("refund_fee", "1");
    BOOST_TEST((outcome_of(twice) == errc::duplicate_field));
}

// ECB: blocks can be exchanged, left out and repeated by anybody who has seen one message. Whatever still
// reads then must be caught by comparing and by the query, so here only: it never reads as something else
// without being seen as different.
BOOST_AUTO_TEST_CASE(every_exchange_of_two_blocks) {
    auto const cipher = *from_base64(sealed(root_of(inside())));
    std::size_t const blocks = cipher.size() / 16;
    auto const genuine = read_refund_notification(message(to_base64(cipher)), key);
    std::size_t readable = 0;
    for (std::size_t a = 0; a < blocks; ++a) {
        for (std::size_t b = a + 1; b < blocks; ++b) {
            auto spliced = cipher;
            std::swap_ranges(
                spliced.begin() + static_cast<std::ptrdiff_t>(a * 16),
                spliced.begin() + static_cast<std::ptrdiff_t>(a * 16 + 16),
                spliced.begin() + static_cast<std::ptrdiff_t>(b * 16)
            );
            auto const n = read_refund_notification(message(to_base64(spliced)), key);
            if (!n)
                continue;
            ++readable;
            bool same = n->raw.size() == genuine->raw.size();
            for (std::size_t i = 0; same && i < n->raw.size(); ++i)
                same = n->raw[i].name == genuine->raw[i].name && n->raw[i].value == genuine->raw[i].value;
            BOOST_TEST(!same);
        }
    }
    BOOST_TEST_MESSAGE(readable << " exchanges of two blocks can still be read");
}

BOOST_AUTO_TEST_CASE(times_of_refunds) {
    BOOST_TEST(to_wechat_time(*from_wechat_date_time("2026-02-28 23:59:59")) == "20260228235959");
    for (auto const* const text :
         {"",
          "2026-02-28",
          "2026-02-28T23:59:59",
          "2026-02-30 00:00:00",
          "2026-13-01 00:00:00",
          "2026-01-01 24:00:00",
          "2026/01/01 00:00:00",
          "2026-01-01 00:00:0a",
          "2026-01-01 00:00:00 ",
          "20260101000000"})
        BOOST_TEST(!from_wechat_date_time(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(names_of_states) {
    for (auto const* const name :
         {"REQUESTED", "APPROVED", "REJECTED", "PROCESSING", "SUCCESS", "CHANGE", "REFUNDCLOSE", "FAILED"})
        BOOST_TEST(to_string(parse_refund_status(name).value()) == name);
    for (auto const* const name : {"", "success", "SUCCESS ", "FAIL", "NOTSURE", "CLOSED"})
        BOOST_TEST(!parse_refund_status(name).has_value(), name);
}

BOOST_AUTO_TEST_SUITE_END()
