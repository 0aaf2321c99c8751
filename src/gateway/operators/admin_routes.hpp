// HTTP to use cases and back, for the operators: their console's calls, health and metrics.
#pragma once

#include "gateway/api/routes.hpp"
#include "gateway/operators/operators.hpp"
#include "gateway/operators/summary.hpp"

namespace wxgate::gateway {

/// The listener `server.admin_listen`; on one worker of the process.
class admin_routes final : public net::http_handler {
public:
    explicit admin_routes(route_context& c);

    awaitable<net::http_reply> handle(net::http_request const& request) override;
    net::http_reply refuse(unsigned status, std::string_view reason, std::string_view target) override;

    /// At the program's end, so that nobody waits for a password's check.
    void stop() noexcept { operators_.stop(); }

private:
    route_context& context_;
    operators operators_;
    request_meters meters_;
    summary_board summary_;
    std::optional<demo_settings> demo_; // the start's: WeChat's address is not read again either
};

} // namespace wxgate::gateway
