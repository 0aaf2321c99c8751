// Our JSON, written as it is told: what is absent is null, times are RFC 3339. A tree of values would cost a
// payment's reply and its webhook ten times as much.
#pragma once

#include "base/text.hpp"
#include "base/time.hpp"

#include <charconv>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace wxgate::gateway {

/// A time, as a value.
struct moment {
    unix_ms at = 0;
};

/// JSON that we wrote ourselves before: it stands in the text as it is.
struct own_json {
    std::string_view text;
};

inline std::optional<std::string_view> text_or_null(std::string const& s) {
    return s.empty() ? std::nullopt : std::optional<std::string_view>(s);
}

inline std::optional<moment> time_or_null(std::optional<unix_ms> t) {
    return t ? std::optional(moment{*t}) : std::nullopt;
}

class json_object;
class json_list;

namespace detail {

inline void append_value(std::string& out, std::string_view text) {
    out += '"';
    append_json_escaped(out, text);
    out += '"';
}

inline void append_value(std::string& out, char const* text) {
    append_value(out, std::string_view(text));
}

inline void append_value(std::string& out, std::string const& text) {
    append_value(out, std::string_view(text));
}

inline void append_value(std::string& out, std::nullptr_t) {
    out += "null";
}

template <std::integral Number>
void append_value(std::string& out, Number n) {
    if constexpr (std::same_as<Number, bool>) {
        out += n ? "true" : "false";
    } else {
        char digits[24];
        out.append(digits, std::to_chars(digits, digits + sizeof digits, n).ptr);
    }
}

inline void append_value(std::string& out, moment m) {
    out += '"';
    append_rfc3339(out, m.at);
    out += '"';
}

inline void append_value(std::string& out, own_json j) {
    out += j.text.empty() ? std::string_view("null") : j.text;
}

inline void append_value(std::string& out, json_object const& o);
inline void append_value(std::string& out, json_list const& l);

template <class T>
void append_value(std::string& out, std::optional<T> const& value) {
    if (value)
        append_value(out, *value);
    else
        append_value(out, nullptr);
}

} // namespace detail

/// An object: `o["name"] = value;`, each name once. Names are ours and need no escape.
class json_object {
public:
    /// The place of a member's value.
    class place {
    public:
        explicit place(std::string& out) : out_(out) {}

        template <class T>
        void operator=(T const& value) && {
            detail::append_value(out_, value);
        }

    private:
        std::string& out_;
    };

    explicit json_object(std::size_t room = 256) { open_.reserve(room); }

    place operator[](std::string_view name) {
        open_.append(open_.empty() ? "{\"" : ",\"", 2).append(name).append("\":", 2);
        return place(open_);
    }

    std::string text() && {
        open_ += open_.empty() ? "{}" : "}";
        return std::move(open_);
    }

private:
    friend void detail::append_value(std::string& out, json_object const& o);

    std::string open_; // but for its last brace; nothing when there is no member
};

class json_list {
public:
    template <class T>
    void push_back(T const& value) {
        if (!values_.empty())
            values_ += ',';
        detail::append_value(values_, value);
    }

private:
    friend void detail::append_value(std::string& out, json_list const& l);

    std::string values_;
};

namespace detail {

inline void append_value(std::string& out, json_object const& o) {
    out += o.open_.empty() ? std::string_view("{") : std::string_view(o.open_);
    out += '}';
}

inline void append_value(std::string& out, json_list const& l) {
    out += '[';
    out += l.values_;
    out += ']';
}

} // namespace detail

/// {"data":[…],"next_cursor":…}
inline std::string list_json(json_list const& data, std::string const& next_cursor) {
    json_object list;
    list["data"] = data;
    list["next_cursor"] = text_or_null(next_cursor);
    return std::move(list).text();
}

} // namespace wxgate::gateway
