// Tells the shops of changes: takes what is due from the outbox and delivers it, until a 2xx or the
// schedule's end.
#pragma once

#include "gateway/due_work.hpp"
#include "gateway/refunds/refund_sender.hpp"
#include "ledger/outbox.hpp"
#include "net/http_client.hpp"

#include <map>

namespace wxgate::gateway {

/// Runs on one worker of the process. Every endpoint has connections of its own and so many tries at a time,
/// so that one that hangs harms no other.
class webhook_sender final : public due_work {
public:
    webhook_sender(asio::any_io_executor e, shared_state& shared, current_configuration config);

    /// The endpoints may be others now. Tries under way end with what they began with.
    void reload();

    /// Drops the kept connections; to be called when nothing is under way any more.
    void close();

private:
    struct endpoint {
        webhook_settings settings;
        std::string authority;
        std::string target;
        std::unique_ptr<net::http_client> pool;
        std::size_t under_way = 0;
    };

    awaitable<bool> prepare() override;
    awaitable<bool> take(std::size_t room) override;
    awaitable<result<std::optional<unix_ms>>> next_due() override;
    awaitable<void> deliver(std::shared_ptr<endpoint> to, ledger::webhook w, std::string owner);
    std::shared_ptr<endpoint> make_endpoint(webhook_settings const& s) const;

    ledger::outbox outbox_;
    current_configuration config_;
    std::map<std::string, std::shared_ptr<endpoint>> endpoints_; // by merchant
    metrics::gauge& busy_;
};

/// Under which name the shared board tells that there is a message.
inline constexpr char const* webhooks_due = "webhooks due";

} // namespace wxgate::gateway
