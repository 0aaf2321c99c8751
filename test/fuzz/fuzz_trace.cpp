// traceparent: whatever comes in, what is taken is a valid trace, and what is handed on is one again.
#include "base/trace.hpp"
#include "fuzz.hpp"

#include <algorithm>
#include <string>

using namespace wxgate;

namespace {

void check_taken(std::string_view header, trace const& t) {
    WXGATE_ASSERT(t.given && !t.empty() && t.id_text().size() == 32);
    WXGATE_ASSERT(header.substr(3, 32) == t.id_text());
    WXGATE_ASSERT(t.id_text().find_first_not_of("0123456789abcdef") == std::string_view::npos);
    WXGATE_ASSERT(t.id_text().find_first_not_of('0') != std::string_view::npos);
    auto const on = to_traceparent(t);
    auto const again = parse_traceparent(on);
    WXGATE_ASSERT(on.size() == 55 && again && again->id == t.id && again->sampled == t.sampled);
    auto const kept = trace_from_text(to_text(t));
    WXGATE_ASSERT(kept.id == t.id && kept.sampled == t.sampled);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = fuzz::text_of(data, size);
    if (auto const t = parse_traceparent(text))
        check_taken(text, *t);
    auto const stored = trace_from_text(text);
    if (!stored.empty())
        WXGATE_ASSERT(to_text(stored).substr(0, 33) == text.substr(0, 33));
    return 0;
}
