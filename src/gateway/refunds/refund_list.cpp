#include "gateway/refunds/refund_list.hpp"

#include "gateway/api/list_query.hpp"
#include "gateway/refunds/refund_request.hpp"

namespace wxgate::gateway {

answer<ledger::refund_filter> read_refund_list_query(std::string_view query, std::string merchant) {
    ledger::refund_filter f;
    bool const of_all = merchant.empty();
    f.merchant = std::move(merchant);
    auto const bad = read_page_query(
        query,
        f,
        is_out_refund_no,
        [&](std::string const& name, std::string const& value) -> std::optional<problem> {
            if (name == "merchant" && of_all)
                return read_merchant(value, f.merchant);
            if (name != "refund_status")
                return no_parameter(name);
            f.refund_status = parse_refund_status(value);
            return f.refund_status ? std::nullopt : std::optional(invalid(name, "is not a refund_status"));
        }
    );
    if (bad)
        return *bad;
    return f;
}

awaitable<result<refund_page_result>> refund_page(store::store& s, ledger::refund_filter f) {
    auto const size = static_cast<std::size_t>(f.limit);
    ++f.limit; // one more, to know whether another page follows
    ledger::refunds refunds(s, {}, ledger::nobody);
    auto found = co_await refunds.list(std::move(f));
    if (!found)
        co_return found.error();
    refund_page_result page;
    page.refunds = std::move(*found);
    if (page.refunds.size() > size) {
        page.refunds.resize(size);
        auto const& last = page.refunds.back();
        page.next_cursor = make_cursor(last.created_at, last.mch_id, last.out_refund_no);
    }
    co_return page;
}

} // namespace wxgate::gateway
