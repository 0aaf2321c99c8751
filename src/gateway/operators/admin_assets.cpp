#include "gateway/operators/admin_assets.hpp"

#include "console/assets.hpp"

namespace wxgate::gateway {

namespace {

// Kept by browsers, and asked about each time: what they have is used when it is still the same.
net::http_reply asset_reply(console::asset const& a, std::string_view has) {
    net::http_reply reply;
    reply.headers.emplace_back("ETag", a.etag);
    reply.headers.emplace_back("Cache-Control", "no-cache");
    if (has.find(a.etag) != std::string_view::npos) {
        reply.status = 304;
        return reply;
    }
    reply.content_type = a.content_type;
    reply.body = a.content;
    return reply;
}

} // namespace

awaitable<net::http_reply> show_console(admin_exchange& x) {
    auto const* const found = console::find_asset(x.request.path);
    if (found == nullptr)
        co_return reply_with(x, not_found());
    co_return asset_reply(*found, x.request.header("if-none-match"));
}

awaitable<net::http_reply> show_demo(admin_exchange& x) {
    if (x.demo == nullptr)
        co_return reply_with(x, not_found());
    co_return co_await show_console(x);
}

awaitable<net::http_reply> to_folder(admin_exchange& x) {
    net::http_reply reply;
    reply.status = 308;
    reply.content_type = "text/plain; charset=utf-8";
    reply.headers.emplace_back("Location", std::string(x.request.path) + '/');
    co_return reply;
}

} // namespace wxgate::gateway
