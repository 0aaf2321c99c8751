#include "gateway/payments/payment_list.hpp"

#include "base/text.hpp"
#include "gateway/api/list_query.hpp"
#include "gateway/payments/payment_request.hpp"

#include <algorithm>

namespace wxgate::gateway {

namespace {

std::optional<problem> read_state(std::string const& value, ledger::order_filter& f) {
    f.trade_state = parse_trade_state(value);
    return f.trade_state ? std::nullopt : std::optional(invalid("trade_state", "is not a trade_state"));
}

bool is_transaction_id(std::string_view text) {
    return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), is_alnum);
}

std::optional<problem>
read_wanted(std::string const& name, std::string const& value, ledger::order_search& f) {
    if (name == "merchant")
        return read_merchant(value, f.merchant);
    if (name == "trade_state")
        return read_state(value, f);
    if (name == "total_fee") {
        auto const fee = parse_uint(value, static_cast<std::uint64_t>(max_amount.count()));
        if (!fee || *fee == 0)
            return invalid(name, "must be an amount in fen, from 1");
        f.total_fee = fen(static_cast<std::int64_t>(*fee));
        return std::nullopt;
    }
    bool const numbered = name == "out_trade_no";
    bool const paid_as = name == "transaction_id";
    if (!numbered && !paid_as && name != "openid")
        return no_parameter(name);
    bool const sound = numbered  ? is_out_trade_no(value)
                       : paid_as ? is_transaction_id(value)
                                 : is_openid(value);
    if (!sound)
        return invalid(name, "is none");
    (numbered ? f.out_trade_no : paid_as ? f.transaction_id : f.openid) = value;
    return std::nullopt;
}

} // namespace

answer<ledger::order_filter> read_list_query(std::string_view query, std::string merchant) {
    ledger::order_filter f;
    f.merchant = std::move(merchant);
    auto const bad = read_page_query(
        query,
        f,
        is_out_trade_no,
        [&](std::string const& name, std::string const& value) -> std::optional<problem> {
            return name == "trade_state" ? read_state(value, f) : std::optional(no_parameter(name));
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

answer<ledger::order_search> read_search_query(std::string_view query) {
    ledger::order_search f;
    auto const bad =
        read_page_query(query, f, is_out_trade_no, [&](std::string const& name, std::string const& value) {
            return read_wanted(name, value, f);
        });
    if (bad)
        return *bad;
    return f;
}

awaitable<result<payment_page_result>> search_page(store::store& s, ledger::order_search f) {
    auto found = co_await ledger::search_orders(s, std::move(f));
    if (!found)
        co_return found.error();
    payment_page_result page;
    page.orders = std::move(found->orders);
    if (found->last_created_at)
        page.next_cursor = make_cursor(*found->last_created_at, found->last_mch_id, found->last_number);
    co_return page;
}

} // namespace wxgate::gateway
