#include "gateway/gateway.hpp"

#include "base/log.hpp"
#include "gateway/certificate_watch.hpp"
#include "gateway/service_manager.hpp"
#include "gateway/worker.hpp"
#include "ledger/schema.hpp"
#include "net/tls.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <list>

namespace wxgate::gateway {

namespace {

// As many descriptors as the process may have.
std::size_t raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<std::size_t>(limit.rlim_cur);
}

// Clients must not have every descriptor: the store, WeChat and the operators want some, too.
std::shared_ptr<settings const> within(std::size_t descriptors, std::shared_ptr<settings const> s) {
    auto const each = descriptors / 4 * 3 / s->threads; // a worker's share of three quarters
    if (descriptors == 0 || s->limits.max_connections <= each)
        return s;
    auto lower = std::make_shared<settings>(*s);
    lower->limits.max_connections = std::max<std::size_t>(1, each);
    lower->warnings.push_back(
        "server.max_connections: only " + std::to_string(lower->limits.max_connections * s->threads) +
        " are taken, as the process may have " + std::to_string(descriptors) + " files open (LimitNOFILE)"
    );
    return lower;
}

std::string to_text(net::address const& a) {
    bool const v6 = a.host.find(':') != std::string::npos;
    return (v6 ? '[' + a.host + ']' : a.host) + ':' + std::to_string(a.port);
}

net::tls_context_ptr server_tls(settings const& s) {
    if (s.certificate.empty())
        return nullptr;
    return net::make_server_tls({s.certificate, s.private_key, {}});
}

// Whole or not at all: whoever waits for the file never reads half of it.
void write_ready_file(std::string const& file, net::address const& listen, net::address const& admin) {
    if (file.empty())
        return;
    auto const unfinished = file + ".new";
    std::ofstream out(unfinished);
    out << R"({"listen":")" << to_text(listen) << R"(","admin_listen":")" << to_text(admin) << R"(","pid":)"
        << getpid() << "}\n";
    out.close();
    if (!out || std::rename(unfinished.c_str(), file.c_str()) != 0)
        throw std::runtime_error("cannot write " + file);
}

template <class F>
net::address bind(char const* key, net::address const& where, F listen) {
    try {
        return listen();
    } catch (boost::system::system_error const& e) {
        throw std::runtime_error(
            std::string(key) + ": cannot listen on " + to_text(where) + ": " + e.code().message()
        );
    }
}

// A database that other gateways may be using is not changed by the start of one: that is `wxgate migrate`.
std::shared_ptr<store::store> open_store(settings const& s) {
    store::store_options options;
    options.url = s.store_url;
    options.migrations = ledger::migrations();
    options.upgrade = false;
    return store::open(std::move(options));
}

// The process: the signals on its own thread, the work on the workers'.
class process {
public:
    explicit process(std::shared_ptr<settings const> s)
        : config_(std::make_shared<configuration>(std::move(s))) {
        auto const& values = *config_->values;
        for (auto const& w : values.warnings)
            log::warn(w);
        net::self_test(*net::make_client_tls({values.upstream.ca_file, {}}));
        shared_.store = open_store(values);
        if (shared_.store->shared())
            shared_.lease_prefix = values.node + '/';
        shared_.refund_limits = values.refund_limits;
        shared_.resolver_limits = values.resolver_limits;
        shared_.webhook_limits = values.webhook_limits;
        shared_.audience.on_message = [this] { shared_.board.tell(webhooks_due); };
        shared_.audience.set(with_webhook(values));
        auto const tls = server_tls(values);
        auto const peers = make_peer_rules(values);
        for (unsigned i = 0; i < values.threads; ++i)
            workers_.emplace_back(shared_, config_, tls, peers, i);
    }

    void run(std::string const& ready_file) {
        auto const& values = *config_->values;
        auto where = values.listen;
        bool first = true;
        for (auto& w : workers_) {
            where = bind("server.listen", where, [&] {
                return w.listen(where, first);
            }); // the first finds the port
            first = false;
        }
        auto const admin = bind("server.admin_listen", values.admin_listen, [&] {
            return workers_.front().listen_admin(values.admin_listen);
        });
        shared_.public_url = values.public_url;
        if (shared_.public_url.empty())
            shared_.public_url = (values.certificate.empty() ? "http://" : "https://") + to_text(where);
        watch_certificates();
        watch_latency();
        workers_.front().do_background_work();
        for (auto& w : workers_)
            w.start();
        await_signal();
        log::info(
            "serving",
            {{"listen", to_text(where)},
             {"admin_listen", to_text(admin)},
             {"threads", values.threads},
             {"pid", getpid()}}
        );
        log::flush();              // who waits for the ready file may look here
        std::exception_ptr failed; // the workers are running: they are ended first
        try {
            write_ready_file(ready_file, where, admin);
            manager_.tell("READY=1\nSTATUS=serving on " + to_text(where));
            watch_workers();
        } catch (...) {
            failed = std::current_exception();
            drain();
        }
        context_.run();
        stop();
        if (failed)
            std::rethrow_exception(failed);
    }

private:
    void await_signal() {
        signals_.async_wait([this](boost::system::error_code ec, int number) {
            if (ec)
                return;
            if (number == SIGHUP)
                reload();
            else
                drain();
            await_signal();
        });
    }

