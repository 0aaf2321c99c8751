// Refunds in the store: the reservation of their amount, every change with its event, and the work that is
// due, each in one batch.
#pragma once

#include "ledger/orders.hpp"
#include "ledger/refund_states.hpp"

#include <wxgate/limits.hpp>

namespace wxgate::ledger {

/// Who asked for a refund.
enum class requester_kind { api, operator_ };

/// A refund as it stands. Texts that are absent are empty.
struct refund {
    std::string mch_id;
    std::string out_refund_no;
    std::string merchant;
    std::string out_trade_no;
    fen refund_fee;
    fen total_fee; // the order's
    std::string reason;
    wxgate::refund_status refund_status = wxgate::refund_status::REQUESTED;
    requester_kind requested_kind = requester_kind::api;
    std::string requested_by; // an API key's or an operator's name
    std::string decided_by;   // an operator's name, or "auto"
    std::optional<unix_ms> decided_at;
    std::string decision_reason;
    std::string refund_id;
    std::string err_code; // WeChat's last refusal, or refund_tls
    std::optional<unix_ms> succeeded_at;
    unix_ms created_at = 0;

    // The work on it.
    bool in_doubt = false;      // a call was begun, and how it ended is not known: WeChat is asked first
    bool ever_in_doubt = false; // one was, at some time
    bool failing = false;       // refused for good, once more to be confirmed by a query
    std::int64_t attempts = 0;  // calls begun
    std::string notify_url;     // what the first of them told; every other tells the same
    std::int64_t tries = 0;     // looks without progress since the last, for the back-off
    std::optional<unix_ms> due_at;
    std::int64_t version = 0;
};

/// A look at a refund: who has the lease, and what was seen. What the look concludes holds only while both
/// do.
struct refund_look {
    std::string owner; // of this look alone
    std::int64_t version = 0;
};

struct refund_key {
    std::string merchant;
    std::string mch_id;
    std::string out_refund_no;
};

refund_key key_of(refund const& r);

struct refund_change {
    bool changed = false;      // this call moved the row
    std::optional<refund> now; // the row as it stands; nothing when there is none
};

/// What a request for a refund meets.
struct refund_made {
    bool changed = false;               // this call made it
    bool number_taken = false;          // another merchant of the mch_id has a refund of this number
    std::optional<refund> now;          // the merchant's refund under the number; nothing when there is none
    std::optional<ledger::order> order; // as it stands; nothing when there is none
};

/// What is known after a look at a refund: a new state, or the same with what is to be done next.
struct refund_step {
    std::optional<wxgate::refund_status> to; // nothing: the state stays
    std::string type;                        // of the event, when the state stays
    bool in_doubt = false;                   // how a call ended is not known
    bool doubted = false;                    // it was not, for a time
    bool failing = false;
    std::int64_t tries = 0;
    std::optional<unix_ms> due_at; // nothing: no more is to be done
    bool go_on = false;            // the look is not over: the lease stays
    std::string err_code;
    std::string refund_id; // "": as it was
    std::optional<unix_ms> succeeded_at;
    std::string anomaly; // what a person must settle, recorded with the change; "": nothing
};

struct refund_filter : page {
    std::string merchant; // "": all
    std::optional<wxgate::refund_status> refund_status;
};

/// All calls complete when what they say is durable. Errors are the store's.
class refunds {
public:
    refunds(store::store& s, refund_limits const& limits, audience const& shop)
        : store_(s), limits_(limits), shop_(shop) {}

    /// Records the request and reserves its amount, in one conditional statement: the order is paid, within
    /// the year, has fewer than fifty refunds, and its live refunds with this one are not more than was paid;
    /// and the number is free. `approved`: by itself, in the same batch. When nothing changed, the result
    /// shows why.
    awaitable<result<refund_made>> create(refund r, bool approved, cause why);

    awaitable<result<std::optional<refund>>> find(refund_key key);

    /// The refunds of this number, whosever they are.
    awaitable<result<std::vector<refund>>> find_all(std::string out_refund_no);

    awaitable<result<std::vector<refund>>> list(refund_filter f);

    /// The newest refunds of an order: all that lived, at least.
    awaitable<result<std::vector<refund>>> of_order(order_key key);

    /// REQUESTED becomes APPROVED (and due) or REJECTED, unless `by` is the operator who asked for it.
    awaitable<result<refund_change>>
    decide(refund_key key, wxgate::refund_status to, std::string by, std::string reason, cause why);

    /// Takes back an approval that was not used in time, when `owner` has the refund and it is not in doubt.
    awaitable<result<refund_change>> expire(refund_key key, std::string owner, cause why);

    /// Takes what is due, for `owner` alone until the lease ends.
    awaitable<result<std::vector<refund>>> claim(std::string owner, std::int64_t most);

    /// When the next one is due that nobody has; nothing when none waits.
    awaitable<result<std::optional<unix_ms>>> next_due();

    /// Notes that the call is about to be made: from here on the refund is in doubt. Not changed: another
    /// refund of the order was sent less than a minute ago; it is then due when the minute is over.
    /// `notify_url` is the first attempt's to say: a later one's does not replace it.
    awaitable<result<refund_change>>
    begin_attempt(refund_key key, std::string owner, std::string notify_url, cause why);

    /// Records our own conclusion from a look, and gives the lease back. Not changed when the state table
    /// forbids it, when the lease is lost, or when the refund has moved since it was seen.
    awaitable<result<refund_change>> record(refund_key key, refund_look look, refund_step step, cause why);

    /// Records WeChat's own word of what became of the refund (PROCESSING, SUCCESS, CHANGE, REFUNDCLOSE),
    /// whoever has the lease. Not changed when the state table forbids it.
    awaitable<result<refund_change>> adopt(refund_key key, refund_step step, cause why);

    /// Nothing new: looked at again at `due_at`, unless it has moved since it was seen. Writes no event.
    awaitable<result<void>> postpone(refund_key key, refund_look look, unix_ms due_at, std::int64_t tries);

    /// Makes due at once what waits for this mch_id's certificate.
    awaitable<result<void>> retry_certificate(std::string mch_id);

    /// Forgets the leases of those whose names begin with `of`: of a process that is gone. "": of all, where
    /// no other process uses the store.
    awaitable<result<void>> forget_leases(std::string of = {});

private:
    awaitable<result<refund_change>>
    step_to(refund_key key, std::optional<refund_look> look, refund_step step, cause why);
    awaitable<result<refund_change>>
    apply(store::statement update, refund_key key, std::string type, std::string id, cause why);

    store::store& store_;
    refund_limits limits_;
    audience const& shop_;
};

/// For the batch that records, under event `paid`, a payment that came too late: a refund of all of it, under
/// the number late-OUT_TRADE_NO, which waits for a person.
std::vector<store::statement>
propose_refund(order_key const& key, std::string const& paid, cause const& why, bool told);

} // namespace wxgate::ledger
