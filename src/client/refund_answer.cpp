#include "client/refund_answer.hpp"

#include "base/text.hpp"

namespace wxgate {

namespace {

constexpr std::size_t page = 10; // WeChat's

unknown disbelieved(std::string what) {
    return {make_error_code(errc::mismatched_answer), std::move(what), true, {}};
}

// The states that WeChat's documents give today. FAIL and NOTSURE, of older ones, are not believed: whoever
// asks goes on asking.
bool is_wechats(refund_status s) {
    return s == refund_status::PROCESSING || s == refund_status::SUCCESS || s == refund_status::CHANGE ||
           s == refund_status::REFUNDCLOSE;
}

std::optional<refund_item> read_item(fields const& m, std::size_t index) {
    auto const value = [&](char const* name) { return m.get(name + ('_' + std::to_string(index))); };
    auto const status = parse_refund_status(value("refund_status"));
    auto const fee = fen::parse(value("refund_fee"));
    if (!status || !is_wechats(*status) || !fee || value("out_refund_no").empty() ||
        value("refund_id").empty())
        return std::nullopt;
    refund_item i;
    i.out_refund_no = value("out_refund_no");
    i.refund_id = value("refund_id");
    i.refund_fee = *fee;
    i.refund_status = *status;
    i.refund_recv_accout = value("refund_recv_accout");
    i.refund_success_time = from_wechat_date_time(value("refund_success_time"));
    return i;
}

} // namespace

outcome<refund_query> read_refund_query(fields message) {
    refund_query q;
    q.transaction_id = message.get("transaction_id");
    q.out_trade_no = message.get("out_trade_no");
    auto const total = fen::parse(message.get("total_fee"));
    auto const count = parse_uint(message.get("refund_count"), page);
    if (!total || !count)
        return disbelieved("total_fee or refund_count");
    q.total_fee = *total;
    if (auto const sum = fen::parse(message.get("refund_fee")))
        q.refund_fee = *sum;
    for (std::size_t i = 0; i < *count; ++i) {
        auto item = read_item(message, i);
        if (!item)
            return disbelieved("refund " + std::to_string(i));
        q.refunds.push_back(std::move(*item));
    }
    q.total_refund_count =
        static_cast<std::size_t>(parse_uint(message.get("total_refund_count"), 1'000'000).value_or(*count));
    q.raw = std::move(message);
    return q;
}

bool answers(refund_query_request const& asked, refund_query const& got) {
    auto const names = [](std::string const& wanted, std::string const& found) {
        return wanted.empty() || wanted == found;
    };
    if (!asked.refund_id.empty())
        return got.refunds.size() == 1 && got.refunds.front().refund_id == asked.refund_id;
    if (!asked.out_refund_no.empty())
        return got.refunds.size() == 1 && got.refunds.front().out_refund_no == asked.out_refund_no;
    return names(asked.transaction_id, got.transaction_id) && names(asked.out_trade_no, got.out_trade_no);
}

} // namespace wxgate
