#include "net/endpoints.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>

#include <list>

namespace wxgate::net {

using clock = std::chrono::steady_clock;
using tcp = asio::ip::tcp;

struct endpoints::state {
    state(asio::any_io_executor e, std::string h, std::uint16_t p)
        : host(std::move(h)), port(p), resolver(std::move(e)) {}

    static awaitable<void> resolve(std::shared_ptr<state> s) {
        auto const flags = tcp::resolver::numeric_service | tcp::resolver::address_configured;
        auto [ec, found] =
            co_await s->resolver.async_resolve(s->host, std::to_string(s->port), flags, use_tuple);
        s->resolving = false;
        s->checked = clock::now();
        if (!ec) {
            s->known.clear();
            for (auto const& entry : found)
                s->known.push_back(entry.endpoint());
        }
        for (auto* w : s->waiting)
            w->cancel();
    }

    std::string host;
    std::uint16_t port;
    tcp::resolver resolver;
    std::list<asio::steady_timer*> waiting;
    list known;
    clock::time_point checked;
    bool resolving = false;
    bool numeric = false;
};

endpoints::endpoints(asio::any_io_executor executor, std::string host, std::uint16_t port)
    : state_(std::make_shared<state>(std::move(executor), std::move(host), port)) {
    boost::system::error_code ec;
    auto const ip = asio::ip::make_address(state_->host, ec);
    if (ec)
        return;
    state_->numeric = true;
    state_->known.emplace_back(ip, port);
}

endpoints::~endpoints() {
    state_->resolver.cancel();
}

awaitable<result<endpoints::list>> endpoints::get(clock::time_point until) {
    auto const s = state_;
    bool const stale = !s->numeric && clock::now() - s->checked > std::chrono::minutes(1);
    if ((stale || s->known.empty()) && !s->resolving) {
        s->resolving = true;
        asio::co_spawn(s->resolver.get_executor(), state::resolve(s), report("resolver"));
    }
    if (s->known.empty() && s->resolving) {
        asio::steady_timer patience(s->resolver.get_executor(), until);
        auto const place = s->waiting.insert(s->waiting.end(), &patience);
        co_await patience.async_wait(use_tuple);
        s->waiting.erase(place);
    }
    if (!s->known.empty())
        co_return s->known;
    error_code const failed = make_error_code(s->resolving ? errc::timed_out : errc::resolve_failed);
    co_return failed;
}

} // namespace wxgate::net
