#include "base/log.hpp"

#include "base/log_sink.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <charconv>

namespace wxgate::log {

namespace {

std::atomic<level> lowest_level{level::info};
std::atomic<format> line_format{format::text};

constexpr std::string_view level_names[] = {"debug", "info", "warn", "error"};

std::string_view name_of(level l) {
    return level_names[static_cast<std::size_t>(l)];
}

void append_number(std::string& line, std::int64_t n) {
    std::array<char, 24> digits{};
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), n);
    line.append(digits.data(), end.ptr);
}

bool is_left_out(item const& i) {
    return i.what == item::kind::text_if_any && i.text.empty();
}

void append_text(std::string& line, std::string_view message, std::initializer_list<item> items) {
    append_json_escaped(line, message);
    for (auto const& i : items) {
        if (is_left_out(i))
            continue;
        line += ' ';
        line += i.name;
        line += '=';
        if (i.what == item::kind::number)
            append_number(line, i.number);
        else
            append_json_escaped(line, i.text);
    }
}

void append_json(std::string& line, std::string_view message, std::initializer_list<item> items) {
    line += ",\"msg\":\"";
    append_json_escaped(line, message);
    line += '"';
    for (auto const& i : items) {
        if (is_left_out(i))
            continue;
        line += ",\"";
        line += i.name;
        line += "\":";
        if (i.what == item::kind::number) {
            append_number(line, i.number);
            continue;
        }
        bool const quoted = i.what != item::kind::word;
        line += quoted ? "\"" : "";
        append_json_escaped(line, i.text);
        line += quoted ? "\"" : "";
    }
    line += '}';
}

struct output {
    std::shared_ptr<stderr_sink> sink = std::make_shared<stderr_sink>();
    spdlog::logger logger{"wxgate", sink};

    output() { logger.set_level(spdlog::level::trace); }
};

output& out() {
    static auto& instance = *new output; // never destroyed: threads may log until the very end
    return instance;
}

constexpr spdlog::level::level_enum spdlog_levels[] = {
    spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err};

} // namespace

void configure(level lowest, format how) {
    lowest_level = lowest;
    line_format = how;
}

void buffer() {
    out().sink->buffer();
}

void flush() noexcept {
    try {
        out().sink->flush_for(std::chrono::seconds(1));
    } catch (...) { // NOLINT(bugprone-empty-catch): as below
    }
}

bool enabled(level l) noexcept {
    return l >= lowest_level.load(std::memory_order_relaxed);
}

void write(level l, std::string_view message, std::initializer_list<item> items) noexcept {
    if (!enabled(l))
        return;
    try {
        thread_local std::string line;
        line.clear();
        bool const json = line_format.load(std::memory_order_relaxed) == format::json;
        line += json ? "{\"time\":\"" : "";
        append_rfc3339(line, now_ms());
        line += json ? "\",\"level\":\"" : " ";
        line += name_of(l);
        line += json ? "\"" : " ";
        if (json)
            append_json(line, message, items);
        else
            append_text(line, message, items);
        out().logger.log(
            spdlog_levels[static_cast<std::size_t>(l)], spdlog::string_view_t(line.data(), line.size())
        );
    } catch (...) { // NOLINT(bugprone-empty-catch): a line that cannot be made must not take a payment down
    }
}

} // namespace wxgate::log
