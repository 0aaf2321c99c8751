// The small text functions: nothing breaks them, and what decodes encodes back.
#include "base/text.hpp"
#include "base/time.hpp"
#include "fuzz.hpp"

#include <wxgate/messages.hpp>

#include <string>

using namespace wxgate;

namespace {

void check_codecs(std::string_view text) {
    WXGATE_ASSERT(from_hex(to_hex(text)) == text);
    WXGATE_ASSERT(from_base64(to_base64(text)) == text);
    WXGATE_ASSERT(percent_decode(percent_encode(text)) == text);
    if (auto const bytes = from_base64(text))
        WXGATE_ASSERT(to_base64(*bytes) == text); // only canonical base64 is taken
    if (auto const bytes = from_hex(text))
        WXGATE_ASSERT(ascii_iequals(to_hex(*bytes), text));
    if (auto const decoded = percent_decode(text))
        WXGATE_ASSERT(decoded->size() <= text.size());
}

void check_times(std::string_view text) {
    if (auto const t = from_rfc3339(text)) {
        auto const again = from_rfc3339(to_rfc3339(*t));
        bool const in_range = *t >= -62'167'219'200'000 && *t < 253'402'300'800'000; // the years 0000 to 9999
        WXGATE_ASSERT(!in_range || again == t);
    }
    if (auto const t = from_http_date(text); t && text.substr(23, 2) != "60") // but for a leap second
        WXGATE_ASSERT(to_http_date(*t) == text);
    if (auto const t = from_wechat_time(text))
        WXGATE_ASSERT(to_wechat_time(*t) == text);
}

void check_rest(std::string_view text) {
    std::string line;
    append_json_escaped(line, text);
    WXGATE_ASSERT(is_utf8(line) && !has_control(line));
    if (auto const n = parse_uint(text, UINT64_MAX))
        WXGATE_ASSERT(std::to_string(*n) == text);
    if (auto const amount = fen::parse(text))
        WXGATE_ASSERT(amount->to_string() == text);
    (void)query_value(text, "a");
    (void)query_value(text, text);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = fuzz::text_of(data, size);
    check_codecs(text);
    check_times(text);
    check_rest(text);
    return 0;
}
