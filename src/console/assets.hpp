// The operators' web pages and the demo shop: the files of this folder, embedded at build time (embed.cmake).
#pragma once

#include <span>
#include <string_view>

namespace wxgate::console {

/// A file as it is served.
struct asset {
    std::string_view path; // as it is asked for: /console/app.js; a folder's page is its path: /console/
    std::string_view content_type;
    std::string_view etag; // quoted; of the content
    std::string_view content;
};

/// All of them. Live for ever.
std::span<asset const> assets();

/// Null when there is none of this path.
asset const* find_asset(std::string_view path);

} // namespace wxgate::console
