// HTTP to use cases and back: the merchants' API and WeChat's notifications.
#pragma once

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
    std::size_t in_flight = 0;
};

/// The listener `server.listen`.
class api_routes final : public net::http_handler {
public:
    explicit api_routes(route_context& c);

    awaitable<net::http_reply> handle(net::http_request const& request) override;
    net::http_reply refuse(unsigned status, std::string_view reason, std::string_view target) override;

private:
    route_context& context_;
    request_meters meters_;
};

} // namespace wxgate::gateway
