// One worker: a thread with an io_context of its own, its servers, its connections to WeChat. No locks
// between workers but those of what they share.
#pragma once

#include "gateway/api/routes.hpp"
#include "gateway/ledger_watch.hpp"
#include "gateway/operators/admin_routes.hpp"
#include "gateway/payments/resolver.hpp"
#include "gateway/reconcile/daily_reconcile.hpp"
#include "gateway/refunds/refund_sender.hpp"
#include "gateway/webhooks/webhook_sender.hpp"
#include "net/http_server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <thread>

namespace wxgate::gateway {

/// The rules of one listener, with counts of its own.
std::shared_ptr<net::peer_rules> make_peer_rules(settings const& s);

class worker {
public:
    /// `peers`: shared with the other workers. `number`: among them, from 0.
    worker(
        shared_state& shared,
        std::shared_ptr<configuration const> config,
        net::tls_context_ptr tls,
        std::shared_ptr<net::peer_rules> peers,
        unsigned number
    );
    worker(worker const&) = delete;
    worker& operator=(worker const&) = delete;

    /// Binds and accepts; before start(). Throw boost::system::system_error.
    net::address listen(net::address const& where, bool first);
    net::address listen_admin(net::address const& where);

    /// Refunds are sent, orders looked after, shops told and bills compared from this worker; before start().
    void do_background_work();

    void start();

    /// From any thread: what comes from now on is served under the new configuration.
    void reload(std::shared_ptr<configuration const> config, net::tls_context_ptr tls);

    /// From any thread: finishes what is under way and ends the thread; `done` is called on it at its end.
    void drain(std::function<void()> done);

    /// From any thread: has the worker call `done`, on its thread, when it comes to it.
    void ping(std::function<void()> done);

    void join();

private:
    void use_certificates();
    std::vector<due_work*> background();
    awaitable<void> drain_servers();

    asio::io_context context_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    shared_state& shared_;
    client wechat_;
    webhook_sender webhook_sender_; // on one worker of the process it takes what is due, too
    payments payments_;
    notifications notifications_;
    refund_work refund_work_;
    refunds refunds_;
    refund_notifications refund_notifications_;
    // On one worker of the process.
    std::optional<refund_sender> refund_sender_;
    std::optional<resolver> resolver_;
    std::optional<daily_reconcile> daily_reconcile_;
    std::optional<ledger_watch> ledger_watch_;
    route_context routes_;
    api_routes api_;
    std::optional<admin_routes> admin_; // on one worker of the process
    net::http_server server_;
    std::optional<net::http_server> admin_server_;
    std::thread thread_;
    std::function<void()> done_;
};

} // namespace wxgate::gateway
