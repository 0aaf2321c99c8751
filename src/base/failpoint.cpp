#include "base/failpoint.hpp"

#ifdef WXGATE_FAILPOINTS

#include "base/text.hpp"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

namespace wxgate::failpoints {

std::atomic<bool> armed{false};

namespace {

enum class action { kill, raise, sleep };

struct point {
    action what = action::kill;
    std::chrono::milliseconds wait{0};
    double probability = 1;
    bool once = false;
    bool spent = false;
    std::mt19937_64 random;

    // Draws at every passage, so that the decisions depend on nothing but the seed and their number.
    bool strikes() {
        double const toss = static_cast<double>(random() >> 11U) * 0x1p-53; // [0, 1)
        if (spent || toss >= probability)
            return false;
        spent = once;
        return true;
    }
};

struct table {
    std::mutex guard;
    std::map<std::string, point, std::less<>> points;
};

// Never destroyed: a thread may pass a point while the program ends.
table& all() {
    static auto* const made = new table;
    return *made;
}

[[noreturn]] void complain(std::string_view text, char const* what) {
    throw std::invalid_argument("WXGATE_FAILPOINT: \"" + std::string(text) + "\": " + what);
}

double read_probability(std::string_view whole, std::string_view text) {
    double value = -1;
    auto const* const end = text.data() + text.size();
    auto const read = std::from_chars(text.data(), end, value);
    if (read.ec != std::errc() || read.ptr != end || !(value >= 0 && value <= 1))
        complain(whole, "a probability is a number from 0 to 1");
    return value;
}

void read_action(std::string_view whole, std::string_view text, point& p) {
    constexpr std::string_view waiting = "sleep:";
    if (text == "kill") {
        p.what = action::kill;
    } else if (text == "throw") {
        p.what = action::raise;
    } else if (text.starts_with(waiting)) {
        auto const ms = parse_uint(text.substr(waiting.size()), 600'000);
        if (!ms)
            complain(whole, "sleep:MS takes whole milliseconds, at most 600000");
        p.what = action::sleep;
        p.wait = std::chrono::milliseconds(static_cast<std::int64_t>(*ms));
    } else {
        complain(whole, "the action is kill, throw or sleep:MS");
    }
}

// FNV-1a: points draw from streams of their own.
std::uint64_t hash(std::string_view name) {
    std::uint64_t value = 0xcbf29ce484222325U;
    for (char const c : name)
        value = (value ^ static_cast<std::uint64_t>(static_cast<unsigned char>(c))) * 0x100000001b3U;
    return value;
}

std::pair<std::string, point> read_point(std::string_view text, std::uint64_t seed) {
    auto const equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0)
        complain(text, "write NAME=ACTION[%P][*once]");
    std::pair<std::string, point> read;
    read.first = text.substr(0, equals);
    auto rest = text.substr(equals + 1);
    if (auto const star = rest.find('*'); star != std::string_view::npos) {
        if (rest.substr(star) != "*once")
            complain(text, "after * stands once");
        read.second.once = true;
        rest = rest.substr(0, star);
    }
    if (auto const percent = rest.find('%'); percent != std::string_view::npos) {
        read.second.probability = read_probability(text, rest.substr(percent + 1));
        rest = rest.substr(0, percent);
    }
    read_action(text, rest, read.second);
    read.second.random.seed(seed ^ hash(read.first));
    return read;
}

char const* name_of(action a) {
    return a == action::kill ? "kill" : a == action::raise ? "throw" : "sleep";
}

// Past every buffer: after a kill nothing of one would come out.
void say(std::string_view name, action what) {
    std::string const line = "wxgate: failpoint " + std::string(name) + ": " + name_of(what) + '\n';
    [[maybe_unused]] auto const written = ::write(STDERR_FILENO, line.data(), line.size());
}

bool read_environment() noexcept {
    try {
        configure_from_environment();
        return true;
    } catch (std::exception const& e) {
        std::fprintf(stderr, "wxgate: %s\n", e.what());
        std::fflush(stderr);
        std::_Exit(2);
    }
}

[[maybe_unused]] bool const environment_read = read_environment();

} // namespace

void configure(std::string_view spec, std::uint64_t seed) {
    std::map<std::string, point, std::less<>> points;
    while (!spec.empty()) {
        auto const comma = spec.find(',');
        auto read = read_point(spec.substr(0, comma), seed);
        if (!points.insert(std::move(read)).second)
            complain(spec.substr(0, comma), "this name stands twice");
        if (comma + 1 == spec.size())
            complain(spec, "nothing follows the comma");
        spec = comma == std::string_view::npos ? std::string_view() : spec.substr(comma + 1);
    }
    auto& t = all();
    std::lock_guard const lock(t.guard);
    t.points = std::move(points);
    armed.store(!t.points.empty(), std::memory_order_relaxed);
}

void configure_from_environment() {
    char const* const spec = std::getenv("WXGATE_FAILPOINT");
    char const* const seed_text = std::getenv("WXGATE_FAILPOINT_SEED");
    std::uint64_t seed = 0;
    if (seed_text != nullptr) {
        auto const read = parse_uint(seed_text, UINT64_MAX);
        if (!read)
            throw std::invalid_argument("WXGATE_FAILPOINT_SEED: write a whole number");
        seed = *read;
    }
    configure(spec == nullptr ? std::string_view() : std::string_view(spec), seed);
}

void reach(std::string_view name) {
    action what = action::kill;
    std::chrono::milliseconds wait{0};
    {
        auto& t = all();
        std::lock_guard const lock(t.guard);
        auto const found = t.points.find(name);
        if (found == t.points.end() || !found->second.strikes())
            return;
        what = found->second.what;
        wait = found->second.wait;
    }
    say(name, what);
    switch (what) {
    case action::kill:
        std::raise(SIGKILL);
        return;
    case action::raise:
        throw std::runtime_error("failpoint " + std::string(name));
    case action::sleep:
        std::this_thread::sleep_for(wait);
        return;
    }
}

} // namespace wxgate::failpoints

#endif
