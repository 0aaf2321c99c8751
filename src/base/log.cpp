#include "base/log.hpp"

#include "base/text.hpp"
#include "base/time.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

namespace wxgate::log {

namespace {

std::atomic<level> lowest_level{level::info};
std::atomic<format> line_format{format::text};

constexpr std::string_view level_names[] = {"debug", "info", "warn", "error"};

std::string_view name_of(level l) {
    return level_names[static_cast<std::size_t>(l)];
}

void append_text(std::string& line, std::string_view message, std::initializer_list<item> items) {
    append_json_escaped(line, message);
    for (auto const& i : items) {
        line += ' ';
        line += i.name;
        line += '=';
        append_json_escaped(line, i.text);
    }
}

void append_json(std::string& line, std::string_view message, std::initializer_list<item> items) {
    line += ",\"msg\":\"";
    append_json_escaped(line, message);
    line += '"';
    for (auto const& i : items) {
        line += ",\"";
        line += i.name;
        line += i.number ? "\":" : "\":\"";
        append_json_escaped(line, i.text);
        if (!i.number)
            line += '"';
    }
    line += '}';
}

spdlog::logger& sink() {
    static auto const instance = [] {
        auto made = spdlog::stderr_logger_mt("wxgate");
        made->set_pattern("%v");
        made->set_level(spdlog::level::trace);
        made->flush_on(spdlog::level::err);
        return made;
    }();
    return *instance;
}

} // namespace

void configure(level lowest, format how) {
    lowest_level = lowest;
    line_format = how;
    sink();
}

bool enabled(level l) noexcept {
    return l >= lowest_level.load(std::memory_order_relaxed);
}

void write(level l, std::string_view message, std::initializer_list<item> items) noexcept {
    if (!enabled(l))
        return;
    try {
        std::string line;
        line.reserve(256);
        bool const json = line_format.load(std::memory_order_relaxed) == format::json;
        line += json ? "{\"time\":\"" : "";
        line += to_rfc3339(now_ms());
        line += json ? "\",\"level\":\"" : " ";
        line += name_of(l);
        line += json ? "\"" : " ";
        if (json)
            append_json(line, message, items);
        else
            append_text(line, message, items);
        sink().log(
            l == level::error ? spdlog::level::err : spdlog::level::info,
            spdlog::string_view_t(line.data(), line.size())
        );
    } catch (...) { // NOLINT(bugprone-empty-catch): a line that cannot be made must not take a payment down
    }
}

} // namespace wxgate::log
