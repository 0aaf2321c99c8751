// Every vector of vectors-v2.json, by its id: the positive ones hold, the negative ones do not.
#include "base/text.hpp"
#include "support.hpp"
#include "wire/cipher.hpp"
#include "wire/digest.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>
#include <map>

using namespace wxgate;

BOOST_AUTO_TEST_SUITE(vectors)

namespace {

namespace json = boost::json;

json::array load() {
    std::ifstream in(WXGATE_VECTORS, std::ios::binary);
    std::string const text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    return json::parse(text).at("vectors").as_array();
}

std::string text_of(json::object const& v, char const* name) {
    auto const* const value = v.if_contains(name);
    return value == nullptr ? std::string() : std::string(value->as_string());
}

fields message_of(json::object const& v) {
    fields message;
    if (auto const* const params = v.if_contains("params"))
        for (auto const& entry : params->as_object())
            message.set(std::string(entry.key()), std::string(entry.value().as_string()));
    else
        BOOST_TEST_REQUIRE(!decode_xml(text_of(v, "xml"), message).failed());
    return message;
}

void check_signed(json::object const& v) {
    fields message = message_of(v);
    auto const type = parse_sign_type(text_of(v, "sign_type"));
    BOOST_TEST_REQUIRE(type.has_value());
    std::string const key = text_of(v, "key");
    std::string const expected = text_of(v, "sign");
    std::string canonical;
    append_canonical(message, canonical);
    BOOST_TEST(canonical + "&key=" + key == text_of(v, "string_to_sign"));
    BOOST_TEST(sign(message, *type, key) == expected);
    if (v.contains("xml")) // then it carries its sign
        BOOST_TEST(message.get("sign") == expected);
    message.set("sign", expected);
    BOOST_TEST(verify(message, *type, key));
    BOOST_TEST(!verify(message, *type, key + "x"));
    std::string const again = test::document_of(message);
    fields read;
    BOOST_TEST(!decode_xml(again, read).failed());
    BOOST_TEST(verify(read, *type, key));
}

void check_notification(json::object const& v) {
    check_signed(v);
    auto const n = read_payment_notification(text_of(v, "xml"), text_of(v, "key"));
    BOOST_TEST_REQUIRE(n.has_value());
    BOOST_TEST(n->paid);
    BOOST_TEST(n->total_fee.count() == 1);
    BOOST_TEST(n->out_trade_no == "1409811653");
    BOOST_TEST(n->raw.get("sub_mch_id") == "10000100");
    BOOST_TEST(!n->ambiguous);
}

void check_negative(json::object const& v) {
    fields const message = message_of(v);
    auto const type = parse_sign_type(text_of(v, "sign_type"));
    BOOST_TEST_REQUIRE(type.has_value());
    std::string const key = text_of(v, "key");
    BOOST_TEST(!verify(message, *type, key));
    BOOST_TEST(sign(message, *type, key) == text_of(v, "expected_sign"));
    BOOST_TEST((read_payment_notification(text_of(v, "xml"), key).error() == errc::bad_signature));
}

void check_req_info(json::object const& v) {
    std::string const key = text_of(v, "key");
    auto const plain = wire::decrypt_req_info(text_of(v, "req_info"), key);
    BOOST_TEST_REQUIRE(plain.has_value());
    BOOST_TEST(*plain == text_of(v, "plaintext"));
    BOOST_TEST(wire::encrypt_req_info(*plain, key).value() == text_of(v, "req_info"));
    std::string hex(32, ' ');
    wire::write_hex(wire::md5({key}), hex.data(), false);
    BOOST_TEST(hex == text_of(v, "aes_key"));
    fields inner;
    BOOST_TEST(!decode_xml(*plain, inner, {}, "root").failed());
    BOOST_TEST(inner.get("refund_status") == "SUCCESS");
    BOOST_TEST(decode_xml(*plain, inner).failed()); // its root is not `xml`
}

void check_aes(json::object const& v) {
    auto const ciphertext = from_base64(text_of(v, "ciphertext"));
    BOOST_TEST_REQUIRE(ciphertext.has_value());
    BOOST_TEST(wire::aes256_ecb_decrypt(text_of(v, "key"), *ciphertext).value() == text_of(v, "plaintext"));
    BOOST_TEST(wire::aes256_ecb_encrypt(text_of(v, "key"), text_of(v, "plaintext")).value() == *ciphertext);
}

using check = void (*)(json::object const&);

std::map<std::string, check> const checks = {
    {"v2-sign", check_signed},
    {"v2-paySign", check_signed},
    {"v2-notify", check_notification},
    {"v2-request", check_signed},
    {"v2-response", check_signed},
    {"v2-req_info", check_req_info},
    {"aes-256-ecb", check_aes},
    {"negative", check_negative},
};

} // namespace

BOOST_AUTO_TEST_CASE(all_of_them) {
    std::map<std::string, int> kinds;
    for (auto const& entry : load()) {
        auto const& v = entry.as_object();
        BOOST_TEST_CONTEXT("vector " << text_of(v, "id")) {
            auto const found = checks.find(text_of(v, "kind"));
            BOOST_TEST_REQUIRE((found != checks.end()));
            found->second(v);
            ++kinds[found->first];
        }
    }
    BOOST_TEST(kinds.size() == checks.size()); // a kind that vanished from the file is not tested any more
}

BOOST_AUTO_TEST_SUITE_END()
