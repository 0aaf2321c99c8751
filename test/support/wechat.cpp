#include "support/wechat.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>

namespace wxgate::test {

namespace {

std::string upper_hex(unsigned char const* bytes, std::size_t size) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
        text += digits[bytes[i] >> 4U];
        text += digits[bytes[i] & 15U];
    }
    return text;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

// The decoded content of an element: CDATA sections and escaped text, in any order.
std::string decoded(std::string_view content) {
    constexpr std::string_view open = "<![CDATA[";
    std::string value;
    while (!content.empty()) {
        auto const at = content.find(open);
        std::string plain(content.substr(0, at));
        replace_all(plain, "&lt;", "<");
        replace_all(plain, "&gt;", ">");
        replace_all(plain, "&quot;", "\"");
        replace_all(plain, "&apos;", "'");
        replace_all(plain, "&#13;", "\r");
        replace_all(plain, "&#xD;", "\r");
        replace_all(plain, "&amp;", "&");
        value += plain;
        if (at == std::string_view::npos)
            break;
        auto const end = content.find("]]>", at);
        if (end == std::string_view::npos)
            break;
        value += content.substr(at + open.size(), end - at - open.size());
        content.remove_prefix(end + 3);
    }
    return value;
}

} // namespace

std::string naive_canonical(message const& fields) {
    std::map<std::string, std::string> const sorted(fields.begin(), fields.end());
    std::string text;
    for (auto const& [name, value] : sorted)
        if (name != "sign" && !value.empty())
            text += (text.empty() ? "" : "&") + name + "=" + value;
    return text;
}

std::string naive_sign(message const& fields, std::string const& algorithm, std::string const& key) {
    auto const text = naive_canonical(fields) + "&key=" + key;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    std::size_t size = 0;
    auto const* bytes = reinterpret_cast<unsigned char const*>(text.data());
    bool done = false;
    if (algorithm == "MD5")
        done = EVP_Q_digest(nullptr, "MD5", nullptr, bytes, text.size(), digest.data(), &size) == 1;
    else if (algorithm == "HMAC-SHA256")
        done = EVP_Q_mac(
                   nullptr,
                   "HMAC",
                   nullptr,
                   "SHA256",
                   nullptr,
                   key.data(),
                   key.size(),
                   bytes,
                   text.size(),
                   digest.data(),
                   digest.size(),
                   &size
               ) != nullptr;
    if (!done)
        throw std::runtime_error("cannot sign with " + algorithm);
    return upper_hex(digest.data(), size);
}

std::string value_of(message const& fields, std::string_view name) {
    for (auto const& [n, v] : fields)
        if (n == name)
            return v;
    return {};
}

void set(message& fields, std::string const& name, std::string const& value) {
    for (auto& [n, v] : fields) {
        if (n == name) {
            v = value;
            return;
        }
    }
    fields.emplace_back(name, value);
}

void remove(message& fields, std::string_view name) {
    std::erase_if(fields, [&](auto const& f) { return f.first == name; });
}

message signed_with(message fields, std::string const& algorithm, std::string const& key) {
    remove(fields, "sign");
    auto const signature = naive_sign(fields, algorithm, key);
    fields.emplace_back("sign", signature);
    return fields;
}

std::string to_xml(message const& fields) {
    std::string text = "<xml>";
    for (auto const& [name, value] : fields) {
        auto inside = value;
        replace_all(inside, "]]>", "]]]]><![CDATA[>");
        text += "<" + name + "><![CDATA[" + inside + "]]></" + name + ">\n";
    }
    return text + "</xml>";
}

message from_xml(std::string_view document) {
    message fields;
    auto const begin = document.find("<xml>");
    if (begin == std::string_view::npos)
        return fields;
    document.remove_prefix(begin + 5);
    for (;;) {
        auto const open = document.find('<');
        auto const end = document.find('>', open);
        if (open == std::string_view::npos || end == std::string_view::npos || document[open + 1] == '/')
            return fields;
        auto const name = std::string(document.substr(open + 1, end - open - 1));
        if (name.ends_with('/')) {
            fields.emplace_back(name.substr(0, name.size() - 1), "");
            document.remove_prefix(end + 1);
            continue;
        }
        auto const close = document.find("</" + name + ">", end);
        if (close == std::string_view::npos)
            return {};
        fields.emplace_back(name, decoded(document.substr(end + 1, close - end - 1)));
        document.remove_prefix(close + name.size() + 3);
    }
}

bool verifies(json::value const& request_payment, std::string const& key) {
    message fields;
    for (auto const* name : {"appId", "timeStamp", "nonceStr", "package", "signType"}) {
        fields.emplace_back(name, text_of(request_payment, name));
        if (fields.back().second.empty())
            return false;
    }
    auto const algorithm = text_of(request_payment, "signType");
    if (algorithm != "MD5" && algorithm != "HMAC-SHA256")
        return false;
    return request_payment.as_object().size() == 6 &&
           naive_sign(fields, algorithm, key) == text_of(request_payment, "paySign");
}

