// HTTP to use cases and back: the merchants' API and WeChat's notifications.
#pragma once

#include "gateway/api/overload.hpp"
#include "gateway/api/request_meters.hpp"
#include "gateway/payments/notifications.hpp"
#include "gateway/refunds/refund_notifications.hpp"
#include "net/http_types.hpp"

namespace wxgate::gateway {

/// What the routes work with; belongs to one worker, lives as long as its servers.
struct route_context {
    shared_state& shared;
    std::shared_ptr<configuration const> config; // replaced on reload, on the worker's thread
    payments& pay;
    notifications& notified;
    refunds& refund;
    refund_notifications& refund_notified;
    client& wechat;
    server_limits limits;
};

/// The listener `server.listen`.
class api_routes final : public net::http_handler {
public:
    /// `worker`: its number, for the metrics.
    api_routes(route_context& c, unsigned worker);

    awaitable<net::http_reply> handle(net::http_request const& request) override;
    net::http_reply refuse(unsigned status, std::string_view reason, std::string_view target) override;
    std::optional<net::http_reply> shed(net::http_request const& request) override;

private:
    route_context& context_;
    overload overload_;
    request_meters meters_;
};

} // namespace wxgate::gateway
