// WeChat's refunds (protocol A8): accepted at once (PROCESSING), ended later (SUCCESS, CHANGE, REFUNDCLOSE),
// never more than was paid. Keyed by the merchant and its out_refund_no: one number, one refund, for good.
// No I/O and no clock: every function is told the time.
#pragma once

#include "sandbox/clock.hpp"
#include "sandbox/orders.hpp"
#include "sandbox/settings.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace wxgate::sandbox {

struct refund_entry {
    order const* of = nullptr;
    std::string out_refund_no;
    std::string refund_id;
    fen refund_fee;
    std::string refund_account;
    std::string notify_url; // empty: nobody is told of its end
    unix_ms accepted = 0;
    refund_status status = refund_status::PROCESSING;
    unix_ms ended = 0; // unless PROCESSING
};

/// What becomes of refunds that are accepted from now on.
struct refund_plan {
    std::optional<milliseconds> settle; // after acceptance; nothing: never by themselves
    refund_status ends_as = refund_status::SUCCESS;
};

class refund_book {
public:
    /// `orders` must outlive this object.
    refund_book(order_book& orders, intervals const& all, random_text random);

    /// What refund does with a request that passed the checks: a new refund, or the one that is there when
    /// the request repeats it.
    struct result {
        refund_entry const* accepted = nullptr; // null: refused
        business_error refused;
    };

    result ask(fields const& request, merchant const& by, unix_ms now);

    /// Null when the merchant has no such refund. Refunds stay where they are until clear().
    refund_entry const* find(std::string_view mch_id, std::string_view out_refund_no, unix_ms now);
    refund_entry const* find_id(std::string_view mch_id, std::string_view refund_id, unix_ms now);

    /// An order's, in the order they were accepted.
    std::vector<refund_entry const*> of(order const& o, unix_ms now);

    /// All, in the order they were accepted.
    std::deque<refund_entry> const& all(unix_ms now);

    /// Ends a refund that is PROCESSING.
    void settle(refund_entry const& r, refund_status as, unix_ms now);

    /// Those that ended by `now` and were not given out before.
    std::vector<refund_entry const*> take_ended(unix_ms now);

    /// When the next one ends by itself; nothing when none will.
    std::optional<unix_ms> next_end() const noexcept;

    refund_plan const& plan() const noexcept { return plan_; }

    void set_plan(refund_plan const& p) { plan_ = p; }

    /// What refunds are paid from. A payment does not add to it, a refund that was closed gives back.
    std::int64_t balance(merchant const& m) const;
    void set_balance(std::string_view mch_id, std::int64_t balance);

    void clear();

private:
    struct ending {
        refund_entry* refund;
        refund_status as;
    };

    using key = std::pair<std::string, std::string>; // mch_id and a number

    void age(unix_ms now);
    void end(refund_entry& r, refund_status as, unix_ms at);
    std::optional<business_error>
    refusal(order const& o, fen total, fen fee, merchant const& by, unix_ms now) const;
    refund_entry const&
    accept(order const& o, fields const& request, fen fee, merchant const& by, unix_ms now);

    order_book& orders_;
    intervals intervals_;
    random_text random_;
    refund_plan plan_;
    std::deque<refund_entry> refunds_; // addresses stay valid
    std::map<key, refund_entry*> by_number_;
    std::map<key, refund_entry*> by_id_;
    std::unordered_map<order const*, std::vector<refund_entry const*>> by_order_;
    std::multimap<unix_ms, ending> endings_; // some may have been ended by settle() meanwhile
    std::vector<refund_entry const*> ended_; // not taken yet
    std::map<std::string, std::int64_t, std::less<>> balances_;
};

} // namespace wxgate::sandbox
