// wxgate-bench notify: WeChat's notifications, some repeated and some forged, as fast as they come or at a
// rate.
#include "base/ids.hpp"
#include "load/cpu.hpp"
#include "load/flood.hpp"
#include "load/interrupt.hpp"
#include "load/notifier.hpp"
#include "load/notify_report.hpp"
#include "load/past_store.hpp"
#include "load/receiver.hpp"
#include "load/stage.hpp"
#include "load/watch.hpp"
#include "verb.hpp"

#include <boost/program_options.hpp>

#include <algorithm>
#include <cstring>
#include <iostream>
#include <thread>

namespace wxgate::bench {

namespace {

namespace po = boost::program_options;

constexpr unix_ms minute_ms = 60'000;
constexpr double most_rate = 10'000; // notifications a second that the orders must suffice for
// Two workers refuse what is over 4096 notifications under way; more connections than that make a flood.
constexpr std::size_t connections_a_thread = 4096;
constexpr std::size_t most_connections = 24'000; // of one address to another
constexpr std::size_t spare_descriptors = 200;

struct notify_options {
    notifier_options mix;
    bool flood = false;
    std::uint64_t orders = 0;
    std::size_t connections = 0; // at most
};

void add_options(po::options_description& to) {
    // clang-format off
    to.add_options()
        ("duplicates", po::value<double>()->value_name("SHARE")->default_value(0.1),
            "of all notifications, those that were sent before")
        ("bad-signatures", po::value<double>()->value_name("SHARE")->default_value(0.05),
            "of all notifications, those that are forged")
        ("orders", po::value<std::uint64_t>()->value_name("N"),
            "orders that wait to be paid (enough for 10 000 notifications a second)")
        ("overload",
            "find the maximum rate, then offer a half of it, three times as much, and a half again, and judge");
    // clang-format on
    add_load_options(to);
    add_stage_options(to);
}

double read_share(po::variables_map const& with, char const* name) {
    auto const share = with[name].as<double>();
    if (!(share >= 0 && share <= 0.9))
        throw usage_error(std::string("--") + name + " is 0 to 0.9");
    return share;
}

std::uint64_t orders_for(load_options const& load, bool flood) {
    auto const seconds = std::chrono::duration<double>(load.warmup + load.measured).count();
    double const rate = load.rate > 0 && !flood ? load.rate * 1.1 : most_rate;
    return static_cast<std::uint64_t>(rate * (flood ? flood_seconds(load) : seconds)) + 1000;
}

std::size_t flood_connections(load_options const& load, stage_options const& stage) {
    auto const threads =
        stage.threads != 0 ? stage.threads : std::max(1U, std::thread::hardware_concurrency());
    auto const wanted = std::max(connections_a_thread * threads, load.connections * 8);
    auto const descriptors = raise_descriptor_limit();
    auto const possible = descriptors - std::min(descriptors / 2, spare_descriptors);
    return std::min({wanted, most_connections, possible});
}

notify_options
read_options(po::variables_map const& with, load_options const& load, stage_options const& stage) {
    notify_options o;
    o.mix.duplicates = read_share(with, "duplicates");
    o.mix.forged = read_share(with, "bad-signatures");
    if (o.mix.duplicates + o.mix.forged > 0.95)
        throw usage_error("--duplicates and --bad-signatures together are at most 0.95: some must be good");
    if (!stage.url.empty())
        throw usage_error("notify has no --url: it signs as WeChat does, with the merchant's key, and starts "
                          "its own gateway");
    o.flood = with.count("overload") != 0;
    if (o.flood && load.rate > 0)
        throw usage_error("--overload finds its rates by itself: leave --rate out");
    o.orders = with.count("orders") != 0 ? with["orders"].as<std::uint64_t>() : orders_for(load, o.flood);
    if (o.orders == 0 || o.orders > 100'000'000)
        throw usage_error("--orders is 1 to 100000000");
    o.connections = load.connections;
    if (o.flood)
        o.connections = flood_connections(load, stage);
    return o;
}

// Made about an hour ago: what the gateway asks WeChat about an order in its first minutes is over, and the
// next time is far.
history waiting_orders(stage const& s, std::uint64_t count, std::string const& tag) {
    history_options h;
    h.owner = {stage_merchant, stage_mch_id, stage_appid, {}, "bench", "http://" + s.gateway().text()};
    h.owner.sign_type = s.options().sign_type;
    h.kind = past_kind::waiting;
    h.count = count;
    h.last = now_ms() - 60 * minute_ms;
    h.first = h.last - 10 * minute_ms;
    h.due_after = 120 * minute_ms;
    h.tag = tag;
    auto const bytes = random_bytes(sizeof h.seed);
    std::memcpy(&h.seed, bytes.data(), sizeof h.seed);
    return history(std::move(h));
}

void fill(stage& s, history const& orders) {
    if (is_database(s.store_file()))
        throw usage_error("--store: the orders of this verb are written into a SQLite file");
    if (!s.stop_gateway())
        throw std::runtime_error("the gateway did not stop as it should");
    auto const count = static_cast<double>(orders.options().count);
    fill_store(s.store_file(), orders, [count](filling const& f) {
        std::cerr << "notify: " << show(static_cast<double>(f.orders)) << " of " << show(count)
                  << " orders that wait\n";
        throw_if_interrupted();
    });
    s.start_gateway();
}

// WeChat's side of the sum is what was acknowledged to us: its sandbox has none of these orders.
money_check count_money(
    stage const& s,
    receiver const& shop,
    notifier const& wechat,
    std::string const& tag,
    asio::io_context& context
) {
    auto const patience = std::chrono::seconds(60 + wechat.acknowledged().payments / 1000);
    auto const until = load_clock::now() + patience;
    for (;;) {
        money_check c;
        c.store = money_in_store(s.store_file(), tag);
        c.sandbox = wechat.acknowledged();
        c.heard = shop.heard();
        if (c.agree() || load_clock::now() > until || interrupt_came())
            return c;
        run_until(
            context, [] { return false; }, std::chrono::milliseconds(500)
        );
    }
}

void run_plain(load_loop& loop, notifier& wechat, stage const& s, load_options const& load, report& r) {
    process_watch watch;
    watch.add("gateway", s.gateway_pid());
    loop.at_window(
        [&] {
            wechat.start_counting();
            watch.begin();
        },
        [&] { watch.end(); }
    );
    auto const result = loop.run(wechat, "notify");
    loop.at_window([] {}, [] {});
    add_result(r, "notify", result, load);
    add_answers(r, "notify", wechat.counted(), result);
    r.tables.push_back(
        spent_table(watch, result.generator_cpu, result.completed, result.seconds, "notification")
    );
    add_spent(r, "notify", watch, result.generator_cpu, result.completed);
}

report run(po::variables_map const& with) {
    auto const load = read_load_options(with);
    auto staged = read_stage_options(with);
    auto const mine = read_options(with, load, staged);
    catch_interrupts();
    asio::io_context context{1};
    receiver_options hook;
    hook.secret = make_webhook_secret();
    receiver shop(context, hook);
    staged.webhook_url = shop.url();
    staged.webhook_secret = hook.secret;
    stage s(staged);
    auto const tag = make_run_tag('n');
    auto const orders = waiting_orders(s, mine.orders, tag);
    fill(s, orders);

    load_loop loop(context, load);
    http_driver driver(context, s.gateway(), {mine.connections, load.timeout});
    request_head head(
        "POST",
        std::string("/notify/") + stage_merchant + "/payment",
        s.gateway().text(),
        {{"Content-Type", "text/xml"}}
    );
    notification_writer writer(orders, s.merchant(), now_ms());
    notifier wechat(loop, driver, std::move(head), std::move(writer), mine.orders, mine.mix);

    report r;
    s.describe(r);
    describe(load, r);
    r.configuration.emplace_back("duplicates", show(mine.mix.duplicates));
    r.configuration.emplace_back("bad_signatures", show(mine.mix.forged));
    r.configuration.emplace_back("orders", std::to_string(mine.orders));
    if (mine.flood)
        run_flood(loop, wechat, load, r);
    else
        run_plain(loop, wechat, s, load, r);
    if (!s.alive())
        throw std::runtime_error("the gateway or the sandbox ended during the run; see --keep");
    if (wechat.ran_out())
        r.warnings.emplace_back(
            "the orders did not suffice, so more was repeated than asked for: give --orders"
        );
    auto const left = wechat.settle(context, std::chrono::seconds(60));
    if (left > 0)
        r.warnings.emplace_back(std::to_string(left) + " notifications were never acknowledged");
    count_money(s, shop, wechat, tag, context).add_to(r);
    driver.close();
    shop.close(); // the gateway would wait for its answers before it ends
    return r;
}

} // namespace

verb const notify_verb{
    "notify", "WeChat's notifications, repeated and forged ones among them", add_options, run};

} // namespace wxgate::bench
