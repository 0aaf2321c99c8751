// WeChat's HTTPS side: carries the calls over HTTP, keeps the log of messages, and strikes with the faults
// that are asked for. What a call means is wechat_api's business.
#pragma once

#include "net/http_types.hpp"
#include "sandbox/world.hpp"

#include <boost/asio/steady_timer.hpp>

#include <list>
#include <memory>

namespace wxgate::sandbox {

class wechat_handler final : public net::http_handler {
public:
    wechat_handler(asio::any_io_executor executor, world& w) : executor_(std::move(executor)), world_(w) {}

    awaitable<net::http_reply> handle(net::http_request const& request) override;
    net::http_reply refuse(unsigned status, std::string_view reason, std::string_view target) override;

    /// Ends all delays and hangs, now and from now on, so that connections can drain.
    void release();

private:
    awaitable<net::http_reply> answered(net::http_request const& request);
    awaitable<net::http_reply> signed_call(wechat_api::operation const& op, net::http_request const& request);
    api_reply
    call(wechat_api::operation const& op, net::http_request const& request, call_faults const& faults);
    net::http_reply without_certificate(net::http_request const& request);
    net::http_reply login(net::http_request const& request);
    awaitable<void> wait(std::chrono::milliseconds duration, std::chrono::steady_clock::time_point until);

    asio::any_io_executor executor_;
    world& world_;
    std::list<std::shared_ptr<asio::steady_timer>> waiting_;
    bool released_ = false;
};

} // namespace wxgate::sandbox
