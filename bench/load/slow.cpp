// wxgate-bench slow: what thousands of slow connections do to those beside them that are not, and whether
// each is gone at its deadline.
#include "load/footprint.hpp"
#include "load/interrupt.hpp"
#include "load/money.hpp"
#include "load/payments.hpp"
#include "load/slow_crowd.hpp"
#include "load/watch.hpp"
#include "verb.hpp"

#include <boost/program_options/value_semantic.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

namespace wxgate::bench {

namespace po = boost::program_options;

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr double half = 0.5;
constexpr milliseconds margin{2000}; // what is gone so long after its deadline, and the queues before it
constexpr milliseconds patience{5000};
constexpr milliseconds rest{500}; // between rounds: what one left behind is not the next one's
constexpr seconds money_patience{60};
constexpr std::size_t spare_descriptors = 200;

// What is demanded.
constexpr double most_p99 = 2.0;           // of that alone
constexpr double most_bytes = 32.0 * 1024; // of the gateway's memory, a slow connection

void add_options(po::options_description& to) {
    add_load_options(to);
    // clang-format off
    to.add_options()
        ("count", po::value<std::size_t>()->default_value(2000)->value_name("N"),
            "slow connections of each kind: header, body, reading, silent")
        ("deadline", po::value<double>()->default_value(10)->value_name("S"),
            "of each: the gateway's header_timeout, body_timeout and write_timeout")
        ("opening", po::value<double>()->default_value(1000)->value_name("R"), "so many of them a second, all kinds")
        ("rounds", po::value<unsigned>()->default_value(3)->value_name("N"),
            "alone and beside them, in turns, at half of the maximum (or at --rate)");
    // clang-format on
    add_stage_options(to);
}

// One round of one side.
struct round {
    load_result load;
    payments::seen seen;
    double cpu = 0;   // µs a payment, the slow ones' share included
    double shed = 0;  // requests and connections that the gateway refused for want of room
    double noise = 0; // cores that were busy with what is none of this
};

double ms_of(histogram const& h, double percent) {
    return std::chrono::duration<double, std::milli>(h.percentile(percent)).count();
}

double p99_of(round const& r) {
    return ms_of(r.load.latency, 99);
}

std::string mib(std::size_t bytes) {
    return show(static_cast<double>(bytes) / (1024 * 1024));
}

class trial {
public:
    explicit trial(po::variables_map const& with);

    report run();

private:
    void find_rate();
    round play(std::string const& name, load_options const& load, slow_crowd* crowd);
    void play_beside(std::string const& name, load_options const& load);
    void pause(milliseconds bound);
    void demand_alive();

    void show_rounds();
    void show_crowds();
    void show_memory();
    void add_over_time(std::string name, std::vector<round> const& rounds);
    void judge();
    void demand(std::string name, double value, std::string unit, double demanded);

    load_options load_;
    crowd_options slow_;
    nanoseconds window_{0}; // of a round
    unsigned rounds_;
    report report_;
    asio::io_context context_{1};
    std::optional<receiver> shop_;
    std::optional<stage> stage_;
    std::optional<http_driver> gateway_;
    std::optional<http_driver> control_;
    std::optional<load_loop> loop_;
    std::unique_ptr<payment_maker> maker_;
    std::optional<payments> customers_;
    process_watch watch_;
    std::optional<footprint_watch> memory_; // of an own gateway

