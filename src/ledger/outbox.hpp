// What the shop is to be told: one row a change, written in its batch, and the work of delivering it.
#pragma once

#include "ledger/anomalies.hpp"
#include "ledger/refunds.hpp"

namespace wxgate::ledger {

enum class webhook_state { pending, delivered, failed };

std::string_view to_string(webhook_state s) noexcept;
std::optional<webhook_state> parse_webhook_state(std::string_view text) noexcept;

/// One message. Texts that are absent are empty.
struct webhook {
    std::string id; // the same at every try
    std::string merchant;
    std::string mch_id;
    std::string type; // payment.succeeded, …
    std::string out_trade_no;
    std::string out_refund_no;
    std::string anomaly_id;
    std::int64_t order_version = 0;
    webhook_state state = webhook_state::pending;
    std::int64_t attempts = 0;
    std::optional<unix_ms> due_at;
    std::optional<std::int64_t> last_status; // HTTP's; nothing when there was no answer
    std::string last_error;
    unix_ms created_at = 0;
    std::optional<unix_ms> delivered_at;
    wxgate::trace trace; // that it is delivered under; empty when none is known
};

/// A message with what it tells of, as that was when it happened: exactly one of the three.
struct webhook_message {
    webhook about;
    order_ptr order;
    std::optional<ledger::refund> refund;
    std::optional<ledger::anomaly_row> anomaly;
};

/// How a try of a message ended, and who made it.
struct webhook_try {
    std::string id; // the message's
    std::string owner;
    webhook_state state = webhook_state::pending;
    std::optional<unix_ms> due_at; // of the next try, when it is pending
    std::optional<std::int64_t> status;
    std::string error;
};

struct webhook_filter {
    std::string merchant; // "": all
    std::optional<webhook_state> state;
    // Keyset of the last row seen: the page begins after it.
    std::optional<unix_ms> before_created_at;
    std::string before_id;
    std::int64_t limit = 20;
};

/// All calls complete when what they say is durable. Errors are the store's.
class outbox {
public:
    explicit outbox(store::store& s) : store_(s) {}

    /// Takes what is due for this merchant, for `owner` alone until the lease ends.
    awaitable<result<std::vector<webhook>>>
    claim(std::string merchant, std::string owner, milliseconds lease, std::int64_t most);

    /// When the next one is due for one of these merchants that nobody has; nothing when none waits.
    awaitable<result<std::optional<unix_ms>>> next_due(std::vector<std::string> merchants);

    /// The message itself; nothing when there is none of this id.
    awaitable<result<std::optional<webhook_message>>> message(std::string id);

    /// Records how tries ended: of each message that the try's owner still has.
    awaitable<result<void>> record(std::vector<webhook_try> tries);

    awaitable<result<std::vector<webhook>>> list(webhook_filter f);

    /// The newest messages of an order, its refunds and its findings.
    awaitable<result<std::vector<webhook>>> of_order(order_key key);

    /// Pending again and due at once, whatever it was. Nothing when there is none of this id.
    awaitable<result<std::optional<webhook>>> redeliver(std::string id);

    /// Forgets the leases of those whose names begin with `of`: of a process that is gone. "": of all, where
    /// no other process uses the store.
    awaitable<result<void>> forget_leases(std::string of = {});

private:
    store::store& store_;
};

/// For the batch of a change under event `id`: the message of it, where the change is one that the shop hears
/// of. It goes under the trace that a caller told: of this change, or else of the refund, or of the order;
/// and only when none did under the one that was begun here.
store::statement tell_of_order(order_key const& key, std::string const& id, cause const& why);

/// The same, leased to its own id, behind `prefix`, until then.
store::statement hand_over_of_order(
    order_key const& key, std::string const& id, unix_ms until, cause const& why, std::string const& prefix
);

/// What that wrote: the order as it was then, the event, its time and the trace of what caused it.
webhook_message
message_of(order_ptr as_it_was, std::string const& id, unix_ms at, wxgate::trace const& cause);

store::statement tell_of_refund(refund_key const& key, std::string const& id, cause const& why);

/// … and of a new finding; not of one that only counts up.
store::statement tell_of_anomaly(std::string const& id, wxgate::trace const& found_by);

} // namespace wxgate::ledger
