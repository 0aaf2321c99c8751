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

/// One name and value of a line.
class item {
public:
    item(std::string_view n, std::string_view t) : name(n), text(t) {}

    item(std::string_view n, char const* t) : name(n), text(t) {}

    item(std::string_view n, std::string const& t) : name(n), text(t) {}

    item(std::string_view n, std::int64_t value) : name(n), text(std::to_string(value)), number(true) {}

    item(std::string_view n, std::size_t value) : name(n), text(std::to_string(value)), number(true) {}

    item(std::string_view n, int value) : name(n), text(std::to_string(value)), number(true) {}

    item(std::string_view n, unsigned value) : name(n), text(std::to_string(value)), number(true) {}

    item(std::string_view n, bool value) : name(n), text(value ? "true" : "false"), number(true) {}

    std::string_view name;
    std::string text;
    bool number = false;
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
