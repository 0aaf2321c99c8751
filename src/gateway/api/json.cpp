#include "gateway/api/json.hpp"

#include "base/text.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>

namespace wxgate::gateway {

namespace json = boost::json;

namespace {

// What Boost.JSON calls while it parses. A handler that returns false with an error ends the parse.
struct handler {
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = std::size_t(-1);
    static constexpr std::size_t max_string_size = std::size_t(-1);

    json_limits limits;
    json_value root;
    std::vector<json_value*> open; // the objects and arrays we are in
    std::string key;
    std::string text;
    std::size_t members = 0;
    char const* refusal = nullptr;

    bool refuse(char const* why, json::error_code& ec) {
        refusal = why;
        ec = json::error::syntax;
        return false;
    }

    // Makes the value that begins here; null when it is an array's, which is not kept.
    json_value* place(json_value::kind what, json::error_code& ec) {
        if (open.empty()) {
            root.what = what;
            return &root;
        }
        auto& parent = *open.back();
        if (parent.what == json_value::kind::array) {
            parent.members.resize(1); // one place, used again and again
            parent.members.front().value = json_value{};
            parent.members.front().value.what = what;
            return &parent.members.front().value;
        }
        for (auto const& m : parent.members) {
            if (m.name == key) {
                refuse("a name stands twice", ec);
                return nullptr;
            }
        }
        if (++members > limits.max_members) {
            refuse("too many members", ec);
            return nullptr;
        }
        parent.members.push_back({key, {}});
        parent.members.back().value.what = what;
        return &parent.members.back().value;
    }

    bool begin(json_value::kind what, json::error_code& ec) {
        auto* v = place(what, ec);
        if (v != nullptr)
            open.push_back(v);
        return v != nullptr;
    }

    bool on_document_begin(json::error_code&) { return true; }

    bool on_document_end(json::error_code&) { return true; }

    bool on_object_begin(json::error_code& ec) { return begin(json_value::kind::object, ec); }

    bool on_object_end(std::size_t, json::error_code&) {
        open.pop_back();
        return true;
    }

    bool on_array_begin(json::error_code& ec) { return begin(json_value::kind::array, ec); }

    bool on_array_end(std::size_t, json::error_code&) {
        open.pop_back();
        return true;
    }

    bool on_key_part(json::string_view s, std::size_t n, json::error_code& ec) {
        return n > limits.max_key ? refuse("a name is too long", ec)
                                  : (text.append(s.data(), s.size()), true);
    }

    bool on_key(json::string_view s, std::size_t n, json::error_code& ec) {
        if (n > limits.max_key)
            return refuse("a name is too long", ec);
        key = text.append(s.data(), s.size());
        text.clear();
        return true;
    }

    bool on_string_part(json::string_view s, std::size_t n, json::error_code& ec) {
        return n > limits.max_string ? refuse("a string is too long", ec)
                                     : (text.append(s.data(), s.size()), true);
    }

    bool on_string(json::string_view s, std::size_t n, json::error_code& ec) {
        if (n > limits.max_string)
            return refuse("a string is too long", ec);
        text.append(s.data(), s.size());
        if (text.find('\0') != std::string::npos)
            return refuse("NUL in a string", ec);
        auto* v = place(json_value::kind::string, ec);
        if (v == nullptr)
            return false;
        v->string = std::move(text);
        text.clear();
        return true;
    }

    bool on_number_part(json::string_view, json::error_code&) { return true; }

    bool on_int64(std::int64_t i, json::string_view, json::error_code& ec) {
        auto* v = place(json_value::kind::integer, ec);
        if (v == nullptr)
            return false;
        v->integer = i;
        return true;
    }

    // Kept as a number that is no integer: the field's own check then says which field it was.
    bool on_uint64(std::uint64_t, json::string_view, json::error_code& ec) {
        return place(json_value::kind::number, ec) != nullptr;
    }

    bool on_double(double, json::string_view, json::error_code& ec) {
        return place(json_value::kind::number, ec) != nullptr;
    }

    bool on_bool(bool, json::error_code& ec) { return place(json_value::kind::boolean, ec) != nullptr; }

    bool on_null(json::error_code& ec) { return place(json_value::kind::null, ec) != nullptr; }

    bool on_comment_part(json::string_view, json::error_code&) { return true; }

    bool on_comment(json::string_view, json::error_code&) { return true; }
};

problem not_json(std::string detail) {
    return {400, "invalid_json", std::move(detail), {}, {}, 0};
}

} // namespace

answer<json_value> parse_json_object(std::string_view text, json_limits const& limits) {
    json::parse_options options;
    options.max_depth = limits.max_depth;
    json::basic_parser<handler> parser(options);
    parser.handler().limits = limits;
    json::error_code ec;
    std::size_t const used = parser.write_some(false, text.data(), text.size(), ec);
    auto& h = parser.handler();
    if (h.refusal != nullptr)
        return not_json(h.refusal);
    if (ec == json::error::too_deep)
        return not_json("nested too deep");
    if (ec)
        return not_json(ec.message());
    if (used != text.size())
        return not_json("more than one document");
    if (h.root.what != json_value::kind::object)
        return not_json("not a JSON object");
    return std::move(h.root);
}

json_value const* json_members::find(std::string const& name) {
    known_.push_back(name);
    for (auto const& [n, v] : object_.members)
        if (n == name)
            return v.what == json_value::kind::null ? nullptr : &v;
    return nullptr;
}

void json_members::refuse(std::string const& name, std::string detail) {
    if (!mistake_)
        mistake_ = invalid(name, std::move(detail));
}

std::optional<std::string> json_members::text(std::string const& name, std::size_t max_bytes) {
    auto const* v = find(name);
    if (v == nullptr)
        return std::nullopt;
    if (v->what != json_value::kind::string)
        refuse(name, "must be a string");
    else if (v->string.size() > max_bytes)
        refuse(name, "must be at most " + std::to_string(max_bytes) + " bytes of UTF-8");
    else
        return v->string;
    return std::nullopt;
}

std::optional<std::int64_t>
json_members::integer(std::string const& name, std::int64_t lowest, std::int64_t highest) {
    auto const* v = find(name);
    if (v == nullptr)
        return std::nullopt;
    if (v->what != json_value::kind::integer || v->integer < lowest || v->integer > highest)
        refuse(name, "must be an integer from " + std::to_string(lowest) + " to " + std::to_string(highest));
    else
        return v->integer;
    return std::nullopt;
}

std::optional<std::map<std::string, std::string>> json_members::strings(std::string const& name) {
    auto const* v = find(name);
    if (v == nullptr)
        return std::nullopt;
    std::map<std::string, std::string> out;
    if (v->what != json_value::kind::object)
        refuse(name, "must be an object of strings");
    for (auto const& [n, member] : v->members) {
        if (member.what != json_value::kind::string || member.string.size() > 500)
            refuse(name, "must hold strings of at most 500 bytes only");
        out.emplace(n, member.string);
    }
    return out;
}

std::optional<problem> json_members::finish() {
    for (auto const& [n, v] : object_.members)
        if (std::find(known_.begin(), known_.end(), n) == known_.end())
            refuse(n, "is not a field of this request");
    return mistake_;
}

} // namespace wxgate::gateway
