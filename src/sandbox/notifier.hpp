// Sends notifications when they are due, over HTTP and HTTPS, with the faults that are asked for.
#pragma once

#include "net/http_client.hpp"
#include "sandbox/faults.hpp"
#include "sandbox/notifications.hpp"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace wxgate::sandbox {

/// Belongs to one single-threaded io_context. Its coroutines hold it, so it may be let go of at any time
/// after stop().
class notifier : public std::enable_shared_from_this<notifier> {
public:
    /// The references must outlive every coroutine up to stop(); after stop() they are not touched.
    /// `ripen` brings what is due by time alone into the queue and says when there will be more.
    /// Receivers' certificates are verified by `own_roots` (the sandbox's CA; may be null), and when that
    /// fails by `system_roots`.
    notifier(
        asio::any_io_executor executor,
        sandbox_clock const& clock,
        notification_queue& queue,
        fault_engine& faults,
        std::function<std::optional<unix_ms>()> ripen,
        net::tls_context_ptr own_roots,
        net::tls_context_ptr system_roots
    );

    /// Begins to send what is due.
    void start();

    /// Something is due sooner than before: a new notification, a refund that will end, or the clock was
    /// moved.
    void look_again();

    /// Ends soon after; what is under way is given up.
    void stop();

private:
    using self_ptr = std::shared_ptr<notifier>;

    // Receivers' origins in the order of their last use, and whether they turned out to need the system's
    // roots.
    struct receiver {
        std::string origin;
        std::shared_ptr<net::http_client> own;
        std::shared_ptr<net::http_client> by_system;
        bool system = false;
    };

    // Counts a notification that is under way, whatever ends it, and then lets the loop see what is due.
    struct under_way {
        explicit under_way(notifier& n) : of(n) { ++of.in_flight_; }

        under_way(under_way const&) = delete;
        under_way& operator=(under_way const&) = delete;

        ~under_way() {
            --of.in_flight_;
            if (!of.stopped_)
                of.look_again();
        }

        notifier& of;
    };

    static awaitable<void> run(self_ptr self);
    static awaitable<void> attempt(self_ptr self, notification_ptr n);
    static awaitable<void> send_counted(self_ptr self, notification_ptr n);
    static awaitable<bool> send(self_ptr self, notification_ptr n, signing how);
    static awaitable<net::exchange_result>
    exchange(self_ptr self, net::url to, net::exchange_request request);

    awaitable<void> pause(milliseconds duration);
    awaitable<void> hold_back(milliseconds at_most);
    void release_held();

    std::shared_ptr<receiver> receiver_of(net::url const& to);

    asio::any_io_executor executor_;
    sandbox_clock const& clock_;
    notification_queue& queue_;
    fault_engine& faults_;
    std::function<std::optional<unix_ms>()> ripen_;
    net::tls_context_ptr own_roots_;
    net::tls_context_ptr system_roots_;
    std::list<std::shared_ptr<receiver>> receivers_;
    std::list<std::shared_ptr<asio::steady_timer>>
        held_; // notifications that wait for another one to go first
    std::list<std::shared_ptr<asio::steady_timer>> pauses_; // delays under way
    asio::steady_timer wake_;
    std::size_t in_flight_ = 0;
    bool look_ = false;
    bool stopped_ = false;
};

} // namespace wxgate::sandbox
