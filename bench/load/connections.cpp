// wxgate-bench connections: what an idle kept connection costs the gateway, and whether it is still there.
#include "load/cpu.hpp"
#include "load/idle_herd.hpp"
#include "load/interrupt.hpp"
#include "load/load.hpp"
#include "load/stage.hpp"
#include "verb.hpp"

#include <wxgate/limits.hpp>

#include <boost/program_options.hpp>

#include <algorithm>
#include <cstdio>

namespace wxgate::bench {

namespace {

namespace po = boost::program_options;
using std::chrono::seconds;

constexpr std::size_t most_connections = 28'000; // the ports that one address has for another
constexpr std::size_t spare_descriptors = 200;
constexpr std::size_t warmed_by = 64;    // connections before the first look at the memory
constexpr double most_bytes = 16 * 1024; // demanded of each
constexpr auto patience = seconds(120);  // for opening and for asking
constexpr auto server_idle = std::chrono::duration_cast<seconds>(server_limits{}.idle_timeout);
constexpr auto margin = seconds(5);

void add_options(po::options_description& to) {
    // clang-format off
    to.add_options()
        ("count", po::value<std::size_t>()->value_name("N")->default_value(10'000), "connections")
        ("idle", po::value<unsigned>()->value_name("SECONDS")->default_value(5), "how long they do nothing");
    // clang-format on
    add_stage_options(to);
}

struct memory {
    std::size_t resident = 0;
    std::size_t anonymous = 0;
};

memory memory_of(stage const& s) {
    memory m;
    if (s.own()) {
        m.resident = resident_bytes(s.gateway_pid());
        m.anonymous = anonymous_bytes(s.gateway_pid());
    }
    return m;
}

// The cheapest call that is authorised and reads the store: it is really served.
std::string cheap_request(stage const& s) {
    return request_head(
               "GET", "/v1/payments?limit=1", s.gateway().text(), {{"Authorization", s.authorization()}}
    ).with({});
}

void wait_until_done(asio::io_context& context, idle_herd const& herd, char const* what) {
    auto const until = load_clock::now() + patience;
    while (!run_until(
        context, [&] { return !herd.busy(); }, seconds(1)
    )) {
        throw_if_interrupted();
        auto const& c = herd.counted();
        std::fprintf(stderr, "connections: %s: %zu answered, %zu dropped\n", what, c.good + c.bad, c.dropped);
        if (load_clock::now() > until)
            return; // those that are left did not answer
    }
}

void do_nothing(asio::io_context& context, seconds length) {
    run_until(
        context, [] { return false; }, length
    );
    throw_if_interrupted();
}

// What the first requests of a process allocate is no connection's.
void warm_up(asio::io_context& context, stage const& s) {
    idle_herd few(context, s.gateway(), cheap_request(s));
    few.open(warmed_by);
    wait_until_done(context, few, "warm-up");
    if (few.counted().good != warmed_by)
        throw std::runtime_error("the gateway does not answer GET /v1/payments: is the key right?");
}

std::vector<std::string> count_row(char const* what, idle_herd::counts const& c) {
    return {
        what,
        std::to_string(c.good),
        std::to_string(c.bad),
        std::to_string(c.dropped),
        show(c.latency.percentile(50)),
        show(c.latency.percentile(99)),
        show(c.latency.max())};
}

void add_memory(report& r, memory const& before, memory const& after, std::size_t open) {
    auto const grown = [open](std::size_t from, std::size_t to) {
        return (static_cast<double>(to) - static_cast<double>(from)) /
               static_cast<double>(std::max<std::size_t>(open, 1));
    };
    auto const each = grown(before.resident, after.resident);
    table t{"memory of the gateway, MiB", {"", "before", "after", "bytes a connection"}, {}};
    auto const mib = [](std::size_t bytes) { return show(static_cast<double>(bytes) / (1024 * 1024)); };
    t.rows.push_back({"resident", mib(before.resident), mib(after.resident), show(each)});
    t.rows.push_back(
        {"of it, not a file's",
         mib(before.anonymous),
         mib(after.anonymous),
         show(grown(before.anonymous, after.anonymous))}
    );
    r.tables.push_back(std::move(t));
    verdict v;
    v.name = "connections.bytes";
    v.value = each;
    v.unit = "B";
    v.demanded = most_bytes;
    v.at_least = false;
    r.verdicts.push_back(std::move(v));
}

void judge_answers(
    report& r, idle_herd::counts const& opened, idle_herd::counts const& asked, std::size_t count
) {
    table t{"connections", {"", "answered", "answered wrongly", "dropped", "p50", "p99", "most"}, {}};
    t.rows.push_back(count_row("opened, and asked once", opened));
    t.rows.push_back(count_row("asked again", asked));
    r.tables.push_back(std::move(t));
    r.distributions.push_back({"connections.asked_again", asked.latency});
    verdict v;
    v.name = "connections.lost"; // that did not answer in the end as they should
    v.value = static_cast<double>(count - std::min(count, asked.good));
    v.demanded = 0;
    v.at_least = false;
    r.verdicts.push_back(std::move(v));
}

// Seconds since the first of them was answered, which is what the server counts.
seconds age_of(idle_herd const& herd) {
    return std::chrono::duration_cast<seconds>(load_clock::now() - herd.first_answered());
}

report run(po::variables_map const& with) {
    auto const count = with["count"].as<std::size_t>();
    auto const idle = seconds(with["idle"].as<unsigned>());
    auto staged = read_stage_options(with);
    if (count == 0 || count > most_connections)
        throw usage_error("--count is 1 to " + std::to_string(most_connections));
    if (idle < seconds(1) || idle > server_idle - margin)
        throw usage_error("--idle is 1 to 55 seconds: the server closes what is idle for a minute");
    catch_interrupts();
    auto const descriptors = raise_descriptor_limit(); // the gateway inherits it
    if (descriptors < count + spare_descriptors)
        throw usage_error(
            "--count: this process may have " + std::to_string(descriptors) + " descriptors (ulimit -Hn)"
        );
    // They may all come to one worker.
    if (count + spare_descriptors > server_limits{}.max_connections)
        staged.more["server"].emplace_back("max_connections", std::to_string(count + spare_descriptors));
    asio::io_context context{1};
    stage s(staged);
    warm_up(context, s);
    do_nothing(context, seconds(1));

    auto const before = memory_of(s);
    idle_herd herd(context, s.gateway(), cheap_request(s));
    auto const began = load_clock::now();
    herd.open(count);
    wait_until_done(context, herd, "opening");
    auto const opened = herd.counted();
    auto const opening = std::chrono::duration<double>(load_clock::now() - began).count();
    do_nothing(context, std::clamp(server_idle - margin - age_of(herd), seconds(0), idle));
    auto const after = memory_of(s);
    auto const age = age_of(herd);
    auto const alive = herd.alive();
    herd.ask_all();
    wait_until_done(context, herd, "asking again");

    report r;
    s.describe(r);
    r.configuration.emplace_back("connections", std::to_string(count));
    r.configuration.emplace_back("idle", std::to_string(idle.count()) + " s");
    r.figures = {
        {"connections.count", static_cast<double>(alive), ""},
        {"connections.opening", opening, "s"},
        {"connections.opened_a_second",
         opening > 0 ? static_cast<double>(opened.opened) / opening : 0,
         "1/s"}};
    judge_answers(r, opened, herd.counted(), count);
    if (s.own())
        add_memory(r, before, after, alive);
    else
        r.warnings.emplace_back("the memory of a gateway that was running already is not measured");
    if (age >= server_idle - margin)
        r.warnings.push_back(
            "opening took so long that the first were idle for " + std::to_string(age.count()) +
            " s: the server closes those that are for " + std::to_string(server_idle.count())
        );
    return r;
}

} // namespace

verb const connections_verb{
    "connections", "idle kept connections: memory each, and all of them answer afterwards", add_options, run};

} // namespace wxgate::bench
