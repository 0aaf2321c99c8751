// The calls about refunds (protocol A8): what they answer, element by element.
#include "base/text.hpp"
#include "sandbox/wechat_api.hpp"

#include <algorithm>
#include <iterator>

namespace wxgate::sandbox {

namespace {

constexpr std::size_t page_size = 10;
// Of an order with more refunds than these the rest is answered to a refund's own number only. (WeChat says
// to ask so; that the answer by order ends here is this sandbox's reading.)
constexpr std::size_t most_by_order = 20;

fen amount_or_one(std::string_view text) {
    auto const amount = fen::parse(text);
    return amount ? *amount : fen(1);
}

} // namespace

answer wechat_api::do_refund(verified const& v) {
    auto const result = refunds_.ask(v.request, v.by, v.now);
    return result.accepted != nullptr ? refunding(v, *result.accepted) : failed(v, result.refused);
}

answer wechat_api::refunding(verified const& v, refund_entry const& r) {
    std::string const total = r.of->total_fee.to_string();
    answer a = head(v, std::nullopt, true);
    a.text("transaction_id", r.of->transaction_id);
    a.text("out_trade_no", r.of->out_trade_no);
    a.text("out_refund_no", r.out_refund_no);
    a.text("refund_id", r.refund_id);
    a.text("refund_channel", ""); // undocumented, and there
    a.number("refund_fee", r.refund_fee.to_string());
    a.number("coupon_refund_fee", "0");
    a.number("total_fee", total);
    a.number("cash_fee", total);
    a.number("coupon_refund_count", "0");
    a.number("cash_refund_fee", r.refund_fee.to_string());
    return a;
}

answer wechat_api::invent_refund(verified const& v) {
    order o;
    refund_entry r;
    invent_entry(v, o, r);
    return refunding(v, r);
}

// A refund that went well, as this request would have it.
void wechat_api::invent_entry(verified const& v, order& o, refund_entry& r) {
    auto const or_else = [&](char const* name, std::string const& otherwise) {
        auto const value = v.request.get(name);
        return value.empty() ? otherwise : std::string(value);
    };
    o.out_trade_no = or_else("out_trade_no", "probe");
    o.transaction_id =
        or_else("transaction_id", "4200000000" + beijing_time(v.now).substr(0, 8) + "0000000000");
    o.total_fee = amount_or_one(v.request.get("total_fee"));
    r.of = &o;
    r.out_refund_no = or_else("out_refund_no", "probe");
    r.refund_id = or_else("refund_id", "5000000000" + beijing_time(v.now).substr(0, 8) + "00000000000");
    r.refund_fee = amount_or_one(v.request.get("refund_fee"));
    r.refund_account = "REFUND_SOURCE_UNSETTLED_FUNDS";
    r.status = refund_status::SUCCESS;
    r.ended = v.now;
}

// ---- refundquery
// -------------------------------------------------------------------------------------------------

// The one refund that the request names by a number of its own; null when there is none.
refund_entry const* wechat_api::named_refund(verified const& v) {
    auto const id = v.request.get("refund_id");
    refund_entry const* const r = id.empty()
                                      ? refunds_.find(v.by.mch_id, v.request.get("out_refund_no"), v.now)
                                      : refunds_.find_id(v.by.mch_id, id, v.now);
    return r != nullptr && r->of->sub_mch_id == v.request.get("sub_mch_id") ? r : nullptr;
}

answer wechat_api::do_refundquery(verified const& v) {
    business_error const not_there{"REFUNDNOTEXIST", "not exist"};
    bool const by_number = !v.request.get("refund_id").empty() || !v.request.get("out_refund_no").empty();
    if (by_number) {
        refund_entry const* const r = named_refund(v);
        return r != nullptr ? refund_page(v, {r}, r->refund_fee, std::nullopt) : failed(v, not_there);
    }
    order const* const o = orders_.find_named(v.request, v.by.mch_id, v.now);
    if (o == nullptr)
        return failed(v, not_there);
    return order_refunds(v, refunds_.of(*o, v.now));
}

answer wechat_api::order_refunds(verified const& v, std::vector<refund_entry const*> const& all) {
    if (all.empty())
        return failed(v, {"REFUNDNOTEXIST", "not exist"});
    auto const offset = parse_uint(v.request.get("offset"), 1'000'000'000).value_or(0);
    std::size_t const reachable = std::min(all.size(), most_by_order);
    if (offset >= reachable)
        return failed(v, {"PARAM_ERROR", "offset超出退款记录范围"});
    std::int64_t sum = 0;
    for (auto const* const r : all)
        sum += r->refund_fee.count();
    auto const first = all.begin() + static_cast<std::ptrdiff_t>(offset);
    auto const count = std::min(reachable - static_cast<std::size_t>(offset), page_size);
    return refund_page(
        v, {first, std::next(first, static_cast<std::ptrdiff_t>(count))}, fen(sum), all.size()
    );
}

// All fields by name, the head's too, as WeChat's real answer has them. The page is not empty.
answer wechat_api::refund_page(
    verified const& v,
    std::vector<refund_entry const*> const& page,
    fen sum,
    std::optional<std::size_t> total_count
) {
    answer a;
    auto const each = [&](std::string const& name, auto add) {
        for (std::size_t i = 0; i < page.size(); ++i)
            add(name + "_" + std::to_string(i), *page[i]);
    };
    order const& o = *page.front()->of;
    a.text("appid", v.by.appid);
    a.text("cash_fee", o.total_fee.to_string());
    a.text("mch_id", v.by.mch_id);
    a.text("nonce_str", random_(16));
    each("out_refund_no", [&](auto const& name, auto const& r) { a.text(name, r.out_refund_no); });
    a.text("out_trade_no", o.out_trade_no);
    each("refund_account", [&](auto const& name, auto const& r) { a.text(name, r.refund_account); });
    each("refund_channel", [&](auto const& name, auto const&) { a.text(name, "ORIGINAL"); });
    a.number("refund_count", std::to_string(page.size()));
    a.number("refund_fee", sum.to_string());
    each("refund_fee", [&](auto const& name, auto const& r) { a.number(name, r.refund_fee.to_string()); });
    each("refund_id", [&](auto const& name, auto const& r) { a.text(name, r.refund_id); });
    each("refund_recv_accout", [&](auto const& name, auto const&) { a.text(name, "支付用户的零钱"); }); // sic
    each("refund_status", [&](auto const& name, auto const& r) { a.text(name, to_string(r.status)); });
    each("refund_success_time", [&](auto const& name, auto const& r) {
        if (r.status == refund_status::SUCCESS)
            a.text(name, beijing_date_time(r.ended));
    });
    a.text("result_code", "SUCCESS");
    a.text("return_code", "SUCCESS");
    a.text("return_msg", "OK");
    a.sign_here();
    add_shop(a, v.request);
    a.text("total_fee", o.total_fee.to_string());
    if (total_count)
        a.number("total_refund_count", std::to_string(*total_count));
    a.text("transaction_id", o.transaction_id);
    return a;
}

answer wechat_api::invent_refundquery(verified const& v) {
    order o;
    refund_entry r;
    invent_entry(v, o, r);
    if (refund_entry const* const real =
            named_refund(v)) { // everything right but its state and the signature
        o = *real->of;
        r = *real;
        r.of = &o;
        r.status = refund_status::SUCCESS;
        r.ended = v.now;
    }
    return refund_page(v, {&r}, r.refund_fee, std::nullopt);
}

} // namespace wxgate::sandbox