    // The service manager's watchdog hears of us while every worker's thread comes to its next piece of work
    // in time.
    void watch_workers() {
        auto const patience = manager_.patience() / 2;
        if (patience == std::chrono::microseconds(0))
            return;
        auto const round = ++round_;
        answered_ = 0;
        for (auto& w : workers_)
            w.ping([this, round] {
                asio::post(context_, [this, round] { answered_ += round == round_ ? 1 : 0; });
            });
        next_round_.expires_after(patience);
        next_round_.async_wait([this](boost::system::error_code ec) {
            if (ec)
                return;
            if (shared_.draining || answered_ == workers_.size()) // a drain has an end of its own
                manager_.tell("WATCHDOG=1");
            else
                log::error(
                    "a worker does not answer", {{"answered", answered_}, {"workers", workers_.size()}}
                );
            watch_workers();
        });
    }

    static sys_seconds now() {
        return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    }

    void watch_certificates() {
        certificates_.look(*config_->values, now());
        next_look_.expires_after(std::chrono::hours(1));
        next_look_.async_wait([this](boost::system::error_code ec) {
            if (!ec)
                watch_certificates();
        });
    }

    void watch_latency() {
        shared_.latency.take(now_ms());
        next_minute_.expires_after(std::chrono::minutes(1));
        next_minute_.async_wait([this](boost::system::error_code ec) {
            if (!ec)
                watch_latency();
        });
    }

    void reload() {
        try {
            auto fresh = std::make_shared<configuration const>(load_settings(config_->values->file));
            auto const tls = server_tls(*fresh->values);
            for (auto const& w : fresh->values->warnings)
                log::warn(w);
            config_ = std::move(fresh);
            shared_.audience.set(with_webhook(*config_->values));
            certificates_.look(*config_->values, now());
            for (auto& w : workers_)
                w.reload(config_, tls);
            log::info("reloaded: keys, certificates, API keys and operators are the file's");
        } catch (std::exception const& e) {
            log::error("not reloaded: the old values stay", {{"why", e.what()}});
        }
    }

    // The first signal drains; the second, or what does not end in time, cuts. Either way nothing is lost:
    // what was acknowledged is durable, and what was under way is in the store.
    void drain() {
        if (shared_.draining.exchange(true)) {
            log::warn("a second signal: ending at once");
            context_.stop();
            return;
        }
        log::info("draining");
        manager_.tell("STOPPING=1");
        draining_workers_ = workers_.size();
        for (auto& w : workers_)
            w.drain([this] { asio::post(context_, [this] { one_ended(); }); });
        patience_.expires_after(config_->values->limits.drain_timeout + std::chrono::seconds(3));
        patience_.async_wait([this](boost::system::error_code ec) {
            if (!ec)
                context_.stop();
        });
    }

    void one_ended() {
        if (--draining_workers_ == 0)
            context_.stop();
    }

    void stop() {
        bool const clean = draining_workers_ == 0;
        if (clean)
            for (auto& w : workers_)
                w.join();
        shared_.store->close();
        log::info("stopped", {{"clean", clean}});
        log::flush();
        if (!clean)
            std::_Exit(0); // threads are still in calls that nobody waits for any more
    }

    shared_state shared_;
    std::shared_ptr<configuration const> config_;
    std::list<worker> workers_;
    asio::io_context context_{1};
    asio::signal_set signals_{context_, SIGTERM, SIGINT, SIGHUP};
    asio::steady_timer patience_{context_};
    asio::steady_timer next_look_{context_};
    asio::steady_timer next_round_{context_};
    service_manager manager_;
    std::size_t round_ = 0;
    std::size_t answered_ = 0; // of this round's pings
    asio::steady_timer next_minute_{context_};
    certificate_watch certificates_;
    std::size_t draining_workers_ = 1;
};

} // namespace

void serve(std::shared_ptr<settings const> s, std::string const& ready_file) {
    struct flushed { // also when it cannot start

        ~flushed() { log::flush(); }
    } const at_the_end;

    log::buffer();
    std::signal(SIGPIPE, SIG_IGN); // a log that nobody reads any more must not end the process
    auto const descriptors = raise_descriptor_limit();
    process p(within(descriptors, std::move(s)));
    p.run(ready_file);
}

} // namespace wxgate::gateway
