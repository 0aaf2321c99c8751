#include "sandbox/notifier.hpp"

#include "base/log.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>

namespace wxgate::sandbox {

namespace {

constexpr std::size_t max_in_flight = 256;
constexpr std::size_t max_receivers = 64;
constexpr std::chrono::seconds ack_deadline{5};

client_limits limits_of_receiver() {
    client_limits l;
    l.connect_timeout = ack_deadline;
    l.timeout = ack_deadline;
    l.idle_timeout = std::chrono::seconds(4);
    l.max_connections = max_in_flight;
    return l;
}

// Keeps a timer in a list as long as a coroutine sleeps on it.
class listed_timer {
public:
    listed_timer(
        std::list<std::shared_ptr<asio::steady_timer>>& list, asio::any_io_executor const& e, milliseconds d
    )
        : list_(list), timer_(std::make_shared<asio::steady_timer>(e, d)),
          place_(list.insert(list.end(), timer_)) {}

    listed_timer(listed_timer const&) = delete;
    listed_timer& operator=(listed_timer const&) = delete;

    ~listed_timer() { list_.erase(place_); }

    asio::steady_timer& operator*() noexcept { return *timer_; }

private:
    std::list<std::shared_ptr<asio::steady_timer>>& list_;
    std::shared_ptr<asio::steady_timer> timer_;
    std::list<std::shared_ptr<asio::steady_timer>>::iterator place_;
};

} // namespace

notifier::notifier(
    asio::any_io_executor executor,
    sandbox_clock const& clock,
    notification_queue& queue,
    fault_engine& faults,
    std::function<std::optional<unix_ms>()> ripen,
    net::tls_context_ptr own_roots,
    net::tls_context_ptr system_roots
)
    : executor_(std::move(executor)), clock_(clock), queue_(queue), faults_(faults), ripen_(std::move(ripen)),
      own_roots_(std::move(own_roots)), system_roots_(std::move(system_roots)), wake_(executor_) {
}

void notifier::start() {
    asio::co_spawn(executor_, run(shared_from_this()), report("sandbox.notifier"));
}

void notifier::look_again() {
    look_ = true;
    wake_.cancel();
}

void notifier::stop() {
    stopped_ = true;
    look_again();
    release_held();
    for (auto const& t : pauses_)
        t->cancel();
}

awaitable<void> notifier::run(self_ptr self) {
    while (!self->stopped_) {
        self->look_ = false;
        auto const ripe = self->ripen_();
        while (self->in_flight_ < max_in_flight) {
            auto n = self->queue_.take_due(self->clock_.now());
            if (!n)
                break;
            asio::co_spawn(self->executor_, attempt(self, std::move(n)), report("sandbox.notification"));
        }
        if (self->look_)
            continue;
        // At in_flight_ == max_in_flight an attempt's end wakes this loop.
        auto wait = milliseconds(std::chrono::hours(1));
        auto const wait_for = [&](std::optional<unix_ms> due) {
            if (due)
                wait = std::clamp(milliseconds(*due - self->clock_.now()), milliseconds(0), wait);
        };
        wait_for(ripe);
        if (self->in_flight_ < max_in_flight)
            wait_for(self->queue_.next_due());
        self->wake_.expires_after(wait);
        co_await self->wake_.async_wait(use_tuple);
    }
}

// One try of the schedule.
awaitable<void> notifier::attempt(self_ptr self, notification_ptr n) {
    under_way const here(*self);
    fault const f = self->faults_.draw(n->fault_name);
    if (f.delay.count() != 0)
        co_await self->pause(f.delay);
    if (f.kind == fault_kind::reorder)
        co_await self->hold_back(f.ms.value_or(milliseconds(1000)));
    if (self->stopped_ || n->forgotten)
        co_return;
    if (f.kind == fault_kind::drop) {
        ++n->attempts;
    } else if (f.kind == fault_kind::bad_sign) {
        bool const taken = co_await send(self, n, signing::wrong);
        if (taken)
            log::warn(
                "a notification with a wrong signature was acknowledged", {{"out_trade_no", n->out_trade_no}}
            );
    } else {
        if (f.kind == fault_kind::sign_probe) {
            bool const taken = co_await send(self, n, signing::probe);
            if (taken)
                log::warn("a signature probe was acknowledged", {{"out_trade_no", n->out_trade_no}});
        }
        if (f.kind == fault_kind::duplicate)
            asio::co_spawn(self->executor_, send_counted(self, n), report("sandbox.duplicate"));
        bool const taken = co_await send(self, n, signing::right);
        n->acknowledged = n->acknowledged || taken;
    }
    if (self->stopped_ || n->forgotten)
        co_return;
    if (f.kind != fault_kind::reorder && f.kind != fault_kind::drop)
        self->release_held();
    self->queue_.settle(n, self->clock_.now());
}

// A duplicate: sent beside the schedule.
awaitable<void> notifier::send_counted(self_ptr self, notification_ptr n) {
    under_way const here(*self);
    bool const taken = co_await send(self, n, signing::right);
    n->acknowledged = n->acknowledged || taken;
}

// True when the receiver acknowledged.
awaitable<bool> notifier::send(self_ptr self, notification_ptr n, signing how) {
    if (self->stopped_ || n->forgotten)
        co_return false;
    ++n->attempts;
    auto const to = net::parse_url(n->url);
    if (!to)
        co_return false; // cannot be: unifiedorder checks it
    net::exchange_request request;
    request.target = to->path.empty() ? "/" : to->path;
    request.content_type = "text/xml";
    request.headers.emplace_back("User-Agent", "Mozilla/4.0");
    request.headers.emplace_back("Accept", "*/*");
    request.headers.emplace_back("Pragma", "no-cache");
    request.body = n->write(how);
    request.repeatable = true; // a second one does no harm
    auto const reply = co_await exchange(self, *to, std::move(request));
    if (reply && is_acknowledgement(reply->status, reply->body))
        co_return true;
    log::info(
        "notification not acknowledged",
        {{"out_trade_no", n->out_trade_no},
         {"status", reply ? reply->status : 0U},
         {"error", reply ? std::string("not an acknowledgement") : reply.error().code.message()}}
    );
    co_return false;
}

awaitable<net::exchange_result>
notifier::exchange(self_ptr self, net::url to, net::exchange_request request) {
    auto const receiver = self->receiver_of(to);
    auto const until = std::chrono::steady_clock::now() + ack_deadline;
    if (receiver->own && !receiver->system) {
        auto const client = receiver->own;
        auto reply = co_await client->exchange(request, until);
        bool const untrusted = !reply && reply.error().code == errc::tls_failed && !reply.error().sent;
        if (!untrusted || !receiver->by_system)
            co_return reply;
    }
    auto const client = receiver->by_system;
    auto reply = co_await client->exchange(std::move(request), until);
    receiver->system = reply.has_value();
    co_return reply;
}

std::shared_ptr<notifier::receiver> notifier::receiver_of(net::url const& to) {
    std::string origin = to.origin();
    auto const at = std::find_if(receivers_.begin(), receivers_.end(), [&](auto const& r) {
        return r->origin == origin;
    });
    if (at != receivers_.end()) {
        receivers_.splice(receivers_.begin(), receivers_, at);
        return receivers_.front();
    }
    auto const client = [&](net::tls_context_ptr tls) {
        net::http_client_options const options{limits_of_receiver(), false};
        return std::make_shared<net::http_client>(executor_, to, std::move(tls), options);
    };
    auto made = std::make_shared<receiver>();
    made->origin = std::move(origin);
    if (!to.tls) {
        made->own = client(nullptr);
    } else {
        if (own_roots_)
            made->own = client(own_roots_);
        made->by_system = client(system_roots_);
    }
    receivers_.push_front(made);
    if (receivers_.size() > max_receivers)
        receivers_.pop_back();
    return made;
}

awaitable<void> notifier::pause(milliseconds duration) {
    if (stopped_)
        co_return;
    listed_timer timer(pauses_, executor_, duration);
    co_await (*timer).async_wait(use_tuple);
}

awaitable<void> notifier::hold_back(milliseconds at_most) {
    if (stopped_)
        co_return;
    listed_timer timer(held_, executor_, at_most);
    co_await (*timer).async_wait(use_tuple);
}

void notifier::release_held() {
    for (auto const& t : held_)
        t->cancel();
}

} // namespace wxgate::sandbox
