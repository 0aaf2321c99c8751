#include "load/vs_floor.hpp"

#include "load/child.hpp"
#include "load/interrupt.hpp"
#include "load/money.hpp"
#include "load/payments.hpp"
#include "load/watch.hpp"
#include "verb.hpp"

#include <algorithm>

namespace wxgate::bench {

namespace po = boost::program_options;

namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds money_patience{60};
constexpr milliseconds rest{300}; // between rounds: what one side left behind is not the other's

// One round of one side.
struct round {
    load_result load;
    payments::seen seen;
    double cpu = 0; // µs a payment, of the gateway's or the floor's process
    double user = 0;
    double system = 0;
    double sandbox = 0;
};

// The gateway or the floor.
struct side {
    std::string name;
    http_driver front;
    std::unique_ptr<payment_maker> maker;
    payments customers;
    process_watch watch;
    std::vector<round> closed;
    std::vector<round> open;

    side(
        std::string called,
        asio::io_context& context,
        host_port const& where,
        driver_options const& how,
        std::unique_ptr<payment_maker> how_to_pay,
        load_loop& loop,
        http_driver& control
    )
        : name(std::move(called)), front(context, where, how), maker(std::move(how_to_pay)),
          customers(loop, *maker, front, &control, make_run_tag(name.front()), payment_end::told) {}
};

template <class Of>
double median_of(std::vector<round> const& rounds, Of of) {
    std::vector<double> values;
    values.reserve(rounds.size());
    for (auto const& r : rounds)
        values.push_back(of(r));
    return median(std::move(values));
}

double p99_of(histogram const& h) {
    return static_cast<double>(h.percentile(99).count());
}

class contest {
public:
    explicit contest(po::variables_map const& with)
        : load_(read_load_options(with)), rounds_(with["rounds"].as<unsigned>()) {
        if (load_.rate > 0)
            throw usage_error("--rate does not go with --vs-floor, which takes half of the gateway's maximum"
            );
        if (with["until"].as<std::string>() != "told")
            throw usage_error("--until does not go with --vs-floor, whose payments are told");
        if (rounds_ < 1 || rounds_ > 1000)
            throw usage_error("--rounds: from 1 to 1000");
        auto play = read_stage_options(with);
        if (!play.url.empty())
            throw usage_error("--url does not go with --vs-floor, which starts both sides itself");
        receiver_options heard_from_gateway;
        heard_from_gateway.secret = make_webhook_secret();
        gateways_shop_.emplace(context_, heard_from_gateway);
        floors_shop_.emplace(context_, receiver_options());
        play.webhook_url = gateways_shop_->url();
        play.webhook_secret = heard_from_gateway.secret;
        stage_.emplace(play);
        control_.emplace(context_, stage_->control().value(), how());
        loop_.emplace(context_, load_);
        add_side(gateway_, "gateway", stage_->gateway(), make_gateway_payments(*stage_));
        gateway_->watch.add("gateway", stage_->gateway_pid());
        gateway_->watch.add("sandbox", stage_->sandbox_pid());
        gateways_shop_->on_webhook([this](webhook const& w) { gateway_->customers.heard(w); });
    }

    report run() {
        start_floor();
        stage_->describe(report_);
        describe(load_, report_);
        report_.configuration.emplace_back("rounds", std::to_string(rounds_) + " of each side, in turns");
        report_.configuration.emplace_back("webhook", std::to_string(webhook_size_) + " bytes, both sides");
        play_rounds("", load_, &side::closed);
        auto half = load_;
        half.rate = median_of(gateway_->closed, [](round const& r) { return r.load.rate(); }) / 2;
        if (half.rate > 0 && !interrupt_came())
            play_rounds(" at half", half, &side::open);
        show_closed();
        show_open(half.rate);
        judge();
        auto const money =
            check_money(*stage_, &*gateways_shop_, gateway_->customers.tag(), money_patience, [&](auto d) {
                run_until(
                    context_, [] { return false; }, d
                );
            });
        money.add_to(report_);
        return std::move(report_);
    }

private:
    driver_options how() const { return {load_.connections, load_.timeout}; }

    void add_side(
        std::optional<side>& to,
        char const* name,
        host_port const& where,
        std::unique_ptr<payment_maker> maker
    ) {
        to.emplace(name, context_, where, how(), std::move(maker), *loop_, *control_);
    }

