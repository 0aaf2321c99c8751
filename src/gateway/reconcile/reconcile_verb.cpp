// The verb `wxgate reconcile`: one run, and what it says on standard output.
#include "base/text.hpp"
#include "gateway/gateway.hpp"
#include "gateway/reconcile/reconcile.hpp"
#include "ledger/schema.hpp"
#include "net/tls.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace wxgate::gateway {

namespace {

// The gateway that has the store writes all the time; there is no hurry.
constexpr milliseconds patience_with_the_store{60'000};

bool is_plain(char c) {
    return is_alnum(c) || std::string_view("_-|*@.:,/+").find(c) != std::string_view::npos;
}

// name=value; what others may have put into it cannot look like anything else.
void add(std::string& line, std::string_view name, std::string_view value) {
    line += line.empty() ? "" : " ";
    line += name;
    line += '=';
    if (value.empty()) {
        line += '-';
    } else if (std::all_of(value.begin(), value.end(), is_plain)) {
        line += value;
    } else {
        line += '"';
        append_json_escaped(line, value);
        line += '"';
    }
}

void add(std::string& line, std::string_view name, std::int64_t value) {
    add(line, name, std::to_string(value));
}

// Hundred-thousandths of a yuan.
std::string yuan(std::int64_t fee) {
    auto digits = std::to_string(fee < 0 ? -fee : fee);
    if (digits.size() < 6)
        digits.insert(0, 6 - digits.size(), '0');
    return (fee < 0 ? "-" : "") + digits.insert(digits.size() - 5, ".");
}

void print_difference(ledger::difference const& d) {
    std::string line(to_string(d.kind));
    add(line, "merchant", d.merchant);
    add(line, "out_trade_no", d.out_trade_no);
    if (!d.out_refund_no.empty())
        add(line, "out_refund_no", d.out_refund_no);
    add(line, "transaction_id", d.transaction_id);
    add(line, "what", d.what);
    add(line, "bill", d.in_bill);
    add(line, "here", d.here);
    std::puts(line.c_str());
}

void print_bill(reconcile_report const& r, std::string const& date) {
    std::string names;
    for (auto const& name : r.merchants)
        names += (names.empty() ? "" : ",") + name;
    std::string line(date);
    add(line, "mch_id", r.mch_id);
    add(line, "merchants", names);
    add(line, "payments", r.bill.payments);
    add(line, "total_fee", r.bill.total_fee.count());
    add(line, "refunds", r.bill.refunds);
    add(line, "refund_fee", r.bill.refund_fee.count());
    add(line, "others", r.bill.others);
    add(line, "fee", yuan(r.bill.fee));
    add(line, "differences", static_cast<std::int64_t>(r.count()));
    std::puts(line.c_str());
}

awaitable<void> run_once(
    reconciler& work,
    settings const& s,
    ledger::bill_day day,
    client& wechat,
    std::vector<reconcile_report>& out
) {
    reconciler::observer const told = print_difference;
    std::string const of_all;
    auto reports = co_await work.run(s, std::move(day), of_all, true, told);
    out = std::move(reports);
    wechat.close();
}

// What could not be compared, in one line; "" when all was.
std::string trouble_of(std::vector<reconcile_report> const& reports) {
    std::string all;
    for (auto const& r : reports)
        if (r.end != reconcile_end::compared)
            all += (all.empty() ? "mch_id " : "; mch_id ") + r.mch_id + ": " + r.why;
    std::replace_if(
        all.begin(), all.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' '
    );
    return all;
}

} // namespace

bool reconcile(settings const& s, ledger::bill_day const& day) {
    net::self_test(*net::make_client_tls({s.upstream.ca_file, {}}));
    store::store_options options;
    options.url = s.store_url;
    options.limits.timeout = patience_with_the_store;
    options.migrations = ledger::migrations();
    options.guest = true;
    auto const store = store::open(std::move(options));
    ledger::audience shops;
    shops.set(with_webhook(s)); // they hear of it as if the gateway had found it, which delivers it
    std::atomic<bool> const draining{false};
    std::vector<reconcile_report> reports;
    asio::io_context context{1};
    {
        client wechat(context.get_executor(), s.upstream);
        reconciler work(*store, shops, wechat, {}, draining);
        asio::co_spawn(context, run_once(work, s, day, wechat, reports), report("reconcile"));
        run_guarded(context, "reconcile");
    }
    store->close();
    bool agree = !reports.empty();
    for (auto const& r : reports) {
        if (r.end == reconcile_end::compared)
            print_bill(r, day.date);
        agree = agree && r.end == reconcile_end::compared && r.count() == 0;
    }
    std::fflush(stdout);
    if (reports.empty())
        throw std::runtime_error(day.date + ": the run ended too early");
    if (auto const trouble = trouble_of(reports); !trouble.empty())
        throw std::runtime_error(day.date + ": " + trouble);
    return agree;
}

} // namespace wxgate::gateway
