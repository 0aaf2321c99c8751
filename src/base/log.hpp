// Structured logs: one line an event, JSON or text, to stderr, through spdlog. No key, secret or full openid
// is ever handed to a log.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace wxgate::log {

enum class level { debug, info, warn, error };

enum class format { json, text };

/// Sets up the process's log. Without it, info and above go to stderr as text.
void configure(level lowest, format how);

/// From now on the lines of debug and info gather for a tenth of a second before they are written, in a
/// buffer with a bound; flush() at the program's end.
void buffer();

/// Waits until what was logged is written, a second at most.
void flush() noexcept;

/// One name and value of a line. Views both: an item lives as long as the call that it is handed to.
class item {
public:
    item(std::string_view n, std::string_view t) : name(n), text(t) {}

    item(std::string_view n, char const* t) : name(n), text(t) {}

    item(std::string_view n, std::string const& t) : name(n), text(t) {}

    item(std::string_view n, std::int64_t value) : name(n), number(value), what(kind::number) {}

    item(std::string_view n, std::size_t value) : item(n, static_cast<std::int64_t>(value)) {}

    item(std::string_view n, int value) : item(n, std::int64_t{value}) {}

    item(std::string_view n, unsigned value) : item(n, std::int64_t{value}) {}

    item(std::string_view n, bool value) : name(n), text(value ? "true" : "false"), what(kind::word) {}

    /// Left out when it is empty.
    static item known(std::string_view n, std::string_view t) {
        item i(n, t);
        i.what = kind::text_if_any;
        return i;
    }

    enum class kind { text, text_if_any, number, word };

    std::string_view name;
    std::string_view text;
    std::int64_t number = 0;
    kind what = kind::text;
};

bool enabled(level l) noexcept;

/// Writes one line. Thread-safe, does not throw.
void write(level l, std::string_view message, std::initializer_list<item> items) noexcept;

inline void debug(std::string_view message, std::initializer_list<item> items = {}) {
    write(level::debug, message, items);
}

inline void info(std::string_view message, std::initializer_list<item> items = {}) {
    write(level::info, message, items);
}

inline void warn(std::string_view message, std::initializer_list<item> items = {}) {
    write(level::warn, message, items);
}

inline void error(std::string_view message, std::initializer_list<item> items = {}) {
    write(level::error, message, items);
}

} // namespace wxgate::log
