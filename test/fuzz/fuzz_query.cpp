// The queries of lists and of single payments: what is taken is within its bounds, and the cursor that was
// taken is the one that would be handed out for it.
#include "base/text.hpp"
#include "fuzz.hpp"
#include "gateway/api/list_query.hpp"

#include <algorithm>
#include <set>
#include <string>

using namespace wxgate;
using namespace wxgate::gateway;

namespace {

bool is_number(std::string_view text) {
    return text.size() >= 6 && text.size() <= 32 && std::all_of(text.begin(), text.end(), is_alnum);
}

void check_pairs(std::string_view query) {
    std::set<std::string> names;
    for_each_pair(query, [&](std::string const& name, std::string const& value) -> std::optional<problem> {
        WXGATE_ASSERT(names.insert(name).second);
        WXGATE_ASSERT(is_utf8(name) && is_utf8(value) && value.size() <= 256);
        return std::nullopt;
    });
}

void check_page(std::string_view query) {
    ledger::page p;
    auto const bad = read_page_query(query, p, is_number, [](std::string const& name, std::string const&) {
        return std::optional(no_parameter(name));
    });
    if (bad) {
        WXGATE_ASSERT(bad->status == 400 && is_utf8(bad->detail));
        return;
    }
    WXGATE_ASSERT(p.limit >= 1 && p.limit <= 100);
    if (!p.before_created_at)
        return;
    auto const cursor = make_cursor(*p.before_created_at, p.before_mch_id, p.before_number);
    ledger::page again;
    auto const none =
        read_page_query("cursor=" + cursor, again, is_number, [](auto const& name, auto const&) {
            return std::optional(no_parameter(name));
        });
    WXGATE_ASSERT(!none && again.before_created_at == p.before_created_at);
    WXGATE_ASSERT(again.before_mch_id == p.before_mch_id && again.before_number == p.before_number);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const query = fuzz::text_of(data, size);
    check_pairs(query);
    check_page(query);
    bool sync = false;
    if (!read_get_query(query, sync) && sync)
        WXGATE_ASSERT(
            query.find('1') != std::string_view::npos || query.find("%31") != std::string_view::npos
        );
    return 0;
}
