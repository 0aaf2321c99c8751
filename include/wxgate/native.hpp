// NATIVE, mode one (模式一): a code that stays on the wall. It names a product; when a customer scans it,
// WeChat asks the shop's callback URL, which places the order and answers with its prepay_id.
//
// (Mode two needs nothing of this: unifiedorder with trade_type NATIVE answers with a code_url.)
//
// Pure functions over bytes, for any HTTP server. Thread-safe.
#pragma once

#include <wxgate/messages.hpp>

namespace wxgate {

/// weixin://wxpay/bizpayurl?…, to be shown as a QR code; it does not expire. `product_id` is 1 to 32 bytes.
/// `unix_seconds` is the current time. client::short_url makes it shorter.
std::string make_native_url(account const& who, std::string_view product_id, long long unix_seconds);

/// Somebody scanned the code.
struct native_scan {
    std::string appid;
    std::string mch_id;
    std::string openid;
    std::string product_id;
    std::string nonce_str;
    wxgate::sign_type sign_type = wxgate::sign_type::md5; // that the signature was made with
    fields raw;
};

/// Reads and verifies what WeChat posts to the callback URL, against the merchant's key. Errors:
/// malformed_xml and its kin; bad_signature; mismatched_answer when openid or product_id is missing or too
/// long. After any error answer with native_scan_refused().
result<native_scan> read_native_scan(std::string_view body, std::string_view api_key);

/// The answer, within 5 s: go on and pay this. Signed as the question was.
std::string native_scan_accepted(account const& who, native_scan const& asked, std::string_view prepay_id);

/// The answer when there is nothing to pay; the customer sees `why`.
std::string native_scan_refused(account const& who, std::string_view why);

} // namespace wxgate
