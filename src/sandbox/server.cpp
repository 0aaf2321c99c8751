#include "sandbox/server.hpp"

#include "async/task.hpp"
#include "base/log.hpp"
#include "net/http_server.hpp"
#include "net/tls.hpp"
#include "sandbox/certificates.hpp"
#include "sandbox/control.hpp"
#include "sandbox/notifier.hpp"
#include "sandbox/wechat_handler.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

namespace wxgate::sandbox {

namespace {

server_limits wechat_limits() {
    server_limits l;
    l.idle_timeout = std::chrono::seconds(8);      // WeChat's keep-alive
    l.request_timeout = std::chrono::seconds(120); // a hang must outlast any client's patience
    l.drain_timeout = std::chrono::seconds(5);
    return l;
}

server_limits control_limits() {
    server_limits l;
    l.drain_timeout = std::chrono::seconds(5);
    return l;
}

// Makes something of a file the configuration names; that it cannot be made is the configuration's fault.
template <class Make>
auto configured(settings const& s, char const* key, Make make) {
    try {
        return make();
    } catch (std::exception const& e) {
        throw settings_error(
            s.file + ": " + key + ": " + e.what() +
            "; name a file that wxgate-sandbox --new-certificates wrote, or one like it"
        );
    }
}

net::tls_context_ptr server_tls(settings const& s) {
    configured(s, "sandbox.certificate", [&] { return net::check_certificate(s.certificate, ""); });
    configured(s, "sandbox.private_key", [&] {
        return net::check_certificate(s.certificate, s.private_key);
    });
    net::server_tls_options o;
    o.certificate = s.certificate;
    o.private_key = s.private_key;
    o.client_ca = s.client_ca;
    return configured(s, s.client_ca.empty() ? "sandbox.certificate" : "sandbox.client_ca", [&] {
        return net::make_server_tls(o);
    });
}

// Trusts this file's authorities, or the system's when it is empty.
net::tls_context_ptr trusting(std::string const& ca_file) {
    net::client_tls_options o;
    o.ca_file = ca_file;
    return net::make_client_tls(o);
}

net::tls_context_ptr own_roots(settings const& s) {
    if (s.client_ca.empty())
        return nullptr;
    return configured(s, "sandbox.client_ca", [&] { return trusting(s.client_ca); });
}

std::string to_text(net::address const& a) {
    bool const v6 = a.host.find(':') != std::string::npos;
    return (v6 ? "[" + a.host + "]" : a.host) + ":" + std::to_string(a.port);
}

net::address listen_on(net::http_server& server, net::address const& where, char const* key) {
    try {
        return server.listen(where, false, true);
    } catch (boost::system::system_error const& e) {
        throw std::runtime_error(
            std::string(key) + ": cannot listen on " + to_text(where) + ": " + e.code().message()
        );
    }
}

// Every connection is a descriptor.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

class running {
public:
    running(asio::io_context& context, settings const& s)
        : context_(context), world_(s), wechat_(context.get_executor(), world_), control_(world_),
          https_(context, wechat_limits(), wechat_, server_tls(s)),
          control_server_(context, control_limits(), control_), notifier_(std::make_shared<notifier>(
                                                                    context.get_executor(),
                                                                    world_.clock,
                                                                    world_.notifications,
                                                                    world_.faults,
                                                                    [this] { return world_.ripen(); },
                                                                    own_roots(s),
                                                                    trusting("")
                                                                )),
          signals_(context, SIGTERM, SIGINT) {
        world_.something_is_due = [n = notifier_] { n->look_again(); };
    }

    void start(settings const& s, std::filesystem::path const& ready_file) {
        auto const https = listen_on(https_, s.listen, "sandbox.listen");
        auto const control = listen_on(control_server_, s.control_listen, "sandbox.control_listen");
        notifier_->start();
        asio::co_spawn(context_, stop_on_signal(), report("sandbox.signals"));
        log::info(
            "listening",
            {{"https", to_text(https)}, {"control", to_text(control)}, {"seed", std::to_string(s.seed)}}
        );
        if (!ready_file.empty()) {
            boost::json::object o;
            o["https"] = to_text(https);
            o["control"] = to_text(control);
            o["pid"] = ::getpid();
            write_file(ready_file, boost::json::serialize(o) + "\n", false);
        }
    }

private:
    awaitable<void> stop_on_signal() {
        auto [ec, signal] = co_await signals_.async_wait(use_tuple);
        if (ec)
            co_return;
        log::info("draining", {{"signal", signal}});
        signals_.async_wait([this](boost::system::error_code again, int) { // a second one: at once
            if (!again)
                context_.stop();
        });
        notifier_->stop();
        wechat_.release();
        co_await https_.drain();
        co_await control_server_.drain();
        context_.stop();
    }

    asio::io_context& context_;
    world world_;
    wechat_handler wechat_;
    control_handler control_;
    net::http_server https_;
    net::http_server control_server_;
    std::shared_ptr<notifier> notifier_;
    asio::signal_set signals_;
};

} // namespace

void run_sandbox(settings const& s, std::filesystem::path const& ready_file) {
    raise_descriptor_limit();
    // The context goes last: what it still holds then are frames, and they hold what they need.
    asio::io_context context{1};
    running sandbox(context, s);
    sandbox.start(s, ready_file);
    run_guarded(context, "sandbox");
    log::info("stopped");
}

} // namespace wxgate::sandbox
