#include "gateway/api/list_query.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <set>

namespace wxgate::gateway {

namespace {

constexpr std::uint64_t max_limit = 100;

std::optional<problem>
read_cursor(std::string const& text, ledger::page& p, bool (*is_number)(std::string_view)) {
    auto const plain = from_hex(text);
    auto const first = plain ? plain->find(':') : std::string::npos;
    auto const second = first != std::string::npos ? plain->find(':', first + 1) : std::string::npos;
    if (second == std::string::npos)
        return invalid("cursor", "is not one that was handed out");
    auto const created = parse_uint(std::string_view(*plain).substr(0, first), 99'999'999'999'999);
    auto mch_id = plain->substr(first + 1, second - first - 1);
    auto number = plain->substr(second + 1);
    bool const is_mch_id = !mch_id.empty() && std::all_of(mch_id.begin(), mch_id.end(), is_alnum);
    if (!created || !is_mch_id || !is_number(number))
        return invalid("cursor", "is not one that was handed out");
    p.before_created_at = static_cast<unix_ms>(*created);
    p.before_number = std::move(number);
    p.before_mch_id = std::move(mch_id);
    return std::nullopt;
}

std::optional<problem>
read_time(std::string const& name, std::string const& value, std::optional<unix_ms>& out) {
    out = from_rfc3339(value);
    if (!out)
        return invalid(name, "must be an RFC 3339 time, as 2026-01-31T08:00:00Z");
    return std::nullopt;
}

std::optional<problem> read_limit(std::string const& value, ledger::page& p) {
    auto const n = parse_uint(value, max_limit);
    if (!n || *n == 0)
        return invalid("limit", "must be a whole number from 1 to " + std::to_string(max_limit));
    p.limit = static_cast<std::int64_t>(*n);
    return std::nullopt;
}

} // namespace

std::optional<problem> for_each_pair(std::string_view query, take_pair const& take) {
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

std::optional<problem> read_page_query(
    std::string_view query, ledger::page& p, bool (*is_number)(std::string_view), take_pair const& take
) {
    return for_each_pair(
        query,
        [&](std::string const& name, std::string const& value) -> std::optional<problem> {
            if (name == "limit")
                return read_limit(value, p);
            if (name == "cursor")
                return read_cursor(value, p, is_number);
            if (name == "created_to")
                return read_time(name, value, p.created_to);
            if (name != "created_from")
                return take(name, value);
            std::optional<unix_ms> from;
            auto bad = read_time(name, value, from);
            p.created_from = from.value_or(0);
            return bad;
        }
    );
}

std::optional<problem> read_merchant(std::string const& value, std::string& merchant) {
    if (value.empty())
        return invalid("merchant", "must be a merchant's name");
    merchant = value;
    return std::nullopt;
}

std::optional<problem> read_sync(std::string const& value, bool& sync) {
    if (value != "0" && value != "1")
        return invalid("sync", "must be 0 or 1");
    sync = value == "1";
    return std::nullopt;
}

std::optional<problem> read_get_query(std::string_view query, bool& sync) {
    return for_each_pair(
        query,
        [&](std::string const& name, std::string const& value) -> std::optional<problem> {
            return name == "sync" ? read_sync(value, sync) : std::optional(no_parameter(name));
        }
    );
}

problem no_parameter(std::string const& name) {
    return invalid(name, "is not a parameter of this call");
}

std::string make_cursor(unix_ms created_at, std::string const& mch_id, std::string const& number) {
    return to_hex(std::to_string(created_at) + ':' + mch_id + ':' + number);
}

} // namespace wxgate::gateway
