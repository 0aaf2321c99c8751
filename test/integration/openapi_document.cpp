#include "openapi_document.hpp"

#include <algorithm>
#include <cctype>
#include <regex>
#include <stdexcept>

namespace wxgate::test {

namespace {

struct line {
    std::size_t number;
    std::size_t indent;
    std::string text;
};

[[noreturn]] void fail(line const& l, std::string const& what) {
    throw std::runtime_error("openapi.yaml:" + std::to_string(l.number) + ": " + what + ": " + l.text);
}

json::value scalar(line const& l, std::string const& text) {
    if (text.empty() || text == "null" || text == "~")
        return nullptr;
    if (text.front() == '"')
        return json::parse(text);
    if (text == "true" || text == "false")
        return text == "true";
    if (text.front() == '[') {
        if (text.back() != ']')
            fail(l, "a flow list over lines");
        json::array list;
        auto rest = text.substr(1, text.size() - 2);
        while (!rest.empty()) {
            auto const comma = rest.find(',');
            auto item = rest.substr(0, comma);
            rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
            item.erase(0, item.find_first_not_of(' '));
            item.erase(item.find_last_not_of(' ') + 1);
            list.push_back(scalar(l, item));
        }
        return list;
    }
    if (text.find_first_not_of("0123456789") == std::string::npos && text.size() < 18)
        return std::stoll(text);
    if (text.front() == '{' || text.front() == '&' || text.front() == '*' || text.front() == '|' ||
        text.front() == '>')
        fail(l, "not in the subset");
    return json::string(text);
}

class yaml_reader {
public:
    explicit yaml_reader(std::string const& text) {
        std::size_t number = 0;
        for (std::size_t at = 0; at < text.size();) {
            auto const end = std::min(text.find('\n', at), text.size());
            auto one = text.substr(at, end - at);
            at = end + 1;
            ++number;
            auto const indent = one.find_first_not_of(' ');
            if (indent == std::string::npos || one[indent] == '#')
                continue;
            one.erase(one.find_last_not_of(' ') + 1);
            lines_.push_back({number, indent, one.substr(indent)});
        }
    }

    json::value read() {
        auto v = block(0);
        if (next_ != lines_.size())
            fail(lines_[next_], "unexpected indentation");
        return v;
    }

private:
    // The block whose lines stand at `indent`.
    json::value block(std::size_t indent) {
        if (next_ == lines_.size() || lines_[next_].indent < indent)
            return nullptr;
        if (lines_[next_].text.starts_with("- "))
            return sequence(lines_[next_].indent);
        return mapping(lines_[next_].indent);
    }

    json::value sequence(std::size_t indent) {
        json::array list;
        while (next_ < lines_.size() && lines_[next_].indent == indent && lines_[next_].text.starts_with("- ")
        ) {
            auto& l = lines_[next_];
            if (split(l.text.substr(2)) !=
                std::string::npos) { // "- name: x" opens a mapping two columns further
                l.text.erase(0, 2);
                l.indent += 2;
                list.push_back(mapping(l.indent));
            } else {
                list.push_back(scalar(l, l.text.substr(2)));
                ++next_;
            }
        }
        return list;
    }

    json::value mapping(std::size_t indent) {
        json::object object;
        while (next_ < lines_.size() && lines_[next_].indent == indent &&
               !lines_[next_].text.starts_with("- ")) {
            auto const l = lines_[next_++];
            auto const colon = split(l.text);
            if (colon == std::string::npos)
                fail(l, "no key");
            auto key = l.text.substr(0, colon);
            if (key.front() == '"')
                key = key.substr(1, key.size() - 2);
            if (object.contains(key))
                fail(l, "a key twice");
            auto value = l.text.substr(colon + 1);
            value.erase(0, value.find_first_not_of(' '));
            object[key] = value.empty() ? block(indent + 2) : scalar(l, value);
        }
        return object;
    }

    // Where the colon that ends a key is; npos when the text has no key.
    static std::size_t split(std::string const& text) {
        if (text.starts_with('"')) {
            auto const end = text.find('"', 1);
            return end != std::string::npos && end + 1 < text.size() && text[end + 1] == ':'
                       ? end + 1
                       : std::string::npos;
        }
        auto const at = text.find(": ");
        return at != std::string::npos ? at : text.ends_with(':') ? text.size() - 1 : std::string::npos;
    }

