#include "gateway/worker.hpp"

#include "gateway/upstream_meter.hpp"

#include <boost/asio/post.hpp>

namespace wxgate::gateway {

std::shared_ptr<net::peer_rules> make_peer_rules(settings const& s) {
    return std::make_shared<net::peer_rules>(
        s.trusted_proxies, s.unlimited_addresses, s.limits.max_connections_per_address
    );
}

worker::worker(
    shared_state& shared,
    std::shared_ptr<configuration const> config,
    net::tls_context_ptr tls,
    std::shared_ptr<net::peer_rules> peers,
    unsigned number
)
    : work_(context_.get_executor()), shared_(shared),
      wechat_(context_.get_executor(), with_meters(config->values->upstream)),
      webhook_sender_(context_.get_executor(), shared, *config->values),
      payments_(shared, wechat_, webhook_sender_), notifications_(shared, payments_, webhook_sender_),
      refund_work_(shared, wechat_), refunds_(shared, refund_work_), refund_notifications_(refunds_),
      routes_{
          shared,
          config,
          payments_,
          notifications_,
          refunds_,
          refund_notifications_,
          wechat_,
          config->values->limits},
      api_(routes_, number),
      server_(context_, config->values->limits, api_, std::move(tls), std::move(peers)) {
    use_certificates();
}

// Refunds under way finish with the certificate they began with.
void worker::use_certificates() {
    for (auto const& [name, m] : routes_.config->values->merchants)
        wechat_.use_certificate(m.account.mch_id, m.identity);
}

net::address worker::listen(net::address const& where, bool first) {
    return server_.listen(where, true, first);
}

net::address worker::listen_admin(net::address const& where) {
    admin_.emplace(routes_);
    admin_server_.emplace(
        context_, routes_.limits, *admin_, nullptr, make_peer_rules(*routes_.config->values)
    );
    return admin_server_->listen(where, false, true);
}

void worker::do_background_work() {
    auto const config = [this] { return routes_.config; };
    refund_sender_.emplace(context_.get_executor(), shared_, wechat_, config);
    resolver_.emplace(context_.get_executor(), shared_, payments_, config);
    daily_reconcile_.emplace(context_.get_executor(), shared_, wechat_, config);
    ledger_watch_.emplace(context_.get_executor(), shared_);
    for (auto* work : background())
        work->start();
}

// What this worker has of it.
std::vector<due_work*> worker::background() {
    std::vector<due_work*> all{&webhook_sender_};
    if (refund_sender_)
        all.push_back(&*refund_sender_);
    if (resolver_)
        all.push_back(&*resolver_);
    if (daily_reconcile_)
        all.push_back(&*daily_reconcile_);
    if (ledger_watch_)
        all.push_back(&*ledger_watch_);
    return all;
}

void worker::start() {
    thread_ = std::thread([this] {
        run_guarded(context_, "worker");
        if (done_)
            done_();
    });
}

void worker::reload(std::shared_ptr<configuration const> config, net::tls_context_ptr tls) {
    asio::post(context_, [this, config = std::move(config), tls = std::move(tls)]() mutable {
        routes_.config = std::move(config);
        server_.set_tls(std::move(tls));
        use_certificates();
        if (refund_sender_)
            refund_sender_->reload();
        webhook_sender_.reload(*routes_.config->values);
    });
}

void worker::drain(std::function<void()> done) {
    asio::post(context_, [this, done = std::move(done)]() mutable {
        done_ = std::move(done);
        asio::co_spawn(context_, drain_servers(), report("drain"));
    });
}

awaitable<void> worker::drain_servers() {
    auto const patience = std::chrono::steady_clock::now() + routes_.limits.drain_timeout;
    for (auto* work : background())
        work->stop();
    if (admin_)
        admin_->stop();
    co_await server_.drain();
    for (auto* work : background())
        co_await work->ended(patience);
    webhook_sender_.close();
    if (admin_server_)
        co_await admin_server_->drain(); // last, so that /readyz says 503 while the others finish
    wechat_.close();
    work_.reset();
}

void worker::ping(std::function<void()> done) {
    asio::post(context_, std::move(done));
}

void worker::join() {
    if (thread_.joinable())
        thread_.join();
}

} // namespace wxgate::gateway
