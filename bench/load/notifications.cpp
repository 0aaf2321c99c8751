#include "load/notifications.hpp"

#include "base/time.hpp"

#include <wxgate/sign.hpp>

#include <utility>

namespace wxgate::bench {

namespace {

std::string padded(std::uint64_t value, std::size_t width) {
    auto const text = std::to_string(value);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

// As the sandbox makes them: six digits that tell nothing, the day, and ten. These are counted on from a
// start of the history's own, so that no two are the same, and hardly two of two histories in one store.
std::string transaction_id(std::uint64_t i, std::uint64_t seed, std::string const& time_end) {
    auto const mixed = (i + 1) * 0x9e3779b97f4a7c15U >> 32U;
    auto const counted = seed % 9'000'000'000U + i;
    return "4200" + padded(mixed % 1'000'000, 6) + time_end.substr(0, 8) + padded(counted, 10);
}

} // namespace

notification_writer::notification_writer(history orders, account merchant, unix_ms paid_at)
    : orders_(std::move(orders)), merchant_(std::move(merchant)),
      time_end_(to_wechat_time(sys_seconds(std::chrono::seconds(paid_at / 1000)))) {
}

std::string const& notification_writer::good(std::uint64_t i) {
    fill(i);
    return signed_with(sign(message_, merchant_.sign_type, merchant_.api_key));
}

std::string const& notification_writer::forged(std::uint64_t i) {
    fill(i);
    auto signature = sign(message_, merchant_.sign_type, merchant_.api_key);
    signature.back() = signature.back() == '0' ? '1' : '0';
    return signed_with(signature);
}

std::int64_t notification_writer::fee(std::uint64_t i) {
    orders_.describe_new(i, order_);
    return order_.total_fee;
}

void notification_writer::fill(std::uint64_t i) {
    orders_.describe_new(i, order_);
    auto const fee = std::to_string(order_.total_fee);
    message_.clear();
    message_.set("appid", merchant_.appid);
    message_.set("bank_type", "OTHERS");
    message_.set("cash_fee", fee);
    message_.set("fee_type", "CNY");
    message_.set("is_subscribe", "N");
    message_.set("mch_id", merchant_.mch_id);
    message_.set("nonce_str", std::string_view(order_.prepay_id).substr(0, 32));
    message_.set("openid", order_.openid);
    message_.set("out_trade_no", order_.out_trade_no);
    message_.set("result_code", "SUCCESS");
    message_.set("return_code", "SUCCESS");
    message_.set("time_end", time_end_);
    message_.set("total_fee", fee);
    message_.set("trade_type", "JSAPI");
    message_.set("transaction_id", transaction_id(i, orders_.options().seed, time_end_));
}

std::string const& notification_writer::signed_with(std::string const& signature) {
    message_.set("sign", signature);
    document_.clear();
    encode_xml(message_, document_);
    return document_;
}

} // namespace wxgate::bench
