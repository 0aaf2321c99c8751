// A Cookie header from anybody, and one that holds our cookie somewhere in it.
#include "base/text.hpp"
#include "fuzz.hpp"
#include "gateway/operators/cookies.hpp"

#include <algorithm>
#include <string>

using namespace wxgate;
using namespace wxgate::gateway;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = fuzz::text_of(data, size);
    auto const value = cookie_of(text, "wxgate_session");
    WXGATE_ASSERT(value.find(';') == std::string_view::npos);
    WXGATE_ASSERT(value.empty() || (value.data() >= text.data() && value.end() <= text.end()));
    auto const token = token_of(text);
    WXGATE_ASSERT(token.empty() || (token == value && token.size() == session_token_size));
    WXGATE_ASSERT(std::all_of(token.begin(), token.end(), is_alnum));
    std::string const ours(session_token_size, 'a');
    auto const set = session_cookie(ours);
    WXGATE_ASSERT(token_of(set) == ours);
    // Ours behind theirs: the first of the name counts.
    auto const both = std::string(text) + "; " + set;
    WXGATE_ASSERT(token_of(both) == (value.empty() ? token_of(both) : token));
    WXGATE_ASSERT(token_of(no_session_cookie()).empty());
    return 0;
}
