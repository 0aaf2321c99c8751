// RELIABILITY.md 3.3, X-35 to X-47: well-formed notifications whose signature or content decides.
#include "xml_table.hpp"

#include <algorithm>

using namespace wxgate::test;

namespace {

std::string lower(std::string text) {
    for (auto& c : text)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(xml_signature)

BOOST_AUTO_TEST_CASE(signature_table) {
    auto& system = the_system();
    unpaid const p;
    auto const& shop = system.merchant("shop");
    auto const& rival = system.merchant("rival");
    auto const right = naive_sign(p.fields, "HMAC-SHA256", shop.key);
    auto const carrying = [&](std::string const& signature) {
        auto all = p.fields;
        all.emplace_back("sign", signature);
        return to_xml(all);
    };
    auto const without = [&](std::string const& name) {
        auto all = signed_with(p.fields, "HMAC-SHA256", shop.key);
        remove(all, name);
        return to_xml(all);
    };
    auto const unsigned_fields = [&](message const& more) {
        auto all = signed_with(p.fields, "HMAC-SHA256", shop.key);
        all.insert(all.end(), more.begin(), more.end());
        return to_xml(all);
    };
    auto in_capitals = p.fields;
    in_capitals.emplace_back("SIGN", right);
    auto const renamed = to_xml(in_capitals);
    auto last_wrong = right;
    last_wrong.back() = last_wrong.back() == '0' ? '1' : '0';
    auto failed = p.fields;
    set(failed, "return_code", "FAIL");
    run_refused({
        {"X-35 no sign", without("sign")},
        {"X-35 empty", carrying("")},
        {"X-35 31 characters", carrying(right.substr(0, 31))},
        {"X-35 32 of 64", carrying(right.substr(0, 32))},
        {"X-35 33 characters", carrying(right.substr(0, 33))},
        {"X-35 63 characters", carrying(right.substr(0, 63))},
        {"X-35 65 characters", carrying(right + "0")},
        {"X-35 lower case", carrying(lower(right))},
        {"X-35 no hex", carrying(std::string(64, 'Z'))},
        {"X-35 space after it", carrying(right + " ")},
        {"X-35 space before it", carrying(" " + right)},
        {"X-35 zeros", carrying(std::string(64, '0'))},
        {"X-35 last character wrong", carrying(last_wrong)},
        {"X-36 sign in another case of name", renamed},
        {"X-37 return_code FAIL, no sign",
         "<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[\xe7\xad\xbe\xe5\x90\x8d]]></"
         "return_msg></xml>"},
        {"X-37 nothing but return_code", "<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>"},
        {"X-37 no return_code, no sign",
         "<xml><out_trade_no><![CDATA[" + p.number + "]]></out_trade_no><total_fee>1299</total_fee></xml>"},
        {"X-37 an empty document", "<xml></xml>"},
        {"X-37 return_code FAIL, signed", to_xml(signed_with(failed, "HMAC-SHA256", shop.key))},
        {"X-41 the empty key", to_xml(signed_with(p.fields, "MD5", ""))},
        {"X-41 another merchant's key", to_xml(signed_with(p.fields, "HMAC-SHA256", rival.key))},
        {"X-41 another merchant's key, MD5", to_xml(signed_with(p.fields, "MD5", rival.key))},
        {"X-41 the key in another case", to_xml(signed_with(p.fields, "HMAC-SHA256", lower(shop.key)))},
        {"X-43 a field that is not signed", unsigned_fields({{"zz", "1"}})},
        {"X-43 a coupon that is not signed", unsigned_fields({{"coupon_fee", "1299"}})},
        {"X-43 a signed field is gone", without("bank_type")},
        {"X-43 a value changed",
         [&] {
             auto all = signed_with(p.fields, "HMAC-SHA256", shop.key);
             set(all, "total_fee", "1");
             return to_xml(all);
         }()},
    });
    BOOST_TEST(system.state(p.number) == "NOTPAY");
}

// X-38: no sign_type, HMAC-SHA256 all the same.  X-42: fields may be added.  X-47: a time that is none.
BOOST_AUTO_TEST_CASE(genuine_whatever_else_it_says) {
    auto& system = the_system();

    struct variant {
        std::string id;
        message changes;
        std::vector<std::string> gone;
    };

    std::vector<variant> const variants = {
        {"X-38 no sign_type", {}, {"sign_type"}},
        {"X-38 sign_type told", {{"sign_type", "HMAC-SHA256"}}, {}},
        {"X-42 an unknown field", {{"new_field_2027", "something new"}}, {}},
        {"X-42 unknown fields sorted first and last", {{"A_first", "1"}, {"zzzz", "2"}}, {}},
        {"coupons",
         {{"coupon_fee", "12"},
          {"coupon_count", "2"},
          {"coupon_fee_0", "10"},
          {"coupon_fee_1", "2"},
          {"coupon_id_0", "100"},
          {"cash_fee", "1287"}},
         {}},
        {"X-44 an empty field", {{"device_info", ""}, {"attach", ""}}, {}},
        {"B-02 no fee_type", {}, {"fee_type"}},
        {"X-47 month 13", {{"time_end", "20261399250000"}}, {}},
        {"X-47 empty", {{"time_end", ""}}, {}},
        {"X-47 2099", {{"time_end", "20991231235959"}}, {}},
        {"X-47 none", {}, {"time_end"}},
        {"no bank_type", {}, {"bank_type", "is_subscribe", "cash_fee"}}};
    for (auto const& each : variants) {
        BOOST_TEST_CONTEXT(each.id) {
            unpaid const p;
            auto all = p.fields;
            for (auto const& [name, value] : each.changes)
                set(all, name, value);
            for (auto const& name : each.gone)
                remove(all, name);
            check_accepted(system.notify(all));
            auto const now = system.payment(p.number);
            BOOST_TEST(text_of(now, "trade_state") == "SUCCESS");
            BOOST_TEST(text_of(now, "transaction_id") == value_of(p.fields, "transaction_id"));
            BOOST_TEST(text_of(now, "paid_at") != "");
            BOOST_TEST(member(now, "request_payment").is_null());
        }
    }
}

// The order of elements says nothing.
BOOST_AUTO_TEST_CASE(any_order_of_fields) {
    auto& system = the_system();
    unpaid const p;
    auto const& shop = system.merchant("shop");
    auto all = signed_with(p.fields, shop.sign_type, shop.key);
    std::reverse(all.begin(), all.end());
    check_accepted(system.notify_text(to_xml(all)));
    BOOST_TEST(system.state(p.number) == "SUCCESS");
}

// X-42, second half: a value that could be a re-cut message is believed only when WeChat confirms it.
BOOST_AUTO_TEST_CASE(ambiguous_values_are_confirmed) {
    auto& system = the_system();
    unpaid const liar;
    auto const before = system.mark();
    auto all = liar.fields;
    set(all, "promotion_detail", "a=b&c=d");
    auto const r = system.notify(all); // signed with the right key, and yet WeChat knows nothing of a payment
    BOOST_TEST(r.status >= 400U, r.describe());
    BOOST_TEST(r.body == refused_xml);
    BOOST_TEST(system.state(liar.number) != "SUCCESS");
    BOOST_TEST(system.trouble_since(before, true) == "");

    unpaid const genuine;
    system.control().put(
        "/control/faults", json::parse(R"({"seed":1,"rules":[{"on":"notify","do":"drop","p":1}]})")
    );
    BOOST_TEST(system.pay(genuine.payment).status == 200U);
    system.control().del("/control/faults");
    auto const ledger = member(system.control().get("/control/ledger").parsed(), "orders");
    BOOST_TEST_REQUIRE(ledger.is_array());
    all = genuine.fields;
    for (auto const& each : ledger.as_array())
        if (text_of(each, "out_trade_no") == genuine.number)
            set(all, "transaction_id", text_of(each, "transaction_id"));
    set(all, "promotion_detail", R"({"promotion_detail":[{"name":"a=b&c"}]})");
    check_accepted(system.notify(all));
    BOOST_TEST(system.state(genuine.number) == "SUCCESS");
}

// X-45: the real pair. One genuine signature, two messages: the second is another order's, its last field
// swallowing what does not fit. Neither MD5 nor HMAC can tell them apart; the gateway must.
BOOST_AUTO_TEST_CASE(recut_message) {
    auto& system = the_system();
    for (std::string const merchant : {"shop", "plain"}) {
        BOOST_TEST_CONTEXT(merchant) {
            auto const& m = system.merchant(merchant);
            auto const cheap = system.create({{"total_fee", 1}}, merchant);
            auto const victim = system.create({{"total_fee", 100'000}}, merchant);
            auto forged = notification_of(victim, new_transaction_id());
            auto genuine = notification_of(cheap, value_of(forged, "transaction_id"));
            // What an attacker would choose as a value early in the order of names: all of the forged
            // message's text.
            auto const text = naive_canonical(forged);
            auto const first = text.find("&bank_type=");
            set(genuine, "attach", "x" + text.substr(first) + "&zz=");
            auto const whole = naive_canonical(genuine);
            auto const swallowed = whole.substr(whole.find("&zz=") + 4);
            set(forged, "attach", "x");
            set(forged, "zz", swallowed);
            auto const signed_genuine = signed_with(genuine, m.sign_type, m.key);
            BOOST_TEST_REQUIRE(naive_sign(forged, m.sign_type, m.key) == value_of(signed_genuine, "sign"));
            set(forged, "sign", value_of(signed_genuine, "sign"));
            auto const r = system.notify_text(to_xml(forged), merchant);
            BOOST_TEST(r.body == refused_xml);
            BOOST_TEST(r.status >= 400U);
            BOOST_TEST(system.state(text_of(victim, "out_trade_no"), merchant) != "SUCCESS");
            BOOST_TEST(system.state(text_of(cheap, "out_trade_no"), merchant) != "SUCCESS");
        }
    }
}

BOOST_AUTO_TEST_CASE(no_secret_leaves) {
    BOOST_TEST(the_system().leaked() == "");
}

BOOST_AUTO_TEST_SUITE_END()
