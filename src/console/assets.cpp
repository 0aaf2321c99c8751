#include "console/assets.hpp"

#include <algorithm>

namespace wxgate::console {

asset const* find_asset(std::string_view path) {
    auto const all = assets();
    auto const found = std::find_if(all.begin(), all.end(), [&](asset const& a) { return a.path == path; });
    return found == all.end() ? nullptr : &*found;
}

} // namespace wxgate::console