    footprint before_;                             // the first crowd
    std::vector<std::array<footprint, 2>> prints_; // of each crowd: the most, and when it was gone
    std::vector<round> alone_;
    std::vector<round> beside_;
    std::array<slow_crowd::counts, slownesses> slow_ones_; // of all crowds
    std::size_t most_alive_ = 0;
};

// Twice their share would not always be had; half as much again lets a worker have more of them than another.
std::size_t room_for(std::size_t connections) {
    return connections + connections / 2;
}

trial::trial(po::variables_map const& with)
    : load_(read_load_options(with)), rounds_(with["rounds"].as<unsigned>()) {
    slow_.each = with["count"].as<std::size_t>();
    auto const deadline = with["deadline"].as<double>();
    if (!(deadline >= 1) || deadline > 60)
        throw usage_error("--deadline: from 1 to 60 seconds");
    if (rounds_ < 1 || rounds_ > 1000)
        throw usage_error("--rounds: from 1 to 1000");
    auto const connections = slow_.each * slownesses + load_.connections + spare_descriptors;
    auto const descriptors = raise_descriptor_limit(); // the gateway inherits it, and gives clients ¾ of them
    if (slow_.each < 1 || room_for(connections) > descriptors / 4 * 3)
        throw usage_error(
            "--count: four times as many connections, half as many again and some are to be three quarters "
            "of "
            "the " +
            std::to_string(descriptors) + " descriptors that a process may have (ulimit -Hn)"
        );
    slow_.a_second = with["opening"].as<double>();
    if (!(slow_.a_second >= 1) || slow_.a_second > 100'000)
        throw usage_error("--opening: from 1 to 100000 a second");
    slow_.deadline = milliseconds(static_cast<std::int64_t>(1000 * deadline));
    slow_.margin = margin;
    slow_.patience = patience;
    // All of them come and go while it is measured.
    auto const opening = static_cast<double>(slow_.each * slownesses) / slow_.a_second;
    auto const inside = slow_.deadline + seconds(1) + milliseconds(static_cast<std::int64_t>(1000 * opening));
    window_ = std::max<nanoseconds>(load_.measured, inside);

    auto play = read_stage_options(with);
    if (play.url.empty()) {
        receiver_options heard;
        heard.secret = make_webhook_secret();
        shop_.emplace(context_, heard);
        play.webhook_url = shop_->url();
        play.webhook_secret = heard.secret;
        auto const timeout = std::to_string(slow_.deadline.count()) + "ms";
        for (char const* const key : {"header_timeout", "body_timeout", "write_timeout"})
            play.more["server"].emplace_back(key, timeout);
        play.more["server"].emplace_back("max_connections", std::to_string(room_for(connections)));
    }
    stage_.emplace(play);
    slow_.to = stage_->gateway();
    slow_.authorization = stage_->authorization();
    driver_options const how{load_.connections, load_.timeout};
    gateway_.emplace(context_, stage_->gateway(), how);
    if (stage_->control())
        control_.emplace(context_, *stage_->control(), how);
    loop_.emplace(context_, load_);
    maker_ = make_gateway_payments(*stage_);
    auto const until = shop_ ? payment_end::told : payment_end::paid; // or created, without a sandbox
    customers_.emplace(*loop_, *maker_, *gateway_, control_ ? &*control_ : nullptr, make_run_tag('s'), until);
    if (shop_)
        shop_->on_webhook([this](webhook const& w) { customers_->heard(w); });
    if (stage_->own()) {
        watch_.add("gateway", stage_->gateway_pid());
        watch_.add("sandbox", stage_->sandbox_pid());
        watch_.add("generator", ::getpid());
        memory_.emplace(context_, stage_->gateway_pid());
    }
}

report trial::run() {
    stage_->describe(report_);
    find_rate();
    load_.measured = window_;
    if (load_.rate <= 0)
        throw std::runtime_error("no payment came to its end: " + customers_->now().first_mistake);
    describe(load_, report_);
    report_.configuration.emplace_back(
        "slow connections",
        std::to_string(slow_.each) + " of each kind, " + show(slow_.a_second) + " a second, deadline " +
            show(slow_.deadline)
    );
    report_.configuration.emplace_back("rounds", std::to_string(rounds_) + " of each side, in turns");
    pause(rest);
    if (stage_->own())
        before_ = footprint_of(stage_->gateway_pid());
    for (unsigned i = 1; i <= rounds_ && !interrupt_came(); ++i) {
        auto const name = ", round " + std::to_string(i);
        alone_.push_back(play("alone" + name, load_, nullptr));
        if (!interrupt_came())
            play_beside("beside" + name, load_);
    }
    show_rounds();
    show_crowds();
    if (stage_->own())
        show_memory();
    judge();
    auto const money =
        check_money(*stage_, shop_ ? &*shop_ : nullptr, customers_->tag(), money_patience, [this](auto m) {
            pause(m);
        });
    money.add_to(report_);
    return std::move(report_);
}

// Half of what a short closed loop gets done.
void trial::find_rate() {
    if (load_.rate > 0)
        return;
    auto with = load_;
    with.measured = std::max<nanoseconds>(load_.measured / 2, seconds(1));
    auto const most = loop_->run(*customers_, "maximum", with);
    report_.figures.push_back({"slow.maximum", most.rate(), "1/s"});
    add_warnings(report_, "maximum", most, with);
    load_.rate = most.rate() * half;
}

round trial::play(std::string const& name, load_options const& load, slow_crowd* crowd) {
    pause(rest);
    customers_->forget();
    round r;
    counter_values counters;
    nanoseconds machine{0};
    loop_->at_window(
        [&] {
            counters = stage_->metrics();
            machine = machine_cpu();
            watch_.begin();
            if (crowd != nullptr)
                crowd->open();
        },
        [&] {
            watch_.end();
            machine = machine_cpu() - machine;
        }
    );
    r.load = loop_->run(*customers_, name, load);
    r.seen = customers_->now();
    r.shed = moved(counters, stage_->metrics(), "wxgate_http_shed_total");
    if (stage_->own()) {
        r.cpu = micros_per(watch_.of("gateway").used.total, r.load.completed);
        for (auto const& s : watch_.all())
            machine -= s.used.total;
        r.noise = std::chrono::duration<double>(machine).count() / r.load.seconds;
    }
    add_warnings(report_, name, r.load, load);
    if (!r.seen.first_mistake.empty())
        report_.warnings.push_back(name + ": the first that went wrong: " + r.seen.first_mistake);
    demand_alive();
    return r;
}

void trial::play_beside(std::string const& name, load_options const& load) {
    slow_crowd crowd(context_, slow_);
    if (memory_)
        memory_->begin([&] { return crowd.complete(); });
    beside_.push_back(play(name, load, &crowd));
    run_until(
        context_, [&] { return crowd.over(); }, slow_.deadline + patience
    );
    crowd.close();
    pause(rest);
    if (memory_)
        prints_.push_back({memory_->end(), footprint_of(stage_->gateway_pid())});
    most_alive_ = std::max(most_alive_, crowd.most_alive());
    for (std::size_t i = 0; i < slownesses; ++i) {
        auto const& c = crowd.of(static_cast<slowness>(i));
        auto& sum = slow_ones_[i];
        sum.opened += c.opened;
        sum.unopened += c.unopened;
        sum.early += c.early;
        sum.at_deadline += c.at_deadline;
        sum.late += c.late;
        sum.answered += c.answered;
        sum.behind.merge(c.behind);
    }
}

void trial::pause(milliseconds bound) {
    run_until(
        context_, [] { return false; }, bound
    );
}

void trial::demand_alive() {
    if (!stage_->alive())
        throw std::runtime_error("the gateway or the sandbox ended during the run; see --keep");
}

// ---- what is shown

void trial::show_rounds() {
    table t;
    t.title = "Open loop, " + show(load_.rate) + " a second";
    t.columns = {
        "round",
        "side",
        "payments/s",
        "created p50",
        "created p99",
        "p50",
        "p99",
        "p99.9",
        "p99, ratio",
        "errors",
        "503s",
        "gateway's CPU µs a payment",
        "generator busy %",
        "cores busy elsewhere"};
    auto const add = [&](std::size_t i, char const* side, round const& r) {
        auto const alone = p99_of(alone_.at(i));
        t.rows.push_back(
            {std::to_string(i + 1),
             side,
             show(r.load.rate()),
             show(r.seen.created.percentile(50)),
             show(r.seen.created.percentile(99)),
             show(r.load.latency.percentile(50)),
             show(r.load.latency.percentile(99)),
             show(r.load.latency.percentile(99.9)),
             alone > 0 ? show(p99_of(r) / alone) : "-",
             std::to_string(r.load.errors_in_all()),
             show(r.shed),
             show(r.cpu),
             show(100 * r.load.generator_busy),
             show(r.noise)}
        );
    };
    for (std::size_t i = 0; i < alone_.size(); ++i) {
        add(i, "alone", alone_[i]);
        if (i < beside_.size())
            add(i, "beside", beside_[i]);
    }
    report_.tables.push_back(std::move(t));
    add_over_time("alone", alone_);
    add_over_time("beside", beside_);
}

// The rounds of one side, one behind the other, and their distributions as one.
void trial::add_over_time(std::string name, std::vector<round> const& rounds) {
    series p99{name + ".p99", "ms", {}};
    distribution all{"slow." + name, {}};
    double begun = 0;
    for (auto const& r : rounds) {
        for (auto const& [at, value] : r.load.p99.points)
            p99.points.emplace_back(begun + at, value);
        begun += r.load.seconds;
        all.values.merge(r.load.latency);
    }
    report_.over_time.push_back(std::move(p99));
    report_.distributions.push_back(std::move(all));
}

void trial::show_crowds() {
    table t;
    t.title = "slow connections, of all rounds";
    t.columns = {
        "kind",
        "opened",
        "not opened",
        "gone at the deadline",
        "before it",
        "later or never",
        "were told something",
        "behind it, p50",
        "most"};
    for (std::size_t i = 0; i < slownesses; ++i) {
        auto const& c = slow_ones_[i];
        t.rows.push_back(
            {to_string(static_cast<slowness>(i)),
             std::to_string(c.opened),
             std::to_string(c.unopened),
             std::to_string(c.at_deadline),
             std::to_string(c.early),
             std::to_string(c.late),
             std::to_string(c.answered),
             show(c.behind.percentile(50)),
             show(c.behind.max())}
        );
    }
    report_.tables.push_back(std::move(t));
    report_.figures.push_back({"slow.together", static_cast<double>(most_alive_), ""});
    if (most_alive_ < slow_.each * slownesses)
        report_.warnings.push_back(
            "at most " + std::to_string(most_alive_) +
            " slow connections were there at a time: the first were gone when the last came"
        );
}

void trial::show_memory() {
    table t;
    t.title = "what they hold";
    t.columns = {
        "",
        "gateway, resident MiB",
        "its descriptors",
        "the kernel's TCP, MiB",
        "closed, and not yet let go"};
    auto const add = [&](std::string what, footprint const& f) {
        t.rows.push_back(
            {std::move(what),
             mib(f.resident),
             std::to_string(f.files),
             mib(f.tcp.bytes),
             std::to_string(f.tcp.orphans)}
        );
    };
    add("before", before_);
    for (std::size_t i = 0; i < prints_.size(); ++i) {
        add("round " + std::to_string(i + 1) + ", the most", prints_[i][0]);
        add("round " + std::to_string(i + 1) + ", gone", prints_[i][1]);
    }
    report_.tables.push_back(std::move(t));
}

// ---- what is demanded

void trial::judge() {
    std::vector<double> alone;
    std::vector<double> beside;
    std::vector<double> ratios;
    double refused = 0;
    for (std::size_t i = 0; i < beside_.size(); ++i) {
        alone.push_back(p99_of(alone_[i]));
        beside.push_back(p99_of(beside_[i]));
        ratios.push_back(alone.back() > 0 ? beside.back() / alone.back() : 0);
        refused += static_cast<double>(beside_[i].load.errors_in_all());
    }
    report_.figures.push_back({"slow.rate", load_.rate, "1/s"});
    report_.figures.push_back({"slow.alone.p99", median(alone), "ms"});
    report_.figures.push_back({"slow.beside.p99", median(beside), "ms"});
    if (beside_.empty())
        return; // interrupted
    demand("slow.p99", median(ratios), "×", most_p99);
    demand("slow.refused", refused, "", 0); // of the payments beside them
    std::size_t missed = 0;
    for (auto const& c : slow_ones_)
        missed += c.unopened + c.early + c.late;
    demand("slow.not_at_deadline", static_cast<double>(missed), "", 0);
    if (!stage_->own())
        return;
    std::size_t most = 0;
    for (auto const& p : prints_)
        most = std::max(most, p[0].resident);
    auto const grown = static_cast<double>(most - std::min(most, before_.resident));
    demand("slow.bytes", grown / static_cast<double>(slow_.each * slownesses), "B", most_bytes);
    auto const left = static_cast<double>(prints_.back()[1].files) - static_cast<double>(before_.files);
    report_.figures.push_back({"slow.descriptors_left", left, ""});
}

void trial::demand(std::string name, double value, std::string unit, double demanded) {
    verdict v;
    v.name = std::move(name);
    v.value = value;
    v.unit = std::move(unit);
    v.demanded = demanded;
    v.at_least = false;
    report_.verdicts.push_back(std::move(v));
}

report run(po::variables_map const& with) {
    catch_interrupts();
    return trial(with).run();
}

} // namespace

verb const slow_verb = {
    "slow",
    "payments beside thousands of slow connections, and these gone at their deadline",
    add_options,
    run};

} // namespace wxgate::bench
