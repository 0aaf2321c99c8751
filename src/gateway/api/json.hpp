// Reading the requests' JSON strictly: Boost.JSON's SAX parser under a handler that bounds everything and
// refuses what a lenient reader would let pass (a name twice, 1E400, NUL).
#pragma once

#include "gateway/api/problem.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace wxgate::gateway {

struct json_member;

/// A value of a request: flat, but for one object inside an object (metadata).
struct json_value {
    enum class kind { null, boolean, integer, number, string, object, array };

    kind what = kind::null;
    std::int64_t integer = 0;
    std::string string;
    std::vector<json_member> members; // of an object; an array's values are not kept
};

struct json_member {
    std::string name;
    json_value value;
};

/// Bounds of a request's JSON.
struct json_limits {
    std::size_t max_depth = 8;
    std::size_t max_members = 64; // of the whole document
    std::size_t max_key = 64;     // bytes
    std::size_t max_string = 8192;
};

/// The root object. Anything that is not one JSON object within the bounds is `invalid_json`.
answer<json_value> parse_json_object(std::string_view text, json_limits const& limits = {});

/// Takes the members of a request apart: each is asked for by name, then finish() refuses what nobody asked
/// for. The first mistake is kept and told by finish().
class json_members {
public:
    explicit json_members(json_value const& object) : object_(object) {}

    /// Absent or null gives nothing.
    std::optional<std::string> text(std::string const& name, std::size_t max_bytes);

    std::optional<std::int64_t> integer(std::string const& name, std::int64_t lowest, std::int64_t highest);

    /// An object of strings.
    std::optional<std::map<std::string, std::string>> strings(std::string const& name);

    /// Notes a mistake of this field, unless there is one already.
    void refuse(std::string const& name, std::string detail);

    /// The first mistake, or an unknown member; nothing when all is well.
    std::optional<problem> finish();

private:
    json_value const* find(std::string const& name);

    json_value const& object_;
    std::vector<std::string> known_;
    std::optional<problem> mistake_;
};

} // namespace wxgate::gateway
