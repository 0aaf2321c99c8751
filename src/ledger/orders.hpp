// Orders in the store: every change with its event, in one batch.
#pragma once

#include "base/time.hpp"
#include "base/trace.hpp"
#include "ledger/audience.hpp"
#include "ledger/page.hpp"
#include "ledger/states.hpp"
#include "store/store.hpp"

#include <wxgate/messages.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace wxgate::ledger {

/// An order as it stands. Texts that are absent are empty.
struct order {
    std::string mch_id;
    std::string out_trade_no;
    std::string merchant;
    std::string appid;
    wxgate::sign_type sign_type = wxgate::sign_type::hmac_sha256;
    std::string openid;
    fen total_fee;
    std::string fee_type = "CNY";
    std::string body;
    std::string attach;
    std::string detail;
    std::string goods_tag;
    std::string limit_pay;
    std::string trade_type;
    std::string product_id; // of NATIVE
    std::string scene_info; // of MWEB
    std::string spbill_create_ip;
    std::string notify_url;
    std::optional<unix_ms> time_expire; // as the shop gave it
    std::string metadata = "{}";        // a JSON object of strings
    wxgate::trade_state trade_state = wxgate::trade_state::CREATED;
    std::string prepay_id;
    unix_ms prepay_at = 0;
    std::string pay_url; // of NATIVE its code_url, of MWEB its mweb_url
    std::string transaction_id;
    std::optional<unix_ms> paid_at;
    fen refunded_fee;              // of refunds that have ended in SUCCESS
    fen refund_reserved;           // of refunds that are not REJECTED, FAILED or REFUNDCLOSE
    std::int64_t refund_count = 0; // as WeChat counts them: those neither REJECTED nor FAILED
    std::int64_t version = 0;
    unix_ms created_at = 0;
    unix_ms expires_at = 0;
    wxgate::trace trace = {}; // of the request that made it, when its caller told one

    // The work on it.
    std::optional<unix_ms> due_at; // when it is asked about next; nothing when it has ended
    std::int64_t tries = 0;        // looks without an answer since the last

    bool operator==(order const&) const = default;
};

/// An order as it was read. It is handed on from one to the next, and is too large to be moved each time.
using order_ptr = std::shared_ptr<order const>;

/// A look at an order: who has the lease, and what was seen.
struct order_look {
    std::string owner; // of this look alone
    std::int64_t version = 0;
};

struct order_key {
    std::string merchant;
    std::string mch_id;
    std::string out_trade_no;
};

order_key key_of(order const& o);

/// Who or what caused a change: stands in its event.
struct cause {
    std::string source; // api, notification, query, checkout
    std::string request_id;
    std::string detail = "{}"; // a JSON object; holds no secret and no openid
    wxgate::trace trace = {};  // of the request; what the shop is told of the change goes under it
};

/// What a verified notification or query says was paid.
struct payment {
    std::string appid;
    wxgate::sign_type sign_type = wxgate::sign_type::md5;
    std::string transaction_id;
    std::string openid;
    fen total_fee;
    unix_ms paid_at = 0;
    wxgate::trade_state trade_state = wxgate::trade_state::SUCCESS; // or REFUND, when a query says so
    std::string trade_type;                                         // empty: it is not told
};

struct change {
    bool changed = false; // this call moved the row
    order_ptr now;        // the row as it stands; null when there is none
};

struct order_filter : page {
    std::string merchant; // "": all
    std::optional<wxgate::trade_state> trade_state;
};

/// All calls complete when what they say is durable. Errors are the store's.
class orders {
public:
    /// `by` may be null: what the shop is told is then found in the store.
    orders(store::store& s, audience const& shop, courier* by = nullptr)
        : store_(s), shop_(shop), courier_(by) {}

    /// Inserts the order as CREATED, unless the number is taken; `now` is the row under the number, if it is
    /// this merchant's (another merchant of the same mch_id may have it: then null). `o` lives until then.
    awaitable<result<change>> create(order const& o, cause why);

    awaitable<result<std::optional<order>>> find(order_key key);

    /// The orders of this number, whosever they are.
    awaitable<result<std::vector<order>>> find_all(std::string out_trade_no);

    awaitable<result<std::vector<order>>> list(order_filter f);

    /// Keeps a prepay_id, and the URL to pay at when the order has one; CREATED becomes NOTPAY. A paid or
    /// closed order stays as it is. `known` is the order as it was last seen: when it has not moved since,
    /// its row need not be read.
    awaitable<result<change>>
    set_prepay(order const& known, std::string prepay_id, cause why, std::string pay_url = {});

    /// Sets the customer of an order that has none yet, which is then due at `due_at`.
    awaitable<result<change>> set_openid(order_key key, std::string openid, unix_ms due_at, cause why);

    /// Writes an event that changes no state: UNKNOWN, when nobody can say what WeChat did.
    awaitable<result<change>> note(order_key key, std::string type, cause why);

    /// Moves the order to a state that carries no payment (NOTPAY, USERPAYING, CLOSED, REVOKED, PAYERROR),
    /// where the table allows it.
    awaitable<result<change>> move(order_key key, wxgate::trade_state to, cause why);

    /// Records a payment, when amount, customer, appid, algorithm and (when it is told) trade_type are the
    /// order's own and the transaction
    /// is no other order's. A payment of a closed order is recorded with an anomaly and a refund of all of it
    /// that waits for a person, in the same batch. When nothing changed, `now` shows why.
    awaitable<result<change>> pay(order_key key, payment p, cause why);

    /// Takes what is due, for `owner` alone until the lease ends.
    awaitable<result<std::vector<order>>> claim(std::string owner, milliseconds lease, std::int64_t most);

    /// When the next one is due that nobody has; nothing when none waits.
    awaitable<result<std::optional<unix_ms>>> next_due();

    /// Gives the lease back: looked at again at `due_at`, unless it has moved since it was seen. Writes no
    /// event.
    awaitable<result<void>> postpone(order_key key, order_look look, unix_ms due_at, std::int64_t tries);

    /// Forgets the leases of those whose names begin with `of`: of a process that is gone. "": of all, where
    /// no other process uses the store.
    awaitable<result<void>> forget_leases(std::string of = {});

private:
    awaitable<result<change>>
    set_prepay_of_any(order_key key, std::string prepay_id, cause why, std::string pay_url);
    awaitable<result<change>> pay_late(order_key key, payment p, cause why);
    awaitable<result<change>>
    apply(store::statement update, order_key key, std::string type, std::string id, cause why);
    awaitable<result<change>>
    apply_and_tell(store::statement update, order_key key, std::string type, std::string id, cause why);

    store::store& store_;
    audience const& shop_;
    courier* courier_;
};

} // namespace wxgate::ledger
