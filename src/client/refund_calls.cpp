// refund and refundquery, in both their versions (protocol A8).
#include "async/cancellation.hpp"
#include "client/impl.hpp"
#include "client/refund_answer.hpp"

namespace wxgate {

namespace {

constexpr operation refunding{"refund", "/secapi/pay/refund", false, true};
constexpr operation refunding_goods{"refundv2", "/secapi/pay/refundv2", false, true};
constexpr operation refundquery{"refundquery", "/pay/refundquery", true};
constexpr operation refundquery_v2{"refundqueryv2", "/pay/refundqueryv2", true};

constexpr std::size_t reachable_by_order = 20; // of an order's refunds

fields to_fields(refund_request const& r) {
    fields m;
    m.set_if("transaction_id", r.transaction_id);
    if (r.transaction_id.empty())
        m.set_if("out_trade_no", r.out_trade_no);
    m.set("out_refund_no", r.out_refund_no);
    m.set("total_fee", r.total_fee.to_string());
    m.set("refund_fee", r.refund_fee.to_string());
    m.set_if("refund_desc", r.refund_desc);
    m.set_if("refund_account", r.refund_account);
    m.set_if("notify_url", r.notify_url);
    m.set_if("detail", r.detail);
    return m;
}

} // namespace

awaitable<outcome<wxgate::refund>>
client::impl::refund(account const& who, refund_request request, steady_point until) {
    auto const type = request.sign_type.value_or(who.sign_type);
    operation const& what = request.detail.empty() ? refunding : refunding_goods;
    fields m = to_fields(request);
    auto answer = co_await call(what, who, std::move(m), type, until);
    if (!answer)
        co_return answer.error();
    bool const same = answer->get("out_refund_no") == request.out_refund_no &&
                      answer->get("refund_fee") == request.refund_fee.to_string();
    if (!same || answer->get("refund_id").empty())
        co_return not_believed(errc::mismatched_answer, "another refund");
    wxgate::refund accepted;
    accepted.refund_id = answer->get("refund_id");
    accepted.out_refund_no = request.out_refund_no;
    accepted.out_trade_no = answer->get("out_trade_no");
    accepted.transaction_id = answer->get("transaction_id");
    accepted.refund_fee = request.refund_fee;
    accepted.raw = std::move(*answer);
    co_return accepted;
}

awaitable<outcome<wxgate::refund_query>>
client::impl::refund_query(account const& who, refund_query_request request, steady_point until) {
    auto const type = request.sign_type.value_or(who.sign_type);
    fields m;
    m.set_if("refund_id", request.refund_id);
    m.set_if("out_refund_no", request.out_refund_no);
    m.set_if("transaction_id", request.transaction_id);
    m.set_if("out_trade_no", request.out_trade_no);
    if (request.offset != 0)
        m.set("offset", std::to_string(request.offset));
    operation const& what = request.with_promotions ? refundquery_v2 : refundquery;
    auto answer = co_await call(what, who, std::move(m), type, until);
    if (!answer)
        co_return answer.error();
    auto read = read_refund_query(std::move(*answer));
    if (!read)
        co_return read.error();
    if (!answers(request, *read))
        co_return not_believed(errc::mismatched_answer, "another refund");
    co_return std::move(*read);
}

// A refund may be accepted between two pages: it is behind the others, so none is missed or stands twice.
awaitable<outcome<order_refunds>>
client::impl::all_refunds(account const& who, refund_query_request request, steady_point until) {
    order_refunds all;
    for (request.offset = 0;;) {
        auto page = co_await refund_query(who, request, until);
        if (!page)
            co_return page.error();
        all.total_fee = page->total_fee;
        all.refund_fee = page->refund_fee;
        all.total_refund_count = page->total_refund_count;
        for (auto& r : page->refunds)
            all.refunds.push_back(std::move(r));
        request.offset = all.refunds.size();
        bool const at_end = page->refunds.empty() || request.offset >= all.total_refund_count ||
                            request.offset >= reachable_by_order;
        if (at_end)
            co_return all;
        auto const state = co_await asio::this_coro::cancellation_state;
        if (is_cancelled(state))
            co_return not_believed(errc::cancelled, "between two pages");
    }
}

} // namespace wxgate
