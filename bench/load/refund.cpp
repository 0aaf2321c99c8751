// wxgate-bench refund: refunds of orders that were paid through the whole path, until the shop hears that
// they succeeded.
#include "load/cpu.hpp"
#include "load/interrupt.hpp"
#include "load/load.hpp"
#include "load/money.hpp"
#include "load/paid_orders.hpp"
#include "load/refunder.hpp"
#include "load/watch.hpp"
#include "verb.hpp"

#include <wxgate/limits.hpp>

#include <boost/program_options.hpp>

#include <algorithm>
#include <cstdio>

namespace wxgate::bench {

namespace {

namespace po = boost::program_options;

constexpr std::size_t usual_customers = 64;
// Where each waits for the end, which takes WeChat two seconds: enough of them for the gateway's limit.
constexpr std::size_t usual_approved = 512;
constexpr double wechat_limit = 150; // refunds a second of a merchant (protocol A8)
constexpr double own_limit = static_cast<double>(refund_limits{}.max_a_second);

void add_options(po::options_description& to) {
    // clang-format off
    to.add_options()
        ("count", po::value<std::uint64_t>()->value_name("N")->default_value(2000), "refunds, each of an order of its own")
        ("approve", "an operator approves each, over the admin API (else they are approved by themselves)")
        ("connections", po::value<std::size_t>()->value_name("N"),
            "customers: each waits until its refund is accepted (64), with --approve until it has succeeded (512)");
    // clang-format on
    add_stage_options(to);
}

refund_plan read_plan(po::variables_map const& with) {
    refund_plan p;
    p.tag = make_run_tag('r');
    p.count = with["count"].as<std::uint64_t>();
    p.approve = with.count("approve") != 0;
    p.customers = p.approve ? usual_approved : usual_customers;
    if (with.count("connections") != 0)
        p.customers = with["connections"].as<std::size_t>();
    if (p.count == 0 || p.count > 1'000'000)
        throw usage_error("--count is 1 to 1000000");
    if (p.customers == 0 || p.customers > 10'000)
        throw usage_error("--connections is 1 to 10000");
    return p;
}

struct refunded {
    double seconds = 0; // from the first request to the last webhook
    process_watch watch;
    std::chrono::nanoseconds generator{0}; // CPU time of this thread
};

refunded run_refunds(asio::io_context& context, stage const& s, refunder& all, refund_plan const& plan) {
    auto const until = load_clock::now() + std::chrono::seconds(60 + plan.count / 20);
    refunded r;
    r.watch.add("gateway", s.gateway_pid());
    r.watch.add("sandbox", s.sandbox_pid());
    r.watch.begin();
    auto const own_before = thread_cpu();
    auto const began = load_clock::now();
    all.start();
    while (!run_until(
        context, [&] { return all.over(); }, std::chrono::seconds(1)
    )) {
        std::fprintf(
            stderr,
            "refund: %llu of %llu have succeeded, p99 %s, %llu failed\n",
            static_cast<unsigned long long>(all.succeeded()),
            static_cast<unsigned long long>(plan.count),
            show(all.ended.percentile(99)).c_str(),
            static_cast<unsigned long long>(all.failed())
        );
        if (interrupt_came() || load_clock::now() > until)
            break;
    }
    r.watch.end();
    r.generator = thread_cpu() - own_before;
    r.seconds = std::chrono::duration<double>(load_clock::now() - began).count();
    return r;
}

std::vector<std::string> limit_row(char const* whose, double limit, double rate) {
    return {whose, show(limit), show(rate), show(rate / limit)};
}

// From the request on.
void add_latencies(report& r, refunder const& all) {
    r.distributions.push_back({"refund.answered", all.answered});
    if (all.approved.count() > 0)
        r.distributions.push_back({"refund.approved", all.approved});
    r.distributions.push_back({"refund.ended", all.ended});
    r.tables.push_back(latency_table(r.distributions));
}

void add_to(report& r, refunder const& all, refunded const& done, refund_plan const& plan) {
    auto const rate = all.rate();
    auto const missing = plan.count - std::min(plan.count, all.succeeded());
    r.figures = {
        {"refund.throughput", rate, "1/s"},
        {"refund.of_limit", rate / own_limit, "×"},
        {"refund.seconds", done.seconds, "s"},
        {"refund.errors", static_cast<double>(missing), ""}};
    table limits{"refunds a second", {"", "limit", "succeeded", "×"}, {}};
    limits.rows.push_back(limit_row("the gateway's own limit", own_limit, rate));
    limits.rows.push_back(limit_row("WeChat's", wechat_limit, rate));
    r.tables.push_back(std::move(limits));
    table statuses{"requests: status codes", {"status", "count"}, {}};
    for (auto const& [status, count] : all.statuses())
        statuses.rows.push_back({status == 0 ? "none" : std::to_string(status), std::to_string(count)});
    r.tables.push_back(std::move(statuses));
    add_latencies(r, all);
    r.tables.push_back(spent_table(done.watch, done.generator, all.succeeded(), done.seconds, "refund"));
    add_spent(r, "refund", done.watch, done.generator, all.succeeded());
    r.over_time.push_back(
        to_series(all.over_time(), shown::good, "refund.throughput", all.over_time().start())
    );
    if (missing > 0)
        r.warnings.push_back(
            "errors: " + std::to_string(missing) + " refunds were not heard to have succeeded" +
            (all.first_mistake().empty() ? "" : ": " + all.first_mistake())
        );
}

report run(po::variables_map const& with) {
    auto const plan = read_plan(with);
    auto staged = read_stage_options(with);
    if (!staged.url.empty())
        throw usage_error(
            "refund has no --url: it needs operators, a sandbox and webhooks, and starts them itself"
        );
    catch_interrupts();
    asio::io_context context{1};
    receiver_options hook;
    hook.secret = make_webhook_secret();
    receiver shop(context, hook);
    staged.webhook_url = shop.url();
    staged.webhook_secret = hook.secret;
    staged.refund_approval = plan.approve ? "manual" : "auto";
    staged.with_operators = plan.approve;
    stage s(staged);
    make_paid_orders(context, s, shop, {plan.tag, plan.count});

    refunder all(context, s, plan);
    shop.on_webhook([&](webhook const& w) { all.heard(w); });
    auto const done = run_refunds(context, s, all, plan);
    shop.on_webhook(nullptr);

    report r;
    s.describe(r);
    r.configuration.emplace_back("refunds", std::to_string(plan.count));
    r.configuration.emplace_back("approved", plan.approve ? "by an operator" : "by themselves");
    r.configuration.emplace_back("connections", std::to_string(plan.customers));
    add_to(r, all, done, plan);
    auto const run_some = [&](std::chrono::milliseconds some) {
        run_until(
            context, [] { return false; }, some
        );
    };
    check_money(s, &shop, plan.tag, std::chrono::seconds(60), run_some).add_to(r);
    shop.close(); // the gateway would wait for its answers before it ends
    return r;
}

} // namespace

verb const refund_verb{"refund", "refunds, approved by themselves or by an operator", add_options, run};

} // namespace wxgate::bench