    // How long the gateway's webhook is, from a few payments; then the floor can send as much.
    std::size_t measure_webhook() {
        auto few = load_;
        few.connections = 1;
        few.warmup = std::chrono::nanoseconds(0);
        few.measured = milliseconds(500);
        loop_->run(gateway_->customers, "how long a webhook is", few);
        auto const& heard = gateways_shop_->counted();
        if (heard.messages == 0)
            throw std::runtime_error(
                "no payment came to its end: " + gateway_->customers.now().first_mistake
            );
        return static_cast<std::size_t>(heard.bytes / heard.messages);
    }

    void start_floor() {
        webhook_size_ = measure_webhook();
        auto const ready_file = stage_->folder().path("floor.ready");
        floor_process_.emplace(
            own_program(),
            std::vector<std::string>{
                "floor",
                "--threads",
                std::to_string(stage_->options().threads),
                "--upstream",
                stage_->upstream_url(),
                "--ca",
                stage_->ca_file(),
                "--webhook",
                floors_shop_->url(),
                "--webhook-bytes",
                std::to_string(webhook_size_),
                "--ready-file",
                ready_file},
            stage_->folder().path("floor.log")
        );
        auto const where = address_in(wait_ready(*floor_process_, ready_file), "listen");
        add_side(floor_, "floor", where, make_proxy_payments(*stage_, where));
        floor_->watch.add("floor", floor_process_->pid());
        floor_->watch.add("sandbox", stage_->sandbox_pid());
        floors_shop_->on_webhook([this](webhook const& w) { floor_->customers.heard(w); });
    }

    void play_rounds(char const* which, load_options const& load, std::vector<round> side::*into) {
        for (unsigned i = 1; i <= rounds_; ++i)
            for (side* const s : {&*gateway_, &*floor_}) {
                if (interrupt_came())
                    return;
                auto const name = s->name + which + ", round " + std::to_string(i);
                (s->*into).push_back(play(*s, name, load));
            }
    }

    round play(side& s, std::string const& name, load_options const& load) {
        run_until(
            context_, [] { return false; }, rest
        );
        s.customers.forget();
        loop_->at_window([&] { s.watch.begin(); }, [&] { s.watch.end(); });
        round r;
        r.load = loop_->run(s.customers, name, load);
        r.seen = s.customers.now();
        auto const& mine = s.watch.of(s.name).used;
        r.cpu = micros_per(mine.total, r.load.completed);
        r.user = micros_per(mine.user, r.load.completed);
        r.system = micros_per(mine.system, r.load.completed);
        r.sandbox = micros_per(s.watch.of("sandbox").used.total, r.load.completed);
        add_warnings(report_, name, r.load, load);
        if (!r.seen.first_mistake.empty())
            report_.warnings.push_back(name + ": the first that went wrong: " + r.seen.first_mistake);
        return r;
    }

    // ---- what is shown

    std::size_t played(std::vector<round> side::*of) const {
        return std::min(((*gateway_).*of).size(), ((*floor_).*of).size());
    }

    void show_closed() {
        table t;
        t.title = "Closed loop, " + std::to_string(load_.connections) + " customers";
        t.columns = {
            "round",
            "side",
            "payments/s",
            "CPU µs a payment",
            "user",
            "system",
            "sandbox µs",
            "generator µs",
            "generator busy %",
            "p50",
            "p99",
            "errors"};
        for (std::size_t i = 0; i < played(&side::closed); ++i)
            for (side const* const s : {&*gateway_, &*floor_}) {
                auto const& r = s->closed[i];
                t.rows.push_back(
                    {std::to_string(i + 1),
                     s->name,
                     show(r.load.rate()),
                     show(r.cpu),
                     show(r.user),
                     show(r.system),
                     show(r.sandbox),
                     show(micros_per(r.load.generator_cpu, r.load.completed)),
                     show(100 * r.load.generator_busy),
                     show(r.load.latency.percentile(50)),
                     show(r.load.latency.percentile(99)),
                     std::to_string(r.load.errors_in_all())}
                );
            }
        report_.tables.push_back(std::move(t));
        add_throughput(*gateway_);
        add_throughput(*floor_);
    }

    // The rounds of one side, one behind the other.
    void add_throughput(side const& s) {
        series all;
        all.name = s.name + ".throughput";
        all.unit = "1/s";
        double begun = 0;
        for (auto const& r : s.closed) {
            for (auto const& [at, value] : r.load.throughput.points)
                all.points.emplace_back(begun + at, value);
            begun += r.load.seconds;
        }
        report_.over_time.push_back(std::move(all));
    }

