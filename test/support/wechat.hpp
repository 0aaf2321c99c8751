// WeChat's messages as this test suite understands them from protocol/wechat-pay-v2.md, written without the
// product's code: a naive signer, a naive writer and a naive reader. What both sides agree on is then not one
// side's mistake.
#pragma once

#include "support/http.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wxgate::test {

using message = std::vector<std::pair<std::string, std::string>>;

/// "MD5" or "HMAC-SHA256" (A3): sorted by name in byte order, empty values and `sign` left out, "&key=" at
/// the end.
std::string naive_sign(message const& fields, std::string const& algorithm, std::string const& key);

/// The string that is signed, up to but without "&key=…".
std::string naive_canonical(message const& fields);

/// The value of a field, or "".
std::string value_of(message const& fields, std::string_view name);

/// Sets or adds a field; an empty `value` stays as an empty field.
void set(message& fields, std::string const& name, std::string const& value);

void remove(message& fields, std::string_view name);

/// `fields` with `sign` set (replacing one that is there).
message signed_with(message fields, std::string const& algorithm, std::string const& key);

/// `<xml>`, each element in CDATA followed by a line end, `</xml>` (A9's bytes).
std::string to_xml(message const& fields);

/// The elements of a flat document in WeChat's or the gateway's writing; empty when it is not one.
message from_xml(std::string_view document);

/// The signature of this `request_payment` object is the one that `key` makes (A3, paySign).
bool verifies(json::value const& request_payment, std::string const& key);

/// What a notification says of an order that was paid (A10), unsigned; `payment` is the gateway's JSON.
message notification_of(json::value const& payment, std::string const& transaction_id);

/// `document` as the ciphertext of a refund notification (A10): AES-256-ECB, PKCS7, under the lower-case MD5
/// of the key in hex.
std::string refund_ciphertext(std::string const& document, std::string const& key);
std::string to_base64(std::string const& bytes);

/// What is told inside of a refund notification: of `refund` (the gateway's JSON) with this status.
message refund_told(json::value const& refund, std::string const& refund_id, std::string const& status);

/// `<root>` around it, as to_xml() has `<xml>`.
std::string to_root(message const& fields);

/// The notification that carries this ciphertext.
std::string
refund_notification(std::string const& appid, std::string const& mch_id, std::string const& ciphertext);

/// A transaction number that no other call gives.
std::string new_transaction_id();

inline constexpr std::string_view accepted_xml =
    "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>";
inline constexpr std::string_view refused_xml =
    "<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[FAIL]]></return_msg></xml>";

} // namespace wxgate::test
