// W3C trace context (https://www.w3.org/TR/trace-context-1/): which trace a request belongs to. It is taken
// from the header traceparent or begun here, stands in the log, and is handed on to the shop's webhooks. No
// spans are recorded.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace wxgate {

struct trace {
    std::array<char, 32> id{}; // lower-case hex digits, not all zero; zero bytes: no trace
    bool sampled = false;      // the caller may have recorded it
    bool given = false;        // the caller's, not begun here

    bool operator==(trace const&) const = default;

    bool empty() const noexcept { return id.front() == '\0'; }

    std::string_view id_text() const noexcept {
        return empty() ? std::string_view() : std::string_view(id.data(), id.size());
    }
};

/// A new trace. Its id is random, but no secret.
trace make_trace();

/// What a traceparent says, `given`; nothing for one that the standard calls invalid.
std::optional<trace> parse_traceparent(std::string_view header) noexcept;

/// The header for a call that belongs to `t`, which is not empty, with a parent id of the call's own.
std::string to_traceparent(trace const& t);

/// The trace as it stands in the store: "ID-01", or "ID-00" when it is not sampled. "" when it is empty.
std::string to_text(trace const& t);

/// The reverse; an empty trace for any other text.
trace trace_from_text(std::string_view text) noexcept;

} // namespace wxgate
