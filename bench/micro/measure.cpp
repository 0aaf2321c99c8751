#include "micro/measure.hpp"

#include <boost/program_options/value_semantic.hpp>

#include <algorithm>
#include <cmath>
#include <ctime>

namespace wxgate::bench {

namespace {

using std::chrono::nanoseconds;

nanoseconds thread_time() noexcept {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return std::chrono::seconds(t.tv_sec) + nanoseconds(t.tv_nsec);
}

nanoseconds time_of(contestant const& c, std::uint64_t times) {
    auto const before = thread_time();
    c.run(times);
    return thread_time() - before;
}

// How many operations fill `slice`. Warms caches, scratch space and the branch predictor meanwhile.
std::uint64_t operations_in(contestant const& c, nanoseconds slice) {
    std::uint64_t times = 1;
    nanoseconds took = time_of(c, times);
    while (took < slice / 4) {
        times *= 2;
        took = time_of(c, times);
    }
    double const each = static_cast<double>(took.count() + 1) / static_cast<double>(times); // never 0
    return static_cast<std::uint64_t>(std::max(1.0, static_cast<double>(slice.count()) / each));
}

double median(std::vector<double> list) {
    auto const middle = list.begin() + static_cast<std::ptrdiff_t>(list.size() / 2);
    std::nth_element(list.begin(), middle, list.end());
    if (list.size() % 2 != 0)
        return *middle;
    return (*middle + *std::max_element(list.begin(), middle)) / 2;
}

void count_blocks(contestant const& c, timing& t) {
    constexpr std::uint64_t times = 100;
    allocation_count const before = allocations();
    c.run(times);
    allocation_count const taken = allocations() - before;
    auto const each = [](std::uint64_t n) { return static_cast<double>(n) / static_cast<double>(times); };
    t.blocks = each(taken.all());
    t.own_blocks = each(taken.own);
    t.other_blocks = each(taken.all() - taken.own);
}

} // namespace

void add_measure_options(boost::program_options::options_description& to) {
    namespace po = boost::program_options;
    auto add = to.add_options();
    add("seconds",
        po::value<double>()->value_name("N")->default_value(10, "10"),
        "how long to measure, all in all");
    add("rounds", po::value<unsigned>()->value_name("N")->default_value(25), "in how many rounds");
}

measure_plan read_measure_plan(boost::program_options::variables_map const& with) {
    constexpr double longest = 3600;
    constexpr unsigned most_rounds = 1000;
    double const seconds = with["seconds"].as<double>();
    unsigned const rounds = with["rounds"].as<unsigned>();
    if (!(seconds > 0) || seconds > longest)
        throw usage_error("--seconds: more than 0, at most 3600");
    if (rounds == 0 || rounds > most_rounds)
        throw usage_error("--rounds: 1 to 1000");
    return {nanoseconds(std::llround(seconds * 1e9)), rounds};
}

std::vector<timing>
measure(std::vector<contestant> const& contestants, measure_plan const& plan, double share) {
    auto const turns = static_cast<double>(plan.rounds) * static_cast<double>(contestants.size());
    nanoseconds const slice(std::llround(static_cast<double>(plan.total.count()) * share / turns) + 1);
    std::vector<std::uint64_t> times;
    std::vector<timing> results;
    for (contestant const& c : contestants) {
        times.push_back(operations_in(c, slice));
        timing t;
        t.name = c.name;
        count_blocks(c, t);
        results.push_back(std::move(t));
    }
    std::vector<std::vector<double>> rounds(contestants.size());
    for (unsigned round = 0; round < plan.rounds; ++round)
        for (std::size_t turn = 0; turn < contestants.size(); ++turn) {
            std::size_t const i = (turn + round) % contestants.size(); // another one begins each time
            auto const took = static_cast<double>(time_of(contestants[i], times[i]).count());
            rounds[i].push_back(took / static_cast<double>(times[i]));
        }
    for (std::size_t i = 0; i < results.size(); ++i)
        results[i].ns = median(rounds[i]);
    return results;
}

std::string show_blocks(double blocks) {
    return show(std::round(blocks * 100) / 100);
}

} // namespace wxgate::bench
