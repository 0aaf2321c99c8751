// wxgate_storm: one storm, and its verdict. test/torture runs it.
#include "storm.hpp"
#include "support/postgres_schema.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <iostream>
#include <limits>
#include <stdexcept>
#include <string>

namespace {

using namespace wxgate::test;

constexpr char const* usage =
    R"(usage: wxgate_storm --seed N --seconds S [--kills N] [--power-loss] [--drain S] [--nodes N] [--plan]

  --seed N       decides everything that is planned (default 1)
  --seconds S    how long the storm lasts (default 10)
  --kills N      how often the gateway is ended (default: every two seconds)
  --power-loss   at each end, what was written and not synced is lost
  --drain S      how long the calm may take (default 120)
  --nodes N      so many gateways on one database (1); PostgreSQL only, under conf/scratch-postgres run
  --plan         prints the plan, and does nothing

Exit: 0 valid, 1 invalid or unknown, 2 wrong usage.
)";

struct arguments {
    plan_options options;
    int drain = 120;
    bool only_plan = false;
};

struct usage_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

unsigned long long number(std::string const& name, std::string const& text, unsigned long long most) {
    std::size_t used = 0;
    unsigned long long value = 0;
    try {
        value = std::stoull(text, &used);
    } catch (std::exception const&) {
        used = 0;
    }
    bool const digits = text.find_first_not_of("0123456789") == std::string::npos;
    if (used == 0 || used != text.size() || !digits || value > most)
        throw usage_error(name + ": \"" + text + "\" is not a whole number up to " + std::to_string(most));
    return value;
}

arguments parse(int argc, char** argv) {
    arguments a;
    for (int i = 1; i < argc; ++i) {
        std::string const name = argv[i];
        if (name == "--power-loss") {
            a.options.power_loss = true;
            continue;
        }
        if (name == "--plan") {
            a.only_plan = true;
            continue;
        }
        if (name != "--seed" && name != "--seconds" && name != "--kills" && name != "--drain" &&
            name != "--nodes")
            throw usage_error("unknown: " + name);
        if (i + 1 == argc)
            throw usage_error(name + " wants a number");
        std::string const text = argv[++i];
        if (name == "--seed")
            a.options.seed = number(name, text, std::numeric_limits<unsigned long long>::max());
        else if (name == "--seconds")
            a.options.seconds = static_cast<int>(number(name, text, 86'400));
        else if (name == "--kills")
            a.options.kills = static_cast<int>(number(name, text, 100'000));
        else if (name == "--nodes")
            a.options.nodes = static_cast<int>(std::max(1ULL, number(name, text, 8)));
        else
            a.drain = static_cast<int>(number(name, text, 3600));
    }
    return a;
}

int storm(arguments const& a) {
    if (a.options.nodes > 1 && !on_postgres())
        throw usage_error(
            "--nodes: several gateways want PostgreSQL: bash conf/scratch-postgres run wxgate_storm …"
        );
    if (a.options.power_loss && on_postgres())
        throw usage_error("--power-loss is about SQLite's file");
    auto const p = make_plan(a.options);
    if (a.only_plan) {
        std::cout << describe(p);
        return 0;
    }
    std::cout << "seed " << p.options.seed << ": " << p.options.seconds << " s, " << p.options.kills
              << " interruptions" << (p.options.power_loss ? ", power losses" : "") << std::endl;
    auto const r = run_storm(p, std::chrono::seconds(a.drain));
    std::cout << r.account;
    constexpr std::size_t most = 100;
    for (std::size_t i = 0; i < std::min(r.violations.size(), most); ++i)
        std::cout << "VIOLATION " << r.violations[i].invariant << ": " << r.violations[i].what << '\n';
    if (r.violations.size() > most)
        std::cout << "… " << r.violations.size() << " violations in all\n";
    for (auto const& u : r.unread)
        std::cout << "NOT READ " << u << '\n';
    if (r.said != verdict::valid)
        std::cout << "---- the gateway's log ends\n" << r.log << "----\n";
    std::cout << "seed " << p.options.seed << ": verdict " << to_string(r.said) << std::endl;
    return r.said == verdict::valid ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    try {
        auto const a = parse(argc, argv);
#ifdef WXGATE_SANITIZED
        if (a.options.power_loss)
            throw usage_error(
                "--power-loss needs a build without a sanitizer: its runtime does not go with LD_PRELOAD"
            );
#endif
        return storm(a);
    } catch (usage_error const& e) {
        std::cerr << "wxgate_storm: " << e.what() << '\n' << usage;
        return 2;
    } catch (std::exception const& e) {
        std::cerr << "wxgate_storm: " << e.what() << '\n';
        std::cout << "verdict unknown" << std::endl;
        return 1;
    }
}
