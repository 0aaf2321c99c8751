// Signatures of WeChat Pay v2 (pay.weixin.qq.com v2 docs, 安全规范 4_3).
//
// The canonical string: every field with a value, `sign` excepted, sorted by name in byte order, as
// name=value joined by '&', then "&key=KEY". Its MD5, or its HMAC-SHA256 under KEY, in upper-case hex, is the
// signature.
//
// Thread-safe: each thread has scratch space of its own, and in the steady state nothing is allocated but the
// strings returned.
#pragma once

#include <wxgate/fields.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace wxgate {

enum class sign_type { md5, hmac_sha256 };

/// "MD5" or "HMAC-SHA256", as WeChat writes it.
std::string_view to_string(sign_type t) noexcept;

/// The reverse; nothing for any other text.
std::optional<sign_type> parse_sign_type(std::string_view text) noexcept;

/// The algorithm a signature of this length is of: 32 MD5, 64 HMAC-SHA256, else nothing.
std::optional<sign_type> sign_type_of(std::string_view signature) noexcept;

/// Appends the canonical string up to but without "&key=…". `message` may hold a `sign`; it is skipped.
void append_canonical(fields const& message, std::string& out);

/// The signature over `message` (whose own `sign` is skipped): upper-case hex. `key` is not empty.
std::string sign(fields const& message, sign_type type, std::string_view key);

/// The same, appended: a string used again and again needs no memory.
void append_sign(fields const& message, sign_type type, std::string_view key, std::string& out);

/// True when `message` carries exactly the signature that `key` and `type` make over all it holds. Compared
/// in constant time. The algorithm comes from the caller (the order's own), never from the message. An
/// absent, empty, lower-case or otherwise shaped `sign` and an empty key are false.
bool verify(fields const& message, sign_type type, std::string_view key) noexcept;

/// What support needs for 签名错误 (the verb `wxgate explain`).
struct sign_explanation {
    std::string canonical; // the exact string that is signed, with the key masked
    std::string expected;  // the signature it should carry
    std::string carried;   // the signature it does carry; empty when absent
    sign_type type;
    bool match;
};

/// Explains the signature of a message; the algorithm is `type`, or what the carried signature's length says,
/// or MD5.
sign_explanation explain(fields const& message, std::string_view key, std::optional<sign_type> type = {});

/// 32 characters of [0-9A-Za-z] from OpenSSL's CSPRNG, without modulo bias. Throws std::runtime_error when
/// the generator fails, which only a broken system does.
std::string make_nonce();

/// The six values of wx.requestPayment (小程序调起支付), named as it names them.
struct request_payment {
    std::string appId;
    std::string timeStamp; // seconds, decimal
    std::string nonceStr;
    std::string package; // prepay_id=…
    std::string signType;
    std::string paySign;
};

/// Signs the values with which the Mini Program pays. `unix_seconds` is the current time.
request_payment make_request_payment(
    std::string_view appid,
    std::string_view prepay_id,
    sign_type type,
    std::string_view key,
    long long unix_seconds
);

/// What an app hands to WeChat's SDK (PayReq) to pay an order of trade_type APP, named as the SDK names it.
struct app_payment {
    std::string appid;
    std::string partnerid;
    std::string prepayid;
    std::string package; // Sign=WXPay
    std::string noncestr;
    std::string timestamp; // seconds, decimal
    std::string sign;
};

/// Signs the values with which the app pays, by the order's own algorithm. `appid` is the app's and `mch_id`
/// the merchant's; in service-provider mode sub_appid and sub_mch_id. `unix_seconds` is the current time.
app_payment make_app_payment(
    std::string_view appid,
    std::string_view mch_id,
    std::string_view prepay_id,
    sign_type type,
    std::string_view key,
    long long unix_seconds
);

} // namespace wxgate
