#include "gateway/refunds/refund_request.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace wxgate::gateway {

bool is_out_refund_no(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return is_alnum(c) || std::string_view("_-|*@").find(c) != std::string_view::npos;
    });
}

answer<ledger::refund>
read_refund_request(std::string_view body, merchant const& m, std::string const& out_trade_no) {
    auto const parsed = parse_json_object(body);
    if (!parsed)
        return parsed.error();
    json_members in(*parsed);
    ledger::refund r;
    r.merchant = m.name;
    r.mch_id = m.account.mch_id;
    r.out_trade_no = out_trade_no;
    auto const fee = in.integer("refund_fee", 1, max_amount.count());
    if (!fee)
        in.refuse("refund_fee", "is missing: the amount in fen, an integer from 1");
    r.refund_fee = fen(fee.value_or(0));
    if (auto const number = in.text("out_refund_no", 64)) {
        if (!is_out_refund_no(*number))
            in.refuse("out_refund_no", "must be 1 to 64 of A-Z a-z 0-9 _ - | * @");
        r.out_refund_no = *number;
    }
    r.reason = in.text("reason", 80).value_or("");
    if (has_control(r.reason))
        in.refuse("reason", "must not hold control characters");
    if (auto const mistake = in.finish())
        return *mistake;
    return r;
}

std::string_view different_field(ledger::refund const& stored, ledger::refund const& asked) {
    if (stored.out_trade_no != asked.out_trade_no)
        return "out_trade_no";
    if (stored.refund_fee != asked.refund_fee)
        return "refund_fee";
    if (stored.reason != asked.reason)
        return "reason";
    return {};
}

} // namespace wxgate::gateway
