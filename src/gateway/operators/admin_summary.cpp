#include "gateway/operators/admin_summary.hpp"

namespace wxgate::gateway {

awaitable<net::http_reply> show_summary(admin_exchange& x) {
    auto const text = co_await x.summary.text(x.demo != nullptr, x.call);
    if (!text)
        co_return reply_with(x, text.error());
    co_return json_reply(200, *text);
}

} // namespace wxgate::gateway
