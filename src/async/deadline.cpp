#include "async/deadline.hpp"

#include "async/outgoing.hpp"

namespace wxgate {

deadline::deadline(asio::ip::tcp::socket& socket)
    : state_(std::make_shared<state>(state{asio::steady_timer(socket.get_executor()), &socket})) {
}

deadline::~deadline() {
    state_->socket = nullptr;
    state_->timer.cancel();
}

void deadline::arm(clock::time_point when) {
    state_->when = when;
    if (when < state_->waking) // none pending, or it would wake too late
        wait(state_);
}

void deadline::wait(std::shared_ptr<state> s) {
    s->waking = s->when;
    auto& timer = s->timer;
    timer.expires_at(s->when); // ends a pending wait, whose handler sees that it is no longer the one
    timer.async_wait([s = std::move(s), mine = timer.expiry()](boost::system::error_code ec) mutable {
        if (ec || s->socket == nullptr || mine != s->waking)
            return;
        s->waking = clock::time_point::max();
        if (s->when == clock::time_point::max())
            return; // disarmed; the next arm() waits anew
        if (s->when > clock::now()) {
            wait(std::move(s));
            return;
        }
        s->expired = true;
        drop(*s->socket);
    });
}

} // namespace wxgate