message notification_of(json::value const& payment, std::string const& transaction_id) {
    auto const fee = std::to_string(number_of(payment, "total_fee"));
    message fields = {
        {"appid", text_of(payment, "appid")},
        {"bank_type", "OTHERS"},
        {"cash_fee", fee},
        {"fee_type", "CNY"},
        {"is_subscribe", "N"},
        {"mch_id", text_of(payment, "mch_id")},
        {"nonce_str", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"},
        {"openid", text_of(payment, "openid")},
        {"out_trade_no", text_of(payment, "out_trade_no")},
        {"result_code", "SUCCESS"},
        {"return_code", "SUCCESS"},
        {"time_end", "20261123120000"},
        {"total_fee", fee},
        {"trade_type", "JSAPI"},
        {"transaction_id", transaction_id}};
    if (auto const attach = text_of(payment, "attach"); !attach.empty())
        fields.insert(fields.begin() + 1, {"attach", attach});
    return fields;
}

std::string refund_ciphertext(std::string const& document, std::string const& key) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    std::size_t size = 0;
    if (EVP_Q_digest(nullptr, "MD5", nullptr, key.data(), key.size(), digest.data(), &size) != 1)
        throw std::runtime_error("no MD5");
    auto hex = upper_hex(digest.data(), size);
    std::transform(hex.begin(), hex.end(), hex.begin(), [](char c) {
        return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
    });
    std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> const context(
        EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free
    );
    std::string out(document.size() + 16, '\0');
    auto* const to = reinterpret_cast<unsigned char*>(out.data());
    int head = 0;
    int tail = 0;
    if (EVP_EncryptInit_ex(
            context.get(),
            EVP_aes_256_ecb(),
            nullptr,
            reinterpret_cast<unsigned char const*>(hex.data()),
            nullptr
        ) != 1 ||
        EVP_EncryptUpdate(
            context.get(),
            to,
            &head,
            reinterpret_cast<unsigned char const*>(document.data()),
            static_cast<int>(document.size())
        ) != 1 ||
        EVP_EncryptFinal_ex(context.get(), to + head, &tail) != 1)
        throw std::runtime_error("no AES");
    out.resize(static_cast<std::size_t>(head + tail));
    return out;
}

std::string to_base64(std::string const& bytes) {
    std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
    auto const n = EVP_EncodeBlock(
        reinterpret_cast<unsigned char*>(out.data()),
        reinterpret_cast<unsigned char const*>(bytes.data()),
        static_cast<int>(bytes.size())
    );
    out.resize(static_cast<std::size_t>(n));
    return out;
}

message refund_told(json::value const& refund, std::string const& refund_id, std::string const& status) {
    auto const fee = std::to_string(number_of(refund, "refund_fee"));
    auto const total = std::to_string(number_of(refund, "total_fee"));
    message told = {
        {"out_refund_no", text_of(refund, "out_refund_no")},
        {"out_trade_no", text_of(refund, "out_trade_no")},
        {"refund_account", "REFUND_SOURCE_UNSETTLED_FUNDS"},
        {"refund_fee", fee},
        {"refund_id", refund_id},
        {"refund_recv_accout", "支付用户零钱"},
        {"refund_request_source", "API"},
        {"refund_status", status},
        {"settlement_refund_fee", fee},
        {"settlement_total_fee", total}};
    if (status == "SUCCESS")
        told.emplace_back("success_time", "2026-11-23 12:00:00");
    told.emplace_back("total_fee", total);
    told.emplace_back("transaction_id", "4200000000202611230000000000");
    return told;
}

std::string to_root(message const& fields) {
    std::string const inside = to_xml(fields);
    return "<root>" + inside.substr(5, inside.size() - 11) + "</root>";
}

std::string
refund_notification(std::string const& appid, std::string const& mch_id, std::string const& ciphertext) {
    return "<xml><return_code>SUCCESS</return_code>" +
           to_xml({{"appid", appid},
                   {"mch_id", mch_id},
                   {"nonce_str", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"},
                   {"req_info", to_base64(ciphertext)}}
           ).substr(5);
}

std::string new_transaction_id() {
    static std::atomic<unsigned long long> counter{static_cast<unsigned long long>(
        std::chrono::system_clock::now().time_since_epoch().count() / 1000 % 10'000'000'000
    )};
    auto const digits = std::to_string(counter++);
    return "4200000000" + std::string(18 - digits.size(), '0') + digits;
}

} // namespace wxgate::test
