#include "base/text.hpp"
#include "wire/cipher.hpp"

#include <wxgate/notification.hpp>

#include <algorithm>

namespace wxgate {

namespace {

// The states in which a refund can end; a notification tells of nothing else.
bool is_end(refund_status s) noexcept {
    return s == refund_status::SUCCESS || s == refund_status::CHANGE || s == refund_status::REFUNDCLOSE;
}

// A number of an order, a payment or a refund: what may stand in a log and in a query.
bool is_number(std::string_view text, std::size_t most) noexcept {
    return !text.empty() && text.size() <= most &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

error_code read_inside(refund_notification& n) {
    fields const& raw = n.raw;
    n.out_trade_no = raw.get("out_trade_no");
    n.transaction_id = raw.get("transaction_id");
    n.out_refund_no = raw.get("out_refund_no");
    n.refund_id = raw.get("refund_id");
    if (!is_number(n.out_trade_no, 32) || !is_number(n.transaction_id, 32) ||
        !is_number(n.out_refund_no, 64) || !is_number(n.refund_id, 32))
        return errc::mismatched_answer;
    auto const total = fen::parse(raw.get("total_fee"));
    auto const fee = fen::parse(raw.get("refund_fee"));
    if (!total || !fee)
        return errc::bad_amount;
    n.total_fee = *total;
    n.refund_fee = *fee;
    auto const status = parse_refund_status(raw.get("refund_status"));
    if (!status || !is_end(*status))
        return errc::mismatched_answer;
    n.refund_status = *status;
    n.success_time = from_wechat_date_time(raw.get("success_time"));
    return {};
}

} // namespace

result<refund_notification> read_refund_notification(std::string_view body, std::string_view api_key) {
    fields outside;
    if (auto const ec = decode_xml(body, outside))
        return ec;
    if (outside.get("return_code") != "SUCCESS")
        return error_code(errc::mismatched_answer);
    auto const document = wire::decrypt_req_info(outside.get("req_info"), api_key);
    if (!document)
        return document.error();
    refund_notification n;
    if (auto const ec = decode_xml(*document, n.raw, {}, "root"))
        return ec;
    n.appid = outside.get("appid");
    n.mch_id = outside.get("mch_id");
    if (auto const ec = read_inside(n))
        return ec;
    return n;
}

} // namespace wxgate