    void show_open(double rate) {
        table t;
        t.title = "Open loop, " + show(rate) + " a second: half of the gateway's maximum";
        t.columns = {
            "round",
            "side",
            "payments/s",
            "created p50",
            "created p99",
            "told p50",
            "told p99",
            "told p99.9",
            "CPU µs a payment",
            "errors"};
        for (std::size_t i = 0; i < played(&side::open); ++i)
            for (side const* const s : {&*gateway_, &*floor_}) {
                auto const& r = s->open[i];
                t.rows.push_back(
                    {std::to_string(i + 1),
                     s->name,
                     show(r.load.rate()),
                     show(r.seen.created.percentile(50)),
                     show(r.seen.created.percentile(99)),
                     show(r.load.latency.percentile(50)),
                     show(r.load.latency.percentile(99)),
                     show(r.load.latency.percentile(99.9)),
                     show(r.cpu),
                     std::to_string(r.load.errors_in_all())}
                );
            }
        report_.tables.push_back(std::move(t));
        add_distributions(*gateway_);
        add_distributions(*floor_);
    }

    // At half of the maximum, all rounds together.
    void add_distributions(side const& s) {
        distribution created{s.name + ".created", {}};
        distribution told{s.name + ".told", {}};
        for (auto const& r : s.open) {
            created.values.merge(r.seen.created);
            told.values.merge(r.load.latency);
        }
        report_.distributions.push_back(std::move(created));
        report_.distributions.push_back(std::move(told));
    }

    // ---- the ratios

    template <class Of>
    double compare(char const* name, char const* unit, std::vector<round> side::*which, Of of) {
        auto const mine = median_of((*gateway_).*which, of);
        auto const least = median_of((*floor_).*which, of);
        auto const ratio = least > 0 ? mine / least : 0;
        report_.figures.push_back({std::string("gateway.") + name, mine, unit});
        report_.figures.push_back({std::string("floor.") + name, least, unit});
        medians_.rows.push_back({name, unit, show(mine), show(least), show(ratio)});
        return ratio;
    }

    void
    add_verdict(char const* name, double value, bool at_least, double demanded, std::optional<double> goal) {
        verdict v;
        v.name = name;
        v.value = value;
        v.unit = "×";
        v.at_least = at_least;
        v.demanded = demanded;
        v.goal = goal;
        report_.verdicts.push_back(std::move(v));
    }

    void judge() {
        medians_.title = "Medians of the rounds";
        medians_.columns = {"", "unit", "gateway", "floor", "ratio"};
        auto const throughput =
            compare("throughput", "1/s", &side::closed, [](round const& r) { return r.load.rate(); });
        auto const cpu = compare("cpu", "µs", &side::closed, [](round const& r) { return r.cpu; });
        compare("cpu_user", "µs", &side::closed, [](round const& r) { return r.user; });
        compare("cpu_system", "µs", &side::closed, [](round const& r) { return r.system; });
        compare("cpu_at_half", "µs", &side::open, [](round const& r) { return r.cpu; });
        compare("created_p99_at_half", "ms", &side::open, [](round const& r) {
            return p99_of(r.seen.created) / 1e6;
        });
        auto const p99 = compare("told_p99_at_half", "ms", &side::open, [](round const& r) {
            return p99_of(r.load.latency) / 1e6;
        });
        report_.tables.push_back(std::move(medians_));
        if (played(&side::closed) == 0 || played(&side::open) == 0)
            return; // interrupted
        add_verdict("vs_floor.throughput", throughput, true, 0.5, 0.6);
        add_verdict("vs_floor.cpu", cpu, false, 2.2, 1.8);
        add_verdict("vs_floor.p99_at_half", p99, false, 3, std::nullopt);
    }

    load_options load_;
    unsigned rounds_;
    report report_;
    table medians_;
    std::size_t webhook_size_ = 0;
    asio::io_context context_{1};
    std::optional<receiver> gateways_shop_;
    std::optional<receiver> floors_shop_;
    std::optional<stage> stage_;
    std::optional<child> floor_process_;
    std::optional<http_driver> control_;
    std::optional<load_loop> loop_;
    std::optional<side> gateway_;
    std::optional<side> floor_;
};

} // namespace

report run_vs_floor(po::variables_map const& with) {
    catch_interrupts();
    return contest(with).run();
}

} // namespace wxgate::bench
