#include "gateway/reconcile/reconcile.hpp"

#include "base/metrics.hpp"
#include "gateway/shared.hpp"

#include <algorithm>
#include <numeric>

namespace wxgate::gateway {

using clock = std::chrono::steady_clock;

namespace {

// Rows of the bill on their way into the store.
class staging final : public bill_sink {
public:
    staging(ledger::reconciliation& work, std::atomic<bool> const& draining)
        : work_(work), draining_(draining) {}

    awaitable<error_code> take(std::vector<bill_row> rows) override {
        if (draining_)
            co_return make_error_code(errc::shutting_down);
        error_code const failed = co_await work_.add(std::move(rows));
        co_return failed;
    }

private:
    ledger::reconciliation& work_;
    std::atomic<bool> const& draining_;
};

metrics::counter_set const differences(
    "wxgate_reconcile_differences_total",
    "Differences between WeChat's bills and the store, each time that they were found.",
    "kind",
    {"bill_missing_here",
     "bill_missing_there",
     "bill_amount",
     "bill_state",
     "bill_transaction",
     "bill_refund",
     "bill_repeated"}
);

void fail(reconcile_report& report, error_code const& why) {
    report.end = reconcile_end::failed;
    report.why = why.message();
}

// Of an order that is none of ours: by its appid, or else the first of those that have the bill.
std::string const& merchant_of(ledger::difference const& d, std::vector<merchant const*> const& all) {
    if (!d.merchant.empty())
        return d.merchant;
    auto const found =
        std::find_if(all.begin(), all.end(), [&](merchant const* m) { return m->account.appid == d.appid; });
    return found != all.end() ? (*found)->name : all.front()->name;
}

} // namespace

std::uint64_t reconcile_report::count() const {
    return std::accumulate(
        differences.begin(),
        differences.end(),
        std::uint64_t{0},
        [](std::uint64_t sum, auto const& each) { return sum + each.second; }
    );
}

std::map<std::string, std::vector<merchant const*>> by_mch_id(settings const& s) {
    std::map<std::string, std::vector<merchant const*>> all;
    for (auto const& [name, m] : s.merchants)
        all[m.account.mch_id].push_back(&m);
    return all;
}

awaitable<std::vector<reconcile_report>>
reconciler::run(settings const& s, ledger::bill_day day, std::string only, bool again, observer told) {
    std::vector<reconcile_report> reports;
    auto const bills = by_mch_id(s);
    for (auto const& [mch_id, merchants] : bills) {
        bool const meant =
            only.empty() || std::any_of(merchants.begin(), merchants.end(), [&](merchant const* m) {
                return m->name == only;
            });
        if (!meant)
            continue;
        bill const b{day, merchants};
        auto report = co_await run_one(b, again, told);
        reports.push_back(std::move(report));
    }
    co_return reports;
}

awaitable<reconcile_report> reconciler::run_one(bill const& b, bool again, observer const& told) {
    reconcile_report report;
    report.mch_id = b.merchants.front()->account.mch_id;
    for (auto const* m : b.merchants)
        report.merchants.push_back(m->name);
    ledger::reconciliation work(store_, limits_, report.mch_id, b.day);
    auto const begun = co_await work.begin(again);
    if (!begun) {
        fail(report, begun.error());
        co_return report;
    }
    if (*begun != ledger::claimed::mine) {
        bool const done = *begun == ledger::claimed::done;
        report.end = done ? reconcile_end::done : reconcile_end::elsewhere;
        report.why = done ? "it is done already" : "another run has this day";
        co_return report;
    }
    co_await run_mine(work, b, told, report);
    bool const done = report.end == reconcile_end::compared;
    error_code const ended = co_await work.end(done);
    if (done && ended.failed())
        fail(report, ended);
    co_return report;
}

awaitable<void> reconciler::run_mine(
    ledger::reconciliation& work, bill const& b, observer const& told, reconcile_report& report
) {
    error_code failed = co_await work.clear();
    if (failed.failed()) {
        fail(report, failed);
        co_return;
    }
    staging rows(work, draining_);
    bill_request request;
    request.bill_date = b.day.date;
    auto const until = clock::now() + limits_.patience;
    auto const& who = b.merchants.front()->account;
    auto const came = co_await wechat_.download_bill(who, std::move(request), rows, until);
    if (!came && came.error().is_refused_as(no_bill_exists)) {
        co_await without_bill(work, b, report);
        co_return;
    }
    if (!came) {
        report.why = came.error().message();
        co_return;
    }
    failed = co_await work.complete(came->summary.fee);
    if (failed.failed())
        fail(report, failed);
    else
        co_await compare(work, b, told, report);
}

// "No Bill Exist" may mean that nothing happened, and does not say so. It is taken for that when the bill
// should be there, and nothing is known here that it lacks; never for "what is known here was not paid".
awaitable<void>
reconciler::without_bill(ledger::reconciliation& work, bill const& b, reconcile_report& report) {
    auto const ready = b.day.end() + limits_.ready.count();
    if (now_ms() < ready) {
        report.end = reconcile_end::not_ready;
        report.why = "WeChat has no bill of this day yet; it has one from " + to_rfc3339(ready) + " on";
        co_return;
    }
    if (now_ms() - b.day.end() > limits_.kept.count()) {
        report.why = "WeChat has no bill of this day; it keeps them for three months";
        co_return;
    }
    auto const here = co_await work.count_here();
    if (!here)
        fail(report, here.error());
    else if (*here != 0)
        report.why =
            "WeChat says that it has no bill of this day, and the store has payments or refunds of it";
    else
        report.end = reconcile_end::compared;
}

awaitable<void> reconciler::compare(
    ledger::reconciliation& work, bill const& b, observer const& told, reconcile_report& report
) {
    report.bill = work.totals();
    while (!work.finished()) {
        if (draining_) {
            fail(report, make_error_code(errc::shutting_down));
            co_return;
        }
        auto found = co_await work.next_page();
        if (!found) {
            fail(report, found.error());
            co_return;
        }
        for (auto& d : *found)
            d.merchant = merchant_of(d, b.merchants);
        error_code const failed = co_await record(*found, b, report);
        if (failed.failed()) {
            fail(report, failed);
            co_return;
        }
        if (told)
            std::for_each(found->begin(), found->end(), told);
    }
    report.end = reconcile_end::compared;
}

awaitable<error_code>
reconciler::record(std::vector<ledger::difference> const& found, bill const& b, reconcile_report& report) {
    constexpr std::size_t most = 100; // in one batch
    for (std::size_t done = 0; done < found.size();) {
        std::size_t const end = std::min(done + most, found.size());
        std::vector<ledger::anomaly> some;
        some.reserve(end - done);
        for (std::size_t i = done; i < end; ++i)
            some.push_back(to_anomaly(found[i], report.mch_id, b.day));
        auto const recorded = co_await ledger::record_all(store_, shop_, std::move(some));
        if (!recorded)
            co_return recorded.error();
        for (; done < end; ++done) {
            ++report.differences[found[done].kind];
            differences[to_string(found[done].kind)].add();
            count_anomaly(to_string(found[done].kind));
        }
    }
    co_return error_code();
}

} // namespace wxgate::gateway
