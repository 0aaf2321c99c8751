// Orders of the past, as the ledger has them once the gateway has done its work: what a store is filled with
// before it is measured. Pure: the i-th order of a history is the same whenever it is asked for.
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wxgate::bench {

/// Whose orders they are, as the gateway's configuration names them.
struct order_owner {
    std::string merchant;
    std::string mch_id;
    std::string appid;
    std::string sign_type; // MD5 or HMAC-SHA256
    std::string api_key;   // the name of the key that asked for refunds
    std::string public_url;
};

struct past_event {
    std::string id;
    char const* type = "";
    char const* trade_state = "";
    char const* previous_state = "";
    char const* source = "";
    std::string request_id;
    std::string detail;
    unix_ms at = 0;
    char const* refund_status = nullptr; // of the changes of a refund
    char const* told = nullptr;          // the type of the webhook that told the shop, if one did
};

struct past_refund {
    std::string out_refund_no;
    std::string refund_id;
    std::int64_t refund_fee = 0;
    std::string lease_owner;
    unix_ms requested_at = 0;
    unix_ms attempted_at = 0;
    unix_ms accepted_at = 0;
    unix_ms succeeded_at = 0;
};

struct past_order {
    std::string out_trade_no;
    std::string openid;
    std::string body;
    std::string spbill_create_ip;
    std::int64_t total_fee = 0; // fen
    std::string prepay_id;
    unix_ms created_at = 0;
    unix_ms prepay_at = 0;
    std::optional<unix_ms> due_at; // when the resolver asks about it next
    std::string transaction_id;    // "" unless it was paid
    unix_ms paid_at = 0;
    std::optional<past_refund> refund;
    std::vector<past_event> events; // oldest first: a version each; the last one says how the order stands
};

/// What becomes of the orders of a history.
enum class past_kind {
    ended,   // most are paid, some closed, some refunded; nothing is to be done about any
    waiting, // prepared and not paid yet
};

struct history_options {
    order_owner owner;
    past_kind kind = past_kind::ended;
    std::uint64_t count = 0; // at most max_history
    unix_ms first = 0;       // creation of the first order
    unix_ms last = 0;        // … and a bound of that of the last; later than `first`
    unix_ms due_after = 0;   // of waiting orders: when they are looked at, after their creation
    std::uint64_t seed = 0;  // another one gives other numbers
    std::string tag;         // out_trade_no is this and ten digits; "": as the gateway makes them
};

inline constexpr std::uint64_t max_history = 1'000'000'000;

/// Numbers are in order: the key of each row of a table comes after that of the one before, but for a few
/// that are close together.
class history {
public:
    explicit history(history_options options);

    /// The i-th order, i < count. `out` is filled anew; its memory is used again.
    void describe(std::uint64_t i, past_order& out) const;

    /// Only what it was when it was made: no events, and nothing of what became of it. Cheap.
    void describe_new(std::uint64_t i, past_order& out) const;

    history_options const& options() const noexcept { return options_; }

private:
    std::uint64_t seed_of(std::uint64_t i) const noexcept;

    history_options options_;
};

} // namespace wxgate::bench
