// Paths with one parameter, matched exactly: nothing is normalised, a trailing slash is another path.
#pragma once

#include "base/text.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace wxgate::gateway {

struct path_pattern {
    std::string_view method;
    std::string_view prefix; // before the parameter
    std::string_view suffix; // behind it
    bool parameter;
};

/// The parameter of the path, decoded; nothing when the path is not this pattern's.
inline std::optional<std::string> match_path(path_pattern const& p, std::string_view path) {
    if (!p.parameter)
        return path == p.prefix ? std::optional<std::string>("") : std::nullopt;
    if (path.size() <= p.prefix.size() + p.suffix.size() || !path.starts_with(p.prefix) ||
        !path.ends_with(p.suffix))
        return std::nullopt;
    auto const raw = path.substr(p.prefix.size(), path.size() - p.prefix.size() - p.suffix.size());
    if (raw.find_first_of("/+") !=
        std::string_view::npos) // '+' is itself in a path; no parameter here may hold it
        return std::nullopt;
    auto argument = percent_decode(raw);
    if (argument && has_control(*argument)) // no name has one, and PostgreSQL has no text with a NUL
        return std::nullopt;
    return argument;
}

template <class Row>
struct path_match {
    Row const* found = nullptr; // null: no such path, or not this method
    std::string argument;       // decoded
    std::string allow;          // the methods the path has, when it has not this one
};

/// The row of `table` (rows have a member `where`) for this call.
template <class Row, std::size_t N>
path_match<Row> find_in(Row const (&table)[N], std::string_view method, std::string_view path) {
    path_match<Row> m;
    for (auto const& row : table) {
        auto argument = match_path(row.where, path);
        if (!argument)
            continue;
        if (row.where.method == method)
            return {&row, std::move(*argument), {}};
        m.allow += (m.allow.empty() ? "" : ", ") + std::string(row.where.method);
    }
    return m;
}

} // namespace wxgate::gateway
