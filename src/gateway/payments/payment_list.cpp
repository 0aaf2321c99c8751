#include "gateway/payments/payment_list.hpp"

#include "gateway/api/list_query.hpp"
#include "gateway/payments/payment_request.hpp"

namespace wxgate::gateway {

answer<ledger::order_filter> read_list_query(std::string_view query, std::string merchant) {
    ledger::order_filter f;
    bool const of_all = merchant.empty();
    f.merchant = std::move(merchant);
    auto const bad = read_page_query(
        query,
        f,
        is_out_trade_no,
        [&](std::string const& name, std::string const& value) -> std::optional<problem> {
            if (name == "merchant" && of_all)
                return read_merchant(value, f.merchant);
            if (name != "trade_state")
                return no_parameter(name);
            f.trade_state = parse_trade_state(value);
            return f.trade_state ? std::nullopt : std::optional(invalid(name, "is not a trade_state"));
        }
    );
    if (bad)
        return *bad;
    return f;
}

awaitable<result<payment_page_result>> payment_page(store::store& s, ledger::order_filter f) {
    auto const size = static_cast<std::size_t>(f.limit);
    ++f.limit; // one more, to know whether another page follows
    ledger::orders orders(s, ledger::nobody);
    auto found = co_await orders.list(std::move(f));
    if (!found)
        co_return found.error();
    payment_page_result page;
    page.orders = std::move(*found);
    if (page.orders.size() > size) {
        page.orders.resize(size);
        auto const& last = page.orders.back();
        page.next_cursor = make_cursor(last.created_at, last.mch_id, last.out_trade_no);
    }
    co_return page;
}

} // namespace wxgate::gateway
