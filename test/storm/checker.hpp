// The one checker: what must hold of a gateway, its WeChat and its shop after whatever happened to them
// (RELIABILITY.md 2.2). Pure functions over a snapshot, so that a test can show of each invariant that a
// breach of it is seen (checker_test.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace wxgate::test {

// ---- WeChat's side: GET /control/ledger, GET /control/requests ------------------------------------------

struct wechat_refund {
    std::string out_refund_no;
    std::int64_t refund_fee = 0;
    std::string refund_status;
};

struct wechat_order {
    std::string out_trade_no;
    std::int64_t total_fee = 0;
    std::string trade_state;
    std::string transaction_id; // "": not paid
    std::vector<wechat_refund> refunds;
};

struct wechat_notification {
    std::string out_trade_no;
    std::string out_refund_no; // of a refund's
    bool acknowledged = false;
};

/// What the caller can know after a call, if it read the answer.
enum class answered {
    nothing,   // no answer came
    ambiguous, // it came, but says nothing that can be believed: no signature, a wrong one, SYSTEMERROR
    refused,   // signed: not done
    accepted   // signed: done; of a query, also that there is nothing of this number
};

struct wechat_call {
    std::string operation; // unifiedorder, orderquery, closeorder, refund, refundquery
    std::string out_trade_no;
    std::string out_refund_no;
    std::string parameters; // canonical, without nonce_str and sign
    std::string purpose;    // of a refund: refund_desc, which the plan makes unique
    answered outcome = answered::nothing;
};

// ---- the store ------------------------------------------------------------------------------------------

struct order_row {
    std::string mch_id;
    std::string out_trade_no;
    std::string merchant;
    std::string trade_state;
    std::string transaction_id;
    std::string token; // the plan's name for it, in its metadata
    std::int64_t total_fee = 0;
    std::int64_t refunded_fee = 0;
    std::int64_t refund_reserved = 0;
    std::int64_t version = 0;
};

struct refund_row {
    std::string mch_id;
    std::string out_refund_no;
    std::string merchant;
    std::string out_trade_no;
    std::string refund_status;
    std::string requested_kind; // api or operator
    std::string requested_by;
    std::string decided_by;
    std::string reason;
    std::int64_t refund_fee = 0;
    std::int64_t version = 0;
};

struct event_row {
    std::string mch_id;
    std::string out_trade_no;
    std::int64_t version = 0;
    std::string id;
    std::string type;
    std::string trade_state;
    std::string previous_state;
    std::string out_refund_no; // "": of the order itself
    std::string refund_status;
};

struct outbox_row {
    std::string id; // webhook-id
    std::string merchant;
    std::string mch_id;
    std::string type;
    std::string out_trade_no;
    std::string out_refund_no;
    std::string anomaly_id; // "": of an event, the one with this version
    std::int64_t order_version = 0;
    std::string state; // pending, delivered, failed
};

struct anomaly_row {
    std::string id;
    std::string merchant;
    std::string mch_id;
    std::string out_trade_no;
    std::string kind;
};

// ---- the shop -------------------------------------------------------------------------------------------

/// What a good answer of the gateway said of a payment or a refund.
struct told {
    bool refund = false;
    std::string merchant; // whose key was used, or whose it is
    std::string number;   // out_trade_no or out_refund_no
    std::string order;    // of a refund: its out_trade_no
    std::string token;    // of a payment: of the plan
    std::string state;
    std::int64_t fee = 0;

    auto tie() const { return std::tie(refund, merchant, number, order, token, state, fee); }

    friend bool operator<(told const& a, told const& b) { return a.tie() < b.tie(); }
};

/// A request with one merchant's key about another one's number, and that it was answered 2xx.
struct trespass {
    std::string merchant;
    std::string number;
    std::string what;
};

/// A webhook as it came.
struct received_hook {
    std::string merchant; // whose receiver
    std::string id;
    std::string type;
    std::string out_trade_no;
    std::int64_t version = -1;
    std::string body;
    std::string trouble; // "", or what of it was not as documented: the signature, say
    bool taken = false;  // it was answered 2xx
};

// ---- the process ----------------------------------------------------------------------------------------

/// What was measured all along, and its bounds; 0: not measured.
struct measure {
    std::string name;
    std::uint64_t most = 0;
    std::uint64_t bound = 0;
};

struct snapshot {
    std::vector<std::string> unread; // final reads that failed: without them nothing can be said

    std::vector<wechat_order> wechat_orders;
    std::vector<wechat_notification> notifications;
    std::vector<wechat_call> calls; // in the order in which they came

    std::vector<order_row> orders;
    std::vector<refund_row> refunds;
    std::vector<event_row> events;
    std::vector<outbox_row> outbox;
    std::vector<anomaly_row> anomalies;
    std::string integrity = "ok";

    std::set<told> acknowledged;
    std::vector<trespass> trespasses;
    std::vector<received_hook> received;
    std::set<std::string> listening;          // merchants that have a webhook
    std::map<std::string, std::string> owner; // the mch_id of each merchant

    std::vector<measure> measures;
    std::string leaks;                // secrets that were found; "": none
    std::vector<std::string> trouble; // what the driver saw: answers nobody expects, ends of the process
};

// ---- the verdict ----------------------------------------------------------------------------------------

struct violation {
    std::string invariant; // I1 … I14, or "run"
    std::string what;
};

/// What must hold at every moment, and so right after a crash, before the next start: whatever was told to
/// the shop (I12) or acknowledged to WeChat (I3) is in the store, which is whole (I4). Looks at
/// `acknowledged`, `notifications`, `wechat_orders` and the store.
std::vector<violation> check_durable(snapshot const& s);

/// Everything, at quiescence.
std::vector<violation> check(snapshot const& s);

enum class verdict { valid, invalid, unknown };

char const* to_string(verdict v) noexcept;

/// Invalid with any violation; else unknown when a final read is missing.
verdict judge(snapshot const& s, std::vector<violation> const& found) noexcept;

/// The message that the shop is to hear of an event, "" for none. `before`: the refund's status until then,
/// when it is a refund's event; "" when it was not there.
std::string hook_of(event_row const& e, std::string const& before);

} // namespace wxgate::test