    std::vector<line> lines_;
    std::size_t next_ = 0;
};

bool is_of(std::string_view type, json::value const& v) {
    return (type == "object" && v.is_object()) || (type == "array" && v.is_array()) ||
           (type == "string" && v.is_string()) || (type == "integer" && v.is_int64()) ||
           (type == "boolean" && v.is_bool()) || (type == "null" && v.is_null());
}

std::string text(json::value const& v) {
    return v.is_string() ? std::string(v.get_string().c_str()) : json::serialize(v);
}

} // namespace

json::value read_yaml(std::string const& text) {
    return yaml_reader(text).read();
}

openapi_document::openapi_document(json::value root) : root_(std::move(root)) {
}

json::value const& openapi_document::resolved(json::value const& v) const {
    if (!v.is_object() || !v.as_object().contains("$ref"))
        return v;
    auto path = text(v.as_object().at("$ref"));
    if (!path.starts_with("#/"))
        throw std::runtime_error("a $ref to " + path);
    json::value const* at = &root_;
    for (auto rest = path.substr(2); !rest.empty();) {
        auto const slash = rest.find('/');
        at = &at->as_object().at(rest.substr(0, slash));
        rest = slash == std::string::npos ? "" : rest.substr(slash + 1);
    }
    return resolved(*at);
}

json::value openapi_document::response(json::value const& operation, unsigned status) const {
    auto const responses = member(operation, "responses");
    auto own = member(responses, std::to_string(status));
    if (own.is_null())
        own = member(responses, "default");
    return own.is_null() ? own : resolved(own);
}

std::vector<std::string> openapi_document::errors(
    json::value const& unresolved, json::value const& v, std::string const& where
) const {
    auto const& schema = resolved(unresolved).as_object();
    std::vector<std::string> all;
    if (auto const* type = schema.if_contains("type")) {
        auto const types = type->is_array() ? type->as_array() : json::array{*type};
        if (std::none_of(types.begin(), types.end(), [&](auto const& t) { return is_of(text(t), v); }))
            all.push_back(where + " is " + json::serialize(v) + ", not " + json::serialize(*type));
    }
    if (auto const* list = schema.if_contains("enum"); list && !v.is_null())
        if (std::find(list->as_array().begin(), list->as_array().end(), v) == list->as_array().end())
            all.push_back(where + " is " + json::serialize(v) + ", not of " + json::serialize(*list));
    if (auto const* pattern = schema.if_contains("pattern"); pattern && v.is_string())
        if (!std::regex_search(text(v), std::regex(text(*pattern), std::regex::ECMAScript)))
            all.push_back(where + " is " + text(v) + ", not " + text(*pattern));
    if (auto const* lowest = schema.if_contains("minimum");
        lowest && v.is_int64() && v.get_int64() < lowest->as_int64())
        all.push_back(where + " is too small");
    if (v.is_array())
        for (auto const& each : v.as_array())
            for (auto& e : errors(schema.at("items"), each, where + "[]"))
                all.push_back(std::move(e));
    if (!v.is_object())
        return all;
    auto const properties =
        schema.contains("properties") ? schema.at("properties").as_object() : json::object{};
    if (auto const* required = schema.if_contains("required"))
        for (auto const& name : required->as_array())
            if (!v.as_object().contains(text(name)))
                all.push_back(where + "." + text(name) + " is missing");
    auto const* others = schema.if_contains("additionalProperties");
    for (auto const& each : v.as_object()) {
        auto const name = where + "." + std::string(each.key());
        if (auto const* known = properties.if_contains(each.key()))
            for (auto& e : errors(*known, each.value(), name))
                all.push_back(std::move(e));
        else if (others && others->is_bool() && !others->get_bool())
            all.push_back(name + " is not documented");
        else if (others && others->is_object())
            for (auto& e : errors(*others, each.value(), name))
                all.push_back(std::move(e));
    }
    return all;
}

} // namespace wxgate::test
