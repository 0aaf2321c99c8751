#include "base/ids.hpp"
#include "load/cpu.hpp"
#include "load/load.hpp"
#include "verb.hpp"

#include <boost/program_options/value_semantic.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace wxgate::bench {

namespace po = boost::program_options;

namespace {

constexpr std::size_t number_digits = 10;

std::chrono::nanoseconds seconds_option(po::variables_map const& with, char const* name, double least) {
    auto const s = with[name].as<double>();
    if (!(s >= least) || s > 86'400)
        throw usage_error("--" + std::string(name) + ": from " + show(least) + " to 86400 seconds");
    return std::chrono::nanoseconds(static_cast<std::int64_t>(s * 1e9));
}

std::size_t count_option(po::variables_map const& with, char const* name, std::size_t most) {
    auto const n = with[name].as<std::size_t>();
    if (n < 1 || n > most)
        throw usage_error("--" + std::string(name) + ": from 1 to " + std::to_string(most));
    return n;
}

} // namespace

void add_load_options(po::options_description& to) {
    load_options const usual;
    // clang-format off
    to.add_options()
        ("connections", po::value<std::size_t>()->default_value(usual.connections)->value_name("N"),
            "connections, and the customers of a closed loop")
        ("rate", po::value<double>()->default_value(0)->value_name("R"),
            "open loop: so many a second, latency counted from the intended start (0: closed loop)")
        ("arrivals", po::value<std::string>()->default_value("constant")->value_name("HOW"),
            "of an open loop: constant or poisson")
        ("max-outstanding", po::value<std::size_t>()->default_value(usual.max_outstanding)->value_name("N"),
            "of an open loop: how many may be under way; the others are counted as shed")
        ("seconds", po::value<double>()->default_value(10)->value_name("S"), "that are measured")
        ("warmup", po::value<double>()->default_value(2)->value_name("S"), "seconds before, that are not")
        ("timeout", po::value<double>()->default_value(10)->value_name("S"), "of each, from its intended start");
    // clang-format on
}

load_options read_load_options(po::variables_map const& with) {
    load_options o;
    o.connections = count_option(with, "connections", 100'000);
    o.rate = with["rate"].as<double>();
    if (!(o.rate >= 0) || o.rate > 10'000'000)
        throw usage_error("--rate: from 0 to 10000000 a second");
    auto const how = with["arrivals"].as<std::string>();
    if (how != "constant" && how != "poisson")
        throw usage_error("--arrivals: constant or poisson");
    o.poisson = how == "poisson";
    o.max_outstanding = count_option(with, "max-outstanding", 10'000'000);
    o.measured = seconds_option(with, "seconds", 0.1);
    o.warmup = seconds_option(with, "warmup", 0);
    o.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(seconds_option(with, "timeout", 0.05));
    return o;
}

void describe(load_options const& o, report& r) {
    auto const seconds = [](auto d) { return show(std::chrono::duration<double>(d).count()) + " s"; };
    auto const add = [&](char const* name, std::string value) {
        r.configuration.emplace_back(name, std::move(value));
    };
    if (o.rate > 0)
        add("load",
            "open loop, " + show(o.rate) + " a second, " + (o.poisson ? "Poisson" : "constant") +
                " arrivals, at most " + std::to_string(o.max_outstanding) + " under way");
    else
        add("load", "closed loop, " + std::to_string(o.connections) + " customers");
    add("connections", std::to_string(o.connections));
    add("measured", seconds(o.measured) + " after " + seconds(o.warmup));
    add("timeout", seconds(o.timeout));
}

std::string make_run_tag(char kind) {
    return kind + random_alnum(6);
}

std::string numbered(std::string_view tag, std::uint64_t number) {
    std::string text(tag);
    text.append(number_digits, '0');
    for (auto at = text.size(); number != 0 && at > tag.size(); number /= 10)
        text[--at] = static_cast<char>('0' + number % 10);
    return text;
}

std::optional<std::uint64_t> number_of(std::string_view tag, std::string_view text) noexcept {
    if (text.size() != tag.size() + number_digits || !text.starts_with(tag))
        return std::nullopt;
    std::uint64_t number = 0;
    for (char const c : text.substr(tag.size())) {
        if (c < '0' || c > '9')
            return std::nullopt;
        number = 10 * number + static_cast<std::uint64_t>(c - '0');
    }
    return number;
}

arrivals::arrivals(double rate, bool poisson, std::uint64_t seed)
    : rate_(rate), poisson_(poisson), random_(seed) {
}

std::chrono::nanoseconds arrivals::next() {
    if (poisson_) {
        auto const u = std::generate_canonical<double, 53>(random_);
        at_ += -std::log1p(-u) / rate_;
    } else {
        at_ = static_cast<double>(count_++) / rate_; // not a sum: it does not drift
    }
    return std::chrono::nanoseconds(static_cast<std::int64_t>(at_ * 1e9));
}

char const* to_string(ending e) noexcept {
    switch (e) {
    case ending::done:
        return "done";
    case ending::refused:
        return "refused";
    case ending::failed:
        return "failed";
    case ending::timed_out:
        return "timed out";
    case ending::shed:
        return "shed";
    }
    return "";
}

std::uint64_t load_result::errors_in_all() const noexcept {
    return std::accumulate(ended.begin(), ended.end(), std::uint64_t{0}) -
           ended[static_cast<std::size_t>(ending::done)];
}

namespace {

table endings_table(std::string const& name, load_result const& result) {
    table t;
    t.title = name + ": how they ended";
    t.columns = {"", "count", "a second"};
    for (std::size_t i = 0; i < endings; ++i) {
        auto const n = static_cast<double>(result.ended[i]);
        t.rows.push_back(
            {to_string(static_cast<ending>(i)),
             std::to_string(result.ended[i]),
             show(result.seconds > 0 ? n / result.seconds : 0)}
        );
    }
    return t;
}

} // namespace

void add_warnings(report& r, std::string const& name, load_result const& result, load_options const& o) {
    auto const offered = static_cast<double>(result.offered);
    if (o.rate > 0 && static_cast<double>(result.completed) < 0.99 * offered)
        r.warnings.push_back(
            "overload: " + name + ": " + show(result.rate()) + " a second of " +
            show(offered / result.seconds) + " that were offered"
        );
    if (result.errors_in_all() != 0)
        r.warnings.push_back(
            "errors: " + name + ": " + std::to_string(result.errors_in_all()) + " did not end as they should"
        );
    if (result.generator_busy > too_busy)
        r.warnings.push_back(
            "the load generator was the bottleneck: " + name + ": its thread was busy for " +
            show(100 * result.generator_busy) + " % of the time"
        );
    if (!result.interrupted)
        return;
    r.interrupted = true;
    r.warnings.push_back("interrupted: " + name + ": what is shown is a part of the run");
}

void add_result(report& r, std::string const& name, load_result const& result, load_options const& options) {
    auto const figure = [&](char const* what, double value, char const* unit) {
        r.figures.push_back({name + "." + what, value, unit});
    };
    figure("throughput", result.rate(), "1/s");
    if (options.rate > 0)
        figure("offered", static_cast<double>(result.offered) / std::max(result.seconds, 1e-9), "1/s");
    figure("errors", static_cast<double>(result.errors_in_all()), "");
    figure("generator_busy", 100 * result.generator_busy, "%");
    r.tables.push_back(endings_table(name, result));
    r.distributions.push_back({name + ".latency", result.latency});
    r.over_time.push_back(result.throughput);
    r.over_time.push_back(result.errors);
    r.over_time.rbegin()[1].name = name + ".throughput";
    r.over_time.back().name = name + ".errors";
    add_warnings(r, name, result, options);
}

table latency_table(std::vector<distribution> const& all) {
    table t;
    t.title = "latency";
    t.columns = {"", "count", "mean", "p50", "p90", "p99", "p99.9", "max"};
    for (auto const& d : all) {
        auto const& v = d.values;
        t.rows.push_back(
            {d.name,
             std::to_string(v.count()),
             show(v.mean()),
             show(v.percentile(50)),
             show(v.percentile(90)),
             show(v.percentile(99)),
             show(v.percentile(99.9)),
             show(v.max())}
        );
    }
    return t;
}

} // namespace wxgate::bench
