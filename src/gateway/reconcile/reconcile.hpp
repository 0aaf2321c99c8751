// WeChat's bill of a day against the store (C3–C6): what differs is told and kept for a person. Nothing else
// is changed, and a bill that did not come whole says nothing.
#pragma once

#include "gateway/settings.hpp"
#include "ledger/audience.hpp"
#include "ledger/reconcile.hpp"

#include <wxgate/client.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace wxgate::gateway {

/// How a run over one bill ended.
enum class reconcile_end {
    compared,  // with the differences that were told
    not_ready, // WeChat has no bill, and need not have one yet
    elsewhere, // another run has the day
    done,      // an earlier run has done it
    failed,    // nothing is known; to be run again
};

struct reconcile_report {
    std::string mch_id;
    std::vector<std::string> merchants; // whose bill it is
    reconcile_end end = reconcile_end::failed;
    std::string why; // of not_ready and failed: one line for a person
    ledger::bill_totals bill;
    std::map<ledger::difference_kind, std::uint64_t> differences;

    std::uint64_t count() const;
};

/// The merchants of each mch_id: they have one bill together.
std::map<std::string, std::vector<merchant const*>> by_mch_id(settings const& s);

/// The use case, without a loop or a command line around it. All it is given outlives it.
class reconciler {
public:
    /// Is told of each difference when it has been recorded.
    using observer = std::function<void(ledger::difference const&)>;

    /// `draining`: a run that is under way then ends as failed.
    reconciler(
        store::store& s,
        ledger::audience const& shop,
        client& wechat,
        reconcile_limits const& limits,
        std::atomic<bool> const& draining
    )
        : store_(s), shop_(shop), wechat_(wechat), limits_(limits), draining_(draining) {}

    /// Compares the bill of `day` of every mch_id, or of this merchant's only. `again`: also what was done
    /// before.
    awaitable<std::vector<reconcile_report>>
    run(settings const& s, ledger::bill_day day, std::string only, bool again, observer told);

private:
    struct bill {
        ledger::bill_day day;
        std::vector<merchant const*> merchants; // of one mch_id; not empty
    };

    awaitable<reconcile_report> run_one(bill const& b, bool again, observer const& told);
    awaitable<void>
    run_mine(ledger::reconciliation& work, bill const& b, observer const& told, reconcile_report& report);
    awaitable<void> without_bill(ledger::reconciliation& work, bill const& b, reconcile_report& report);
    awaitable<void>
    compare(ledger::reconciliation& work, bill const& b, observer const& told, reconcile_report& report);
    awaitable<error_code>
    record(std::vector<ledger::difference> const& found, bill const& b, reconcile_report& report);

    store::store& store_;
    ledger::audience const& shop_;
    client& wechat_;
    reconcile_limits limits_;
    std::atomic<bool> const& draining_;
};

} // namespace wxgate::gateway
