// wxgate-bench pay: the whole path of a payment, from the shop's POST to the webhook.
#include "load/interrupt.hpp"
#include "load/money.hpp"
#include "load/payments.hpp"
#include "load/vs_floor.hpp"
#include "load/watch.hpp"
#include "verb.hpp"

#include <boost/program_options/value_semantic.hpp>

namespace wxgate::bench {

namespace po = boost::program_options;

namespace {

constexpr std::chrono::seconds money_patience{60};

void add_options(po::options_description& to) {
    add_load_options(to);
    // clang-format off
    to.add_options()
        ("until", po::value<std::string>()->default_value("told")->value_name("STEP"),
            "a payment is done when it is created, paid, or the shop is told")
        ("receiver-listen", po::value<std::string>()->value_name("ADDRESS:PORT"),
            "with --url: where the merchant's webhook url leads to")
        ("vs-floor", "against a bare proxy, in turns")
        ("rounds", po::value<unsigned>()->default_value(5)->value_name("N"), "of --vs-floor, of each side");
    // clang-format on
    add_stage_options(to);
}

payment_end read_until(po::variables_map const& with) {
    auto const text = with["until"].as<std::string>();
    if (text == "created")
        return payment_end::created;
    if (text == "paid")
        return payment_end::paid;
    if (text == "told")
        return payment_end::told;
    throw usage_error("--until: created, paid or told");
}

char const* to_text(payment_end e) {
    switch (e) {
    case payment_end::created:
        return "created";
    case payment_end::paid:
        return "paid";
    case payment_end::told:
        return "told";
    }
    return "";
}

// The receiver of an own stage takes any port; another one's gateway must know where it is.
std::unique_ptr<receiver>
make_receiver(asio::io_context& context, po::variables_map const& with, stage_options& play) {
    bool const own = play.url.empty();
    bool const named = with.count("receiver-listen") != 0;
    if (own && named)
        throw usage_error("--receiver-listen goes with --url");
    if (!own && !named)
        return nullptr;
    receiver_options o;
    if (own) {
        o.secret = make_webhook_secret();
    } else {
        auto const where = parse_plain_url(with["receiver-listen"].as<std::string>());
        if (!where)
            throw usage_error("--receiver-listen: write an address and a port, e.g. 127.0.0.1:9000");
        o.listen = *where;
    }
    auto made = std::make_unique<receiver>(context, o);
    play.webhook_url = made->url();
    play.webhook_secret = o.secret;
    return made;
}

// How far a payment can be driven with what is within reach; says so when it is not as far as was asked.
payment_end reachable(payment_end asked, stage const& s, receiver const* to, report& r) {
    auto possible = payment_end::told;
    if (to == nullptr)
        possible = payment_end::paid;
    if (!s.control())
        possible = payment_end::created;
    if (possible >= asked)
        return asked;
    r.warnings.push_back(
        possible == payment_end::created
            ? "only creates are driven: orders are paid with --control, and webhooks heard with "
              "--receiver-listen"
            : "payments are not followed to the shop: webhooks are heard with --receiver-listen"
    );
    return possible;
}

void add_receiver(report& r, receiver const& to) {
    auto const& c = to.counted();
    table t;
    t.title = "webhooks";
    t.columns = {"", "count"};
    for (auto const& [type, count] : c.by_type)
        t.rows.push_back({type, std::to_string(count)});
    t.rows.push_back({"repeated", std::to_string(c.again)});
    t.rows.push_back({"signatures checked", std::to_string(c.checked)});
    r.tables.push_back(std::move(t));
    if (c.badly_signed + c.malformed != 0)
        r.warnings.push_back(
            "webhooks: " + std::to_string(c.badly_signed) + " badly signed, " + std::to_string(c.malformed) +
            " malformed"
        );
}

void add_store(
    report& r, counter_values const& before, counter_values const& after, std::uint64_t payments_done
) {
    if (after.empty())
        return;
    r.tables.push_back(counters_table(before, after, payments_done, "payment"));
    for (char const* const what : {"batches", "commits"}) {
        auto const by = moved(before, after, std::string("wxgate_store_") + what + "_total");
        auto const each = payments_done == 0 ? 0 : by / static_cast<double>(payments_done);
        r.figures.push_back({std::string("pay.store.") + what, each, "a payment"});
    }
}

report run(po::variables_map const& with) {
    catch_interrupts();
    if (with.count("vs-floor") != 0)
        return run_vs_floor(with);
    auto const load = read_load_options(with);
    auto play = read_stage_options(with);
    auto const asked = read_until(with);

    report r;
    asio::io_context context{1};
    auto const shop = make_receiver(context, with, play);
    stage s(play);
    auto const until = reachable(asked, s, shop.get(), r);
    s.describe(r);
    describe(load, r);
    r.configuration.emplace_back("until", to_text(until));

    http_driver gateway(context, s.gateway(), {load.connections, load.timeout});
    std::optional<http_driver> control;
    if (s.control())
        control.emplace(context, *s.control(), driver_options{load.connections, load.timeout});
    load_loop loop(context, load);
    auto const maker = make_gateway_payments(s);
    payments customers(loop, *maker, gateway, control ? &*control : nullptr, make_run_tag('p'), until);
    if (shop)
        shop->on_webhook([&](webhook const& w) { customers.heard(w); });

    process_watch watch;
    if (s.own()) {
        watch.add("gateway", s.gateway_pid());
        watch.add("sandbox", s.sandbox_pid());
    }
    counter_values before;
    counter_values after;
    loop.at_window(
        [&] {
            before = s.metrics();
            watch.begin();
        },
        [&] {
            watch.end();
            after = s.metrics();
        }
    );
    auto const result = loop.run(customers, "pay");
    if (!s.alive())
        throw std::runtime_error("the gateway or the sandbox ended during the run; see --keep");

    auto const& seen = customers.now();
    add_result(r, "pay", result, load);
    r.distributions.push_back({"pay.created", seen.created});
    if (until != payment_end::created)
        r.distributions.push_back({"pay.paid", seen.paid});
    r.tables.push_back(latency_table(r.distributions));
    if (s.own()) {
        r.tables.push_back(
            spent_table(watch, result.generator_cpu, result.completed, result.seconds, "payment")
        );
        add_spent(r, "pay", watch, result.generator_cpu, result.completed);
    }
    add_store(r, before, after, result.completed);
    r.tables.push_back(statuses_table("pay", seen));
    if (!seen.first_mistake.empty())
        r.warnings.push_back("the first that went wrong: " + seen.first_mistake);
    if (gateway.counted().repeated != 0)
        r.warnings.push_back(
            std::to_string(gateway.counted().repeated) +
            " calls were sent once more, as the gateway had closed their kept connection"
        );
    auto const money = check_money(s, shop.get(), customers.tag(), money_patience, [&](auto moment) {
        run_until(
            context, [] { return false; }, moment
        );
    });
    if (shop)
        add_receiver(r, *shop);
    money.add_to(r);
    return r;
}

} // namespace

verb const pay_verb = {
    "pay", "the whole path of a payment: create, pay, notified, webhook; --vs-floor", add_options, run};

} // namespace wxgate::bench
