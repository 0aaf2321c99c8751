#include "gateway/payment_list.hpp"

#include "base/text.hpp"
#include "gateway/payment_request.hpp"

#include <functional>
#include <set>

namespace wxgate::gateway {

namespace {

constexpr std::uint64_t max_limit = 100;

// Calls `take` for every decoded name and value; a pair that is malformed, or a name that stands twice, ends
// it.
std::optional<problem> for_each_pair(
    std::string_view query,
    std::function<std::optional<problem>(std::string const&, std::string const&)> const& take
) {
    std::set<std::string> seen;
    while (!query.empty()) {
        auto const end = std::min(query.find('&'), query.size());
        auto const pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        auto const equals = std::min(pair.find('='), pair.size());
        auto const name = percent_decode(pair.substr(0, equals));
        auto const value = percent_decode(pair.substr(std::min(equals + 1, pair.size())));
        if (!name || !is_utf8(*name))
            return problem{400, "invalid_request", "the query is malformed", {}, {}, 0};
        if (!value || !is_utf8(*value) || value->size() > 256)
            return invalid(*name, "is malformed or too long");
        if (!seen.insert(*name).second)
            return invalid(*name, "stands twice");
        if (auto bad = take(*name, *value))
            return bad;
    }
    return std::nullopt;
}

std::optional<problem> read_cursor(std::string const& text, ledger::order_filter& f) {
    auto const plain = from_hex(text);
    auto const colon = plain ? plain->find(':') : std::string::npos;
    if (colon == std::string::npos)
        return invalid("cursor", "is not one that was handed out");
    auto const created = parse_uint(std::string_view(*plain).substr(0, colon), 99'999'999'999'999);
    auto number = plain->substr(colon + 1);
    if (!created || !is_out_trade_no(number))
        return invalid("cursor", "is not one that was handed out");
    f.before_created_at = static_cast<unix_ms>(*created);
    f.before_out_trade_no = std::move(number);
    return std::nullopt;
}

std::optional<problem>
read_time(std::string const& name, std::string const& value, std::optional<unix_ms>& out) {
    out = from_rfc3339(value);
    if (!out)
        return invalid(name, "must be an RFC 3339 time, as 2026-01-31T08:00:00Z");
    return std::nullopt;
}

std::optional<problem>
take_list_pair(ledger::order_filter& f, std::string const& name, std::string const& value) {
    if (name == "trade_state") {
        f.trade_state = parse_trade_state(value);
        return f.trade_state ? std::nullopt : std::optional(invalid(name, "is not a trade_state"));
    }
    if (name == "limit") {
        auto const n = parse_uint(value, max_limit);
        if (!n || *n == 0)
            return invalid(name, "must be a whole number from 1 to " + std::to_string(max_limit));
        f.limit = static_cast<std::int64_t>(*n);
        return std::nullopt;
    }
    if (name == "cursor")
        return read_cursor(value, f);
    if (name == "created_to")
        return read_time(name, value, f.created_to);
    if (name == "created_from") {
        std::optional<unix_ms> from;
        auto bad = read_time(name, value, from);
        f.created_from = from.value_or(0);
        return bad;
    }
    return invalid(name, "is not a parameter of this call");
}

} // namespace

answer<ledger::order_filter> read_list_query(std::string_view query, std::string merchant) {
    ledger::order_filter f;
    f.merchant = std::move(merchant);
    auto const bad = for_each_pair(query, [&](std::string const& name, std::string const& value) {
        return take_list_pair(f, name, value);
    });
    if (bad)
        return *bad;
    return f;
}

std::optional<problem> read_get_query(std::string_view query, bool& sync) {
    return for_each_pair(
        query,
        [&](std::string const& name, std::string const& value) -> std::optional<problem> {
            if (name != "sync")
                return invalid(name, "is not a parameter of this call");
            if (value != "0" && value != "1")
                return invalid(name, "must be 0 or 1");
            sync = value == "1";
            return std::nullopt;
        }
    );
}

std::string make_cursor(ledger::order const& last) {
    return to_hex(std::to_string(last.created_at) + ':' + last.out_trade_no);
}

} // namespace wxgate::gateway
