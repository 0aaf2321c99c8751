// Tells the shops of changes: carries what was just written, and takes what is due from the outbox, until a
// 2xx or the schedule's end.
#pragma once

#include "gateway/due_work.hpp"
#include "gateway/shared.hpp"
#include "ledger/outbox.hpp"
#include "net/http_client.hpp"

#include <deque>
#include <map>

namespace wxgate::gateway {

/// Every worker has one, which carries what that worker has written; on one of them it is start()ed and takes
/// what is due, too. Every endpoint has connections of its own and so many tries at a time, and
/// nothing is carried to one that fails, so that one that hangs harms no other.
class webhook_sender final : public due_work, public ledger::courier {
public:
    webhook_sender(asio::any_io_executor e, shared_state& shared, settings const& s);

    /// The endpoints may be others now. Tries under way end with what they began with.
    void reload(settings const& s);

    /// Drops the kept connections; to be called when nothing is under way any more.
    void close();

    std::optional<unix_ms> reserve(std::string const& merchant) override;
    std::string lease_prefix() const override;
    void carry(ledger::webhook_message message, unix_ms until) override;

private:
    struct carried {
        ledger::webhook_message message;
        unix_ms until = 0;
    };

    struct endpoint {
        webhook_settings settings;
        std::string authority;
        std::string target;
        std::unique_ptr<net::http_client> pool;
        std::size_t under_way = 0;
        bool failing = false;
        bool more = false;           // in the store, and there was no room for it
        std::deque<carried> waiting; // for room
    };

    awaitable<bool> prepare() override;
    awaitable<bool> take(std::size_t room) override;
    awaitable<result<std::optional<unix_ms>>> next_due() override;
    awaitable<bool>
    take_of(std::string merchant, std::shared_ptr<endpoint> to, std::string owner, std::size_t& room);
    awaitable<void> fetch(std::shared_ptr<endpoint> to, ledger::webhook w, std::string owner);
    awaitable<void> deliver(std::shared_ptr<endpoint> to, ledger::webhook_message m, std::string owner);
    awaitable<void> note_delivered(ledger::webhook_try t);
    void begin_carrying(std::shared_ptr<endpoint> const& to);
    void end_of_try(std::shared_ptr<endpoint> const& to, net::exchange_result const& answer);
    std::size_t room_of(endpoint const& to) const;
    std::shared_ptr<endpoint> make_endpoint(webhook_settings const& s) const;

    ledger::outbox outbox_;
    std::map<std::string, std::shared_ptr<endpoint>> endpoints_; // by merchant
    metrics::gauge& busy_;
    std::vector<ledger::webhook_try> delivered_; // to be recorded
    bool recording_ = false;
};

/// Under which name the shared board tells that there is a message.
inline constexpr char const* webhooks_due = "webhooks due";

} // namespace wxgate::gateway
