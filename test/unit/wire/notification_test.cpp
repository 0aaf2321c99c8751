#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>

using namespace wxgate;

BOOST_AUTO_TEST_SUITE(notification)

namespace {

using test::key;
using test::payment;
using test::with;
using test::without;

std::string md5_signed(test::pairs const& list) {
    return test::signed_document(list, sign_type::md5);
}

std::string unsigned_document(test::pairs const& list) {
    return test::document_of(test::to_fields(list));
}

std::optional<errc> outcome(std::string const& body, std::string_view with_key = key) {
    auto const n = read_payment_notification(body, with_key);
    if (n.has_value())
        return std::nullopt;
    return static_cast<errc>(n.error().value());
}

struct row {
    char const* name;
    std::string body;
    std::optional<errc> expected;
};

std::string with_sign(std::string const& sign) {
    return unsigned_document(with(payment(), "sign", sign));
}

std::vector<row> rows() {
    auto const bad_signature = errc::bad_signature;
    test::pairs const list = payment();
    return {
        {"good, MD5", md5_signed(list), {}},
        {"good, HMAC", test::signed_document(list, sign_type::hmac_sha256), {}},
        {"good, other order", md5_signed(test::pairs(list.rbegin(), list.rend())), {}},
        {"X-35 no sign", unsigned_document(list), bad_signature},
        {"X-35 empty sign", with_sign(""), bad_signature},
        {"X-35 31", with_sign(std::string(31, 'A')), bad_signature},
        {"X-35 32", with_sign(std::string(32, 'A')), bad_signature},
        {"X-35 33", with_sign(std::string(33, 'A')), bad_signature},
        {"X-35 63", with_sign(std::string(63, 'A')), bad_signature},
        {"X-35 64", with_sign(std::string(64, 'A')), bad_signature},
        {"X-35 65", with_sign(std::string(65, 'A')), bad_signature},
        {"X-35 spaces", with_sign(std::string(32, ' ')), bad_signature},
        {"X-37 FAIL, unsigned",
         "<xml><return_code>FAIL</return_code><return_msg>x</return_msg></xml>",
         bad_signature},
        {"X-37 FAIL, signed", md5_signed(with(list, "return_code", "FAIL")), bad_signature},
        {"X-37 no return_code, signed", md5_signed(without(list, "return_code")), bad_signature},
        {"X-37 success in lower case", md5_signed(with(list, "return_code", "success")), bad_signature},
        {"neither sign nor return_code", unsigned_document(without(list, "return_code")), bad_signature},
        {"nothing but a field", "<xml><a>1</a></xml>", bad_signature},
        {"no field", "<xml></xml>", bad_signature},
        {"X-38 HMAC without sign_type", test::signed_document(list, sign_type::hmac_sha256), {}},
        {"sign_type inside is not trusted: MD5 says HMAC",
         md5_signed(with(list, "sign_type", "HMAC-SHA256")),
         {}},
        {"X-41 another key", test::signed_document(list, sign_type::md5, "another key"), bad_signature},
        {"X-42 unknown field, signed", md5_signed(with(list, "some_future_field", "x")), {}},
        {"X-43 unknown field, unsigned",
         md5_signed(list).insert(5, "<some_future_field>x</some_future_field>"),
         bad_signature},
        {"X-44 empty field", md5_signed(list).insert(5, "<device_info_2><![CDATA[]]></device_info_2>"), {}},
        {"X-20 duplicate", md5_signed(list).insert(5, "<total_fee>1</total_fee>"), errc::duplicate_field},
        {"X-22 trailing text", md5_signed(list) + "x", errc::malformed_xml},
        {"X-47 time_end of no month", md5_signed(with(list, "time_end", "20261399250000")), {}},
        {"X-47 no time_end", md5_signed(without(list, "time_end")), {}},
        {"amount 0", md5_signed(with(list, "total_fee", "0")), {}},
        {"amount at the bound", md5_signed(with(list, "total_fee", "10000000000")), {}},
        {"amount above it", md5_signed(with(list, "total_fee", "10000000001")), errc::bad_amount},
        {"amount -1", md5_signed(with(list, "total_fee", "-1")), errc::bad_amount},
        {"amount 1.00", md5_signed(with(list, "total_fee", "1.00")), errc::bad_amount},
        {"amount with space", md5_signed(with(list, "total_fee", " 1")), errc::bad_amount},
        {"amount of letters", md5_signed(with(list, "total_fee", "free")), errc::bad_amount},
        {"no amount", md5_signed(without(list, "total_fee")), errc::bad_amount},
        {"empty amount", md5_signed(with(list, "total_fee", "")), errc::bad_amount},
        {"no out_trade_no", md5_signed(without(list, "out_trade_no")), errc::malformed_xml},
        {"no transaction_id", md5_signed(without(list, "transaction_id")), errc::malformed_xml},
        {"empty transaction_id", md5_signed(with(list, "transaction_id", "")), errc::malformed_xml},
        {"refused payment with bad amount",
         md5_signed(with(with(list, "result_code", "FAIL"), "total_fee", "x")),
         errc::bad_amount},
        {"refused payment without all",
         md5_signed({{"result_code", "FAIL"}, {"return_code", "SUCCESS"}}),
         {}},
        {"unsigned amount does not show through",
         unsigned_document(with(list, "total_fee", "x")),
         bad_signature},
    };
}

} // namespace

