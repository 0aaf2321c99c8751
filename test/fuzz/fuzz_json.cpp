// The JSON of a request: what is taken is one object within every bound, with no name twice.
#include "base/text.hpp"
#include "fuzz.hpp"
#include "gateway/api/json.hpp"

#include <set>
#include <string>

using namespace wxgate;
using namespace wxgate::gateway;

namespace {

constexpr json_limits limits;

bool is_clean(std::string const& text) {
    return is_utf8(text) && text.find('\0') == std::string::npos;
}

std::size_t check_members(json_value const& v, std::size_t depth) {
    WXGATE_ASSERT(depth <= limits.max_depth);
    std::set<std::string> names;
    std::size_t members = v.members.size();
    for (auto const& m : v.members) {
        WXGATE_ASSERT(names.insert(m.name).second);
        WXGATE_ASSERT(m.name.size() <= limits.max_key && is_clean(m.name));
        WXGATE_ASSERT(m.value.string.size() <= limits.max_string && is_clean(m.value.string));
        members += check_members(m.value, depth + 1);
    }
    return members;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const read = parse_json_object(fuzz::text_of(data, size), limits);
    if (read.has_error()) {
        WXGATE_ASSERT(read.error().code == "invalid_json" && read.error().status == 400);
        return 0;
    }
    WXGATE_ASSERT(read->what == json_value::kind::object);
    WXGATE_ASSERT(check_members(*read, 1) <= limits.max_members);
    json_members asked(*read);
    if (auto const n = asked.integer("amount", 1, 100))
        WXGATE_ASSERT(*n >= 1 && *n <= 100);
    if (auto const t = asked.text("body", 127))
        WXGATE_ASSERT(t->size() <= 127);
    asked.strings("metadata");
    auto const bad = asked.finish();
    WXGATE_ASSERT(!bad || (bad->status == 400 && is_utf8(bad->detail)));
    return 0;
}
