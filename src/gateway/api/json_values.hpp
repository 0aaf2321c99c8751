// Values of our JSON: what is absent is null, times are RFC 3339.
#pragma once

#include "base/time.hpp"

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace wxgate::gateway {

namespace json = boost::json;

inline json::value text_or_null(std::string const& s) {
    return s.empty() ? json::value(nullptr) : json::value(s);
}

inline json::value time_or_null(std::optional<unix_ms> t) {
    return t ? json::value(to_rfc3339(*t)) : json::value(nullptr);
}

inline json::value text(std::string_view s) {
    return json::string(s.data(), s.size());
}

/// {"data":[…],"next_cursor":…}
inline std::string list_json(json::array data, std::string const& next_cursor) {
    json::object list;
    list["data"] = std::move(data);
    list["next_cursor"] = text_or_null(next_cursor);
    return json::serialize(list);
}

} // namespace wxgate::gateway