BOOST_AUTO_TEST_CASE(the_table) {
    for (row const& r : rows())
        BOOST_TEST((outcome(r.body) == r.expected), r.name);
    BOOST_TEST((outcome(md5_signed(payment()), "") == errc::bad_signature));
}

BOOST_AUTO_TEST_CASE(what_it_says) {
    auto const n = read_payment_notification(test::signed_document(payment(), sign_type::hmac_sha256), key);
    BOOST_TEST_REQUIRE(n.has_value());
    BOOST_TEST(n->appid == "wx2421b1c4370ec43b");
    BOOST_TEST(n->mch_id == "10000100");
    BOOST_TEST(n->out_trade_no == "20261123121557000001");
    BOOST_TEST(n->transaction_id == "4200001234202611231234567890");
    BOOST_TEST(n->openid == "oUpF8uMEb4qRXf22hE3X68TekukE");
    BOOST_TEST(n->total_fee.count() == 888);
    BOOST_TEST(n->fee_type == "CNY");
    BOOST_TEST(n->trade_type == "JSAPI");
    BOOST_TEST(n->attach == "支付测试");
    BOOST_TEST(n->bank_type == "CMB_CREDIT");
    BOOST_TEST(n->paid);
    BOOST_TEST(!n->ambiguous);
    BOOST_TEST((n->sign_type == sign_type::hmac_sha256));
    BOOST_TEST_REQUIRE(n->time_end.has_value());
    BOOST_TEST(n->time_end->time_since_epoch().count() == 1795407357);
    BOOST_TEST(n->raw.size() == payment().size() + 1);
    BOOST_TEST(n->raw.get("cash_fee") == "888");
}

BOOST_AUTO_TEST_CASE(what_may_be_absent) {
    auto const list = without(without(payment(), "fee_type"), "attach");
    auto const n = read_payment_notification(md5_signed(with(list, "time_end", "20261399250000")), key);
    BOOST_TEST_REQUIRE(n.has_value());
    BOOST_TEST(n->fee_type == "CNY");
    BOOST_TEST(n->attach.empty());
    BOOST_TEST(!n->time_end.has_value());
    BOOST_TEST((n->sign_type == sign_type::md5));
    auto const other = read_payment_notification(md5_signed(with(payment(), "fee_type", "USD")), key);
    BOOST_TEST_REQUIRE(other.has_value());
    BOOST_TEST(other->fee_type == "USD");
}

BOOST_AUTO_TEST_CASE(a_payment_that_failed) {
    auto const n = read_payment_notification(md5_signed(with(payment(), "result_code", "FAIL")), key);
    BOOST_TEST_REQUIRE(n.has_value());
    BOOST_TEST(!n->paid);
}

BOOST_AUTO_TEST_CASE(a_result_that_is_neither) {
    for (char const* const code : {"", "success", "FAILED"}) {
        auto const n = read_payment_notification(md5_signed(with(payment(), "result_code", code)), key);
        BOOST_TEST_REQUIRE(!n.has_value());
        BOOST_TEST((n.error() == errc::malformed_xml));
    }
}

