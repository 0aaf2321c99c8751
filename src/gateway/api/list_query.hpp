// The queries of lists, with the cursors they go on with, and of single payments and refunds.
#pragma once

#include "gateway/api/problem.hpp"
#include "ledger/page.hpp"

#include <functional>

namespace wxgate::gateway {

using take_pair = std::function<std::optional<problem>(std::string const& name, std::string const& value)>;

/// Calls `take` for every decoded name and value; a pair that is malformed, or a name that stands twice, ends
/// it.
std::optional<problem> for_each_pair(std::string_view query, take_pair const& take);

/// for_each_pair() with what every list has (created_from, created_to, limit (1–100, 20 when absent), cursor)
/// put into `p`; `take` gets the rest. `is_number` knows what a cursor may hold.
std::optional<problem> read_page_query(
    std::string_view query, ledger::page& p, bool (*is_number)(std::string_view), take_pair const& take
);

/// The queries of one payment or refund: sync=0 or 1; anything else is refused.
std::optional<problem> read_get_query(std::string_view query, bool& sync);

/// The value of `sync`: 0 or 1.
std::optional<problem> read_sync(std::string const& value, bool& sync);

/// The parameter `merchant` of the operators' calls: a merchant's name.
std::optional<problem> read_merchant(std::string const& value, std::string& merchant);

/// The refusal of a parameter that a call has not.
problem no_parameter(std::string const& name);

/// Where the page after this row begins; opaque to the caller.
std::string make_cursor(unix_ms created_at, std::string const& mch_id, std::string const& number);

} // namespace wxgate::gateway
