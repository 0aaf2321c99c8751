// WeChat's bill of a day beside the store. Its rows are staged in a table; then both are read through, page
// by page and each by the other's key, and what differs is told. Nothing of an order or a refund is changed.
#pragma once

#include "ledger/anomalies.hpp"
#include "ledger/bill_day.hpp"
#include "ledger/daily_work.hpp"

#include <wxgate/bill.hpp>
#include <wxgate/limits.hpp>

#include <array>
#include <vector>

namespace wxgate::ledger {

/// In what the bill and the store may differ. As text it is the kind of the anomaly.
enum class difference_kind {
    missing_here,  // WeChat has it; here it is not, or not as paid (a refund: not as accepted)
    missing_there, // here it is paid (a refund: under way or done), and no bill has it
    amount,        // a payment's
    state,         // a payment's: it is paid here, and at WeChat something else (REVOKED, say)
    transaction,   // the same out_trade_no, another transaction_id
    refund,        // its amount, its order, its refund_id, or what became of it
    repeated,      // the bill has it more than once
};

inline constexpr std::array all_difference_kinds = {
    difference_kind::missing_here,
    difference_kind::missing_there,
    difference_kind::amount,
    difference_kind::state,
    difference_kind::transaction,
    difference_kind::refund,
    difference_kind::repeated,
};

/// "bill_missing_here", "bill_amount", …
std::string_view to_string(difference_kind k) noexcept;

/// One finding.
struct difference {
    difference_kind kind = difference_kind::missing_here;
    std::string merchant; // whose order it is; "" when it is none of ours
    std::string appid;    // the bill's; "" when it has none
    std::string out_trade_no;
    std::string out_refund_no; // "": it is about the payment
    std::string transaction_id;
    std::string what;    // total_fee, trade_state, transaction_id, refund_fee, refund_status, …
    std::string in_bill; // as the bill has it; "": it has not
    std::string here;    // as it is here; "": it is not
};

/// As it is kept for a person. The same finding of a later run is the same anomaly. `d.merchant` is set.
anomaly to_anomaly(difference const& d, std::string const& mch_id, bill_day const& day);

/// Whether a refund that had this status when the bill was drawn up may have the other one now.
bool may_be_now(std::string_view in_bill, refund_status here) noexcept;

/// What a bill holds.
struct bill_totals {
    std::int64_t payments = 0;
    fen total_fee;
    std::int64_t refunds = 0;
    fen refund_fee;
    std::int64_t others = 0;
    std::int64_t fee = 0; // in 10^-5 yuan
};

/// One run over the bill of one mch_id and day; of its runs only one at a time has it. One coroutine at a
/// time.
///
/// Every call completes when what it says is durable. Errors are the store's, and taken_over: this run was so
/// slow that another one has begun.
class reconciliation {
public:
    reconciliation(store::store& s, reconcile_limits const& limits, std::string mch_id, bill_day day);

    /// Takes the day. `again`: also when it is done already.
    awaitable<result<claimed>> begin(bool again);

    /// Removes what an earlier run has staged of this day.
    awaitable<error_code> clear();

    /// Stages rows of the bill.
    awaitable<error_code> add(std::vector<bill_row> rows);

    /// All rows are there. `fee`: what the bill says of it.
    awaitable<error_code> complete(std::optional<std::int64_t> fee);

    bill_totals const& totals() const noexcept { return totals_; }

    /// How many payments and refunds of the store the bill of this day should have; counted up to a page of
    /// each.
    awaitable<result<std::int64_t>> count_here();

    /// Compares the next page; finished() when there is none left.
    awaitable<result<std::vector<difference>>> next_page();

    bool finished() const noexcept { return at_ == place::end; }

    /// Ends the run. `done`: the day has been compared; what is staged of days that are not next to this one
    /// is then removed.
    awaitable<error_code> end(bool done);

private:
    enum class place { bill_payments, bill_others, bill_refunds, orders_here, refunds_here, end };

    // Which bills beside this day's are staged whole.
    struct neighbours {
        bool before = false;
        bool after = false;
    };

    awaitable<result<store::results>> write(store::batch work);
    awaitable<result<std::vector<difference>>> read_page();
    awaitable<result<std::vector<difference>>> bill_page(char const* kind, place then);
    awaitable<result<std::vector<difference>>> store_page();
    awaitable<error_code> forget_others(std::string_view drop, std::string_view remove, std::string than);
    void count(bill_row const& r);
    store::statement stage(bill_row const& r) const;
    void go_on_to(place next);
    bool is_due(unix_ms from, unix_ms to, neighbours const& n) const noexcept;
    store::statement select_neighbours() const;
    neighbours read_neighbours(store::rows const& r) const;

    store::store& store_;
    reconcile_limits limits_;
    std::string mch_id_;
    bill_day day_;
    bill_day before_;
    bill_day after_;
    daily_claim mine_;
    daily_work work_;
    bill_totals totals_;
    unix_ms renewed_ = 0;
    place at_ = place::bill_payments;
    // Where the page before ended.
    unix_ms last_time_ = 0;
    std::string last_number_;
};

} // namespace wxgate::ledger