BOOST_AUTO_TEST_CASE(identifiers_longer_than_wechat_makes_them) {
    for (auto const& [name, longest] :
         {std::pair{"out_trade_no", 32U}, std::pair{"transaction_id", 32U}, std::pair{"openid", 128U}}) {
        auto const of = [field = name](std::size_t n) {
            return read_payment_notification(md5_signed(with(payment(), field, std::string(n, '4'))), key);
        };
        BOOST_TEST(of(longest).has_value(), name);
        BOOST_TEST(!of(longest + 1).has_value(), name);
    }
}

// The v2 signature does not separate fields. `genuine` is an order with a chosen attach, paid for 1 fen;
// `forged` is the same canonical string cut elsewhere: another order, another amount. Both verify; both are
// flagged.
BOOST_AUTO_TEST_CASE(the_colliding_pair) {
    test::pairs genuine = payment();
    std::string const attach =
        "x&mch_id=10000100&out_trade_no=VICTIM01&result_code=SUCCESS&return_code=SUCCESS"
        "&total_fee=9&transaction_id=42&z=";
    BOOST_TEST_REQUIRE(attach.size() <= 127U);
    genuine = with(genuine, "attach", attach);
    genuine = with(genuine, "total_fee", "1");

    std::string canonical;
    append_canonical(test::to_fields(genuine), canonical);
    std::size_t const rest = canonical.find("&bank_type=");
    test::pairs const forged = {
        {"appid", "wx2421b1c4370ec43b"},
        {"attach", "x"},
        {"mch_id", "10000100"},
        {"out_trade_no", "VICTIM01"},
        {"result_code", "SUCCESS"},
        {"return_code", "SUCCESS"},
        {"total_fee", "9"},
        {"transaction_id", "42"},
        {"z", canonical.substr(rest)},
    };
    for (auto const type : {sign_type::md5, sign_type::hmac_sha256}) {
        std::string const sign_of_genuine = sign(test::to_fields(genuine), type, key);
        BOOST_TEST(sign(test::to_fields(forged), type, key) == sign_of_genuine);
        auto const a =
            read_payment_notification(unsigned_document(with(genuine, "sign", sign_of_genuine)), key);
        auto const b =
            read_payment_notification(unsigned_document(with(forged, "sign", sign_of_genuine)), key);
        BOOST_TEST_REQUIRE(a.has_value());
        BOOST_TEST_REQUIRE(b.has_value());
        BOOST_TEST(a->out_trade_no == "20261123121557000001");
        BOOST_TEST(b->out_trade_no == "VICTIM01");
        BOOST_TEST(b->total_fee.count() == 9);
        BOOST_TEST(a->ambiguous);
        BOOST_TEST(b->ambiguous);
    }
}

BOOST_AUTO_TEST_CASE(ambiguity_of_every_value) {
    for (auto const& [name, value] : payment()) {
        if (name == "return_code" || name == "result_code" || name == "total_fee")
            continue; // refused before
        for (auto const& [mark, ambiguous] :
             {std::pair{"&a=b", true},
              std::pair{"&=", true},
              std::pair{"&", false},
              std::pair{"=", false},
              std::pair{"a=b&", false}}) {
            auto const n = read_payment_notification(md5_signed(with(payment(), name, value + mark)), key);
            if (!n.has_value() && value.size() + 5 > 32)
                continue; // longer than an identifier may be
            BOOST_TEST_REQUIRE(n.has_value(), name);
            BOOST_TEST(n->ambiguous == ambiguous, name << mark);
        }
    }
    auto const unknown = read_payment_notification(md5_signed(with(payment(), "zz", "a&b=c")), key);
    BOOST_TEST_REQUIRE(unknown.has_value());
    BOOST_TEST(unknown->ambiguous);
}

BOOST_AUTO_TEST_CASE(the_answers) {
    fields m;
    BOOST_TEST(!decode_xml(notification_accepted, m).failed());
    BOOST_TEST(m.get("return_code") == "SUCCESS");
    BOOST_TEST(m.get("return_msg") == "OK");
    BOOST_TEST(!decode_xml(notification_refused, m).failed());
    BOOST_TEST(m.get("return_code") == "FAIL");
}

BOOST_AUTO_TEST_SUITE_END()
